"""Coming and going: who gets in, under which name, and what they are told."""

import base64

from imd.core.hub import Policy
from imd.core.session import Peer
from imd.net.scram_client import ScramClient
from imd.protocols.irc.capabilities import CAPABILITIES
from imd.protocols.irc.settings import IrcLimits, IrcSettings
from tests.protocols.irc.world import NOW, IrcTestCase, User, World, numerics


class Guests(IrcTestCase):
    def test_welcome(self) -> None:
        """NICK and USER are enough for a guest; the welcome has the order every client expects."""
        user = self.world.user()
        lines = user.said("NICK ann", "USER ann 0 * :Ann Smith")
        commands = numerics(lines)
        self.assertEqual(commands[:5], ["001", "002", "003", "004", "005"])
        self.assertEqual(commands[-1], "422")
        self.assertTrue(all(line.split()[2] == "ann" for line in lines))
        self.assertIn("UTF8ONLY", " ".join(lines))

    def test_order_does_not_matter(self) -> None:
        """USER may come first."""
        user = self.world.user()
        self.assertEqual(user.said("USER ann 0 * :Ann"), [])
        self.assertEqual(numerics(user.said("NICK ann"))[0], "001")

    def test_not_registered(self) -> None:
        """Before the welcome other commands are 451, or 461 where that is what is wrong with NICK and USER."""
        user = self.world.user()
        self.assertEqual(numerics(user.said("JOIN #a", "NONSENSE")), ["451", "451"])
        self.assertEqual(numerics(user.said("USER a", "USER a 0 * :", "NICK", "NICK :")), ["461", "461", "431", "431"])
        self.assertEqual(numerics(user.said("NICK a!b", "NICK 1up", "NICK :a b")), ["432"] * 3)

    def test_browser(self) -> None:
        """A web browser that was made to post here is sent away before what it posts is read."""
        user = self.world.user()
        lines = user.said("POST / HTTP/1.1", "Host: localhost:6667", "", "NICK ann", "USER a 0 * :A", "PRIVMSG bob :x")
        self.assertEqual(lines, ["ERROR :Closing Link: * (This is not a web server.)"])
        self.assertTrue(user.gone)

    def test_reregistration(self) -> None:
        """After the welcome USER and PASS are 462, and what nobody knows is 421."""
        user = self.world.guest("ann")
        self.assertEqual(numerics(user.said("USER a 0 * :A", "PASS x", "NONSENSE")), ["462", "462", "421"])

    def test_nick_in_use(self) -> None:
        """A nick somebody carries is refused, in any spelling, and another may be tried."""
        self.world.guest("ann")
        user = self.world.user()
        self.assertEqual(user.said("NICK ANN", "USER x 0 * :X"), [":localhost 433 * ANN :Nickname is already in use"])
        self.assertEqual(numerics(user.said("NICK ann2"))[0], "001")

    def test_nick_of_an_account(self) -> None:
        """The nick of an account is for its sessions, also while it is off; so are the services' nicks."""
        self.world.account("alice")
        user = self.world.user()
        self.assertEqual(numerics(user.said("NICK Alice", "USER x 0 * :X", "NICK BuddyServ")), ["433", "433"])

    def test_rename(self) -> None:
        """A guest may change her nick; she and those in a room with her hear it once."""
        ann, bob = self.world.guest("ann"), self.world.guest("bob")
        ann.send("JOIN #a")
        bob.send("JOIN #a")
        bob.take()
        self.assertEqual(ann.said("NICK anna")[0].split(" ", 1)[1], "NICK :anna")
        self.assertEqual([line.split(" ", 1)[1] for line in bob.take()], ["NICK :anna"])
        self.assertEqual(numerics(ann.said("NICK bob", "NICK a*b", "NICK anna")), ["433", "432"])
        self.assertEqual(numerics(bob.said("PRIVMSG ann :x")), ["401"])

    def test_no_guests(self) -> None:
        """Where guests are not allowed, there is ERROR before any welcome."""
        self.world = World(policy=Policy(guests=False))
        user = self.world.user()
        lines = user.said("NICK ann", "USER ann 0 * :A")
        self.assertEqual(len(lines), 1)
        self.assertTrue(lines[0].startswith("ERROR :Closing Link: "))
        self.assertTrue(user.gone)


