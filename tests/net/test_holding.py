"""The longest time for which the reactor was held."""

import os
import time
from typing import Any

from twisted.internet.task import Clock
from twisted.python.runtime import platform
from twisted.trial.unittest import SynchronousTestCase

from imd.net.holding import CLOSELY, EVENTS, INTERVAL, Holding


class TimerTests(SynchronousTestCase):
    """On a reactor of another kind."""

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
        self.assertEqual((holding.cpu, holding.process), (None, None))
        holding.stop()
        holding.stop()
        self.assertEqual(clock.getDelayedCalls(), [])


class TurnsTests(SynchronousTestCase):
    """On an epoll reactor of its own."""

    if not platform.isLinux():
        skip = "epoll is Linux's"

    def setUp(self) -> None:
        from twisted.internet.epollreactor import EPollReactor

        self.reactor: Any = EPollReactor()
        self.poller = self.reactor._poller
        self.holding = Holding(self.reactor)
        self.holding.start()
        self.addCleanup(self.close)

    def close(self) -> None:
        self.holding.stop()
        self.assertIs(self.reactor._poller, self.poller)
        for reader in self.reactor.removeAll():
            reader.connectionLost(None)
        for reader in self.reactor._internalReaders:
            reader.connectionLost(None)
        self.poller.close()

    def test_work(self) -> None:
        """A turn that computes takes the processor for as long as it lasts."""
        self.reactor.iterate()
        spent = time.thread_time() + 0.03
        while time.thread_time() < spent:
            pass
        self.reactor.iterate()
        self.assertGreaterEqual(self.holding.longest, 0.03)
        cpu = self.holding.cpu
        assert cpu is not None
        self.assertGreaterEqual(cpu, 0.03)
        self.assertLess(cpu, 0.03 + 2 * CLOSELY + 0.005)

    def test_sleep(self) -> None:
        """One in which the machine does something else is long by the wall only."""
        self.reactor.iterate()
        time.sleep(0.03)
        self.reactor.iterate()
        self.assertGreaterEqual(self.holding.longest, 0.03)
        cpu, process = self.holding.cpu, self.holding.process
        assert cpu is not None and process is not None
        self.assertLess(cpu, 0.02)
        self.assertLess(process, 0.03)

    def test_waiting_is_no_hold(self) -> None:
        """A reactor that waits for something to do is not held."""
        self.reactor.iterate()
        before = self.holding.longest
        self.reactor.iterate(0.2)
        self.reactor.iterate()
        self.assertLess(self.holding.longest, before + 0.15)

    def test_bounded(self) -> None:
        """With more sockets ready than one turn serves, all are served in a few turns, and each in its turn."""
        count = 2 * EVENTS + 5
        served = self.ready(count)
        turns = 0
        while set(served) != set(range(count)):
            before = len(served)
            self.reactor.iterate()
            self.assertLessEqual(len(served) - before, EVENTS)
            turns += 1
        # Three, where the machine does nothing else meanwhile.
        self.assertGreaterEqual(turns, 3)

    def ready(self, count: int) -> list[int]:
        """Sockets that are always ready, numbered; those that were served."""
        served: list[int] = []

        class Ready:
            def __init__(self, number: int) -> None:
                self.number = number
                self.read, self.write = os.pipe()
                os.write(self.write, b"x")

            def fileno(self) -> int:
                return self.read

            def logPrefix(self) -> str:
                return "-"

            def doRead(self) -> None:
                # Stays ready.
                served.append(self.number)

            def connectionLost(self, reason: object) -> None:
                os.close(self.read)
                os.close(self.write)

        for number in range(count):
            self.reactor.addReader(Ready(number))
        return served
