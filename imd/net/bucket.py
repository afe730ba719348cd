"""Token bucket: so many at once, so many per second over time. Time is an argument."""


class Bucket:
    """Holds at most `burst` tokens and gains `rate` of them per second; `rate` 0 means unlimited."""

    __slots__ = ("_at", "_tokens", "burst", "rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate = rate
        self.burst = max(burst, 1.0)
        self._tokens = self.burst
        self._at = now

    def take(self, now: float, count: float = 1.0) -> float:
        """Take `count` tokens; 0.0 if they were there, else the seconds until they will be, and none is taken."""
        if self.rate <= 0:
            return 0.0
        if now > self._at:
            self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        # A clock set back must not lock anybody out until it catches up.
        self._at = now
        if self._tokens >= count:
            self._tokens -= count
            return 0.0
        return (count - self._tokens) / self.rate

    @property
    def full(self) -> bool:
        return self._tokens >= self.burst
