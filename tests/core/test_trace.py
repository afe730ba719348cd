"""What is remembered of the way of messages, and for how many."""

from twisted.trial.unittest import SynchronousTestCase

from imd.core.address import Address
from imd.core.message import Message
from imd.core.trace import Trace


def message(number: int) -> Message:
    alice, bob = Address("alice", "localhost"), Address("bob", "localhost")
    return Message(f"m{number}", number, float(number), alice, "A1", bob, "hello")


class TraceTests(SynchronousTestCase):
    def remembered(self, trace: Trace, count: int) -> list[int]:
        return [number for number in range(count) if trace.get(f"m{number}") is not None]

    def test_the_oldest_are_forgotten(self) -> None:
        """So many as the limit says, and it is counted how many were forgotten."""
        trace = Trace(3)
        for number in range(5):
            trace.begin(message(number), "A2")
        self.assertEqual(self.remembered(trace, 5), [2, 3, 4])
        self.assertEqual(trace.forgotten, 2)

    def test_zero_is_unlimited(self) -> None:
        """As every limit: 0 forgets nothing, by which repetitions are recognised."""
        trace = Trace(0)
        for number in range(100):
            trace.begin(message(number), "A2")
        self.assertEqual(len(trace), 100)

    def test_another_limit(self) -> None:
        """A reload may lower it: what is too much is forgotten at once."""
        trace = Trace(0)
        for number in range(5):
            trace.begin(message(number), "A2")
        trace.bound(2)
        self.assertEqual(self.remembered(trace, 5), [3, 4])
