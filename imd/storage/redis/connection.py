"""One connection to Redis: txredisapi's protocol, with all commands of a reactor turn in one write.

txredisapi writes, times and queues each command by itself; a store that takes tens of thousands of messages a second
cannot afford that (one write for a turn's commands is about five times cheaper). Replies are parsed by hiredis as
txredisapi does it, but without its conversion of what looks like a number (``b"007"`` would become 7).

Redis syncs its file once for each piece of some ten kilobytes that it reads. Therefore several commands are put into an
envelope of MULTI and EXEC: it only collects them while it reads, and runs and syncs all of them at once. Nothing relies
on the envelope being atomic.
"""

from collections import deque
from collections.abc import Callable, Sequence
from time import thread_time
from typing import Any, Protocol

import txredisapi
from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IDelayedCall, IReactorTime, ITCPTransport, ITransport
from twisted.logger import Logger
from twisted.python.failure import Failure

from imd.core.refusal import StoreUnavailable
from imd.core.stores import OutcomeUnknown

#: Commands in one envelope: from as many it pays; more, or longer ones, would keep Redis from serving others too long.
FEWEST, MOST, LONGEST = 4, 500, 256 * 1024

#: What may wait for Redis on one connection; more is refused (promise P6).
MAX_COMMANDS = 100_000
MAX_BYTES = 64 * 1024 * 1024

#: Seconds of processor time of one reactor turn in which commands hear their answers; the others hear theirs in the
#: next one. When everybody signs on at once, Redis answers hundreds of them together, and each has much to do then.
SHARE = 0.004

Part = bytes | str | int | float


def encode(parts: Sequence[Part]) -> bytes:
    """One command in the Redis serialization protocol (RESP2, "Sending commands to a Redis server")."""
    return b"*%d\r\n" % len(parts) + encode_parts(parts)


def encode_parts(parts: Sequence[Part]) -> bytes:
    """The inside of a command, for those who put one together piece by piece."""
    out = []
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        out.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(out)


class Lazy(Protocol):
    """A command that may still grow until it is written."""

    def encode(self) -> bytes: ...


class _Envelope:
    """Commands between MULTI and EXEC: takes the replies of all of these and hands them to the commands."""

    __slots__ = ("_answers", "_refusals", "commands", "refused")

    def __init__(self, commands: list[Deferred[Any]]) -> None:
        self.commands = commands
        #: Redis did not accept MULTI (an ACL may forbid it): the commands were executed one by one.
        self.refused = False
        self._answers = -1
        self._refusals: dict[int, Exception] = {}

    def take(self, reply: Any, fire: "Fire") -> bool:
        """True with the last reply. `fire` is told what is answered."""
        at = self._answers
        self._answers += 1
        if at < 0:
            self.refused = isinstance(reply, Exception)
        elif at < len(self.commands):
            if self.refused:
                fire(self.commands[at], reply)
            elif isinstance(reply, Exception):
                self._refusals[at] = reply
        else:
            if not self.refused:
                self._open(reply, fire)
            return True
        return False

    def _open(self, reply: Any, fire: "Fire") -> None:
        if isinstance(reply, list) and len(reply) == len(self.commands):
            for command, answer in zip(self.commands, reply, strict=True):
                fire(command, answer)
            return
        # One command was refused (memory, rights, a replica), so none was executed.
        for at, command in enumerate(self.commands):
            fire(command, self._refusals.get(at) or StoreUnavailable())

    def unanswered(self) -> list[Deferred[Any]]:
        """Commands that still wait when the connection dies."""
        return self.commands[max(0, self._answers) :] if self.refused else self.commands


#: Told which command is answered, and how.
Fire = Callable[[Deferred[Any], Any], None]


def _fire(command: Deferred[Any], reply: Any) -> None:
    if isinstance(reply, Exception):
        command.errback(Failure(reply))
    else:
        # Without hiredis txredisapi decodes status replies.
        command.callback(reply.encode() if isinstance(reply, str) else reply)


_MULTI, _EXEC = encode(("MULTI",)), encode(("EXEC",))


