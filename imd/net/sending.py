"""The write path of stream doors: what one reactor turn says goes out in one write, and a slow reader is bounded.

What is written in a turn is joined, and at its end offered straight to the kernel: nearly always it takes all, and
then the reactor need not be told to wait for the socket and to stop waiting again (two `epoll_ctl` per recipient of a
room line, a third of its cost). What the kernel does not take goes by the transport's own buffer, which says when it
is empty. A transport without a socket of its own (TLS) gets everything by `write`, and says when it is choked.

Either way, data that cannot leave waits here, and with more than `limit` bytes waiting the reader is too slow: what
waits is forgotten, its door may say a last word, and the connection ends. What its client did not acknowledge stays in
the inbox.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IPullProducer, IPushProducer
from twisted.internet.tcp import Connection
from zope.interface import implementer

from imd.core.ports import Clock, Timer

#: Handed to the transport at a time, so that it can say when it is choked.
CHUNK = 64 * 1024
#: Seconds a closing connection has to read what it was still sent.
LINGER = 10.0
#: Seconds its client then has to close its side.
LAST_BYTES = 2.0


def _nothing() -> None: ...


def in_buffers(transport: Any) -> int:
    """Bytes that wait in Twisted's own buffers, down to the socket; 0 for a transport that is not of Twisted."""
    size = 0
    while transport is not None:
        size += getattr(transport, "_tempDataLen", 0) - getattr(transport, "offset", 0)
        size += len(getattr(transport, "dataBuffer", b"")) + sum(map(len, getattr(transport, "_appSendBuffer", ())))
        transport = getattr(transport, "transport", None)
    return size


def _has_socket(transport: Any) -> bool:
    """Whether bytes may be handed to the transport's socket past its buffer: a plain stream, and Twisted as we know
    it. Where not, `write` does all."""
    return isinstance(transport, Connection) and not getattr(transport, "TLS", False)


def say_at_once(transport: Any, data: bytes) -> bool:
    """Send the first, short words of a connection before there is an `Outbox`; whether they could be."""
    if not _has_socket(transport):
        transport.write(data)
        return True
    try:
        return bool(transport.connected) and transport.socket.send(data) == len(data)
    except OSError:
        return False


