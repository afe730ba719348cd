"""Reading any part of a history: before, after, around and between messages and moments; whom one has talked with."""

from collections.abc import Sequence
from typing import Any

from imd.core.message import Draft, Message
from imd.core.past import END, Part, Spot, moment
from imd.core.refusal import NoSuchAccount, NoSuchMessage, NotAMember
from tests.core.test_history import HistoryCase
from tests.house import NOON, Recorder

TEA = "#Tea"


class ReadingCase(HistoryCase):
    def read(self, reader: Recorder, name: str, limit: int = 100, **part: Any) -> list[str]:
        return [message.body for message in self.past(reader, name, limit, **part)]

    def past(self, reader: Recorder, name: str, limit: int = 100, **part: Any) -> Sequence[Message]:
        past = self.house.wait(self.house.hub.history.read(reader.session, name, Part(limit=limit, **part)))
        messages: list[Message] = past.messages
        return messages

    def said(self, speaker: Recorder, count: int, every: float = 1.0, room: str = TEA) -> list[Message]:
        """`count` lines, numbered from 0, one `every` so many seconds."""
        found = []
        for number in range(count):
            found.append(self.house.hub.rooms.say(speaker.session, room, Draft(room, str(number))))
            self.house.turn(every)
        return found


class RoomTests(ReadingCase):
    def setUp(self) -> None:
        super().setUp()
        self.house.hub.rooms.join(self.alice.session, TEA)
        self.talk = self.said(self.alice, 10)

    def spot(self, number: int) -> Spot:
        return Spot(id=self.talk[number].id)

    def test_before_and_after(self) -> None:
        """Messages are excluded themselves; the newest or the oldest of what lies there."""
        alice = self.alice
        self.assertEqual(self.read(alice, "#tea", 3), ["7", "8", "9"])
        self.assertEqual(self.read(alice, TEA, 3, before=self.spot(7)), ["4", "5", "6"])
        self.assertEqual(self.read(alice, TEA, 3, after=self.spot(7)), ["8", "9"])
        self.assertEqual(self.read(alice, TEA, 3, after=self.spot(2), newest=False), ["3", "4", "5"])
        self.assertEqual(self.read(alice, TEA, 3, after=self.spot(2)), ["7", "8", "9"])
        self.assertEqual(self.read(alice, TEA, 3, before=self.spot(0)), [])
        self.assertEqual(self.read(alice, TEA, 3, after=self.spot(9)), [])

    def test_between(self) -> None:
        """Between two places: from either end, never beyond the other."""
        bounds = {"after": self.spot(2), "before": self.spot(7)}
        self.assertEqual(self.read(self.alice, TEA, 3, **bounds, newest=False), ["3", "4", "5"])
        self.assertEqual(self.read(self.alice, TEA, 3, **bounds), ["4", "5", "6"])
        self.assertEqual(self.read(self.alice, TEA, 30, **bounds), ["3", "4", "5", "6"])
        self.assertEqual(self.read(self.alice, TEA, 9, after=self.spot(7), before=self.spot(2)), [])

    def test_around(self) -> None:
        """Half before, the place itself, the rest after it; at the ends, more of the other side."""
        self.assertEqual(self.read(self.alice, TEA, 1, around=self.spot(5)), ["5"])
        self.assertEqual(self.read(self.alice, TEA, 3, around=self.spot(5)), ["4", "5", "6"])
        self.assertEqual(self.read(self.alice, TEA, 4, around=self.spot(5)), ["3", "4", "5", "6"])
        self.assertEqual(self.read(self.alice, TEA, 4, around=self.spot(9)), ["6", "7", "8", "9"])
        self.assertEqual(self.read(self.alice, TEA, 4, around=self.spot(0)), ["0", "1", "2", "3"])
        self.assertEqual(self.read(self.alice, TEA, 0, around=self.spot(0)), [])

    def test_moments(self) -> None:
        """A moment is a millisecond, as people see it: whatever was said in it is excluded."""
        third = moment(self.talk[3].time)
        self.assertEqual(self.read(self.alice, TEA, 2, before=third), ["1", "2"])
        self.assertEqual(self.read(self.alice, TEA, 2, after=third, newest=False), ["4", "5"])
        self.assertEqual(self.read(self.alice, TEA, 3, around=third), ["2", "3", "4"])
        self.assertEqual(self.read(self.alice, TEA, 2, after=moment(self.talk[3].time + 0.5), newest=False), ["4", "5"])
        self.house.turn(0.0004)
        self.said(self.alice, 3, every=0)
        three = self.past(self.alice, TEA, 3)
        self.assertEqual(self.read(self.alice, TEA, 9, after=moment(three[0].time)), [])
        self.assertEqual(self.read(self.alice, TEA, 3, before=Spot(id=three[1].id)), ["8", "9", "0"])

    def test_no_such_message(self) -> None:
        """An id that is not in this history, or only in another one."""
        self.house.hub.rooms.join(self.alice.session, "#other")
        (other,) = self.said(self.alice, 1, room="#other")
        for id in ("none", other.id):
            with self.assertRaises(NoSuchMessage):
                self.past(self.alice, TEA, 3, before=Spot(id=id))

    def test_made_anew(self) -> None:
        """A room that ended and was made anew by somebody else does not hand on what was said in the old one."""
        guest, other = self.house.on("visitor"), self.house.on("other")
        self.house.hub.rooms.join(guest.session, "#pub")
        (secret,) = self.said(guest, 1, room="#pub")
        self.house.hub.rooms.part(guest.session, "#pub")
        self.house.turn(1)
        self.house.hub.rooms.join(other.session, "#pub")
        self.assertEqual(self.read(other, "#pub"), [])
        bounds: list[dict[str, Any]] = [{"after": Spot(first=0, last=0)}, {"around": moment(secret.time)}]
        for bound in bounds:
            self.assertEqual(self.read(other, "#pub", **bound), [])
        with self.assertRaises(NoSuchMessage):
            self.read(other, "#pub", around=Spot(id=secret.id))

    def test_name(self) -> None:
        """The room is called as it is spelled; outsiders are refused."""
        part = Part(limit=1)
        past = self.house.wait(self.house.hub.history.read(self.alice.session, "#tEA", part))
        self.assertEqual(past.name, TEA)
        with self.assertRaises(NotAMember):
            self.house.wait(self.house.hub.history.read(self.house.on("visitor").session, TEA, part))


