"""One connection to Redis: txredisapi's protocol, with all commands of a reactor turn in one write.

txredisapi writes, times and queues each command by itself; a store that takes tens of thousands of messages a second
cannot afford that (one write for a turn's commands is about five times cheaper). Replies are parsed by hiredis as
txredisapi does it, but without its conversion of what looks like a number (``b"007"`` would become 7).
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import txredisapi
from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IDelayedCall, IReactorTime, ITransport
from twisted.logger import Logger
from twisted.python.failure import Failure

from imd.core.refusal import StoreUnavailable
from imd.core.stores import OutcomeUnknown

#: What may wait for Redis on one connection; more is refused (promise P6).
MAX_COMMANDS = 100_000
MAX_BYTES = 64 * 1024 * 1024

Part = bytes | str | int | float


def encode(parts: "tuple[Part, ...] | list[Part]") -> bytes:
    """One command in the Redis serialization protocol (RESP2, "Sending commands to a Redis server")."""
    out = [b"*%d\r\n" % len(parts)]
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        out.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(out)


class Lazy(Protocol):
    """A command that may still grow until it is written."""

    def encode(self) -> bytes: ...


class Connection(txredisapi.RedisProtocol):  # type: ignore[misc]  # txredisapi has no annotations
    """Commands queue until the end of the reactor turn, then travel in one write; replies come back in order.

    `lost` is called once, before the commands concerned fail: those never written with `StoreUnavailable`, those
    without an answer with `OutcomeUnknown`.
    """

    log = Logger()
    transport: ITransport

    def __init__(self, clock: IReactorTime, reply_timeout: float) -> None:
        super().__init__(charset=None, convertNumbers=False)
        self.lost: Callable[[Failure], None] = lambda reason: None
        self._clock = clock
        self._reply_timeout = reply_timeout
        self._outgoing: list[bytes | Lazy] = []
        self._unsent: list[Deferred[Any]] = []
        self._unanswered: deque[Deferred[Any]] = deque()
        # One entry for each write: how many of its replies are still to come, its size, when it was sent.
        self._writes: deque[list[float]] = deque()
        self._bytes = 0
        self._flushing: IDelayedCall | None = None
        self._watching: IDelayedCall | None = None
        self._gone = False
        #: Why it died, once it has.
        self.reason: Failure | None = None

    # ------------------------------------------------------------ sending

    def send(self, command: bytes | Lazy) -> Deferred[Any]:
        """Queue one encoded command; fires with its reply."""
        if self._gone or len(self._unanswered) + len(self._unsent) >= MAX_COMMANDS or self._bytes >= MAX_BYTES:
            return fail(StoreUnavailable())
        result: Deferred[Any] = Deferred()
        self._outgoing.append(command)
        self._unsent.append(result)
        if self._flushing is None:
            # Delayed calls run at the end of the present turn, before the reactor looks at sockets again.
            self._flushing = self._clock.callLater(0, self._flush)
        return result

    def execute_command(self, *args: Part, **kwargs: Any) -> Deferred[Any]:
        """The way all of txredisapi's own commands go."""
        result = self.send(encode(args))
        post_process = kwargs.get("post_proc")
        return result.addCallback(post_process) if callable(post_process) else result

    def _flush(self) -> None:
        self._flushing = None
        if not self._outgoing:
            return
        outgoing, self._outgoing = self._outgoing, []
        data = b"".join([command if isinstance(command, bytes) else command.encode() for command in outgoing])
        self._writes.append([len(self._unsent), len(data), self._clock.seconds()])
        self._bytes += len(data)
        self._unanswered.extend(self._unsent)
        self._unsent = []
        if self._watching is None:
            self._watching = self._clock.callLater(self._reply_timeout, self._check_waiting)
        self.transport.write(data)

    def _check_waiting(self) -> None:
        """Redis must answer the oldest write in time; a connection that hangs is dropped (and made anew)."""
        self._watching = None
        if not self._writes:
            return
        left = self._writes[0][2] + self._reply_timeout - self._clock.seconds()
        if left > 0:
            self._watching = self._clock.callLater(left, self._check_waiting)
            return
        self.log.error("Redis has not answered for {seconds} s; dropping the connection", seconds=self._reply_timeout)
        self.abort()

    # ------------------------------------------------------------ receiving

    def dataReceived(self, data: bytes, unpause: bool = False) -> None:
        if txredisapi.hiredis is None:
            super().dataReceived(data, unpause)
            return
        reader = self._reader
        reader.feed(data)
        while (reply := reader.gets()) is not False:
            self.replyReceived(reply)

    def replyReceived(self, reply: Any) -> None:
        if not self._unanswered:
            # Nothing was asked. After this no reply could be matched with its command.
            self.log.error("Redis sent an answer to no question; dropping the connection")
            self.abort()
            return
        result = self._unanswered.popleft()
        write = self._writes[0]
        write[0] -= 1
        if not write[0]:
            self._bytes -= int(write[1])
            self._writes.popleft()
        if isinstance(reply, Exception):
            result.errback(Failure(reply))
        else:
            # Without hiredis txredisapi decodes status replies.
            result.callback(reply.encode() if isinstance(reply, str) else reply)

    # ------------------------------------------------------------ the end

    def abort(self) -> None:
        abort = getattr(self.transport, "abortConnection", None) or self.transport.loseConnection
        abort()

    def connectionLost(self, reason: Failure) -> None:
        self._gone = True
        self.reason = reason
        for call in (self._flushing, self._watching):
            if call is not None and call.active():
                call.cancel()
        self._flushing = self._watching = None
        unsent, self._unsent, self._outgoing = self._unsent, [], []
        unanswered, self._unanswered = self._unanswered, deque()
        self._writes.clear()
        self.lost(reason)
        super().connectionLost(reason)
        for result in unanswered:
            result.errback(Failure(OutcomeUnknown("the connection to Redis died before the answer came")))
        for result in unsent:
            result.errback(Failure(StoreUnavailable()))
