"""Token buckets."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.net.bucket import Bucket


class BucketTests(SynchronousTestCase):
    def test_burst_then_rate(self) -> None:
        """A burst goes through at once, then so many per second; the answer is how long to wait."""
        bucket = Bucket(2.0, 3, 100.0)
        self.assertEqual([bucket.take(100.0) for _ in range(3)], [0.0, 0.0, 0.0])
        self.assertEqual(bucket.take(100.0), 0.5)
        self.assertEqual(bucket.take(100.5), 0.0)
        self.assertEqual(bucket.take(100.5), 0.5)

    def test_unlimited(self) -> None:
        """Rate 0 means no limit."""
        bucket = Bucket(0, 1, 0.0)
        self.assertEqual({bucket.take(0.0) for _ in range(100)}, {0.0})

    def test_clock_set_back(self) -> None:
        """A clock set back by a day locks nobody out for a day."""
        bucket = Bucket(1.0, 1, 100_000.0)
        bucket.take(100_000.0)
        self.assertEqual(bucket.take(10_000.0), 1.0)
        self.assertEqual(bucket.take(10_001.0), 0.0)

    @given(
        st.floats(0.1, 100),
        st.integers(1, 50),
        st.lists(st.floats(0, 10), min_size=1, max_size=100),
    )
    def test_bound(self, rate: float, burst: int, gaps: list[float]) -> None:
        """Whatever the rhythm, never more than the burst plus the rate times the time; and waiting as told helps."""
        now, taken = 0.0, 0
        bucket = Bucket(rate, burst, now)
        for gap in gaps:
            now += gap
            wait = bucket.take(now)
            if wait:
                now += wait + 1e-6
                self.assertEqual(bucket.take(now), 0.0)
            taken += 1
        self.assertLessEqual(taken, burst + rate * now + 1e-6)
