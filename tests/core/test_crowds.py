"""Who comes and who signs off, told once a turn: what of it is counted, and that the order stays."""

from collections import Counter
from unittest import mock

from imd.core.message import Draft
from imd.core.talk import Crowd, Joined, Left, MemberRenamed, RoomEvent, RoomLine, TopicChanged
from tests.core.room_case import TEA, RoomTestCase
from tests.house import Recorder


def kinds(events: list[RoomEvent | RoomLine]) -> list[str]:
    """With the names at that time."""
    return [
        f"{type(event).__name__} {event.by.name}"
        if isinstance(event, Joined | Left) and event.by is not None
        else type(event).__name__
        for event in events
    ]


class OrderTests(RoomTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.house.turn()
        self.alice.events.clear()

    def enter(self, client: Recorder, name: str = TEA) -> None:
        """With the turn still going on."""
        self.house.hub.rooms.join(self.me(client), name)

    def test_oneself_at_once(self) -> None:
        """Who comes in knows it at once, the others at the end of the turn; nobody hears of who was there before."""
        self.enter(self.bob)
        self.enter(self.carol)
        self.assertEqual((kinds(self.bob.events), kinds(self.carol.events)), (["Joined bob"], ["Joined carol"]))
        self.assertEqual(self.alice.events, [])
        self.house.turn()
        self.assertEqual(kinds(self.alice.events), ["Joined bob", "Joined carol"])
        self.assertEqual(kinds(self.bob.events), ["Joined bob", "Joined carol"])
        self.assertEqual(kinds(self.carol.events), ["Joined carol"])

    def test_coming_and_going(self) -> None:
        """In order; who is gone hears nothing more."""
        self.enter(self.bob)
        self.enter(self.carol)
        self.house.off(self.bob)
        self.house.turn()
        self.assertEqual(kinds(self.alice.events), ["Joined bob", "Joined carol", "Left bob"])
        self.assertEqual(kinds(self.carol.events), ["Joined carol", "Left bob"])
        self.assertEqual(kinds(self.bob.events), ["Joined bob"])

    def test_before_anything_else(self) -> None:
        """What is said, set or asked in the room comes after who came into it."""
        rooms = self.house.hub.rooms
        self.enter(self.bob)
        rooms.set_topic(self.me(self.alice), TEA, "Assam?")
        self.assertEqual(kinds(self.alice.events), ["Joined bob", "TopicChanged"])
        self.enter(self.carol)
        rooms.catch_up(self.room)
        self.assertEqual(kinds(self.alice.events)[2:], ["Joined carol"])
        self.enter(self.guest)
        self.say(self.guest, "hello")
        self.assertEqual(kinds(self.alice.events)[3:], ["Joined visitor", "RoomLine"])

    def test_lines_of_another_room(self) -> None:
        """Talk elsewhere that waits since before does not overtake who came in and spoke."""
        self.enter(self.alice, "#other")
        self.house.turn()
        self.alice.events.clear()
        rooms, me = self.house.hub.rooms, self.me
        rooms.say(me(self.alice), "#other", Draft("#other", "first"))
        self.enter(self.bob)
        rooms.say(me(self.bob), TEA, Draft(TEA, "hello"))
        self.house.turn()
        self.assertEqual(kinds(self.alice.events), ["RoomLine", "Joined bob", "RoomLine"])

    def test_different_rooms(self) -> None:
        """People who share different rooms are told each once, whatever rooms they leave."""
        for name in (TEA, "#a", "#b"):
            for client in (self.alice, self.bob, self.carol, self.guest):
                if (name, client) != ("#b", self.carol):
                    self.enter(client, name)
        self.house.turn()
        self.alice.events.clear()
        for client in (self.bob, self.carol, self.guest):
            self.house.off(client)
        self.house.turn()
        self.assertEqual(kinds(self.alice.events), ["Left bob", "Left carol", "Left visitor"])

    def test_left_before(self) -> None:
        """Who comes into a room hears nothing of who left that and other rooms a moment before."""
        for name in (TEA, "#milk"):
            self.enter(self.bob, name)
            self.enter(self.alice, name)
        self.house.turn()
        self.alice.events.clear()
        self.house.hub.people.sign_off(self.bob.session, "lost")
        self.enter(self.carol)
        self.house.turn()
        self.assertEqual(kinds(self.carol.events), ["Joined carol"])
        self.assertEqual(kinds(self.alice.events), ["Left bob", "Joined carol"])

    def test_the_name_is_somebody_elses(self) -> None:
        """Whoever takes the name of somebody who has just left comes after her going is known."""
        self.enter(self.guest)
        self.house.turn()
        self.alice.events.clear()
        self.house.off(self.guest)
        again = self.house.on("visitor")
        self.assertEqual(kinds(self.alice.events), ["Left visitor"])
        self.enter(again)
        other = self.house.on("other")
        self.enter(other)
        self.house.off(again)
        self.house.wait(self.house.hub.people.rename_guest(self.me(other), "visitor"))
        names = kinds(self.alice.events)
        self.assertEqual(names, ["Left visitor", "Joined visitor", "Joined other", "Left visitor", "MemberRenamed"])
        self.assertIsInstance(self.alice.events[-1], MemberRenamed)
        self.assertFalse(any(isinstance(event, TopicChanged) for event in self.alice.events))


class CountTests(RoomTestCase):
    """A thousand people, half of whom vanish and return: counted, not timed."""

    def crowd(self, people: int) -> Counter[str]:
        """What one turn of half of so many vanishing, and one of their returning, comes to."""
        name = f"#crowd{people}"
        clients = [self.house.on(f"v{people}x{number}") for number in range(people)]
        for client in clients:
            self.house.hub.rooms.join(self.me(client), name)
        self.house.turn()
        counts: Counter[str] = Counter()

        def counted(crowd: Crowd) -> None:
            counts["told"] += 1
            counts["crowds"] += id(crowd) not in seen
            seen.setdefault(id(crowd), crowd)

        seen: dict[int, Crowd] = {}
        half = people // 2
        with mock.patch.object(Recorder, "room_crowd", lambda client, crowd: counted(crowd)):
            for client in clients[:half]:
                self.house.hub.people.sign_off(self.me(client), "lost")
            self.house.turn()
            returned = [self.house.on(f"w{people}x{number}") for number in range(half)]
            for client in returned:
                self.house.hub.rooms.join(self.me(client), name)
            self.house.turn()
        counts["events"] = sum(len(crowd.events) for crowd in seen.values())
        return counts

    def test_linear(self) -> None:
        """Everybody who is there is told once of all who vanish and once of all who return: twice the people, twice
        the work."""
        few, many = self.crowd(100), self.crowd(200)
        # 50 stay and hear of both; of those who return the last knows of all others already.
        self.assertEqual(few, {"told": 50 + 50 + 49, "crowds": 2, "events": 100})
        self.assertEqual(many, {"told": 100 + 100 + 99, "crowds": 2, "events": 200})