class Passwords(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.world.account("alice", "sesame")

    def test_by_nick(self) -> None:
        """PASS secret signs on to the account named by NICK."""
        user = self.world.user()
        lines = user.said("PASS sesame", "NICK alice", "USER x 0 * :X")
        self.assertTrue(lines[0].startswith(":localhost 001 alice "))
        self.assertEqual(user.session.me.account, self.world.run(self.world.accounts.by_name("alice")))

    def test_named(self) -> None:
        """PASS account:secret names the account, whose name becomes the nick; the rest of the colons are secret."""
        self.world.account("carol", "a:b")
        user = self.world.user()
        self.assertTrue(
            user.said("PASS alice:sesame", "NICK x", "USER x 0 * :X")[0].startswith(":localhost 001 alice ")
        )
        user = self.world.user()
        self.assertTrue(user.said("PASS carol:a:b", "NICK x", "USER x 0 * :X")[0].startswith(":localhost 001 carol "))

    def test_wrong(self) -> None:
        """A wrong PASS is 464 and closed, never a guest; so is one for a name nobody has."""
        for password, nick in [("wrong", "alice"), ("alice:wrong", "x"), ("sesame", "nobody")]:
            user = self.world.user()
            lines = user.said(f"PASS {password}", f"NICK {nick}", "USER x 0 * :X")
            self.assertEqual(numerics(lines)[0], "464")
            self.assertTrue(lines[1].startswith("ERROR "))
            self.assertTrue(user.gone)
        self.assertEqual(list(self.world.hub.people.online()), [])

    def test_delay(self) -> None:
        """The answer to a wrong password is held back."""
        self.world = World(IrcSettings(limits=IrcLimits(sign_on_delay=1)))
        user = self.world.user()
        self.assertEqual(user.said("PASS wrong", "NICK alice", "USER x 0 * :X"), [])
        self.world.advance(1)
        self.assertEqual(numerics(user.take())[0], "464")

    def test_not_in_the_clear(self) -> None:
        """Off loopback and without TLS a password is refused and the connection closed; SASL is not offered PLAIN."""
        user = self.world.user("192.0.2.7")
        self.assertIn("sasl=SCRAM-SHA-256 ", " ".join(user.said("CAP LS 302")) + " ")
        self.assertEqual(numerics(user.said("AUTHENTICATE PLAIN")), ["908", "904"])
        lines = user.said("PASS sesame")
        self.assertEqual(numerics(lines)[0], "464")
        self.assertTrue(user.gone)

    def test_second_session(self) -> None:
        """A second session of an account attaches to the same nick and comes into the same rooms."""
        one, two = self.world.user(), self.world.user()
        one.send("PASS sesame", "NICK alice", "USER x 0 * :X", "JOIN #a")
        lines = two.said("PASS sesame", "NICK alice", "USER x 0 * :X")
        self.assertEqual(numerics(lines)[0], "001")
        self.assertIn("JOIN", numerics(lines))
        self.assertEqual(len(one.session.me.person.sessions), 2)

    def test_account_keeps_its_nick(self) -> None:
        """The nick of an account is its name."""
        user = self.world.user()
        user.send("PASS sesame", "NICK alice", "USER x 0 * :X")
        self.assertEqual(numerics(user.said("NICK alicia")), ["400"])

    def test_lost_while_signing_on(self) -> None:
        """Who is gone before the store has answered leaves nobody behind."""
        user = self.world.user()
        user.send("NICK bob")
        self.world.database.held = []
        user.send("USER x 0 * :X")
        user.lose()
        self.world.database.release()
        self.world.turn()
        self.assertEqual(list(self.world.hub.people.online()), [])


class Capabilities(IrcTestCase):
    def test_list(self) -> None:
        """CAP LS 302 lists all with values and holds registration until CAP END."""
        user = self.world.user()
        lines = user.said("CAP LS 302", "NICK ann", "USER a 0 * :A")
        for line in lines[:-1]:
            self.assertTrue(line.startswith(":localhost CAP * LS * :"))
        caps = " ".join(line.partition(" :")[2] for line in lines).split()
        self.assertIn("sasl=SCRAM-SHA-256,PLAIN", caps)
        self.assertTrue({"message-tags", "batch", "labeled-response", "cap-notify", "setname"} <= set(caps))
        self.assertEqual(numerics(user.said("CAP END"))[0], "001")

    def test_old(self) -> None:
        """Without a version there are no values and one line, which is whole."""
        (line,) = self.world.user().said("CAP LS")
        self.assertLessEqual(set(line.partition(" :")[2].split()), set(CAPABILITIES))
        self.assertLess(len(line), 511)
        self.assertIn(" sasl ", line)
        self.assertNotIn("=", line)

    def test_request(self) -> None:
        """REQ is granted whole or not at all; a dash takes away."""
        user = self.world.user()
        self.assertEqual(
            user.said("CAP REQ :batch echo-message", "CAP REQ :away-notify nonsense", "CAP REQ :-batch", "CAP LIST"),
            [
                ":localhost CAP * ACK :batch echo-message",
                ":localhost CAP * NAK :away-notify nonsense",
                ":localhost CAP * ACK :-batch",
                ":localhost CAP * LIST :echo-message",
            ],
        )

    def test_wrong(self) -> None:
        """An unknown subcommand is 410; none at all 461."""
        self.assertEqual(numerics(self.world.user().said("CAP X", "CAP")), ["410", "461"])

    def test_cap_notify(self) -> None:
        """Version 302 has cap-notify and cannot give it back; it tells when what is offered changes."""
        user = self.world.guest("ann")
        user.send("CAP LS 302")
        self.assertEqual(
            [line.split(" ", 3)[3] for line in user.said("CAP REQ :-cap-notify", "CAP REQ sasl")[:2]],
            ["NAK :-cap-notify", "ACK :sasl"],
        )
        offered = ["SCRAM-SHA-256", "PLAIN"]
        self.patch(self.world.credentials, "mechanisms", lambda peer: tuple(offered))
        offered.pop()
        self.world.gateway.reload(self.world.settings)
        self.assertEqual(user.take(), [":localhost CAP ann NEW :sasl=SCRAM-SHA-256"])
        offered.clear()
        self.world.gateway.reload(self.world.settings)
        self.assertEqual(user.take(), [":localhost CAP ann DEL :sasl"])
        self.assertNotIn("sasl", user.session.caps)

    def test_end_without_beginning(self) -> None:
        """CAP END when nothing was negotiated, or after registration, does nothing."""
        user = self.world.user()
        self.assertEqual(user.said("CAP END"), [])
        self.assertEqual(self.world.guest("ann").said("CAP END"), [])


def plain(*parts: str) -> str:
    return base64.b64encode("\0".join(parts).encode()).decode()


class Sasl(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.world.account("alice", "sesame")

    def begun(self, mechanism: str = "PLAIN", address: str = "127.0.0.1") -> User:
        user = self.world.user(address)
        user.send("CAP LS 302", "CAP REQ :sasl", "NICK al", "USER al 0 * :Al")
        self.assertEqual(user.said(f"AUTHENTICATE {mechanism}"), ["AUTHENTICATE +"])
        return user

    def test_plain(self) -> None:
        """PLAIN, and the nick becomes the account's name."""
        user = self.begun()
        lines = user.said("AUTHENTICATE " + plain("", "alice", "sesame"))
        self.assertEqual(numerics(lines), ["900", "903"])
        self.assertTrue(lines[0].startswith(":localhost 900 * al!al@user/alice alice :"))
        self.assertTrue(user.said("CAP END")[0].startswith(":localhost 001 alice "))

    def test_scram(self) -> None:
        """SCRAM-SHA-256, the server's proof checked by a client of its own, acknowledged with an empty message."""
        user = self.begun("SCRAM-SHA-256", "192.0.2.7")
        client = ScramClient("alice", "sesame")
        first = user.said("AUTHENTICATE " + base64.b64encode(client.first()).decode())
        server_first = base64.b64decode(first[0].removeprefix("AUTHENTICATE "))
        last = user.said("AUTHENTICATE " + base64.b64encode(client.final(server_first)).decode())
        client.verify(base64.b64decode(last[0].removeprefix("AUTHENTICATE ")))
        self.assertEqual(numerics(user.said("AUTHENTICATE +")), ["900", "903"])
        self.assertTrue(user.said("CAP END")[0].startswith(":localhost 001 alice "))

    def test_external(self) -> None:
        """EXTERNAL, for a connection with a certificate the account has."""
        account = self.world.run(self.world.accounts.by_name("alice"))
        user = self.world.user()
        user.session.peer = Peer("irc", "192.0.2.7", 1, secure=True, certificate="c0ffee")
        self.assertEqual(user.said("AUTHENTICATE EXTERNAL"), ["AUTHENTICATE +"])
        self.assertEqual(numerics(user.said("AUTHENTICATE +")), ["904"])
        self.world.run(self.world.accounts.add_certificate(account, "c0ffee"))
        user.send("AUTHENTICATE EXTERNAL")
        self.assertEqual(numerics(user.said("AUTHENTICATE +"))[-2:], ["900", "903"])

    def test_chunks(self) -> None:
        """A message of 400 bytes or more comes in chunks; one of exactly 400 is closed by an empty one."""
        for length in (300, 600, 288):
            user = self.begun()
            text = plain("", "alice", "x" * (length - 7))
            chunks = [text[at : at + 400] for at in range(0, len(text), 400)]
            if len(chunks[-1]) == 400:
                chunks.append("+")
            for chunk in chunks[:-1]:
                self.assertEqual(user.said(f"AUTHENTICATE {chunk}"), [])
            self.assertEqual(numerics(user.said(f"AUTHENTICATE {chunks[-1]}")), ["904"])

    def test_failures(self) -> None:
        """Wrong secret, wrong base64, another's identity: 904, and the connection goes on as it was."""
        for message in (plain("", "alice", "wrong"), plain("bob", "alice", "sesame"), "!!!", "é", plain("alice"), "+"):
            user = self.begun()
            self.assertEqual(numerics(user.said(f"AUTHENTICATE {message}")), ["904"], message)
            self.assertEqual(numerics(user.said("CAP END"))[0], "001")
            self.world.advance(3600)
            user.send("QUIT")

    def test_too_many(self) -> None:
        """After three failures the connection is closed."""
        user = self.begun()
        for _ in range(2):
            self.assertEqual(numerics(user.said("AUTHENTICATE " + plain("", "alice", "wrong"))), ["904"])
            self.world.advance(3600)
            user.send("AUTHENTICATE PLAIN", "PING x")
        user.send("AUTHENTICATE " + plain("", "alice", "wrong"))
        self.assertTrue(user.gone)

    def test_too_long(self) -> None:
        """A chunk of more than 400 bytes, or chunks without end, are 905."""
        self.assertEqual(numerics(self.begun().said("AUTHENTICATE " + "A" * 401)), ["905"])
        user = self.begun()
        lines: list[str] = []
        for _ in range(30):
            lines += user.said("AUTHENTICATE " + "A" * 400)
            if lines:
                break
        self.assertEqual(numerics(lines), ["905"])

    def test_abort(self) -> None:
        """``*`` aborts: 906. An unknown mechanism: 908 with those there are, and 904. Twice: 907."""
        user = self.begun()
        self.assertEqual(numerics(user.said("AUTHENTICATE *")), ["906"])
        self.assertEqual(
            user.said("AUTHENTICATE X")[0],
            ":localhost 908 * SCRAM-SHA-256,PLAIN :are available SASL mechanisms",
        )
        user.send("AUTHENTICATE PLAIN", "AUTHENTICATE " + plain("", "alice", "sesame"))
        self.assertEqual(numerics(user.said("AUTHENTICATE PLAIN"))[-1], "907")


class Leaving(IrcTestCase):
    def test_quit(self) -> None:
        """QUIT is answered with ERROR; the others in the room hear the reason; the ledger has it."""
        ann, bob = self.world.guest("ann"), self.world.guest("bob")
        for user in (ann, bob):
            user.send("JOIN #a")
        bob.take()
        self.assertEqual(ann.said("QUIT :so long", "PING x"), ["ERROR :Closing Link: ann (Quit: so long)"])
        self.assertTrue(ann.gone)
        (line,) = bob.take()
        self.assertEqual(line.split(" ", 1)[1], "QUIT :Quit: so long")
        entries = self.world.run(_page(self.world))
        self.assertEqual({(entry.name, entry.reason) for entry in entries}, {("ann", "quit"), ("bob", "")})

    def test_lost(self) -> None:
        """A lost connection is a sign-off too."""
        ann, bob = self.world.guest("ann"), self.world.guest("bob")
        for user in (ann, bob):
            user.send("JOIN #a")
        bob.take()
        ann.lose()
        self.assertEqual([line.split(" ", 1)[1] for line in bob.take()], ["QUIT :Connection closed"])

    def test_setname(self) -> None:
        """SETNAME changes the real name: the client and those in a room with it hear it."""
        ann, bob = self.world.guest("ann", "setname"), self.world.guest("bob", "setname")
        for user in (ann, bob):
            user.send("JOIN #a")
        bob.take()
        self.assertEqual([line.split(" ", 1)[1] for line in ann.said("SETNAME :Ann Two")], ["SETNAME :Ann Two"])
        self.assertEqual([line.split(" ", 1)[1] for line in bob.take()], ["SETNAME :Ann Two"])
        self.assertEqual(numerics(ann.said("SETNAME :" + "x" * 200, "SETNAME")), ["FAIL", "461"])

    def test_ping(self) -> None:
        """PING is answered with the same token."""
        ann = self.world.guest("ann")
        self.assertEqual(
            ann.said("PING a", "PING :b c"), [":localhost PONG localhost :a", ":localhost PONG localhost :b c"]
        )
        self.assertEqual(numerics(ann.said("PING", "PING :")), ["461", "409"])


async def _page(world: World) -> list:  # type: ignore[type-arg]
    return list(await world.store.ledger.page("", NOW + 1, 10))
