"""Tests of `imd.protocols.irc.whois`: WHO, WHOIS, WHOWAS, ISON, USERHOST."""

from imd.core.session import State, Visibility
from tests.protocols.irc.other_door import befriend, session_of, sign_on
from tests.protocols.irc.world import NOW, IrcTestCase, User, numerics

HOST = "localhost"


def parts(user: User) -> str:
    """``user host`` as WHO shows them."""
    return user.session.source_user.replace("@", " ")


class WhoTests(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = self.world.guest("alice"), self.world.guest("bob", "multi-prefix")

    def test_a_room(self) -> None:
        """352 for each member with the room's prefixes, H here or G gone; 315 says what was asked."""
        self.alice.said("JOIN #tea", "MODE #tea +v alice", "AWAY :x")
        self.bob.said("JOIN #tea")
        self.assertEqual(
            self.bob.said("WHO #TEA"),
            [
                f":{HOST} 352 bob #tea {parts(self.alice)} {HOST} alice G@+ :0 Alice",
                f":{HOST} 352 bob #tea {parts(self.bob)} {HOST} bob H :0 Bob",
                f":{HOST} 315 bob #TEA :End of /WHO list",
            ],
        )
        self.assertEqual(self.alice.said("WHO #tea")[0].split(" ")[8], "G@")

    def test_a_nick(self) -> None:
        """Anybody one may see, whatever the case; ``*`` where no room is shared."""
        self.assertEqual(
            self.bob.said("WHO ALICE"),
            [
                f":{HOST} 352 bob * {parts(self.alice)} {HOST} alice H :0 Alice",
                f":{HOST} 315 bob ALICE :End of /WHO list",
            ],
        )
        self.assertEqual(numerics(self.bob.said("WHO nobody")), ["315"])

    def test_a_mask_finds_those_one_shares_a_room_with(self) -> None:
        """Everybody is +i."""
        self.assertEqual([line.split(" ")[7] for line in self.bob.said("WHO *")[:-1]], ["bob"])
        for user in (self.alice, self.bob):
            user.said("JOIN #tea")
        for mask, found in {"*": {"alice", "bob"}, "al*": {"alice"}, "0": {"alice", "bob"}, "x*": set()}.items():
            lines = self.bob.said(f"WHO {mask}")
            self.assertEqual({line.split(" ")[7] for line in lines[:-1]}, found, mask)
            self.assertEqual(lines[-1], f":{HOST} 315 bob {mask} :End of /WHO list")
        self.assertEqual(numerics(self.bob.said("WHO * o")), ["315"])

    def test_outsiders_learn_of_nobody(self) -> None:
        """As for a room that is not there."""
        self.alice.said("JOIN #tea")
        self.assertEqual(numerics(self.bob.said("WHO #tea", "WHO #none")), ["315", "315"])

    def test_whox(self) -> None:
        """https://ircv3.net/specs/extensions/whox: fields in the order of the specification."""
        carol = self.world.member("carol")
        self.world.advance(7)
        user, host = carol.session.source_user.split("@")
        full = f":{HOST} 354 bob 123 * {user} 255.255.255.255 {host} {HOST} carol H 0 0 carol n/a Carol"
        for fields in ("tcuihsnfdlaor", "roaldfnshiuct"):
            self.assertEqual(self.bob.said(f"WHO carol %{fields},123")[0], full)
        (line, _) = self.bob.said("WHO alice %tna,42")
        self.assertEqual(line, f":{HOST} 354 bob 42 alice 0")
        self.assertEqual(self.bob.said("WHO alice %nl")[0].split(" ")[-1], "7")


class WhoisTests(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = self.world.guest("alice")

    def test_a_guest(self) -> None:
        """The numerics of Modern IRC, "WHOIS message", and no network address."""
        bob = self.world.guest("bob")
        for user in (self.alice, bob):
            user.said("JOIN #tea")
        bob.said("JOIN #elsewhere", "AWAY :lunch")
        self.world.advance(5)
        lines = self.alice.said("WHOIS Bob")
        self.assertEqual(
            lines,
            [
                f":{HOST} 311 alice bob {parts(bob)} * :Bob",
                f":{HOST} 319 alice bob :#tea",
                f":{HOST} 312 alice bob {HOST} :imd",
                f":{HOST} 301 alice bob :lunch",
                f":{HOST} 317 alice bob 5 {int(NOW)} :seconds idle, signon time",
                f":{HOST} 318 alice Bob :End of /WHOIS list",
            ],
        )
        self.assertNotIn("127.0.0.1", "".join(lines))

    def test_a_stranger_learns_only_online_and_away(self) -> None:
        """P5: of an account neither text, idle time, sign-on, address nor client."""
        carol = sign_on(self.world, "carol")
        carol.says(State.BUSY, "a secret meeting")
        lines = self.alice.said("WHOIS carol")
        self.assertEqual(numerics(lines), ["311", "312", "330", "301", "318"])
        self.assertEqual(lines[3], f":{HOST} 301 alice carol :Away")
        for secret in ("192.0.2.2", "imc", "meeting", "6000"):
            self.assertNotIn(secret, "".join(lines))

    def test_a_contact_learns_more_and_a_mutual_one_who_opted_in_all(self) -> None:
        """Idle time and text for contacts; address, ports and client only where both share."""
        dave, carol = self.world.member("dave"), sign_on(self.world, "carol")
        befriend(self.world, "dave", "carol")
        carol.says(State.AWAY, "lunch")
        dave.take()
        lines = dave.said("WHOIS carol")
        self.assertEqual(numerics(lines), ["311", "312", "330", "301", "317", "318"])
        self.assertIn("lunch", lines[3])
        self.assertNotIn("192.0.2.2", "".join(lines))
        people = self.world.hub.people
        self.world.run(people.set_privacy(carol.session, share_location=True))
        self.assertNotIn("192.0.2.2", "".join(dave.said("WHOIS carol")))
        self.world.run(people.set_privacy(dave.session.me, share_location=True))
        lines = dave.said("WHOIS carol")
        self.assertEqual(numerics(lines), ["311", "312", "330", "301", "671", "338", "320", "317", "318"])
        self.assertEqual(
            lines[5:7],
            [
                f":{HOST} 338 dave carol 192.0.2.2 :Is actually using host",
                f":{HOST} 320 dave carol :is at 192.0.2.2 port 50000 (native), "
                "listening on TCP 6000 and UDP 6001, imc 0.1",
            ],
        )

    def test_oneself(self) -> None:
        """With one's own address."""
        self.assertIn(f":{HOST} 338 alice alice 127.0.0.1 :Is actually using host", self.alice.said("WHOIS alice"))

    def test_nobody_and_those_who_look_so(self) -> None:
        """401 and 318: offline, invisible, visible to nobody, unknown, all the same."""
        carol = sign_on(self.world, "carol")
        self.world.account("erin")
        answers = {
            tuple(line.replace(nick, "NICK") for line in self.alice.said(f"WHOIS {nick}"))
            for nick in ("erin", "nobody")
        }
        carol.says(State.INVISIBLE)
        answers.add(tuple(line.replace("carol", "NICK") for line in self.alice.said("WHOIS carol")))
        carol.says(State.AVAILABLE)
        self.world.run(self.world.hub.people.set_privacy(carol.session, visible_to=Visibility.NOBODY))
        answers.add(tuple(line.replace("carol", "NICK") for line in self.alice.said("WHOIS carol")))
        self.assertEqual(
            answers,
            {(f":{HOST} 401 alice NICK :No such nick/channel", f":{HOST} 318 alice NICK :End of /WHOIS list")},
        )

    def test_a_room_mate_who_hides(self) -> None:
        """A member of a shared room is there, but neither away nor idle."""
        carol = sign_on(self.world, "carol")
        self.world.run(self.world.hub.people.set_privacy(carol.session, visible_to=Visibility.NOBODY))
        self.world.hub.rooms.join(carol.session, "#tea")
        carol.says(State.AWAY, "secret")
        self.alice.said("JOIN #tea")
        self.assertEqual(numerics(self.alice.said("WHOIS carol")), ["311", "319", "312", "330", "318"])
        self.assertEqual(self.alice.said("WHO carol")[0].split(" ")[8], "H~")

    def test_an_invisible_session_beside_a_visible_one(self) -> None:
        """Its activity is nobody's business."""
        dave = self.world.member("dave")
        visible, hidden = sign_on(self.world, "carol"), sign_on(self.world, "carol")
        befriend(self.world, "dave", "carol")
        hidden.says(State.INVISIBLE)
        self.world.advance(60)
        self.world.hub.presence.touched(hidden.session)
        (idle,) = (line.split(" ")[4] for line in dave.said("WHOIS carol") if line.split(" ")[1] == "317")
        self.assertEqual(idle, "60")
        self.world.hub.presence.touched(visible.session)
        (idle,) = (line.split(" ")[4] for line in dave.said("WHOIS carol") if line.split(" ")[1] == "317")
        self.assertEqual(idle, "0")

    def test_servers(self) -> None:
        """``WHOIS server nick``: this server, or somebody's; others are 402."""
        for server in (HOST, "alice"):
            self.assertEqual(numerics(self.alice.said(f"WHOIS {server} alice"))[0], "311")
        self.assertEqual(numerics(self.alice.said("WHOIS elsewhere.example alice", "WHOIS")), ["402", "431"])

    def test_whowas(self) -> None:
        """Nothing is kept of who has gone."""
        self.assertEqual(numerics(self.alice.said("WHOWAS bob", "WHOWAS")), ["406", "369", "431"])


class HereTests(IrcTestCase):
    def test_ison(self) -> None:
        """303 with those who are on and may be seen, spelt as they are."""
        alice = self.world.guest("alice")
        self.world.guest("Bob")
        sign_on(self.world, "carol")
        sign_on(self.world, "ghost").says(State.INVISIBLE)
        self.assertEqual(
            alice.said("ISON bob nobody CAROL ghost", "ISON :bob nobody", "ISON nobody", "ISON"),
            [
                f":{HOST} 303 alice :Bob carol",
                f":{HOST} 303 alice :Bob",
                f":{HOST} 303 alice :",
                f":{HOST} 461 alice ISON :Not enough parameters",
            ],
        )

    def test_userhost(self) -> None:
        """302: here or away."""
        alice, bob = self.world.guest("alice"), self.world.guest("bob")
        self.assertEqual(
            alice.said("USERHOST bob nobody alice"),
            [f":{HOST} 302 alice :bob=+{bob.session.source_user} alice=+{alice.session.source_user}"],
        )
        bob.said("AWAY :x")
        self.assertEqual(alice.said("USERHOST bob"), [f":{HOST} 302 alice :bob=-{bob.session.source_user}"])

    def test_idle_counts_from_the_last_action(self) -> None:
        """Asking and MONITOR are none; talking is one."""
        alice, bob = self.world.guest("alice"), self.world.guest("bob")
        self.world.advance(30)
        alice.said("ISON bob")
        self.assertEqual(session_of(self.world, "alice").active, NOW)
        alice.said("PRIVMSG bob :hi")
        self.assertEqual(session_of(self.world, "alice").active, NOW + 30)
        self.assertEqual(numerics(bob.take())[-1:], ["PRIVMSG"])
