"""Who wants to be woken when, for thousands of connections whose wishes change with every datagram.

Wishes are looked at again when they come due, not when they change: a connection has at most two or three entries here,
however much is said on it.
"""

import heapq
import itertools
from collections.abc import Callable
from typing import Any, Final, Protocol

from imd.core.ports import Clock, Timer

#: Seconds from which on a wish is far away: it is entered beside a near one.
FAR: Final = 2.0
#: Seconds that do not matter.
SLACK: Final = 0.002


class Sleeper(Protocol):
    """`near` and `far` belong to the timetable: when it is entered; 0.0: it is not."""

    near: float
    far: float


class Timetable:
    """Calls `wake` with sleepers whose time has come."""

    __slots__ = ("_armed", "_clock", "_entries", "_serial", "_timer", "_wake")

    def __init__(self, clock: Clock, wake: Callable[[Any, float], None]) -> None:
        self._clock = clock
        self._wake = wake
        self._entries: list[tuple[float, int, Any]] = []
        self._serial = itertools.count()
        self._timer: Timer | None = None
        self._armed = 0.0

    def enter(self, sleeper: Sleeper, when: float, now: float) -> None:
        """Wake it at `when`, or a little earlier for an older wish; 0.0: it has none."""
        if not when:
            return
        if (sleeper.far and sleeper.far <= when) or (sleeper.near and sleeper.near <= when):
            return
        if when - now > FAR:
            sleeper.far = when
        else:
            sleeper.near = when
        heapq.heappush(self._entries, (when, next(self._serial), sleeper))
        if not self._armed or when < self._armed - SLACK:
            self._arm(now)

    def stop(self) -> None:
        self._entries.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._armed = 0.0
        if self._entries:
            self._armed = self._entries[0][0]
            self._timer = self._clock.call_later(max(self._armed - now, 0.0) + SLACK / 2, self._due)

    def _due(self) -> None:
        self._timer = None
        now = self._clock.time()
        woken = []
        entries = self._entries
        while entries and entries[0][0] <= now:
            when, _, sleeper = heapq.heappop(entries)
            if when == sleeper.near:
                sleeper.near = 0.0
            elif when == sleeper.far:
                sleeper.far = 0.0
            else:
                # Entered anew, for an earlier time.
                continue
            woken.append(sleeper)
        for sleeper in woken:
            self._wake(sleeper, now)
        self._arm(now)
