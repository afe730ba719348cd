"""One accepted connection of the web listener: a request's head, then HTTP, perhaps another request, or a WebSocket.

Until a head (and a body, where one is taken) is whole only its bytes are kept, and no part of twisted.web knows it;
each request has a parser of its own. Once the connection is a WebSocket nothing of HTTP is left of it.

::

    head ─► request ─► answer ── kept? ── yes: head of the next
              │                     └──── no: closed
              └─ become: WebSocket
"""

from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from imd.core.ports import Timer
from imd.core.refusal import Refusal, ShortOfMemory, ShuttingDown, TooFast
from imd.net.bucket import Bucket
from imd.net.connections import TicketHolder
from imd.net.sending import LINGER, in_buffers, say_at_once
from imd.net.shapes import share
from imd.net.websocket.frames import CloseCode, Opcode
from imd.net.websocket.outbox import WebSocketOutbox
from imd.net.websocket.reader import TOO_LONG, Reader, Violation

if TYPE_CHECKING:
    from imd.net.web.doors import Carried, WebDoor
    from imd.net.web.site import Channel, WebSite

#: Seconds for which a client may send at once what is no whole message, before `limits.frames_per_second` holds.
BURST = 10
#: Bytes of an answer that are not worth a note in the books.
SHORT = 4096
#: Seconds, where no time is set.
NEVER = 86_400.0