class TalkTests(ReadingCase):
    def test_guest_who_is_gone(self) -> None:
        """A talk with a guest is found by the nick, also when the guest is gone."""
        bob = self.two_devices(self.bob_account)
        guest = self.house.on("Visitor")
        self.house.send(guest, "bob", "hello")
        self.assertEqual(self.read(bob, "visitor"), ["hello"])
        self.house.off(guest)
        self.assertEqual(self.read(bob, "VISITOR"), ["hello"])
        with self.assertRaises(NoSuchAccount):
            self.read(bob, "stranger")

    def test_heard(self) -> None:
        """Rooms one is in and people one has talked with, by their latest message; from either end."""
        bob = self.two_devices(self.bob_account)
        hub = self.house.hub
        for room in (TEA, "#silent"):
            hub.rooms.join(bob.session, room)
        hub.rooms.join(self.alice.session, "#elsewhere")
        guest = self.house.on("visitor")
        steps = (
            lambda: self.house.send(self.alice, "bob", "one"),
            lambda: hub.rooms.say(bob.session, TEA, Draft(TEA, "two")),
            lambda: self.house.send(guest, "bob", "three"),
            lambda: self.house.send(bob, "alice", "four"),
            lambda: hub.rooms.say(self.alice.session, "#elsewhere", Draft("#elsewhere", "five")),
        )
        begin = self.house.reactor.seconds()
        for step in steps:
            step()
            self.house.turn(10)

        def heard(start: float, end: float, limit: int = 9, *, newest: bool = True) -> list[tuple[str, float]]:
            asked = hub.history.heard(bob.session, moment(start), moment(end), limit, newest=newest)
            return [(each.name, round(each.time - begin)) for each in self.house.wait(asked)]

        everything = [(TEA, 10), ("visitor", 20), ("alice", 30)]
        self.assertEqual(heard(begin - 1, begin + 100), everything)
        self.assertEqual(heard(begin - 1, begin + 100, 2), everything[1:])
        self.assertEqual(heard(begin - 1, begin + 100, 2, newest=False), everything[:2])
        self.assertEqual(heard(begin + 10, begin + 30), everything[1:2])
        self.assertEqual(heard(begin + 30, begin + 100), [])
        self.assertEqual(heard(begin - 1, begin + 5), [])


class BoundTests(ReadingCase):
    def test_bound(self) -> None:
        """No more is kept of a room than `history.max_messages`."""
        self.house.hub.history.most = 20
        self.house.hub.rooms.join(self.alice.session, TEA)
        self.said(self.alice, 50)
        self.assertLessEqual(len(self.past(self.alice, TEA)), 22)
        self.assertEqual(self.read(self.alice, TEA, 2), ["48", "49"])

    def test_values(self) -> None:
        """The end is beyond any time there will be."""
        self.assertGreater(END, moment(NOON * 1000).last)
