"""Signs of life."""

from twisted.internet.task import Clock
from twisted.logger import Logger
from twisted.trial.unittest import SynchronousTestCase

from imd.net.reactor_clock import ReactorClock
from imd.net.rounds import Rounds
from imd.protocols.native.keepalive import KeepAlive


class AdjustableClock(ReactorClock):
    """A clock that can be set."""

    def __init__(self, reactor: Clock) -> None:
        super().__init__(reactor)
        self.ahead = 0.0
        self.time = lambda: reactor.seconds() + self.ahead


class KeepAliveTests(SynchronousTestCase):
    """`KeepAlive`."""

    def make(self, interval: float, timeout: float) -> KeepAlive:
        self.reactor = Clock()
        self.clock = AdjustableClock(self.reactor)
        self.said: list[tuple[str, float]] = []
        return KeepAlive(Rounds(self.clock, Logger()), self.clock, interval, timeout, self)

    def ask(self) -> None:
        self.said.append(("ask", self.reactor.seconds()))

    def silent(self) -> None:
        self.said.append(("gone", self.reactor.seconds()))

    def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            self.reactor.advance(1)

    def test_silence(self) -> None:
        """After the interval the peer is asked, after the timeout it is gone, and then nothing more happens."""
        self.make(10, 5)
        self.pass_time(100)
        self.assertEqual(self.said, [("ask", 10), ("gone", 15)])
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_heard(self) -> None:
        """Whatever is heard counts, and the interval begins anew with it."""
        alive = self.make(10, 5)
        self.pass_time(7)
        alive.heard()
        self.pass_time(9)
        self.assertEqual(self.said, [])
        self.pass_time(3)
        alive.heard()
        self.pass_time(9)
        self.assertEqual(self.said, [("ask", 17)])

    def test_no_interval(self) -> None:
        """With 0 for the interval nobody is asked."""
        self.make(0, 5)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_no_timeout(self) -> None:
        """With 0 for the timeout the peer is asked again and again."""
        self.make(10, 0)
        self.pass_time(30)
        self.assertEqual(self.said, [("ask", 10), ("ask", 20), ("ask", 30)])

    def test_clock_set_back(self) -> None:
        """A clock that was set back does not put the question off for ever."""
        self.make(10, 5)
        self.clock.ahead = -1_000.0
        self.pass_time(25)
        self.assertEqual(self.said, [("ask", 20), ("gone", 25)])

    def test_stop(self) -> None:
        """No timer is left behind."""
        alive = self.make(10, 5)
        alive.stop()
        alive.stop()
        self.assertEqual(self.reactor.getDelayedCalls(), [])
