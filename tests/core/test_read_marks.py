"""Read marks: the same on all devices, never going back, durable, bounded, and nobody else's business."""

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.message import ReadMark
from imd.core.refusal import InvalidName, StoreUnavailable
from tests.house import HouseTestCase


class ReadMarksTests(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = self.house.person("alice")
        self.bob = self.house.person("bob")

    def test_both_doors(self) -> None:
        """What one device has read by a message's id, the others learn by its time, and the sender by a receipt."""
        bob, laptop, phone = self.house.on(self.bob), self.house.on(self.alice), self.house.on(self.alice)
        (told,) = self.house.send(bob, "alice", "hello")
        self.house.hub.delivery.read(laptop.session, told.id)
        self.house.turn()
        at = round(told.time * 1000)
        self.assertEqual(phone.read_marks, [ReadMark("bob", at, told.id)])
        self.assertEqual(laptop.read_marks + bob.read_marks, [])
        self.assertEqual(self.house.wait(self.house.hub.read_marks.get(phone.session, "BOB")), at)

    def test_names_change(self) -> None:
        """A mark is the other account's, whatever it is called."""
        laptop, reading = self.house.on(self.alice), self.house.hub.read_marks
        self.house.wait(reading.mark(laptop.session, "bob", 5))
        self.house.wait(self.house.accounts.rename(self.bob, "robert"))
        self.assertEqual(self.house.wait(reading.get(laptop.session, "robert")), 5)
        self.assertEqual(self.house.wait(reading.get(laptop.session, "bob")), 0)

    def test_rooms_are_renamed(self) -> None:
        """The mark goes along with the room, over a restart too; another room of the old name has none of it. To
        somebody who is not in it nothing shows that it was renamed."""
        laptop, bob, reading = self.house.on(self.alice), self.house.on(self.bob), self.house.hub.read_marks
        rooms = self.house.hub.rooms
        rooms.join(laptop.session, "#tea")
        for each in (laptop, bob):
            self.house.wait(reading.mark(each.session, "#Tea", 5))
        rooms.rename(laptop.session, "#tea", "#coffee")
        self.house.turn()
        self.assertEqual(reading.known(laptop.session, "#coffee"), 5)
        self.assertEqual(self.house.wait(reading.get(laptop.session, "#COFFEE")), 5)
        self.assertEqual(self.house.wait(reading.get(bob.session, "#tea")), 5)
        self.assertEqual(self.house.wait(reading.get(bob.session, "#coffee")), 0)
        rooms.join(laptop.session, "#tea")
        self.assertEqual(self.house.wait(reading.get(laptop.session, "#tea")), 0)
        self.house.wait(reading.mark(laptop.session, "#tea", 7))
        self.house.restart()
        laptop, reading = self.house.on(self.alice), self.house.hub.read_marks
        for name in ("#coffee", "#tea"):
            self.house.hub.rooms.join(laptop.session, name)
        self.assertEqual([self.house.wait(reading.get(laptop.session, name)) for name in ("#coffee", "#tea")], [5, 7])

    def test_not_possible(self) -> None:
        """A target is a room or a person."""
        laptop, reading = self.house.on(self.alice), self.house.hub.read_marks
        for wrong in ("", "#", "a b", "*", "#a,b", "!x"):
            with self.assertRaises(InvalidName):
                self.house.wait(reading.mark(laptop.session, wrong, 5))

    def test_the_beginning_of_time(self) -> None:
        """A mark at or before 1970 is none."""
        laptop, reading = self.house.on(self.alice), self.house.hub.read_marks
        for at in (0, -5):
            self.assertEqual(self.house.wait(reading.mark(laptop.session, "#tea", at)), 0)
        self.assertEqual(self.house.wait(self.house.store.read_marks.of(self.alice.id)), {})

    def test_store_away(self) -> None:
        """What is not durable is not told to others, and does not count."""
        laptop, phone, reading = self.house.on(self.alice), self.house.on(self.alice), self.house.hub.read_marks
        self.house.wait(reading.load(laptop.session))
        self.house.store.available = False
        with self.assertRaises(StoreUnavailable):
            self.house.wait(reading.mark(laptop.session, "#tea", 5))
        self.house.store.available = True
        self.assertEqual((reading.known(laptop.session, "#tea"), phone.read_marks), (0, []))

    def test_bounded(self) -> None:
        """Of too many the oldest is forgotten, in the store too."""
        self.house = house = type(self.house)(Policy(limits=Limits(read_marks=2)))
        alice = house.person("alice")
        client = house.on(alice)
        for at, room in ((5, "#a"), (3, "#b"), (7, "#c")):
            house.wait(house.hub.read_marks.mark(client.session, room, at))
        self.assertEqual(house.hub.people.limits.tally.met["read_marks"], 1)
        self.assertEqual(set(house.wait(house.store.read_marks.of(alice.id))), {"#a", "#c"})
        house.off(client)
        self.assertIsNone(house.hub.read_marks.known(client.session, "#a"))
