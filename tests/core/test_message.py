"""What is remembered of messages."""

from imd.core.address import Address
from imd.core.history import History
from imd.core.message import Message
from imd.core.tally import Tally
from tests.house import HouseTestCase

LONG = "x" * 16_000


class RememberedTests(HouseTestCase):
    def test_trace(self) -> None:
        """Twenty thousand messages are remembered for the trace: none of them with a long text."""
        alice = self.house.on(self.house.person("alice"))
        bob = self.house.on(self.house.person("bob"))
        told = self.house.send(alice, "bob", LONG, client_id="1")
        way = self.house.hub.delivery.trace.get(told[0].id)
        assert way is not None
        self.assertEqual((way.message.id, way.message.body), (told[0].id, ""))
        self.assertEqual(bob.bodies, [LONG])

    def test_room_line_again(self) -> None:
        """A room line that is said again keeps its number and time, and its text whatever its length: the first
        attempt to write it may have failed."""
        history = History(self.house.environment, self.house.store.history, Tally(), keep=1.0)
        address = Address("alice", "localhost")
        first = Message("id", 1, 1.0, address, "a", Address("#room", "localhost"), LONG, client_id="1", tags={"a": "b"})
        self.assertIsNone(history.repeated(first))
        self.assertLess(sum(len(each.body) for each in history._recent.values()), 1_000)
        again = Message("id", 9, 9.0, address, "a", Address("#room", "localhost"), LONG, client_id="1", tags={"a": "b"})
        self.assertEqual(history.repeated(again), first)
