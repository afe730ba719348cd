"""Tests of `imd.protocols.irc.queries`: questions about the server."""

from imd.protocols.irc.commands import COMMANDS
from imd.protocols.irc.settings import IrcSettings
from imd.protocols.irc.wire.line import MAX_BODY
from tests.protocols.irc.other_door import sign_on
from tests.protocols.irc.world import NOW, IrcTestCase, World, numerics

HOST = "localhost"


class MotdTests(IrcTestCase):
    def test_none(self) -> None:
        """422."""
        self.assertEqual(self.world.guest("alice").said("MOTD"), [f":{HOST} 422 alice :MOTD File is missing"])

    def test_several_lines(self) -> None:
        """375, a 372 each, 376; long lines are folded."""
        self.world = World(IrcSettings(created=NOW, motd="\nWelcome!\n\n" + "word " * 200 + "\n"))
        lines = self.world.guest("alice").said("MOTD")
        self.assertEqual(lines[0], f":{HOST} 375 alice :- {HOST} Message of the day - ")
        self.assertEqual(lines[1:3], [f":{HOST} 372 alice :- Welcome!", f":{HOST} 372 alice :- "])
        self.assertEqual(numerics(lines[3:]), ["372", "372", "372", "376"])
        self.assertTrue(all(len(line) + 2 <= MAX_BODY for line in lines))


class LusersTests(IrcTestCase):
    def test_sessions_of_all_doors(self) -> None:
        """Clients now and at most, rooms, and connections that have not signed on."""
        alice = self.world.guest("alice")
        carol = sign_on(self.world, "carol")
        alice.said("JOIN #tea")
        self.world.user().send("NICK bob")
        self.assertEqual(
            alice.said("LUSERS"),
            [
                f":{HOST} 251 alice :There are 0 users and 2 invisible on 1 servers",
                f":{HOST} 252 alice 0 :operator(s) online",
                f":{HOST} 253 alice 1 :unknown connection(s)",
                f":{HOST} 254 alice 1 :channels formed",
                f":{HOST} 255 alice :I have 2 clients and 0 servers",
                f":{HOST} 265 alice 2 2 :Current local users 2, max 2",
                f":{HOST} 266 alice 2 2 :Current global users 2, max 2",
            ],
        )
        carol.leaves()
        self.assertEqual(alice.said("LUSERS")[-1], f":{HOST} 266 alice 1 2 :Current global users 1, max 2")


class ServerTests(IrcTestCase):
    def test_version(self) -> None:
        """351, and 005 again."""
        lines = self.world.guest("alice").said("VERSION")
        self.assertEqual(lines[0], f":{HOST} 351 alice imd {HOST} :")
        self.assertEqual(set(numerics(lines[1:])), {"005"})

    def test_time(self) -> None:
        """391 with the server's time, in words."""
        self.assertEqual(
            self.world.guest("alice").said("TIME"),
            [f":{HOST} 391 alice {HOST} :Sunday November 22 2026 -- 10:15:00 +00:00"],
        )

    def test_info_and_admin(self) -> None:
        """371, 374; 256 to 259."""
        lines = self.world.guest("alice").said("INFO", "ADMIN")
        self.assertEqual(numerics(lines), ["371", "371", "374", "256", "257", "258", "259"])

    def test_other_servers(self) -> None:
        """There is none: 402, but one may name this one, or oneself."""
        alice = self.world.guest("alice")
        for query in ("MOTD", "VERSION", "TIME", "INFO", "ADMIN", "LUSERS *"):
            self.assertEqual(numerics(alice.said(f"{query} elsewhere.example")), ["402"], query)
            for here in (HOST, "alice"):
                self.assertNotIn("402", numerics(alice.said(f"{query} {here}")), query)

    def test_help(self) -> None:
        """704, 705, 706 for what there is, 524 for what there is not."""
        alice = self.world.guest("alice")
        listed = " ".join(line.partition(" :")[2] for line in alice.said("HELP"))
        for name in COMMANDS:
            self.assertIn(name, listed)
            self.assertEqual(numerics(alice.said(f"HELP {name.lower()}")), ["704", "705", "706"])
        self.assertEqual(alice.said("HELP nothing"), [f":{HOST} 524 alice nothing :No help available on this topic"])
