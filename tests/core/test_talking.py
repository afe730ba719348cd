"""What is said in one turn is told at its end, once to each, and in the order in which everything happened."""

from collections.abc import Sequence
from unittest import mock

from imd.core.hub import Policy
from imd.core.message import Draft, Kind, Outcome, Receipt
from imd.core.session import ClientInfo, Peer
from imd.core.talk import Joined, Parted, RoomEvent, RoomLine, RoomLines
from imd.core.talking import MOST
from tests.core.room_case import TEA, RoomTestCase
from tests.house import House, Recorder


def shown(events: Sequence[RoomEvent | RoomLine]) -> list[str]:
    """Bodies of lines, names of other events."""
    return [e.envelope.message.body if isinstance(e, RoomLine) else type(e).__name__ for e in events]


class TalkingTests(RoomTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.join(self.bob)
        self.house.turn()
        for client in (self.alice, self.bob):
            client.events.clear()

    def speak(self, client: Recorder, body: str) -> list[Receipt]:
        """Say something, with the turn still going on."""
        told: list[Receipt] = []
        self.house.hub.rooms.say(self.me(client), TEA, Draft(TEA, body), told.append)
        return told

    def test_one_telling(self) -> None:
        """All lines of a turn come together, in order, from whomever."""
        tellings: list[RoomLines] = []
        with mock.patch.object(self.alice, "room_lines", tellings.append):
            for number in range(4):
                self.speak(self.bob if number % 2 else self.alice, str(number))
            self.assertEqual(tellings, [])
            self.house.turn()
        (told,) = tellings
        self.assertEqual(shown(told.lines), ["0", "1", "2", "3"])
        self.assertEqual(told.speakers, {self.alice.session.id, self.bob.session.id})
        self.assertEqual(shown(self.heard(self.bob)), ["0", "1", "2", "3"])

    def test_then_in_private(self) -> None:
        """What somebody says in a room and then in private arrives in that order; who says nothing else waits."""
        self.speak(self.bob, "in the room")
        self.house.hub.delivery.send(self.me(self.carol), Draft("alice", "of carol"), lambda receipt: None)
        self.assertEqual(shown(self.alice.events), [])
        self.house.hub.delivery.send(self.me(self.bob), Draft("alice", "in private"), lambda receipt: None)
        self.assertEqual(shown(self.alice.events), ["in the room"])

    def test_bounded(self) -> None:
        """A turn with very much talk tells some of it before its end, in order."""
        for number in range(MOST + 1):
            self.speak(self.bob, str(number))
        self.assertEqual(len(self.alice.events), MOST)
        self.house.turn()
        self.assertEqual(shown(self.heard(self.alice)), [str(number) for number in range(MOST + 1)])

    def test_comes_in_later(self) -> None:
        """Who comes in has not heard what was said before, and the others hear it before they see her come."""
        self.speak(self.bob, "before")
        self.join(self.carol)
        self.speak(self.bob, "after")
        self.house.turn()
        self.assertEqual(shown(self.heard(self.alice)), ["before", "Joined", "after"])
        self.assertEqual(shown(self.heard(self.carol)), ["Joined", "after"])

    def test_goes(self) -> None:
        """What somebody says before she parts, or signs off, is heard before she goes; she hears what came before."""
        self.speak(self.bob, "bye")
        self.house.hub.rooms.part(self.me(self.bob), TEA)
        self.assertEqual(shown(self.heard(self.alice)), ["bye", Parted.__name__])
        self.assertEqual(shown(self.heard(self.bob)), ["bye", Parted.__name__])
        self.join(self.carol)
        self.heard(self.alice)
        self.speak(self.carol, "gone")
        self.house.off(self.carol)
        self.assertEqual(shown(self.heard(self.alice)), ["gone", "Left"])

    def test_further_session(self) -> None:
        """A session that comes after a line sees its room first, and not the line."""
        self.speak(self.alice, "before")
        second = self.house.on(self.accounts["bob"])
        self.assertEqual(shown(self.heard(second)), [Joined.__name__])

    def test_further_session_in_the_same_turn(self) -> None:
        """The same, with the line said in the turn in which the session begins: those who are here hear it."""
        third = Recorder()
        third.hub = self.house.hub
        people = self.house.hub.people
        third.session = self.house.wait(
            people.sign_on(self.accounts["bob"], "", Peer("native", "192.0.2.1", 40001), ClientInfo(), third)
        )
        self.speak(self.alice, "before")
        people.begin(third.session)
        self.house.turn()
        self.assertEqual(shown(self.heard(third)), [Joined.__name__])
        self.assertEqual(shown(self.heard(self.bob)), ["before"])

    def test_accepted_when_told(self) -> None:
        """Without history a line is accepted once it was handed to the members."""
        self.house = House(Policy(history_keep=0))
        self.addCleanup(self.house.turn)
        alice, bob = (self.house.on(self.house.person(name)) for name in ("alice", "bob"))
        for client in (alice, bob):
            self.join(client)
        bob.events.clear()
        receipts = self.speak(alice, "hello")
        self.assertEqual((receipts, bob.events), ([], []))
        self.house.turn()
        self.assertEqual([receipt.outcome for receipt in receipts], [Outcome.ACCEPTED])
        self.assertEqual(shown(bob.events), ["hello"])

    def test_said_in_answer(self) -> None:
        """What is said because of an outcome, while other rooms have yet to be told, is told in the same turn."""
        rooms = self.house.hub.rooms
        self.join(self.alice, "#other")
        self.heard(self.alice)

        def go_on(receipt: Receipt) -> None:
            self.speak(self.bob, "next")

        rooms.say(self.me(self.bob), TEA, Draft(TEA, "notice", Kind.SIGNAL), go_on)
        rooms.say(self.me(self.alice), "#other", Draft("#other", "elsewhere"))
        self.house.turn()
        self.assertEqual(shown(self.heard(self.alice)), ["notice", "elsewhere", "next"])

    def test_a_speaker_that_fails(self) -> None:
        """A door that fails to hear what became of its line keeps no others from hearing of theirs."""

        def fail(receipt: Receipt) -> None:
            raise ZeroDivisionError

        self.house.hub.rooms.say(self.me(self.bob), TEA, Draft(TEA, "one"), fail)
        told = self.speak(self.alice, "two")
        self.house.turn()
        self.assertEqual([receipt.outcome for receipt in told], [Outcome.ACCEPTED])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_failing(self) -> None:
        """A client that fails keeps nobody from being told in other rooms, nor later."""
        self.join(self.alice, "#other")
        self.heard(self.alice)
        with mock.patch.object(self.bob, "room_lines", side_effect=ZeroDivisionError):
            self.speak(self.bob, "lost")
            self.house.hub.rooms.say(self.me(self.alice), "#other", Draft("#other", "elsewhere"))
            self.house.turn()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.speak(self.bob, "later")
        self.house.turn()
        self.assertEqual(shown(self.heard(self.alice))[-2:], ["elsewhere", "later"])