def _enclose(encoded: list[bytes], waiting: list[Deferred[Any]]) -> tuple[list[Deferred[Any] | _Envelope], bytes]:
    """Commands in as many envelopes as they need, and what to write."""
    envelopes: list[Deferred[Any] | _Envelope] = []
    pieces: list[bytes] = []
    start = size = 0
    for at, command in enumerate(encoded, 1):
        size += len(command)
        if at == len(encoded) or at - start == MOST or size >= LONGEST:
            envelopes.append(_Envelope(waiting[start:at]))
            pieces += [_MULTI, *encoded[start:at], _EXEC]
            start, size = at, 0
    return envelopes, b"".join(pieces)


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
        # Used by txredisapi's own parser, where there is no hiredis.
        self.callLater = clock.callLater
        self._clock = clock
        self._reply_timeout = reply_timeout
        self._outgoing: list[bytes | Lazy] = []
        self._unsent: list[Deferred[Any]] = []
        self._unanswered: deque[Deferred[Any] | _Envelope] = deque()
        # One entry for each write: how many of `_unanswered` are its, its size, how many commands, when it was sent.
        self._writes: deque[tuple[list[int], int, int, float]] = deque()
        self._bytes = 0
        self._commands = 0
        self._envelopes = True
        self._flushing: IDelayedCall | None = None
        self._watching: IDelayedCall | None = None
        #: Answers that have come and not been told, in order.
        self._answers: deque[tuple[Deferred[Any], Any]] = deque()
        self._telling: IDelayedCall | None = None
        self._gone = False
        #: Why it died, once it has; and fires then.
        self.reason: Failure | None = None
        self.ended: Deferred[None] = Deferred()

    def connectionMade(self) -> Deferred[None]:
        if ITCPTransport.providedBy(self.transport):
            # A turn's commands are one write already; Nagle's algorithm (RFC 9293 section 3.7.4) would only wait.
            self.transport.setTcpNoDelay(True)
        made: Deferred[None] = super().connectionMade()
        return made

    # ------------------------------------------------------------ sending

    def send(self, command: bytes | Lazy) -> Deferred[Any]:
        """Queue one encoded command; fires with its reply."""
        if self._gone or self._commands + len(self._unsent) >= MAX_COMMANDS or self._bytes >= MAX_BYTES:
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
        unsent, self._unsent = self._unsent, []
        encoded = [command if isinstance(command, bytes) else command.encode() for command in outgoing]
        if self._envelopes and len(encoded) >= FEWEST:
            entries, data = _enclose(encoded, unsent)
        else:
            entries, data = list(unsent), b"".join(encoded)
        self._writes.append(([len(entries)], len(data), len(unsent), self._clock.seconds()))
        self._bytes += len(data)
        self._commands += len(unsent)
        self._unanswered.extend(entries)
        if self._watching is None:
            self._watching = self._clock.callLater(self._reply_timeout, self._check_waiting)
        self.transport.write(data)

    def _check_waiting(self) -> None:
        """Redis must answer the oldest write in time; a connection that hangs is dropped (and made anew)."""
        self._watching = None
        if not self._writes:
            return
        left = self._writes[0][3] + self._reply_timeout - self._clock.seconds()
        if left > 0:
            self._watching = self._clock.callLater(left, self._check_waiting)
            return
        self.log.error("Redis has not answered for {seconds} s; dropping the connection", seconds=self._reply_timeout)
        self.abort()

    # ------------------------------------------------------------ receiving

    def dataReceived(self, data: bytes, unpause: bool = False) -> None:
        if txredisapi.hiredis is None:
            super().dataReceived(data, unpause)
            self._tell()
            return
        reader = self._reader
        reader.feed(data)
        while (reply := reader.gets()) is not False:
            self.replyReceived(reply)
        self._tell()

    def _answered(self, command: Deferred[Any], reply: Any) -> None:
        self._answers.append((command, reply))

    def _tell(self) -> None:
        if self._telling is not None:
            return
        answers, enough = self._answers, thread_time() + SHARE
        while answers:
            _fire(*answers.popleft())
            if thread_time() > enough:
                break
        if answers:
            self._telling = self._clock.callLater(0, self._tell_on)

    def _tell_on(self) -> None:
        self._telling = None
        self._tell()

    def replyReceived(self, reply: Any) -> None:
        if not self._unanswered:
            # Nothing was asked. After this no reply could be matched with its command.
            self.log.error("Redis sent an answer to no question; dropping the connection")
            self.abort()
            return
        waiting = self._unanswered[0]
        if isinstance(waiting, _Envelope):
            if not waiting.take(reply, self._answered):
                return
            self._envelopes = self._envelopes and not waiting.refused
        self._unanswered.popleft()
        left, size, commands, _ = self._writes[0]
        left[0] -= 1
        if not left[0]:
            self._writes.popleft()
            self._bytes -= size
            self._commands -= commands
        if isinstance(waiting, Deferred):
            self._answered(waiting, reply)

    # ------------------------------------------------------------ the end

    def abort(self) -> None:
        abort = getattr(self.transport, "abortConnection", None) or self.transport.loseConnection
        abort()

    def connectionLost(self, reason: Failure) -> None:
        self._gone = True
        self.reason = reason
        for call in (self._flushing, self._watching, self._telling):
            if call is not None and call.active():
                call.cancel()
        self._flushing = self._watching = self._telling = None
        while self._answers:
            _fire(*self._answers.popleft())
        unsent, self._unsent, self._outgoing = self._unsent, [], []
        unanswered, self._unanswered = self._unanswered, deque()
        self._writes.clear()
        self.lost(reason)
        super().connectionLost(reason)
        waiting = [
            one for entry in unanswered for one in ([entry] if isinstance(entry, Deferred) else entry.unanswered())
        ]
        for result in waiting:
            result.errback(Failure(OutcomeUnknown("the connection to Redis died before the answer came")))
        for result in unsent:
            result.errback(Failure(StoreUnavailable()))
        self.ended.callback(None)
