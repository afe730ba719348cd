"""Signs of life: a client that is silent is asked, and one that does not answer is gone."""

from collections.abc import Callable

from imd.core.ports import Clock, Timer


def _nothing() -> None: ...


class KeepAlive:
    """Calls `ask` after `interval` seconds of silence and `gone` after `timeout` more; 0: never.

    One timer per connection, moved only when it fires: hearing something costs nothing but the time of day.
    """

    __slots__ = ("_ask", "_asked", "_clock", "_gone", "_heard", "_interval", "_timeout", "_timer")

    def __init__(
        self, clock: Clock, interval: float, timeout: float, ask: Callable[[], None], gone: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._interval = interval
        self._timeout = timeout
        self._ask = ask
        self._gone = gone
        self._heard = clock.time()
        self._asked = False
        self._timer: Timer | None = None
        if interval > 0:
            self._timer = clock.call_later(interval, self._look)

    def heard(self) -> None:
        """The peer has sent something."""
        self._heard = self._clock.time()
        self._asked = False

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        # The connection may go with its last reference.
        self._ask = self._gone = _nothing

    def _look(self) -> None:
        self._timer = None
        if self._asked:
            self._gone()
            return
        now = self._clock.time()
        # A clock set back must not make the peer immortal.
        self._heard = min(self._heard, now)
        silence = now - self._heard
        if silence < self._interval:
            self._timer = self._clock.call_later(self._interval - silence, self._look)
            return
        self._ask()
        if self._timeout > 0:
            self._asked = True
            self._timer = self._clock.call_later(self._timeout, self._look)
        else:
            self._timer = self._clock.call_later(self._interval, self._look)
