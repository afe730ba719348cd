"""Who is to be looked at when: one timer for all connections, because a timer for each costs memory while all is quiet.

A connection stands in the round of the second at which it is due. Each second's round is made once; who is still here
enters itself again.
"""

from math import ceil
from typing import Protocol

from imd.core.ports import Clock, Log, Timer


class Visited(Protocol):
    #: The second in whose round it stands; 0 in none. Kept by `Rounds`.
    round: int

    def visit(self, now: float) -> float:
        """Seconds until the next visit, at least one; 0.0 for never again."""


class Rounds:
    """Visits to the nearest second, never early."""

    def __init__(self, clock: Clock, log: Log) -> None:
        self._clock = clock
        self._log = log
        self._rounds: dict[int, set[Visited]] = {}
        self._timer: Timer | None = None
        self._next = 0

    def enter(self, visited: Visited, delay: float) -> None:
        """Visit in `delay` seconds."""
        due = ceil(self._clock.time() + max(delay, 1.0))
        visited.round = due
        self._rounds.setdefault(due, set()).add(visited)
        if self._timer is None or due < self._next:
            self._wait(due)

    def leave(self, visited: Visited) -> None:
        """Visit no more."""
        standing = self._rounds.get(visited.round)
        if standing is not None:
            standing.discard(visited)
            if not standing:
                del self._rounds[visited.round]
        visited.round = 0
        if not self._rounds and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, due: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next = due
        self._timer = self._clock.call_later(max(due - self._clock.time(), 0.0), self._make)

    def _set_back(self, seconds: int) -> None:
        """The clock was: nobody shall wait for it to catch up."""
        rounds, self._rounds = self._rounds, {}
        for due, standing in rounds.items():
            self._rounds[due - seconds] = standing
            for visited in standing:
                visited.round = due - seconds

    def _make(self) -> None:
        self._timer = None
        now = self._clock.time()
        if now < self._next - 1.0:
            self._set_back(int(self._next - now))
        for due in sorted(each for each in self._rounds if each <= now):
            for visited in self._rounds.pop(due):
                visited.round = 0
                try:
                    delay = visited.visit(now)
                except Exception:
                    # One that fails must not keep the others from being seen.
                    self._log.failure("a connection could not be looked at")
                    continue
                if delay:
                    self.enter(visited, delay)
        if self._rounds and self._timer is None:
            self._wait(min(self._rounds))
