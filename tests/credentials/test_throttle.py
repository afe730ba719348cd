"""Delays after failed sign-ons."""

from twisted.trial.unittest import SynchronousTestCase

from imd.core.refusal import TooFast
from imd.credentials.throttle import Throttle

HERE, THERE = "192.0.2.1", "198.51.100.1"


class ThrottleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.throttle = Throttle(1.0, free_per_account=3, free_per_address=5, longest=60.0, remember=4)

    def fail(self, name: str = "alice", address: str = HERE, now: float = 0.0) -> None:  # type: ignore[override]
        self.throttle.begin(name, address, now)
        self.throttle.failed(name, address, now)

    def wait(self, name: str = "alice", address: str = HERE, now: float = 0.0) -> float:
        """How long an attempt would have to wait."""
        with self.assertRaises(TooFast) as raised:
            self.throttle.begin(name, address, now)
        return float(raised.exception.retry_after)

    def test_growing(self) -> None:
        """A few failures are free; then each attempt waits twice as long, up to a limit."""
        for _ in range(3):
            self.fail()
        now, waits = 0.0, []
        for _ in range(9):
            wait = self.wait(address=THERE, now=now)
            waits.append(wait)
            now += wait
            self.fail(address=THERE if len(waits) % 2 else "203.0.113.1", now=now)
        self.assertEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60])

    def test_by_address(self) -> None:
        """An address that fails with many names waits, with whatever name; another address does not."""
        for number in range(5):
            self.fail(f"name{number}")
        self.assertEqual(self.wait("fresh"), 1.0)
        self.throttle.begin("fresh", THERE, 0.0)

    def test_at_the_same_time(self) -> None:
        """Of many attempts that come at the same time after the wait, one may go on."""
        for _ in range(3):
            self.fail()
        self.throttle.begin("alice", THERE, 1.0)
        self.assertGreater(self.wait(address=THERE, now=1.0), 0)

    def test_success_clears(self) -> None:
        """After a success the account's failures are forgotten, the address's are not."""
        for _ in range(3):
            self.fail()
        self.throttle.begin("alice", HERE, 1.0)
        self.throttle.succeeded("alice", HERE)
        self.throttle.begin("alice", THERE, 1.0)
        self.fail("x", now=1.0)
        self.fail("y", now=1.0)
        self.assertGreater(self.wait("z", now=1.0), 0)

    def test_owner_is_not_locked_out(self) -> None:
        """Where somebody has signed on before, she can again while others guess; until she herself fails often."""
        self.throttle.succeeded("alice", HERE)
        for _ in range(3):
            self.fail(address=THERE)
        self.wait(address=THERE)
        self.throttle.begin("alice", HERE, 0.0)
        for _ in range(3):
            self.throttle.failed("alice", HERE, 0.0)
        self.wait(address=HERE)

    def test_forgotten(self) -> None:
        """Old failures are forgotten, and a clock that was set back locks nobody out."""
        for _ in range(3):
            self.fail(now=1000.0)
        self.throttle.begin("alice", THERE, 1000.0 + 121)
        for _ in range(3):
            self.fail("bob", THERE, now=1000.0)
        self.throttle.begin("bob", THERE, 5.0)

    def test_bounded(self) -> None:
        """However many names and addresses fail, memory does not grow."""
        for number in range(50):
            self.fail(f"name{number}" + "x" * 10_000, f"192.0.2.{number}")
            self.throttle.succeeded(f"friend{number}", f"192.0.2.{number}")
        self.assertLessEqual(len(self.throttle._accounts), 4)
        self.assertLessEqual(len(self.throttle._addresses), 4)
        self.assertLessEqual(len(self.throttle._known), 4)
        self.assertLess(max(map(len, self.throttle._accounts._failures)), 200)

    def test_off(self) -> None:
        """Base 0 switches delays off."""
        self.throttle.set_base(0)
        for _ in range(50):
            self.fail()
