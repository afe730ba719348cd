"""The core's clock and its spawn, on a reactor's clock."""

from collections.abc import Callable
from types import SimpleNamespace

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import Logger, LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from imd.core import ports
from imd.core.refusal import StoreUnavailable
from imd.net.reactor_clock import MOST, ROUNDS, ReactorClock, Spawner


class ReactorClockTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Clock()
        self.clock = ReactorClock(self.reactor)
        self.ran: list[str] = []

    def test_is_the_cores_clock(self) -> None:
        """It fits the port, and its time is the reactor's."""
        clock: ports.Clock = self.clock
        self.reactor.advance(7.5)
        self.assertEqual(clock.time(), 7.5)

    def test_soon(self) -> None:
        """All that is wanted soon runs at the end of the turn, in order, by one call of the reactor."""
        self.clock.soon(lambda: self.ran.append("a"))
        self.clock.soon(lambda: self.ran.append("b"))
        self.assertEqual(len(self.reactor.getDelayedCalls()), 1)
        self.assertEqual(self.ran, [])
        self.reactor.advance(0)
        self.assertEqual(self.ran, ["a", "b"])
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_soon_within_soon(self) -> None:
        """What is wanted while they run still runs in the same turn."""
        self.clock.soon(lambda: self.clock.soon(lambda: self.ran.append("inner")))
        self.reactor.advance(0)
        self.assertEqual(self.ran, ["inner"])
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_endless_soon(self) -> None:
        """A call that always wants itself again gives the reactor a turn between every few rounds."""
        turns: list[int] = []
        run = self.clock.end_turn

        def turn() -> None:
            turns.append(len(self.ran))
            run()

        self.patch(self.clock, "end_turn", turn)

        def again() -> None:
            self.ran.append("x")
            if len(self.ran) < 3 * ROUNDS:
                self.clock.soon(again)

        self.clock.soon(again)
        self.reactor.advance(0)
        self.assertEqual(turns, [0, ROUNDS, 2 * ROUNDS])

    def test_last(self) -> None:
        """What is to run last runs once everything has run that was wanted soon, also by others of that kind."""
        self.clock.last(lambda: self.ran.append("last"))
        self.clock.soon(lambda: self.clock.soon(lambda: self.ran.append("inner")))
        self.clock.soon(lambda: self.ran.append("outer"))
        self.assertEqual(len(self.reactor.getDelayedCalls()), 1)
        self.reactor.advance(0)
        self.assertEqual(self.ran, ["outer", "inner", "last"])
        self.assertFalse(self.clock.waiting)

    def test_wanted_by_the_last(self) -> None:
        """What the last calls ask for runs in the next turn."""
        self.clock.last(lambda: self.clock.soon(lambda: self.ran.append("soon")))
        self.clock.end_turn()
        self.assertEqual((self.ran, self.clock.waiting), ([], True))
        self.clock.end_turn()
        self.assertEqual((self.ran, self.clock.waiting), (["soon"], False))

    def test_very_many_last(self) -> None:
        """More than one turn can take run in the next turns, in order, before what is wanted meanwhile."""
        at: list[int] = []
        for number in range(MOST + 10):
            self.clock.last(lambda number=number: at.append(number))  # type: ignore[misc]
        self.clock.end_turn()
        self.assertEqual(at, list(range(MOST)))
        self.clock.last(lambda: at.append(-1))
        self.assertTrue(self.clock.waiting)
        self.clock.end_turn()
        self.assertEqual(at, [*range(MOST + 10), -1])
        self.assertFalse(self.clock.waiting)

    def test_driven(self) -> None:
        """Driven by turns it sets no timer; given back, it sets one for what still waits."""
        asked: list[Callable[[], None]] = []
        self.clock.driven(SimpleNamespace(when_read=asked.append))
        self.clock.when_read(lambda: None)
        self.assertEqual(len(asked), 1)
        self.clock.soon(lambda: self.ran.append("a"))
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        self.clock.end_turn()
        self.assertEqual(self.ran, ["a"])
        self.clock.last(lambda: self.ran.append("b"))
        self.clock.driven(None)
        self.reactor.advance(0)
        self.assertEqual(self.ran, ["a", "b"])

    def test_when_read(self) -> None:
        """Where nobody knows what is read when, it runs at the end of a turn."""
        self.clock.when_read(lambda: self.ran.append("read"))
        self.assertEqual(self.ran, [])
        self.reactor.advance(0)
        self.assertEqual(self.ran, ["read"])

    def test_one_failure_harms_no_other(self) -> None:
        """A call that fails is logged, and the others run."""
        self.clock.soon(lambda: [][0])
        self.clock.soon(lambda: self.ran.append("b"))
        self.reactor.advance(0)
        self.assertEqual(self.ran, ["b"])
        self.assertEqual(len(self.flushLoggedErrors(IndexError)), 1)

    def test_timer(self) -> None:
        """A timer fires once; to cancel it late or twice is harmless."""
        timer = self.clock.call_later(2.0, lambda: self.ran.append("fired"))
        other = self.clock.call_later(2.0, lambda: self.ran.append("never"))
        other.cancel()
        other.cancel()
        self.reactor.advance(2.0)
        timer.cancel()
        self.assertEqual(self.ran, ["fired"])


class SpawnerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.spawner = Spawner(Logger())

    def test_failure_is_logged(self) -> None:
        """What a coroutine raises is logged with what it was for, and nothing stays behind."""

        async def fails() -> None:
            raise KeyError("x")

        with capturedLogs() as events:
            self.spawner("counting sheep", fails())
        self.assertEqual(self.spawner.running, 0)
        self.assertEqual(events[0]["what"], "counting sheep")
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_refusal_is_no_fault(self) -> None:
        """A store that is away is a warning without a stack."""

        async def refused() -> None:
            raise StoreUnavailable

        with capturedLogs() as events:
            self.spawner("keeping time", refused())
        self.assertEqual([event["log_level"] for event in events], [LogLevel.warn])

    def test_stop(self) -> None:
        """What is under way when the daemon stops is cancelled without a word."""
        never: Deferred[None] = Deferred()

        async def waits() -> None:
            await never

        self.spawner("waiting", waits())
        self.assertEqual(self.spawner.running, 1)
        self.spawner.stop()
        self.assertEqual(self.spawner.running, 0)
