"""The soak's own judgement: it sees what is wrong, and takes nothing for wrong that only looks so."""

import json
from pathlib import Path
from typing import Any, cast

from twisted.trial.unittest import SynchronousTestCase

from tests.daemon import DaemonTestCase
from tests.doors.irc import IrcDriver
from tests.doors.native import NativeDriver
from tests.doors.stream import Stream
from tests.promises.house import PASSWORD
from tests.soak import histories
from tests.soak.books import Books, Entry, Shelf
from tests.soak.clients import BareClient, IrcClient, NativeClient, dial
from tests.soak.device import Device
from tests.soak.plan import Plan
from tests.soak.town import Town

ROOM = "#room0"


def _ignore(text: str) -> None:
    """Nobody watches."""


class RefusedTests(SynchronousTestCase):
    """What was refused must not have been shown."""

    def setUp(self) -> None:
        self.books = Books(_ignore)
        self.shelf = Shelf(self.books, "guest", "guest/irc0", knows_ids=True)

    def _said_and_shown(self) -> Entry:
        entry = self.books.open("alice", "alice/tcp0", "guest", "hello", 0.0)
        self.shelf.private("alice", "guest", "id", entry.body, 1, 1, repeat=False)
        return entry

    def test_shown(self) -> None:
        """By the daemon that has shown it: wrong, also if it was said twice."""
        for resent in (0, 1):
            entry = self._said_and_shown()
            entry.resent = resent
            self.books.told(entry, "refused", "", "no-such-account")
        self.books.check()
        self.assertEqual(self.books.wrong["refused and shown"], 2)

    def test_shown_by_an_earlier_daemon(self) -> None:
        """The guest has gone with the daemon that had shown it, and the later one speaks of the repetition."""
        entry = self._said_and_shown()
        self.books.reign += 1
        entry.resent = 1
        self.books.told(entry, "refused", "", "no-such-account")
        self.books.check()
        self.assertEqual(self.books.faults, [])


class OrderTests(SynchronousTestCase):
    """What one client sends to one person is shown in that order (P3)."""

    def setUp(self) -> None:
        self.books = Books(_ignore)
        self.laptop = Shelf(self.books, "bob", "bob/tcp0", knows_ids=True)
        self.phone = Shelf(self.books, "bob", "bob/irc1", knows_ids=True)
        self.first, self.second = (self.books.open("alice", "alice/tcp0", "bob", "hello", 0.0) for _ in range(2))

    def _show(self, shelf: Shelf, entry: Entry) -> None:
        shelf.private("alice", "bob", f"{entry.number}", entry.body, 1, 1, repeat=False)

    def test_out_of_order(self) -> None:
        """Wrong, also if it was sent again, to a later daemon, and nobody had it from the earlier one."""
        self._show(self.laptop, self.second)
        self._show(self.laptop, self.first)
        self.books.reign, self.first.resent = 1, 1
        self._show(self.phone, self.second)
        self.books.shown["bob"].clear()
        self._show(self.phone, self.first)
        self.assertEqual(self.books.wrong["out of order"], 2)

    def test_read_anew(self) -> None:
        """One client had it from the earlier daemon; the other one shows it when the later daemon has read it."""
        self._show(self.phone, self.first)
        self.books.reign, self.first.resent = 1, 1
        self._show(self.laptop, self.second)
        self._show(self.laptop, self.first)
        self.assertEqual(self.books.faults, [])


class _Street:
    """Of a town what the audit of rooms looks at."""

    def __init__(self, books: Books, device: Any) -> None:
        self.books = books
        self.devices = [device]