class WebConnection(TicketHolder, Protocol):
    """HTTP until a resource calls `become`. Of several requests that come at once each has its own turn: they neither
    nest, nor hold the reactor."""

    transport: Any

    def __init__(self, site: "WebSite") -> None:
        self._site = site
        self._head: bytearray | None = bytearray()
        self._channel: Channel | None = None
        #: Bytes of a request's body that have come, and how many are to come; None: no body is under way.
        self._body: bytearray | None = None
        self._missing = 0
        #: What follows a request that is not answered yet.
        self._ahead = b""
        #: Seconds for which it is kept, once it has served a request.
        self.idle = 0.0
        #: It has served a request, and waits until then for the next.
        self._next: Timer | None = None
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
        if self._ahead:
            self._wait_for_turn(data)
            return
        while data:
            if self._inner is not None:
                self._read(data)
                return
            if self._head is not None:
                data = self._read_head(data)
            elif self._body is not None:
                data = self._read_body(data)
            else:
                self._wait_for_turn(data)
                return
            if data and self._head is not None:
                # One has been answered at once.
                self._wait_for_turn(data)
                self._site.clock.soon(self._catch_up)
                return

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._site.requesting.discard(self)
        self._forget()
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
        elif self._head is not None or self._body is not None:
            self.refuse(408, "The request took too long.")
        else:
            self.transport.abortConnection()

    # ------------------------------------------------------------ HTTP

    def _read_head(self, data: bytes) -> bytes:
        """RFC 9112 section 2.1: the head ends with an empty line. What follows it."""
        head = self._head
        if head is None:
            return data
        # The end may have begun in what came before.
        begin = max(len(head) - 3, 0)
        head += data
        end = head.find(b"\r\n\r\n", begin)
        limit = self._site.settings.request_size
        if limit and (end if end >= 0 else len(head)) > limit:
            self._site.settings.tally.count("request_size")
            # RFC 6585 section 5.
            self.refuse(431, f"The head of a request has at most {limit} bytes.")
            return b""
        if end < 0:
            self._note()
            return b""
        whole = bytes(head)
        self._head = None
        if self._may_ask():
            self._channel = self._site.channel(self)
            self._channel.makeConnection(self.transport)
            self._channel.dataReceived(whole[: end + 4])
        return whole[end + 4 :]

    def _may_ask(self) -> bool:
        """Whether the request is handled; if not, it has been answered."""
        self._note()
        if self._site.stopping:
            self.turn_down(ShuttingDown())
            return False
        if self._next is None:
            # The first: this was asked when the connection was let in.
            return True
        unread = in_buffers(self.transport)
        if self._site.settings.send_queue and unread > self._site.settings.send_queue:
            self._site.settings.tally.count("send_queue")
            self._site.logger.info("web: {peer} asks and does not read", peer=self.transport.getPeer())
            self.transport.abortConnection()
            return False
        try:
            if self.ticket is not None:
                self.ticket.ask(self.transport.getPeer())
        except TooFast as refusal:
            self.turn_down(refusal)
            return False
        return True

    def takes_bodies(self, path: bytes) -> bool:
        """Whether requests for this path may have a body."""
        path = path.partition(b"?")[0]
        return any(path == each or path.startswith(each + b"/") for each in self._site.bodies)

    @property
    def most_body(self) -> int:
        """The longest body, in bytes; 0 for any."""
        return self._site.settings.request_body

    def expect(self, size: int) -> None:
        """The request that is read has a body of so many bytes."""
        self._body = bytearray()
        self._missing = size

    def _read_body(self, data: bytes) -> bytes:
        body = self._body
        if body is None:
            return data
        taken = data[: self._missing]
        body += taken
        self._missing -= len(taken)
        if not self._missing:
            self._body = None
            if self._channel is not None:
                self._channel.dataReceived(bytes(body))
        self._note()
        return data[len(taken) :]

    def _wait_for_turn(self, data: bytes) -> None:
        """A request is being answered, and another one follows it already (RFC 9112 section 9.3.2)."""
        if self._head is None and (self._channel is None or not self._channel.requests):
            # The last words have been said.
            return
        self._ahead += data
        limit = self._site.settings.request_size
        if limit and len(self._ahead) > limit:
            self._site.settings.tally.count("request_size")
            self.refuse(431, f"Before a request has its answer, at most {limit} bytes may follow it.")
        else:
            self._note()

    def stop(self) -> None:
        """The daemon stops: who has asked gets an answer, as it comes; the others go."""
        if self._channel is None or self._body is not None:
            self.transport.abortConnection()

    def asked(self) -> None:
        """The request has come in whole: its answer may take its time."""
        if self._next is not None:
            self._next.cancel()

    def answered(self) -> None:
        """The request has its answer, and the connection is kept for another."""
        channel, self._channel = self._channel, None
        if channel is None:
            return
        channel.let_go()
        if self._site.stopping:
            self.transport.loseConnection()
            return
        self.settle()
        # In place of the ticket's time.
        self._next = self._site.clock.call_later(self.idle, self._nothing_more)
        self._head = bytearray()
        self._note()
        if self._ahead:
            # Not at once: whoever has answered is in the middle of something.
            self._site.clock.soon(self._catch_up)

    def closing(self) -> None:
        """The last answer is given: who does not read it is not waited for for ever."""
        if self._next is not None:
            self._next.cancel()
        self._next = self._site.clock.call_later(LINGER, self.transport.abortConnection)

    def _catch_up(self) -> None:
        ahead, self._ahead = self._ahead, b""
        self.dataReceived(ahead)

    def _nothing_more(self) -> None:
        if self._head is not None and not self._head and not self._ahead and not in_buffers(self.transport):
            # Nobody is in the middle of anything.
            self._forget()
            self.transport.loseConnection()
            return
        seconds = self._site.settings.request_timeout or NEVER
        self._next = self._site.clock.call_later(max(seconds - self.idle, 0.0), self._late)

    def _late(self) -> None:
        self._site.settings.tally.count("handshake_timeout")
        self.admission_expired()

    def _forget(self) -> None:
        """Nothing is kept of what was not handled."""
        self._head = self._body = None
        self._ahead = b""
        if self._next is not None:
            self._next.cancel()
        self._site.memory.note(self, 0)

    def turn_down(self, refusal: Refusal) -> None:
        """Answer a request that is not handled for a reason that will go away, and close."""
        self.refuse(429 if isinstance(refusal, TooFast) else 503, refusal.sentence, getattr(refusal, "retry_after", 0))

    def refuse(self, status: int, sentence: str, retry_after: float = 0) -> None:
        """Answer what is no request, or the one under way, and close."""
        self._forget()
        if self._channel is not None:
            channel, self._channel = self._channel, None
            # Who waits for the answer need wait no longer.
            channel.connectionLost(connectionDone)
            channel.let_go()
        self._site.logger.info("web: {peer}: {why}", peer=self.transport.getPeer(), why=sentence)
        self.closing()
        self.transport.write(self._site.answer(status, sentence, retry_after))
        self.transport.loseConnection()

    # ------------------------------------------------------------ memory (imd.net.memory.Holder), while this is HTTP

    def _note(self) -> None:
        self._site.memory.note(self, self.held())

    def held(self) -> int:
        kept = len(self._head or b"") + len(self._body or b"") + len(self._ahead)
        # Of an answer that has just been given: nearly always the kernel takes it.
        unread = in_buffers(self.transport) if self._next is not None else 0
        return kept + (unread if unread > SHORT else 0)

    def shed(self, why: ShortOfMemory) -> None:
        if in_buffers(self.transport) > SHORT:
            # Words would only come on top of it.
            self._forget()
            self.transport.abortConnection()
        else:
            self.refuse(503, why.sentence)

    def whose(self) -> str:
        return f"{self.transport.getPeer()}, web"

    # ------------------------------------------------------------ WebSocket

    def begin_again(self) -> None:
        """What follows must be done in time, as on a connection that is new. Raises a `Refusal`."""
        if self.ticket is not None:
            self.ticket.begin_again()

    def become(self, door: "WebDoor", opcode: Opcode, response: bytes, *, agreed: bool, origin: str) -> None:
        """The request is answered by `response`: from now on this is a WebSocket of that door, which speaks in
        messages of that kind; if none was `agreed` upon, in the kind in which the client begins."""
        channel, self._channel = self._channel, None
        if channel is None:
            return
        channel.let_go()
        self._forget()
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
    *(
        "idle",
        "_agreed",
        "_ahead",
        "_body",
        "_bucket",
        "_channel",
        "_door",
        "_head",
        "_inner",
        "_kept",
        "_missing",
        "_next",
    ),
    *("_reader", "_site"),
    *("connected", "ticket", "transport"),
)
