"""The requests of one connection, one after the other: what has come of the next is kept, and bounded in size and time.

Until a head (and a body, where one is taken) is whole only its bytes are kept, and no part of twisted.web knows it;
each request has a parser of its own.
"""

from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from imd.core.ports import Timer
from imd.core.refusal import Refusal, ShortOfMemory, ShuttingDown, TooFast
from imd.net.sending import LINGER, in_buffers

if TYPE_CHECKING:
    from imd.net.web.connection import WebConnection
    from imd.net.web.parsing import Channel
    from imd.net.web.site import WebSite

#: Bytes of an answer that are not worth a note in the books.
SHORT = 4096
#: Seconds, where no time is set.
NEVER = 86_400.0


class Requests:
    """Of several that come at once each has its own turn: they neither nest, nor hold the reactor. Resources find the
    `connection`."""

    def __init__(self, site: "WebSite", connection: "WebConnection", transport: Any) -> None:
        self._site = site
        self.connection = connection
        self.transport = transport
        self._head: bytearray | None = bytearray()
        self._channel: Channel | None = None
        #: Bytes of a request's body that have come, and how many are to come; None: no body is under way.
        self._body: bytearray | None = None
        self._missing = 0
        #: What follows a request that is not answered yet.
        self._ahead = b""
        #: Seconds for which the connection is kept once it has served a request.
        self._idle = 0.0
        #: It has served a request, and waits until then for the next.
        self._next: Timer | None = None
        #: The last request has become something else.
        self._ended = False
        site.requesting.add(self)

    def read(self, data: bytes) -> None:
        """What the client sends."""
        if self._ahead:
            self._wait_for_turn(data)
            return
        while data:
            if self._head is not None:
                data = self._read_head(data)
            elif self._body is not None:
                data = self._read_body(data)
            elif self._ended:
                # It came together with the request, and is no part of it.
                self.connection.dataReceived(data)
                return
            else:
                self._wait_for_turn(data)
                return
            if data and self._head is not None:
                # One has been answered at once.
                self._wait_for_turn(data)
                self._site.clock.soon(self._catch_up)
                return

    def end(self) -> bool:
        """The request under way is the last, and has its answer; False where there is none any more."""
        channel, self._channel = self._channel, None
        if channel is None:
            return False
        channel.let_go()
        self._ended = True
        self._forget()
        self._site.requesting.discard(self)
        return True

    def lost(self, reason: Failure) -> None:
        """The connection is."""
        self._site.requesting.discard(self)
        self._forget()
        if self._channel is not None:
            channel, self._channel = self._channel, None
            channel.connectionLost(reason)
            channel.let_go(lost=True)

    def too_late(self) -> None:
        """The request took too long, or its answer was not read."""
        if self._head is not None or self._body is not None:
            self.refuse(408, "The request took too long.")
        else:
            self.transport.abortConnection()

    # ------------------------------------------------------------ what comes

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
        if self._may_ask(whole):
            self._channel = self._site.channel(self)
            self._channel.makeConnection(self.transport)
            self._channel.dataReceived(whole[: end + 4])
        return whole[end + 4 :]

    def _may_ask(self, head: bytes) -> bool:
        """Whether the request is handled; if not, it has been answered."""
        self._note()
        if self._site.stopping and not self._for_last_words(head):
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
            if self.connection.ticket is not None:
                self.connection.ticket.ask(self.transport.getPeer())
        except TooFast as refusal:
            self.turn_down(refusal)
            return False
        return True

    def _for_last_words(self, head: bytes) -> bool:
        """Whether this is about something that is there, and may have words for the client (`/embed/poll/ID`)."""
        return any(map(self._below, head.split(b" ", 2)[1:2]))

    def takes_bodies(self, path: bytes) -> bool:
        """Whether requests for this path may have a body."""
        path = path.partition(b"?")[0]
        return path in self._site.bodies or self._below(path)

    def _below(self, path: bytes) -> bool:
        return any(path.startswith(each + b"/") for each in self._site.bodies)

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

    # ------------------------------------------------------------ turns

    def stop(self) -> None:
        """The daemon stops: who has asked gets an answer, as it comes, and who has had one may ask for last words; the
        others go."""
        if self._channel is None and self._next is None:
            self.transport.abortConnection()

    def close(self) -> None:
        """It waits for nobody any more."""
        if self._head is not None or self._body is not None:
            self.transport.abortConnection()

    def asked(self) -> None:
        """The request has come in whole: its answer may take its time."""
        if self._next is not None:
            self._next.cancel()

    def answered(self, idle: float) -> None:
        """The request has its answer, and the connection is kept for another that begins within so many seconds."""
        channel, self._channel = self._channel, None
        if channel is None:
            return
        channel.let_go()
        if self._site.stopping:
            self.transport.loseConnection()
            return
        self.connection.settle()
        # In place of the ticket's time.
        self._idle = idle
        self._next = self._site.clock.call_later(idle, self._nothing_more)
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
        self.read(ahead)

    def _nothing_more(self) -> None:
        if self._head is not None and not self._head and not self._ahead and not in_buffers(self.transport):
            # Nobody is in the middle of anything.
            self._forget()
            self.transport.loseConnection()
            return
        seconds = self._site.settings.request_timeout or NEVER
        self._next = self._site.clock.call_later(max(seconds - self._idle, 0.0), self._late)

    def _late(self) -> None:
        self._site.settings.tally.count("handshake_timeout")
        self.too_late()

    def _forget(self) -> None:
        """Nothing is kept of what was not handled."""
        self._head = self._body = None
        self._ahead = b""
        if self._next is not None:
            self._next.cancel()
        self._site.memory.note(self, 0)

    # ------------------------------------------------------------ saying no

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

    # ------------------------------------------------------------ memory (imd.net.memory.Holder)

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
