"""Standard input and output without blocking the reactor: a thread reads lines, another writes them.

Both may be files, pipes or terminals, which no reactor can all wait for.
"""

import os
import select
import threading
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from imd.client.signing_on import InThread
from imd.protocols.native.wire.frame import LineFramer, LineTooLong

#: Longest line that is read as a message; servers take less.
LONGEST_INPUT = 1024 * 1024
#: Lines read ahead of those that are settled.
AHEAD = 64


class InputLines:
    """Reads lines from a file descriptor; at most `AHEAD` of them without a `done` each.

    `line` gets each that is not empty (`LineTooLong` for one beyond all bounds), `end` follows the last.
    """

    def __init__(
        self, reactor: Any, fd: int, line: Callable[[bytes | LineTooLong], None], end: Callable[[], None]
    ) -> None:
        self._reactor = reactor
        self._fd = fd
        self._line = line
        self._end = end
        self._slots = threading.Semaphore(AHEAD)

    def start(self) -> None:
        # A daemon thread: nothing can wake it from a read, and the program must be able to end.
        threading.Thread(target=self._read, name="standard input", daemon=True).start()

    def done(self) -> None:
        """One line has been dealt with."""
        self._slots.release()

    def _read(self) -> None:
        framer = LineFramer(LONGEST_INPUT)
        while True:
            try:
                data = os.read(self._fd, 65536)
            except OSError:
                data = b""
            for event in framer.feed(data or b"\n"):
                self._slots.acquire()
                self._reactor.callFromThread(self._line, event)
            if not data:
                self._reactor.callFromThread(self._end)
                return


class OutputLines:
    """Writes lines in order; each has something to do once it is written. `broken` hears once that nobody reads."""

    def __init__(self, fd: int, in_thread: InThread, broken: Callable[[], None]) -> None:
        self._fd = fd
        self._in_thread = in_thread
        self._broken = broken
        self._waiting: list[tuple[str, Callable[[], None]]] = []
        self._writing: Deferred[None] | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """Lines that are not being written yet."""
        return len(self._waiting)

    def watch(self, reactor: Any) -> None:
        """Hear of a reader that goes away also while there is nothing to write."""
        threading.Thread(target=self._watch, args=(reactor,), name="standard output", daemon=True).start()

    def _watch(self, reactor: Any) -> None:
        poll = select.poll()
        # Nothing in particular: errors and hang-ups are told in any case.
        poll.register(self._fd, 0)
        poll.poll()
        reactor.callFromThread(self._gone)

    def _gone(self) -> None:
        if not self._closed:
            self._closed = True
            self._broken()

    def write(self, line: str, written: Callable[[], None]) -> None:
        if self._closed:
            return
        self._waiting.append((line, written))
        if self._writing is None:
            self._writing = Deferred()
            self._pump()

    async def flushed(self) -> None:
        """Until everything is written, or nobody reads."""
        writing = self._writing
        if writing is not None:
            done: Deferred[None] = Deferred()
            writing.chainDeferred(done)
            self._writing = writing
            await done

    def _pump(self) -> None:
        lines, self._waiting = self._waiting, []
        data = "".join(line + "\n" for line, _ in lines).encode(errors="backslashreplace")
        Deferred.fromCoroutine(self._write(data, [written for _, written in lines])).addErrback(self._failed)

    async def _write(self, data: bytes, written: list[Callable[[], None]]) -> None:
        await self._in_thread(lambda: _write_all(self._fd, data))
        for call in written:
            call()
        if self._waiting:
            self._pump()
        else:
            self._done()

    def _failed(self, failure: Any) -> None:
        failure.trap(OSError)
        self._waiting.clear()
        self._done()
        self._gone()

    def _done(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.callback(None)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