class GapTests(SynchronousTestCase):
    """Who is in a room misses nothing that is said there."""

    def setUp(self) -> None:
        self.books = Books(_ignore)
        device = Device.__new__(Device)
        device.label = "alice/tcp0"
        device.shelf = Shelf(self.books, "alice", "alice/tcp0", knows_ids=True)
        self.device = device
        self.lines = [self.books.open("bob", "bob/tcp0", ROOM, "hello", 0.0) for _ in range(3)]

    def _gaps(self) -> int:
        histories._gaps(cast(Town, _Street(self.books, self.device)), {ROOM: [line.number for line in self.lines]})
        return self.books.wrong["gap in a room"]

    def _hear(self, client: NativeClient | IrcClient, *lines: str) -> None:
        client.ears = self.device
        for line in lines:
            client.line(line.encode())

    def _native(self, *what: Entry | str) -> None:
        """Lines of the room, and the names of those who leave it."""
        said = [
            {"type": "message", "id": f"{each.number}", "from": "bob@localhost", "to": f"{ROOM}@localhost"}
            | {"body": each.body}
            if isinstance(each, Entry)
            else {
                "type": "room-parted",
                "room": ROOM,
                "time": 1.0,
                "by": f"{each}@localhost",
                "who": f"{each}@localhost",
            }
            for each in what
        ]
        self._hear(NativeClient(Stream(), "alice"), *map(json.dumps, said))

    def _irc(self, client: IrcClient, *what: Entry | str) -> None:
        said = [
            f":bob!b@host PRIVMSG {ROOM} :{each.body}" if isinstance(each, Entry) else f":{each}!a@host PART {ROOM}"
            for each in what
        ]
        self._hear(client, *said)

    def test_missed(self) -> None:
        """Others come and go: a line that is missing is a gap."""
        self._native(self.lines[0], "carol", self.lines[2])
        self.assertEqual(self._gaps(), 1)

    def test_missed_by_irc(self) -> None:
        """The same."""
        self._irc(IrcClient(Stream(), "alice"), self.lines[0], "carol", self.lines[2])
        self.assertEqual(self._gaps(), 1)

    def test_away(self) -> None:
        """What was said while she was out is none, whenever it was that she asked to leave and to come in."""
        self._native(self.lines[0], "alice", self.lines[2])
        self.assertEqual(self._gaps(), 0)

    def test_away_by_irc(self) -> None:
        """The same."""
        self._irc(IrcClient(Stream(), "alice"), self.lines[0], "alice", self.lines[2])
        self.assertEqual(self._gaps(), 0)

    def test_away_by_bare_irc(self) -> None:
        """The same."""
        self._irc(BareClient(Stream(), "alice"), self.lines[0], "alice", self.lines[2])
        self.assertEqual(self._gaps(), 0)


class RoomTests(DaemonTestCase):
    async def test_rooms_last(self) -> None:
        """A guest is the first to come into a room, and everybody leaves it: what was said there is still to be read
        afterwards, and so the soak may ask for it."""
        plan = Plan(seed=1, clients=60, minutes=0.1, restarts=(), flat=0)
        daemon = self.daemon(*plan.settings(), data=Path(self.mktemp()))
        town = Town(plan, daemon)
        await town.found("sqlite", daemon.data)
        await daemon.start()
        guest = IrcDriver(await dial(daemon, "irc"), "early")
        await guest.enter("")
        await guest.join(ROOM)
        self.assertEqual((await guest.send(ROOM, "hello")).how, "accepted")
        await guest.quit()
        name = next(person.name for person in town.people if person.resident.settled)
        reader = NativeDriver(await dial(daemon, "tcp"), name)
        await reader.enter(PASSWORD)
        await reader.join(ROOM)
        page = await reader.must({"type": "get-history", "with": ROOM, "limit": 10})
        self.assertEqual([line["body"] for line in page["messages"]], ["hello"])
        await reader.quit()

    async def test_leaving_is_heard(self) -> None:
        """By each kind of client, in its place among the lines of the room: what it hears later need not follow."""
        plan = Plan(seed=1, clients=60, minutes=0.1, restarts=(), flat=0)
        daemon = self.daemon(*plan.settings(), data=Path(self.mktemp()))
        town = Town(plan, daemon)
        await town.found("sqlite", daemon.data)
        await daemon.start()
        town.life, town.up, town.resting = 1, True, False
        settled = [device for device in town.devices if device.person.resident.settled]
        devices = [next(device for device in settled if device.kind == kind) for kind in ("tcp", "irc", "bare")]
        guest = IrcDriver(await dial(daemon, "irc"), "early")
        await guest.enter("")
        for device in devices:
            await device.come()
            room = device.person.resident.rooms[0]
            await guest.join(room)
            line = town.books.open("early", "early", room, "hello", 0.0)
            self.assertEqual((await guest.send(room, line.body)).how, "accepted")
            await town.barrier([device])
            self.assertEqual(device.shelf.heard[room], [line.number])
            device.part(room)
            await town.barrier([device])
            self.assertEqual((device.shelf.heard, device.shelf.segments), ({}, [(room, [line.number])]))
        town.end()
        await guest.quit()
