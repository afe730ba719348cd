"""How long the reactor is held: by one turn, from one look at the sockets to the next. Times in seconds.

A turn of ours that is too long, and a machine that runs something else meanwhile, look the same by the clock on the
wall. So the processor time of the reactor's thread is taken, too: what a turn needs of it is ours alone. What the whole
process needs meanwhile shows whether the reactor's thread waited for another thread of ours (the interpreter lock).

::

    poller ──events, as many as fit──► turn: sockets, timed calls ──► poller
                                     └────────── measured ────────┘

How many sockets one turn serves is bounded here, too: with thousands ready at once (everybody comes back after a
restart, or vanishes) timed calls and the rest of the sockets would wait for all of them. What is ready and not served
comes first in the next turn: the kernel goes round (epoll(7)).
"""

import select
import time
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: On reactors that cannot be measured by turns: a timer is set so often; how late it fires tells the same by the wall.
INTERVAL = 0.02
#: Sockets served in one turn, each of which has more to do after it: in a storm some 100 µs.
EVENTS = 32
#: Seconds of a turn after which no more sockets are served in it (`imd.net.turns`): that somebody leaves a room of a
#: thousand takes longer than 100 µs.
SHARE = 0.01
#: Turns shorter than this are not looked at closely, and the processor's clock is not read more often: that is a call
#: of the kernel. A turn may therefore be charged with as much of the turns before it.
CLOSELY = 0.002


class BoundedPoller:
    """Stands between an epoll reactor and its poller: bounds turns, and measures them."""

    __slots__ = ("_began", "_poll", "_process", "_read", "_thread", "cpu", "longest", "poller", "process")

    def __init__(self, poller: Any) -> None:
        self.poller = poller
        self._poll = poller.poll
        #: The longest turn by the clock on the wall.
        self.longest = 0.0
        #: The most processor time of the reactor's thread that one turn took.
        self.cpu = 0.0
        #: The most processor time of all threads that one turn saw, or as long as the turn was, if that is less.
        self.process = 0.0
        self._began = time.perf_counter()
        self._take(self._began)

    def poll(self, timeout: float, most: int) -> Any:
        now = time.perf_counter()
        if now - self._read > CLOSELY:
            self._look(now)
        events = self._poll(timeout, min(most, EVENTS))
        self._began = time.perf_counter()
        if self._began - now > CLOSELY:
            # What other threads did while this one slept is in nobody's way.
            self._take(self._began)
        return events

    def _look(self, now: float) -> None:
        thread, process, lasted = self._thread, self._process, now - self._began
        self._take(now)
        if lasted > CLOSELY:
            self.longest = max(self.longest, lasted)
            self.cpu = max(self.cpu, min(self._thread - thread, lasted))
            self.process = max(self.process, min(self._process - process, lasted))

    def _take(self, now: float) -> None:
        self._read, self._thread, self._process = now, time.thread_time(), time.process_time()

    def __getattr__(self, name: str) -> Any:
        # register, modify, unregister, close.
        return getattr(self.poller, name)


class Holding:
    """Started and stopped with the daemon."""

    def __init__(self, reactor: IReactorTime) -> None:
        self._reactor = reactor
        self._due = 0.0
        self._call: IDelayedCall | None = None
        self._late = 0.0
        self._turns: BoundedPoller | None = None

    def start(self) -> None:
        # Private to Twisted, and not on every system.
        reactor: Any = self._reactor
        poller, epoll = getattr(reactor, "_poller", None), getattr(select, "epoll", None)
        if epoll is not None and isinstance(poller, epoll):
            self._turns = reactor._poller = BoundedPoller(poller)
        else:
            self._wait()

    def _wait(self) -> None:
        self._due = self._reactor.seconds() + INTERVAL
        self._call = self._reactor.callLater(INTERVAL, self._look)

    def _look(self) -> None:
        self._late = max(self._late, self._reactor.seconds() - self._due)
        self._wait()

    @property
    def longest(self) -> float:
        """The longest hold since the start, by the clock on the wall."""
        return self._late if self._turns is None else self._turns.longest

    @property
    def cpu(self) -> float | None:
        """The most processor time the reactor's thread needed for one turn; None where that cannot be told."""
        return None if self._turns is None else self._turns.cpu

    @property
    def process(self) -> float | None:
        """The most that all threads needed in one turn; None where that cannot be told."""
        return None if self._turns is None else self._turns.process

    def stop(self) -> None:
        if self._call is not None and self._call.active():
            self._call.cancel()
        reactor: Any = self._reactor
        if self._turns is not None and reactor._poller is self._turns:
            reactor._poller = self._turns.poller
