"""The books of what connections hold: right to the byte, and with too much in them the largest go first."""

from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from imd.core.refusal import ShortOfMemory
from imd.core.tally import Tally
from imd.net.memory import Memory
from imd.net.reactor_clock import ReactorClock


class Hoard:
    """Holds what it is told to; `stubborn` bytes it cannot let go of until it is let go of twice."""

    def __init__(self, name: str, stubborn: int = 0) -> None:
        self.name = name
        self.size = 0
        self.stubborn = stubborn
        self.shed_for: list[str] = []
        self.broken = False

    def held(self) -> int:
        return self.size

    def shed(self, why: ShortOfMemory) -> None:
        self.shed_for.append(why.code)
        if self.broken:
            raise ValueError(self.name)
        self.size = 0 if len(self.shed_for) > 1 else self.stubborn

    def whose(self) -> str:
        return self.name


class MemoryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Clock()
        self.tally = Tally()
        self.memory = Memory(ReactorClock(self.reactor), 1000, self.tally)

    def hold(self, hoard: Hoard, size: int) -> None:
        hoard.size = size
        self.memory.note(hoard, size)

    def test_books(self) -> None:
        """The sum of what each said last; who holds nothing is not in them."""
        one, two = Hoard("one"), Hoard("two")
        self.hold(one, 300)
        self.hold(two, 200)
        self.hold(one, 100)
        self.assertEqual((self.memory.total, self.memory.peak, self.memory.holders), (300, 500, 2))
        self.assertEqual(self.memory.most(), 200)
        self.hold(two, 0)
        self.hold(two, 0)
        self.assertEqual((self.memory.total, self.memory.holders), (100, 1))
        self.reactor.advance(0)
        self.assertEqual((one.shed_for, self.tally.met), ([], {}))

    def test_the_largest_first(self) -> None:
        """So many as it takes to have an eighth to spare, and at the end of the turn, not in the middle of it."""
        hoards = [Hoard(f"of {size}") for size in (100, 400, 250, 300)]
        for hoard, size in zip(hoards, (100, 400, 250, 300), strict=True):
            self.hold(hoard, size)
        self.assertEqual([hoard.shed_for for hoard in hoards], [[]] * 4)
        self.reactor.advance(0)
        self.assertEqual([len(hoard.shed_for) for hoard in hoards], [0, 1, 0, 0])
        self.assertEqual((hoards[1].shed_for, self.memory.total), (["short-of-memory"], 650))
        self.assertEqual(self.tally.met, {"memory": 1})

    def test_said(self) -> None:
        """The log says who, and how much is left."""
        with capturedLogs() as events:
            self.hold(Hoard("alice at 192.0.2.1"), 1001)
            self.reactor.advance(0)
        said = [str(formatEvent(event)) for event in events]
        self.assertEqual(len(said), 2)
        self.assertIn("alice at 192.0.2.1 held 1001 bytes", said[0])
        self.assertIn("held 1001 bytes, more than limits.memory (1000): the 1 that held most", said[1])

    def test_what_is_old_news(self) -> None:
        """Before anybody goes all are asked once more: what has left meanwhile is not held against them."""
        one, two = Hoard("one"), Hoard("two")
        self.hold(one, 900)
        self.hold(two, 200)
        one.size = 10
        self.reactor.advance(0)
        self.assertEqual((one.shed_for, two.shed_for, self.memory.total), ([], [], 210))

    def test_what_stays(self) -> None:
        """Whoever cannot let go of all and is the largest once more is let go for good."""
        one = Hoard("one", stubborn=900)
        self.hold(one, 1100)
        self.reactor.advance(0)
        self.assertEqual((len(one.shed_for), self.memory.total), (1, 900))
        self.hold(Hoard("two"), 200)
        self.reactor.advance(0)
        self.assertEqual((len(one.shed_for), self.memory.total), (2, 200))

    def test_trouble(self) -> None:
        """A connection that fails at it does not keep the others from going."""
        bad, good = Hoard("bad"), Hoard("good")
        bad.broken = True
        self.hold(bad, 2000)
        self.hold(good, 1500)
        self.reactor.advance(0)
        self.assertEqual((len(bad.shed_for), len(good.shed_for)), (1, 1))
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_no_limit(self) -> None:
        """With 0 nobody goes, but the books are kept; a limit that is set later holds from then on."""
        self.memory.limit = 0
        one = Hoard("one")
        self.hold(one, 10**9)
        self.reactor.advance(0)
        self.assertEqual((one.shed_for, self.memory.total), ([], 10**9))
        self.memory.limit = 1000
        self.hold(one, 10**9 + 1)
        self.reactor.advance(0)
        self.assertEqual(len(one.shed_for), 1)
