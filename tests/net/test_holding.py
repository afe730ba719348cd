"""The longest time for which the reactor was held."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from imd.net.holding import INTERVAL, Holding


class HoldingTests(SynchronousTestCase):
    def test_longest(self) -> None:
        """A reactor that turns in time was not held; one that comes late was held for as long as it is late."""
        clock = Clock()
        holding = Holding(clock)
        holding.start()
        for _ in range(100):
            clock.advance(INTERVAL)
        self.assertLess(holding.longest, 0.001)
        clock.advance(0.3)
        clock.advance(INTERVAL)
        self.assertAlmostEqual(holding.longest, 0.3 - INTERVAL)
        holding.stop()
        holding.stop()
        self.assertEqual(clock.getDelayedCalls(), [])
