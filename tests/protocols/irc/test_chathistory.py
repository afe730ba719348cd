"""Tests of `imd.protocols.irc.chathistory`: what the transcripts do not show."""

from imd.core.message import Draft
from imd.core.past import MOST
from imd.protocols.irc.chathistory import read_time
from tests.protocols.irc.world import IrcTestCase

TEA = "#tea"


class SizeTests(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = self.world.member("alice", "batch", "message-tags", "draft/multiline", "draft/chathistory")
        self.alice.said(f"JOIN {TEA}")

    def page(self, text: str) -> list[tuple[str, str]]:
        """(msgid, first word) of each message of the answer."""
        lines = self.alice.said(f"CHATHISTORY {text}")
        self.size = sum(map(len, lines))
        self.assertIn(" BATCH +", lines[0])
        self.assertIn(" BATCH -", lines[-1])
        # Numbers stand at the beginning of messages.
        return [
            (line.partition("msgid=")[2].split(";")[0].split()[0], line)
            for line in lines[1:-1]
            if "msgid=" in line.split()[0]
        ]

    def test_long_messages(self) -> None:
        """An answer is no longer than a client can be asked to take at once; page by page nothing is missing."""
        me = self.alice.session.me
        ids = []
        for number in range(60):
            ids.append(self.world.hub.rooms.say(me, TEA, Draft(TEA, f"{number} " + "x" * 12_000)).id)
            self.world.turn()
        most = self.alice.session.door.settings.limits.send_queue // 4
        found = page = self.page(f"LATEST {TEA} * 100")
        pages = 1
        while page:
            self.assertLess(self.size, most + 20_000)
            page = self.page(f"BEFORE {TEA} msgid={found[0][0]} 100")
            found = page + found
            pages += 1
        self.assertEqual([id for id, _ in found], ids)
        self.assertGreater(pages, 4)
        first = self.page(f"AFTER {TEA} msgid={ids[0]} 100")
        self.assertEqual([id for id, _ in first], ids[1 : len(first) + 1])
        self.assertLess(len(first), 20)

    def test_most(self) -> None:
        """More than ISUPPORT says is as much as it says."""
        me = self.alice.session.me
        for number in range(MOST + 50):
            self.world.hub.rooms.say(me, TEA, Draft(TEA, str(number)))
        self.world.turn()
        self.assertEqual(len(self.page(f"LATEST {TEA} * 100000")), MOST)
        self.assertEqual(len(self.page(f"LATEST {TEA} * {10**30}")), MOST)


class TimeTests(IrcTestCase):
    def test_right(self) -> None:
        """As server-time writes it; with less or more of a second, too."""
        self.assertEqual(read_time("1970-01-01T00:00:01.500Z"), 1.5)
        self.assertEqual(read_time("2019-01-04T14:33:26.123Z"), 1546612406.123)
        self.assertEqual(read_time("2019-01-04T14:33:26Z"), 1546612406.0)
        self.assertEqual(read_time("2019-01-04T14:33:26.123456Z"), 1546612406.123456)

    def test_wrong(self) -> None:
        """Nothing else is a time."""
        for text in (
            "",
            "now",
            "2019-01-04",
            "2019-01-04T14:33:26.123",
            "2019-01-04T14:33:26.123+00:00",
            "2019-13-04T14:33:26.123Z",
            "2019-00-04T14:33:26.123Z",
            "2019-01-32T14:33:26.123Z",
            "2019-01-04T24:33:26.123Z",
            "0000-01-04T14:33:26.123Z",
            "2019-01-04T14:33:26.123Z\n",
            "２019-01-04T14:33:26.123Z",
        ):
            self.assertIsNone(read_time(text), text)
