"""One accepted connection of the web listener: first a request's head, then HTTP, or then a WebSocket.

Until the head is whole only its bytes are kept, and no part of twisted.web is asked; once the connection is a WebSocket
nothing of HTTP is left of it.
"""

from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from imd.core.refusal import ShortOfMemory
from imd.net.bucket import Bucket
from imd.net.connections import TicketHolder
from imd.net.sending import say_at_once
from imd.net.shapes import share
from imd.net.websocket.frames import CloseCode, Opcode
from imd.net.websocket.outbox import WebSocketOutbox
from imd.net.websocket.reader import TOO_LONG, Reader, Violation

if TYPE_CHECKING:
    from imd.net.web.doors import Carried, WebDoor
    from imd.net.web.site import Channel, WebSite

#: Seconds for which a client may send at once what is no whole message, before `limits.frames_per_second` holds.
BURST = 10


class WebConnection(TicketHolder, Protocol):
    """HTTP until a resource calls `become`."""

    transport: Any

    def __init__(self, site: "WebSite") -> None:
        self._site = site
        self._head: bytearray | None = bytearray()
        self._channel: Channel | None = None
        # Of a WebSocket.
        self._reader: Reader | None = None
        self._inner: Carried | None = None
        self._door: WebDoor | None = None
        #: Bytes of what is not complete, as last told.
        self._kept = 0
        #: The kind of messages we send is settled.
        self._agreed = False
        #: Bounds frames that are no whole message; made when there is one.
        self._bucket: Bucket | None = None

    def connectionMade(self) -> None:
        self._site.requesting.add(self)

    def dataReceived(self, data: bytes) -> None:
        if self._inner is not None:
            self._read(data)
        elif self._channel is not None:
            self._channel.dataReceived(data)
        elif self._head is not None:
            self._read_head(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._site.requesting.discard(self)
        self._forget_head()
        if self._channel is not None:
            channel, self._channel = self._channel, None
            channel.connectionLost(reason)
            channel.let_go(lost=True)
        if self._inner is not None:
            if self._reader is not None:
                self._reader.clear()
            self._inner.connectionLost(reason)

    def admission_expired(self) -> None:
        if self._inner is not None:
            self._inner.admission_expired()
        elif self._head is not None:
            self.refuse(408, "The request took too long.")
        else:
            self.transport.abortConnection()

    # ------------------------------------------------------------ HTTP

    def _read_head(self, data: bytes) -> None:
        """RFC 9112 section 2.1: the head ends with an empty line."""
        head = self._head
        if head is None:
            return
        # The end may have begun in what came before.
        begin = max(len(head) - 3, 0)
        head += data
        end = head.find(b"\r\n\r\n", begin)
        limit = self._site.settings.request_size
        if limit and (end if end >= 0 else len(head)) > limit:
            self._site.settings.tally.count("request_size")
            # RFC 6585 section 5.
            self.refuse(431, f"The head of a request has at most {limit} bytes.")
            return
        if end < 0:
            self._site.memory.note(self, len(head))
            return
        whole = bytes(head)
        self._forget_head()
        self._channel = self._site.channel(self)
        self._channel.makeConnection(self.transport)
        self._channel.dataReceived(whole[: end + 4])
        if len(whole) > end + 4:
            # What follows the head already.
            self.dataReceived(whole[end + 4 :])

    def _forget_head(self) -> None:
        if self._head is not None:
            self._head = None
            self._site.memory.note(self, 0)

    def refuse(self, status: int, sentence: str) -> None:
        """Answer what never became a request, and close."""
        self._forget_head()
        if self._channel is not None:
            channel, self._channel = self._channel, None
            channel.let_go()
        self._site.logger.info("web: {peer}: {why}", peer=self.transport.getPeer(), why=sentence)
        self.transport.write(self._site.answer(status, sentence))
        self.transport.loseConnection()

    # ------------------------------------------------------------ memory (imd.net.memory.Holder), for the head

    def held(self) -> int:
        return 0 if self._head is None else len(self._head)

    def shed(self, why: ShortOfMemory) -> None:
        self.refuse(503, why.sentence)

    def whose(self) -> str:
        return f"{self.transport.getPeer()}, web"

    # ------------------------------------------------------------ WebSocket

    def become(self, door: "WebDoor", opcode: Opcode, response: bytes, *, agreed: bool, origin: str) -> None:
        """The request is answered by `response`: from now on this is a WebSocket of that door, which speaks in
        messages of that kind; if none was `agreed` upon, in the kind in which the client begins."""
        channel, self._channel = self._channel, None
        if channel is None:
            return
        channel.let_go()
        transport = self.transport
        site = self._site
        site.requesting.discard(self)
        if not say_at_once(transport, response):
            transport.abortConnection()
            return
        site.upgraded += 1
        self._door = door
        self._agreed = agreed
        self._reader = Reader(site.settings.line_length, site.settings.websocket_message)
        inner = self._inner = door.make(door.via, site.outbox[opcode], origin)
        inner.ticket, self.ticket = self.ticket, None
        inner.makeConnection(transport)

    def _read(self, data: bytes) -> None:
        reader, inner = self._reader, self._inner
        if reader is None or inner is None or reader.closed:
            return
        try:
            self._hear(reader, inner, data)
        except Violation as violation:
            self._site.broken(self.transport, violation)
            self._close(reader, inner, violation.code, violation.reason)
        if reader.kept != self._kept:
            self._kept = reader.kept
            inner.carrier_keeps(self._kept)

    def _hear(self, reader: Reader, inner: "Carried", data: bytes) -> None:
        messages: list[bytes] = []
        ping: bytes | None = None
        takes = () if self._door is None else self._door.takes
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


share(
    WebConnection,
    *("_agreed", "_bucket", "_channel", "_door", "_head", "_inner", "_kept", "_reader", "_site"),
    *("connected", "ticket", "transport"),
)
