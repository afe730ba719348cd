"""The core's `Clock` and `Spawn` on a reactor."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from imd.core.refusal import Refusal

#: Rounds of `soon` in one reactor turn: what is asked for while they run (a presence change that writes to a
#: connection) still leaves in this turn, but nothing can hold the reactor for ever.
ROUNDS = 8
#: So many of the last calls run in one turn, some 5 ms; the others run in the next one, in their order. In a storm
#: thousands of connections have something to send.
MOST = 500


class ReactorTimer:
    """A `Timer` that may be cancelled at any time."""

    __slots__ = ("_call",)

    def __init__(self, call: IDelayedCall) -> None:
        self._call = call

    def cancel(self) -> None:
        if self._call.active():
            self._call.cancel()


class Turns(Protocol):
    """Who knows what is read when (`imd.net.turns`)."""

    def when_read(self, call: Callable[[], None]) -> None:
        """`Clock.when_read`."""


class ReactorClock:
    """`imd.core.ports.Clock`. The reactor's seconds are wall-clock time."""

    log = Logger()

    def __init__(self, reactor: IReactorTime) -> None:
        self._reactor = reactor
        #: The reactor's own, because every message asks several times.
        self.time: Callable[[], float] = reactor.seconds
        self._soon: list[Callable[[], None]] = []
        self._last: list[Callable[[], None]] = []
        self._scheduled = False
        self._turns: Turns | None = None
        self._driven = False

    def call_later(self, delay: float, call: Callable[[], None]) -> ReactorTimer:
        return ReactorTimer(self._reactor.callLater(delay, call))

    def soon(self, call: Callable[[], None]) -> None:
        self._soon.append(call)
        if not (self._scheduled or self._driven):
            self._schedule()

    def last(self, call: Callable[[], None]) -> None:
        self._last.append(call)
        if not (self._scheduled or self._driven):
            self._schedule()

    def _schedule(self) -> None:
        # A call due at once runs after all sockets that were ready have been read: one turn's input, one run.
        self._scheduled = True
        self._reactor.callLater(0, self._timed)

    def _timed(self) -> None:
        self.end_turn()
        self._scheduled = False
        if self.waiting and not self._driven:
            self._schedule()

    def when_read(self, call: Callable[[], None]) -> None:
        if self._turns is None:
            self.soon(call)
        else:
            self._turns.when_read(call)

    def driven(self, by: "Turns | None") -> None:
        """Somebody else calls `end_turn` at the end of each turn, so that no timer is needed; None: nobody does."""
        self._turns = by
        self._driven = by is not None
        if self.waiting and not (self._driven or self._scheduled):
            self._schedule()

    @property
    def waiting(self) -> bool:
        """Whether anything is to run at the end of this turn."""
        return bool(self._soon or self._last)

    def end_turn(self) -> None:
        """Run what waits for the end of the turn. What is still asked for after `ROUNDS` waits for the next."""
        for _ in range(ROUNDS):
            calls, self._soon = self._soon, []
            self._run(calls)
            if not self._soon:
                break
        calls, self._last = self._last, []
        if len(calls) > MOST:
            calls, self._last = calls[:MOST], calls[MOST:]
        self._run(calls)

    def _run(self, calls: list[Callable[[], None]]) -> None:
        for call in calls:
            try:
                call()
            except Exception:
                self.log.failure("while running {call} at the end of a turn", call=call)


class Spawner:
    """`imd.core.ports.Spawn`: owns coroutines that nobody waits for."""

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._running: set[Deferred[object]] = set()
        self._stopping = False

    def __call__(self, what: str, coroutine: Coroutine[Any, Any, object]) -> None:
        running: Deferred[object] = Deferred.fromCoroutine(coroutine)
        self._running.add(running)
        running.addErrback(self._failed, what)
        running.addBoth(self._done, running)

    def _failed(self, failure: Failure, what: str) -> None:
        if failure.check(CancelledError) and self._stopping:
            return
        if failure.check(Refusal):
            # The store is away, or somebody may not: no fault of ours, and the stack would say nothing.
            self._log.warn("{what}: {reason}", what=what, reason=failure.getErrorMessage())
        else:
            self._log.failure("while {what}", failure, what=what)

    def _done(self, result: object, running: Deferred[object]) -> None:
        self._running.discard(running)

    @property
    def running(self) -> int:
        return len(self._running)

    def stop(self) -> None:
        """Cancel what is still under way (the daemon stops)."""
        self._stopping = True
        for running in list(self._running):
            running.cancel()
