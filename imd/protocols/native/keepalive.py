"""Signs of life: a client that is silent is asked, and one that does not answer is gone."""

from typing import Protocol

from imd.core.ports import Clock
from imd.net.rounds import Rounds


class Watched(Protocol):
    """The connection whose client is watched."""

    def ask(self) -> None:
        """Nothing has been heard for the interval."""

    def silent(self) -> None:
        """Nor for the timeout after that."""


class KeepAlive:
    """Calls `ask` after `interval` seconds of silence and `silent` after `timeout` more; 0: never.

    It is looked at in rounds: hearing something costs nothing but the time of day, and no connection has a timer.
    """

    __slots__ = ("_asked", "_clock", "_heard", "_interval", "_rounds", "_timeout", "_watched", "round")

    def __init__(self, rounds: Rounds, clock: Clock, interval: float, timeout: float, watched: Watched) -> None:
        self._rounds = rounds
        self._clock = clock
        self._interval = interval
        self._timeout = timeout
        self._watched: Watched | None = watched
        self._heard = clock.time()
        self._asked = False
        #: `imd.net.rounds.Visited`.
        self.round = 0
        if interval > 0:
            rounds.enter(self, interval)

    def heard(self) -> None:
        """The peer has sent something."""
        self._heard = self._clock.time()
        self._asked = False

    def stop(self) -> None:
        self._rounds.leave(self)
        # The connection may go with its last reference.
        self._watched = None

    def visit(self, now: float) -> float:
        """`imd.net.rounds.Visited`."""
        if self._watched is None:
            return 0.0
        if self._asked:
            self._watched.silent()
            return 0.0
        # A clock set back must not make the peer immortal.
        self._heard = min(self._heard, now)
        silence = now - self._heard
        if silence < self._interval:
            return self._interval - silence
        self._watched.ask()
        if self._timeout > 0:
            self._asked = True
            return self._timeout
        return self._interval
