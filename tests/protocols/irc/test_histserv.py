"""Tests of `imd.protocols.irc.histserv` and of the price of history."""

from imd.core.message import Draft
from imd.protocols.irc.commands import COMMANDS
from imd.protocols.irc.pace import Pace
from imd.protocols.irc.settings import IrcLimits
from imd.protocols.irc.wire.line import MAX_BODY, Line
from tests.protocols.irc.world import IrcTestCase, User

TEA = "#tea"


class ExportTests(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = self.world.member("alice", "labeled-response", "batch")
        self.alice.said(f"JOIN {TEA}")

    def say(self, count: int, text: str = "x") -> None:
        me = self.alice.session.me
        for number in range(count):
            self.world.hub.rooms.say(me, TEA, Draft(TEA, f"{text} {number}"))
        self.world.turn()

    def exported(self, user: User, line: str) -> list[str]:
        user.take()
        user.send(line)
        for _ in range(20):
            self.world.advance(0.1)
        return user.take()

    def test_everything(self) -> None:
        """However much it is, all of it comes, each message once."""
        self.say(1234)
        lines = self.exported(self.alice, "HISTSERV EXPORT")
        self.assertIn("End of export: 1234 messages", lines[-1])
        self.assertEqual({line.rpartition(" x ")[2] for line in lines[:-1]}, {str(number) for number in range(1234)})

    def test_labelled(self) -> None:
        """An answer that waits for its end is not of any length."""
        self.say(1234)
        lines = self.exported(self.alice, "@label=a HISTSERV EXPORT")
        self.assertLess(len(lines), 300)
        self.assertIn("without a label", lines[-3])

    def test_long_and_odd(self) -> None:
        """What is long takes several lines, each of which fits; nothing in it becomes a command."""
        me = self.alice.session.me
        self.world.hub.rooms.say(me, TEA, Draft(TEA, "ü" * 3000 + "\r\nQUIT\n\x01VERSION\x01"))
        self.world.turn()
        lines = self.exported(self.alice, "HISTSERV EXPORT")
        self.assertTrue(all(len(line.encode()) <= MAX_BODY - 2 for line in lines))
        self.assertTrue(all(" NOTICE alice :" in line and "\x01" not in line for line in lines))
        self.assertEqual("".join(lines).count("ü"), 3000)


class PaceTests(IrcTestCase):
    def test_history_is_dearer(self) -> None:
        """A page of history counts as five commands, or as many as there may be at once."""
        pace = Pace(IrcLimits(commands_per_second=1, command_burst=7), 0.0)
        row, line = COMMANDS["CHATHISTORY"], Line("CHATHISTORY")
        self.assertEqual(pace.take(line, row, 0.0), 0.0)
        self.assertEqual(pace.take(line, row, 0.0), 3.0)
        self.assertEqual(pace.take(Line("TIME"), COMMANDS["TIME"], 0.0), 0.0)
        tight = Pace(IrcLimits(commands_per_second=1, command_burst=2), 0.0)
        self.assertEqual(tight.take(line, row, 0.0), 0.0)