@implementer(IPushProducer, IPullProducer)
class Outbox:
    """Between a door and its connected transport. `overflow` hears once that the reader is too slow, `stays` whenever
    `held` has changed: never while the kernel takes everything."""

    __slots__ = (
        "__weakref__",
        "_choked",
        "_clock",
        "_closing",
        "_direct",
        "_limit",
        "_linger",
        "_open",
        "_overflow",
        "_parts",
        "_scheduled",
        "_staying",
        "_stays",
        "_torn",
        "_transport",
        "pending",
    )

    def __init__(
        self,
        transport: Any,
        clock: Clock,
        limit: int,
        overflow: Callable[[], None] = _nothing,
        stays: Callable[[], None] = _nothing,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._limit = limit
        self._overflow = overflow
        self._stays = stays
        #: Something is held, and `stays` knows.
        self._staying = False
        #: Bytes at the beginning of what waits that belong to a line of which the transport has the first part.
        self._torn = 0
        self._parts: list[bytes] = []
        #: Bytes that wait here.
        self.pending = 0
        self._scheduled = False
        self._choked = False
        self._closing = False
        self._open = True
        self._linger: Timer | None = None
        # A pull producer is asked for more whenever the transport has nothing left: that is how we know. (Twisted asks
        # once at registration, too.) A push producer only hears of a full buffer.
        self._direct = _has_socket(transport)
        transport.registerProducer(self, not self._direct)

    def write(self, data: bytes) -> None:
        """Send at the end of this turn. Nothing happens once the connection is closing."""
        if not self._open or self._closing:
            return
        self._parts.append(data)
        self.pending += len(data)
        if self._choked:
            if self._limit and self.pending > self._limit:
                self._drop()
            else:
                self._stay()
        elif not self._scheduled:
            self._scheduled = True
            self._clock.last(self.flush)

    # What a stream of lines makes of what doors say; frames are another matter (`imd.net.websocket.outbox`).

    #: Send whole lines, each with its end.
    lines = write

    def payload(self, payload: bytes) -> None:
        """Send one message that has no line end in it."""
        self.write(payload + b"\n")

    def ask(self) -> None:
        """Ask for a sign of life, if the framing has a way of its own to do so."""

    def _end_of_unit(self, data: bytes, start: int, at: int) -> int:
        """Where the line ends that the byte before `at` belongs to; a line begins at `start`."""
        end = data.find(b"\n", max(at - 1, start))
        return len(data) if end < 0 else end + 1

    def flush(self) -> None:
        """Hand over now what waits, as far as the transport takes it."""
        self._scheduled = False
        parts = self._parts
        if self._choked or not parts or not self._open:
            return
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        self.pending = 0
        begun, self._torn = self._torn, 0
        if self._direct:
            # Straight to the kernel; the transport has nothing left to send.
            transport = self._transport
            if transport.connected:
                try:
                    sent = transport.socket.send(data)
                except OSError:
                    # No room; or the connection is broken, and then the transport finds out for itself, in its time.
                    sent = 0
                if sent != len(data):
                    self._not_taken(data, sent, begun)
            return
        waits = in_buffers(self._transport)
        if waits or self._staying:
            # Of what was written before. Nobody says when it has left: it is known at the next flush.
            self._staying = waits > 0
            self._stays()
        if len(data) <= CHUNK:
            self._transport.write(data)
            return
        for start in range(0, len(data), CHUNK):
            if self._blocked():
                self._keep(data, start, begun)
                if self._limit and self.pending > self._limit:
                    self._drop()
                else:
                    self._stay()
                return
            self._transport.write(data[start : start + CHUNK])

    def _not_taken(self, data: bytes, sent: int, begun: int) -> None:
        """The kernel has no room for what follows the first `sent` bytes."""
        self._choked = True
        if len(data) - sent > CHUNK:
            # Only so much leaves our bound; the transport's buffer has none.
            self._keep(data, sent + CHUNK, begun)
        self._transport.write(data[sent : sent + CHUNK])
        if self._limit and self.pending > self._limit:
            self._drop()
        else:
            self._stay()

    def _keep(self, data: bytes, at: int, begun: int) -> None:
        """What follows the first `at` bytes waits here. The first whole line begins at `begun`."""
        self._parts.insert(0, data[at:])
        self.pending += len(data) - at
        self._torn = self._end_of_unit(data, begun, at) - at

    @property
    def backlog(self) -> int:
        """Bytes that have not left, here and in the transport's own buffers."""
        return self.pending + in_buffers(self._transport) if self._open else 0

    @property
    def held(self) -> int:
        """The same, but for what leaves with this turn."""
        return self.backlog if self._choked or self._staying else 0

    def _stay(self) -> None:
        self._staying = True
        self._stays()

    def let_go(self) -> None:
        """Forget what waits, but for the rest of a line of which the transport has the beginning."""
        self._parts = [self._parts[0][: self._torn]] if self._torn and self._parts else []
        self.pending = sum(map(len, self._parts))

    def close(self, after_flush: bool = True) -> None:
        """End the connection, first sending what waits (for at most `LINGER` seconds), or at once."""
        if not self._open:
            return
        if not after_flush:
            self._abort()
            return
        if self._closing:
            return
        self.flush()
        if self._gone():
            return
        self._closing = True
        self._linger = self._clock.call_later(LINGER, self._abort)
        if not self._parts:
            self._finish()

    def lost(self) -> None:
        """The connection is gone (`connectionLost`): forget what waits."""
        self._open = False
        self._parts.clear()
        self.pending = 0
        if self._staying:
            self._staying = False
            self._stays()
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        # No part of a lost connection holds another: it goes with its last reference (`imd.net.garbage`).
        self._stays = self._overflow = _nothing
        self._transport = None

    # Asked again after calls that may change the answer.

    def _blocked(self) -> bool:
        return self._choked

    def _gone(self) -> bool:
        return not self._open

    def _finish(self) -> None:
        if self._direct and self._choked:
            # The transport says when it has nothing left.
            return
        # A transport with a producer waits for it before it closes.
        self._transport.unregisterProducer()
        if not self._direct:
            self._transport.loseConnection()
            return
        # Only our side: a socket that is closed with bytes unread sends a RST, and then the client may never see what
        # it was told (RFC 9112 section 9.6 has the same for HTTP). What it still says, the door ignores.
        if self._linger is not None:
            self._linger.cancel()
        self._linger = self._clock.call_later(LAST_BYTES, self._abort)
        self._transport.loseWriteConnection()

    def _drop(self) -> None:
        """The reader is too slow: whoever hears of it may say a last word and close, else the end comes at once."""
        overflow, self._overflow = self._overflow, _nothing
        self.let_go()
        overflow()
        if self._closing:
            self._stay()
        else:
            self._abort()

    def _abort(self) -> None:
        if not self._open:
            return
        transport = self._transport
        self.lost()
        if hasattr(transport, "abortConnection"):
            transport.abortConnection()
        else:
            transport.loseConnection()

    # What the transport asks of its producer (IPushProducer, IPullProducer).

    def pauseProducing(self) -> None:
        self._choked = True

    def resumeProducing(self) -> None:
        self._choked = False
        self.flush()
        if self._staying and not self._choked:
            self._staying = False
            self._stays()
        if self._closing and not self._parts and self._open:
            self._finish()

    def stopProducing(self) -> None:
        """The transport is lost; `lost` follows."""
        self._choked = True


#: As `Outbox` is made: transport, clock, limit, overflow, stays.
MakeOutbox = Callable[[Any, Clock, int, Callable[[], None], Callable[[], None]], Outbox]
