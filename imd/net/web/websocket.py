"""A WebSocket that a request has become: its messages are a door's, the rest is answered here (RFC 6455)."""

from typing import TYPE_CHECKING, Any

from twisted.python.failure import Failure

from imd.net.bucket import Bucket
from imd.net.websocket.frames import CloseCode, Opcode
from imd.net.websocket.outbox import WebSocketOutbox
from imd.net.websocket.reader import TOO_LONG, Reader, Violation

if TYPE_CHECKING:
    from imd.net.web.doors import Carried
    from imd.net.web.site import WebSite

#: Seconds for which a client may send at once what is no whole message, before `limits.frames_per_second` holds.
BURST = 10


class WebSocket:
    """Carries `inner`, a door's connection that takes messages of these kinds. Unless the kind is `agreed` upon it is
    the one in which the client begins."""

    __slots__ = ("_agreed", "_bucket", "_inner", "_kept", "_reader", "_site", "_takes", "_transport")

    def __init__(
        self, site: "WebSite", transport: Any, inner: "Carried", takes: frozenset[int], *, agreed: bool
    ) -> None:
        self._site = site
        self._transport = transport
        self._inner = inner
        self._takes = takes
        self._agreed = agreed
        self._reader = Reader(site.settings.line_length, site.settings.websocket_message)
        #: Bytes of what is not complete, as last told.
        self._kept = 0
        #: Bounds frames that are no whole message; made when there is one.
        self._bucket: Bucket | None = None

    def read(self, data: bytes) -> None:
        """What the client sends."""
        reader, inner = self._reader, self._inner
        if reader.closed:
            return
        try:
            self._hear(reader, inner, data)
        except Violation as violation:
            self._site.broken(self._transport, violation)
            self._close(reader, inner, violation.code, violation.reason)
        if reader.kept != self._kept:
            self._kept = reader.kept
            inner.carrier_keeps(self._kept)

    def lost(self, reason: Failure) -> None:
        """The connection is."""
        self._reader.clear()
        self._inner.connectionLost(reason)

    def too_late(self) -> None:
        """The client took too long to sign on."""
        self._inner.admission_expired()

    def _hear(self, reader: Reader, inner: "Carried", data: bytes) -> None:
        messages: list[bytes] = []
        ping: bytes | None = None
        takes = self._takes
        try:
            for opcode, payload in reader.feed(data):
                if opcode in takes:
                    messages.append(payload)
                    if not self._agreed:
                        self._agreed = True
                        self._outbox(inner).use(self._site.framings[Opcode(opcode)])
                    continue
                if messages:
                    # In order.
                    said, messages = messages, []
                    inner.received(said)
                if opcode == Opcode.PING:
                    ping = payload
                else:
                    self._other(reader, inner, opcode, payload)
        finally:
            if messages:
                inner.received(messages)
        if reader.closed:
            return
        if not messages:
            inner.heard()
        if reader.others:
            self._pace(reader)
        if ping is not None:
            # Section 5.5.3: of several the last is answered.
            self._outbox(inner).pong(ping)

    def _other(self, reader: Reader, inner: "Carried", opcode: int, payload: bytes) -> None:
        """What is neither a message for the door nor a ping."""
        if opcode == TOO_LONG:
            inner.too_long(reader.limit)
        elif opcode == Opcode.CLOSE:
            self._close(reader, inner, int.from_bytes(payload[:2]))
        elif opcode != Opcode.PONG:
            raise Violation(CloseCode.UNSUPPORTED_DATA, "Messages of this kind are not understood here.")

    def _pace(self, reader: Reader) -> None:
        """Frames that are no message cost us something, too."""
        others, reader.others = reader.others, 0
        rate = self._site.settings.frames_per_second
        if rate:
            now = self._site.clock.time()
            if self._bucket is None:
                self._bucket = Bucket(rate, rate * BURST, now)
            if self._bucket.take(now, others):
                self._site.settings.tally.count("frames_per_second")
                raise Violation(CloseCode.POLICY_VIOLATION, "Too many frames that are no messages.")

    def _close(self, reader: Reader, inner: "Carried", code: int, reason: str = "") -> None:
        """The client closes, or has broken the rules: a Close frame is the last that it hears (section 7.1)."""
        reader.clear()
        outbox = self._outbox(inner)
        outbox.code, outbox.reason = code, reason
        inner.left()

    @staticmethod
    def _outbox(inner: "Carried") -> WebSocketOutbox:
        outbox = inner.outbox
        if not isinstance(outbox, WebSocketOutbox):
            raise TypeError("the door does not write by what it was given")
        return outbox
