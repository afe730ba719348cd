"""One turn of the reactor, without what imd makes no use of.

The stock epoll reactor wraps every event in a log context (for the log of Twisted before 15.2), and asks each
descriptor for its number; together that costs a fifth of what a message does. A `LeanTurns` takes the place of
`EPollReactor.doIteration` while the daemon runs. It reads plain sockets by itself, leaves all other events to the
reactor's own code, and ends each turn with what was asked for by `ReactorClock.soon`.

This touches what is private to Twisted, so it is done only to the very reactor it was written for (`start` says
whether); on any other everything works the same, only dearer.
"""

import errno
from collections.abc import Callable
from time import perf_counter
from typing import Any

from twisted.internet.main import CONNECTION_LOST
from twisted.internet.tcp import Server
from twisted.logger import Logger
from twisted.python import log as text_log
from twisted.python.reflect import qual

from imd.net.holding import EVENTS, SHARE
from imd.net.reactor_clock import ReactorClock

_EPOLL = "twisted.internet.epollreactor.EPollReactor"
#: `select.EPOLLIN`, which only Linux has.
_READABLE = 1
#: Sockets served between two looks at the clock.
_SOME = 4
_PARTS = ("_poller", "_selectables", "_doReadOrWrite", "_disconnectSelectable", "doIteration")


class LeanTurns:
    """Between `start` and `stop` the reactor's turns are ours."""

    log = Logger()

    def __init__(self, reactor: Any, clock: ReactorClock) -> None:
        self._reactor = reactor
        self._clock = clock
        #: Sockets served so far.
        self._served = 0
        #: Descriptors for which there was no time when they were ready, and how many had been served by then.
        self._left: dict[int, int] = {}
        #: What is to run once so many were.
        self._unread: list[tuple[int, Callable[[], None]]] = []

    def start(self) -> bool:
        """Whether the reactor is one whose turns we can take over."""
        reactor = self._reactor
        if qual(type(reactor)) != _EPOLL or not all(hasattr(reactor, part) for part in _PARTS):
            return False
        if "doIteration" in vars(reactor):
            # Somebody else has done so.
            return False
        reactor.doIteration = self._turn
        self._clock.driven(self)
        return True

    def stop(self) -> None:
        """Give the turns back."""
        if vars(self._reactor).get("doIteration") == self._turn:
            del self._reactor.doIteration
            self._clock.driven(None)
            for _, call in self._unread:
                self._clock.soon(call)
            self._unread.clear()

    def _turn(self, timeout: float | None) -> None:
        """Wait for events and serve them; as `EPollReactor.doPoll`."""
        reactor = self._reactor
        clock = self._clock
        if clock.waiting or self._unread:
            # Timers and threads asked for it. What has arrived meanwhile belongs to the same turn.
            timeout = 0
        selectables = reactor._selectables
        events = self._ready(-1 if timeout is None else timeout)
        served, enough = 0, perf_counter() + SHARE
        for descriptor, event in events:
            if served and not served % _SOME and perf_counter() > enough:
                # The others are ready in the next turn, too.
                break
            served += 1
            selectable = selectables.get(descriptor)
            if selectable is None:
                # An earlier event of this turn has closed it.
                continue
            if event != _READABLE or not isinstance(selectable, Server):
                text_log.callWithLogger(selectable, reactor._doReadOrWrite, selectable, descriptor, event)
                continue
            try:
                why = selectable.doRead()
            except BaseException:
                # As the reactor has it: logged, and the connection is closed.
                self.log.failure("while serving a connection")
                why = CONNECTION_LOST
            if why:
                reactor._disconnectSelectable(selectable, why, True)
        self._served += served
        everything = served == len(events) < min(EVENTS, len(selectables))
        if everything:
            self._left.clear()
        elif self._left or served < len(events):
            self._leave(events, served)
        if self._unread:
            self._have_read(everything)
        if clock.waiting:
            clock.end_turn()

    def _ready(self, timeout: float) -> list[tuple[int, int]]:
        """Descriptors with what they are ready for, in the order in which they are to be served."""
        reactor = self._reactor
        try:
            events: list[tuple[int, int]] = reactor._poller.poll(timeout, len(reactor._selectables))
        except OSError as error:
            if error.errno == errno.EINTR:
                return []
            raise
        left = self._left
        if left:
            # Who has waited longest comes first. The kernel begins with the same ones each time, if all who are ready
            # are few.
            events.sort(key=lambda each: left.get(each[0], self._served + 1))
        return events

    def _leave(self, events: list[tuple[int, int]], served: int) -> None:
        """The first so many were served, the others not."""
        for descriptor, _ in events[:served]:
            self._left.pop(descriptor, None)
        for descriptor, _ in events[served:]:
            self._left.setdefault(descriptor, self._served)

    def when_read(self, call: Callable[[], None]) -> None:
        """`Clock.when_read`: after as many sockets as there are now, or when none is left that is ready. The kernel
        goes round (epoll(7)), so that each has had its turn by then."""
        self._unread.append((self._served + len(self._reactor._selectables), call))

    def _have_read(self, everything: bool) -> None:
        unread, self._unread = self._unread, []
        for goal, call in unread:
            if everything or self._served >= goal:
                self._clock.soon(call)
            else:
                self._unread.append((goal, call))
