"""Tests of `imd.protocols.irc.operators`: OPER, KILL, WALLOPS, REHASH, STATS, and how operators show."""

from collections.abc import Sequence
from ipaddress import ip_network

from imd.core.refusal import NotAllowed
from imd.core.session import Privilege
from imd.credentials.operators import OperatorLogin
from imd.credentials.rules import CredentialRules
from imd.credentials.scram import new_verifier
from imd.net.scram import salted_password
from tests.protocols.irc.world import IrcTestCase, User, numerics

HOST = "localhost"
SALT = b"salt of a verifier"
VERIFIER = new_verifier(salted_password(b"sesame", SALT, 4096), SALT, 4096)
LOGINS = (
    OperatorLogin(name="Root", verifier=VERIFIER),
    OperatorLogin(name="guard", verifier=VERIFIER, privileges=frozenset({Privilege.KILL})),
    OperatorLogin(name="far", verifier=VERIFIER, networks=(ip_network("192.0.2.0/24"),)),
    OperatorLogin(name="carol", account="carol"),
)
DENIED = f":{HOST} 481 {{}} :Permission Denied- You're not an IRC operator"


class OperatorCase(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.know(*LOGINS)

    def know(self, *logins: OperatorLogin, delay: float = 0) -> None:
        """New settings."""
        self.world.credentials.apply(
            CredentialRules(domain="localhost", scram_iterations=4096, sign_on_delay=delay, operators=logins)
        )

    def operator(self, nick: str, name: str = "root") -> User:
        user = self.world.guest(nick)
        self.assertIn("381", numerics(user.said(f"OPER {name} sesame")))
        return user


class BecomingTests(OperatorCase):
    def test_oper(self) -> None:
        """381, then MODE +o with what goes with it; names are folded."""
        alice = self.world.guest("alice")
        self.assertEqual(
            alice.said("OPER root sesame"),
            [
                f":{HOST} 381 alice :You are now an IRC operator",
                f":{alice.session.source} MODE alice +os",
            ],
        )
        self.assertEqual(alice.said("MODE alice"), [f":{HOST} 221 alice +ios"])

    def test_wrong(self) -> None:
        """464 for a wrong password and for an unknown name alike; the connection stays."""
        alice = self.world.guest("alice")
        for line in ("OPER root open", "OPER nobody sesame", "OPER root :"):
            self.assertEqual(alice.said(line), [f":{HOST} 464 alice :Password incorrect"])
        self.assertEqual(alice.said("MODE alice"), [f":{HOST} 221 alice +i"])

    def test_too_few(self) -> None:
        """461 without a password, and without a name."""
        alice = self.world.guest("alice")
        self.assertEqual(alice.said("OPER", "OPER root"), [f":{HOST} 461 alice OPER :Not enough parameters"] * 2)

    def test_wrong_place(self) -> None:
        """491 when all is right but the place."""
        alice = self.world.guest("alice")
        self.assertEqual(alice.said("OPER far sesame"), [f":{HOST} 491 alice :No O-lines for your host"])

    def test_not_in_the_clear(self) -> None:
        """No password is looked at that came in the clear from elsewhere."""
        alice = self.world.user("192.0.2.7")
        alice.send("NICK alice", "USER alice 0 * :Alice")
        self.assertEqual(alice.said("OPER far sesame"), [f":{HOST} 491 alice :Passwords are accepted over TLS only"])

    def test_by_account(self) -> None:
        """An account of the settings needs no second password; others gain nothing by its name."""
        carol, mallory = self.world.member("carol"), self.world.member("mallory")
        self.assertEqual(numerics(carol.said("OPER carol")), ["381", "MODE"])
        self.assertEqual(numerics(mallory.said("OPER carol", "OPER carol x")), ["461", "464"])

    def test_by_certificate(self) -> None:
        """Who is to show a certificate and does not is refused whatever the password."""
        self.know(OperatorLogin(name="root", verifier=VERIFIER, certificate="ab" * 32))
        self.assertEqual(numerics(self.world.guest("alice").said("OPER root sesame")), ["464"])

    def test_throttled(self) -> None:
        """After a few wrong ones the right one has to wait, too."""
        self.know(*LOGINS, delay=30)
        alice = self.world.guest("alice")
        self.assertEqual(numerics(alice.said(*["OPER root open"] * 3)), ["464"] * 3)
        answer = alice.said("OPER root sesame")[0]
        self.assertRegex(answer, rf"^:{HOST} 464 alice :.*try again in 30 s")
        self.world.advance(31)
        self.assertEqual(numerics(alice.said("OPER root sesame")), ["381", "MODE"])

    def test_giving_it_up(self) -> None:
        """MODE -o takes with it what only operators hear."""
        alice = self.operator("alice")
        self.assertEqual(alice.said("MODE alice -o"), [f":{alice.session.source} MODE alice -o"])
        self.assertEqual(alice.said("MODE alice"), [f":{HOST} 221 alice +i"])
        self.assertEqual(numerics(alice.said("KILL alice :x")), ["481"])

    def test_taken_away(self) -> None:
        """Who is no longer in the settings is no operator after a reload."""
        alice = self.operator("alice")
        self.know()
        self.world.gateway.reload(self.world.settings)
        self.assertEqual(alice.take(), [f":{alice.session.source} MODE alice -os"])
        self.assertEqual(numerics(alice.said("WALLOPS :x")), ["481"])

    def test_others_hear(self) -> None:
        """Operators hear of others' OPER, right or wrong."""
        alice = self.operator("alice")
        bob = self.world.guest("bob")
        bob.said("OPER root wrong", "OPER root sesame")
        source = bob.session.source
        self.assertEqual(
            alice.take(),
            [
                f":{HOST} NOTICE alice :*** Failed OPER attempt by {source}",
                f":{HOST} NOTICE alice :*** {source} is now an operator (Root)",
            ],
        )


class ShowingTests(OperatorCase):
    def test_questions(self) -> None:
        """WHOIS 313, WHO ``*`` and its ``o``, USERHOST ``*``, LUSERS 252."""
        alice, bob = self.operator("alice"), self.world.guest("bob")
        alice.said("JOIN #tea")
        bob.said("JOIN #tea")
        self.assertIn(f":{HOST} 313 bob alice :is an IRC operator", bob.said("WHOIS alice"))
        self.assertNotIn("313", numerics(bob.said("WHOIS bob")))
        flags = {line.split(" ")[7]: line.split(" ")[8] for line in bob.said("WHO #tea")[:-1]}
        self.assertEqual(flags, {"alice": "H*@", "bob": "H"})
        self.assertEqual([line.split(" ")[7] for line in bob.said("WHO #tea o")[:-1]], ["alice"])
        self.assertIn(" :alice*=+", bob.said("USERHOST alice")[0])
        self.assertIn(f":{HOST} 252 bob 1 :operator(s) online", bob.said("LUSERS"))
        alice.send("QUIT")
        self.assertIn(f":{HOST} 252 bob 0 :operator(s) online", bob.said("LUSERS"))


class KillTests(OperatorCase):
    def test_kill(self) -> None:
        """The killed hears KILL, QUIT and ERROR; rooms hear QUIT; all sessions of the account end."""
        root, watcher = self.operator("root_"), self.world.guest("watcher")
        one, two = self.world.member("dave"), self.world.member("dave")
        one.said("JOIN #tea")
        watcher.said("JOIN #tea")
        source, by = one.session.source, root.session.source
        for user in (one, two, watcher):
            user.take()
        self.assertEqual(root.said("KILL dave :enough of it"), [])
        end = "Killed (root_ (enough of it))"
        self.assertEqual(
            one.take(),
            [f":{by} KILL dave :enough of it", f":dave QUIT :{end}", f"ERROR :Closing Link: dave ({end})"],
        )
        self.assertTrue(two.gone)
        self.assertEqual(watcher.take(), [f":{source} QUIT :{end}"])
        self.assertIsNone(self.world.hub.people.find("dave"))

    def test_refused(self) -> None:
        """481 before anything else, 461 without a comment, 401, 483, 723."""
        alice, root = self.world.guest("alice"), self.operator("root_")
        self.assertEqual(alice.said("KILL root_ :x", "KILL"), [DENIED.format("alice")] * 2)
        self.assertEqual(
            root.said("KILL alice", "KILL nobody :x", f"KILL {HOST} :x"),
            [
                f":{HOST} 461 root_ KILL :Not enough parameters",
                f":{HOST} 401 root_ nobody :No such nick/channel",
                f":{HOST} 483 root_ :You cant kill a server!",
            ],
        )
        guard = self.operator("guard_", "guard")
        self.assertEqual(guard.said("WALLOPS :x"), [f":{HOST} 723 guard_ wallops :Insufficient oper privs."])
        self.assertEqual(guard.said("KILL alice :x"), [])
        self.assertTrue(alice.gone)

    def test_oneself(self) -> None:
        """An operator may end herself."""
        root = self.operator("root_")
        self.assertEqual(root.said("KILL root_ :bye")[-1], "ERROR :Closing Link: root_ (Killed (root_ (bye)))")
        self.assertTrue(root.gone)


class WallopsTests(OperatorCase):
    def test_wallops(self) -> None:
        """To those with mode w, and to the sender."""
        root, alice, bob = self.operator("root_"), self.world.guest("alice"), self.world.guest("bob", "server-time")
        bob.said("MODE bob +w")
        wanted = f":{root.session.source} WALLOPS :tea is ready"
        self.assertEqual(root.said("WALLOPS :tea is ready"), [wanted])
        self.assertEqual(alice.take(), [])
        (heard,) = bob.take()
        self.assertTrue(heard.startswith("@time=") and heard.endswith(f" {wanted}"), heard)

    def test_refused(self) -> None:
        """461 for no text and an empty one, 481 for others."""
        root, alice = self.operator("root_"), self.world.guest("alice")
        self.assertEqual(numerics(root.said("WALLOPS", "WALLOPS :")), ["461", "461"])
        self.assertEqual(alice.said("WALLOPS :x"), [DENIED.format("alice")])


class RehashTests(OperatorCase):
    def rehash(self) -> Sequence[str]:
        if self.wrong:
            raise NotAllowed(self.wrong)
        return ["reloaded irc.motd"]

    def setUp(self) -> None:
        super().setUp()
        self.wrong = ""
        case = self

        class Operations:
            async def rehash(self) -> Sequence[str]:
                return case.rehash()

        self.world.gateway.door.operations = Operations()

    def test_rehash(self) -> None:
        """382, and what has changed."""
        root = self.operator("root_")
        self.assertEqual(
            root.said("REHASH"),
            [f":{HOST} 382 root_ imd.toml :Rehashing", f":{HOST} NOTICE root_ :*** reloaded irc.motd"],
        )

    def test_wrong_settings(self) -> None:
        """What is wrong with them is told."""
        self.wrong = "imd.toml, line 3: there is no such setting"
        root = self.operator("root_")
        self.assertEqual(root.said("REHASH")[1:], [f":{HOST} NOTICE root_ :REHASH: {self.wrong}"])
        self.assertEqual(self.world.guest("alice").said("REHASH"), [DENIED.format("alice")])


class StatsTests(OperatorCase):
    def test_uptime(self) -> None:
        """For everybody."""
        alice = self.world.guest("alice")
        self.world.advance(3 * 86_400 + 2 * 3_600 + 61)
        self.assertEqual(
            self.world.guest("bob").said("STATS u"),
            [f":{HOST} 242 bob :Server Up 3 days 2:01:01", f":{HOST} 219 bob u :End of /STATS report"],
        )
        del alice

    def test_restricted(self) -> None:
        """Others are for operators; an unknown letter has just its end."""
        root, alice = self.operator("root_"), self.world.guest("alice")
        self.assertEqual(alice.said("STATS p"), [DENIED.format("alice"), f":{HOST} 219 alice p :End of /STATS report"])
        self.assertEqual(alice.said("STATS z"), [f":{HOST} 219 alice z :End of /STATS report"])
        self.assertEqual(numerics(alice.said("STATS")), ["461"])
        self.assertEqual(numerics(alice.said("STATS u elsewhere.example")), ["402"])
        user = root.session.source_user
        self.assertEqual(root.said("STATS p")[0], f":{HOST} 249 root_ :root_ ({user}) as Root")
        self.assertEqual(numerics(root.said("STATS o")), ["243"] * 4 + ["219"])
