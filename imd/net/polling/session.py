"""One session by long polling: to its door the transport of a connection, to requests what they ask."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IAddress, ITransport
from twisted.python.failure import Failure
from zope.interface import implementer

from imd.core.ports import Clock, Timer
from imd.core.tally import Tally
from imd.net.connections import Ticket
from imd.net.polling.numbering import fresh
from imd.net.polling.outbox import PAGE, PollOutbox
from imd.net.polling.wire import Poll
from imd.net.rounds import Rounds

if TYPE_CHECKING:
    from imd.net.web.doors import Carried

#: Seconds for which last words that were given out are kept, should the answer be lost.
LAST_WORDS = 2.0


class Asking(Protocol):
    """A request that waits for its answer."""

    def answer(self, taken: int, first: int, messages: Sequence[bytes], *, end: bool) -> None:
        """What `imd.net.polling.wire.answer` makes of it. Nothing happens if the request is gone."""


@implementer(ITransport)
class PollSession:
    """`on_end` hears once that it is over. `idle` seconds it may be without a request; 0: for ever.

    The door writes by a `PollOutbox`, which is the session's own.
    """

    outbox: PollOutbox

    def __init__(
        self,
        peer: IAddress,
        host: IAddress,
        origin: str,
        tls: str,
        clock: Clock,
        rounds: Rounds,
        idle: float,
        tally: Tally,
        on_end: Callable[["PollSession"], None],
    ) -> None:
        #: The origin of the page that opened it; no other may use it.
        self.origin = origin
        #: TLS version and cipher of the connection that opened it (`imd.net.peer.peer_of`).
        self.forwarded_tls = tls
        self._peer = peer
        self._host = host
        self._clock = clock
        self._rounds = rounds
        self._idle = idle
        self._tally = tally
        self._on_end: Callable[[PollSession], None] | None = on_end
        self._inner: Carried | None = None
        self._ticket: Ticket | None = None
        #: The request that waits.
        self._asking: Asking | None = None
        #: The number of the last message that was taken.
        self._taken = 0
        #: What was taken and not given to the door yet, because it does not read; its bytes.
        self._held: deque[bytes] = deque()
        self._size = self._told = 0
        self._paused = False
        #: Last words were given out; soon they are forgotten.
        self._leaving: Timer | None = None
        #: `imd.net.rounds.Visited`.
        self.round = 0

    def begin(self, inner: "Carried", ticket: Ticket) -> None:
        """The door's connection is made, and greets."""
        self._inner = inner
        self._ticket = inner.ticket = ticket
        ticket.wait_for_sign_on()
        ticket.expect(inner.admission_expired)
        inner.makeConnection(self)
        self.outbox.listened_to(False)
        self._wait_for_request()

    # ------------------------------------------------------------ requests

    def asked(self, poll: Poll, asking: Asking, most: float) -> None:
        """A request; it is answered now, or when there is something to say, within `most` seconds at the latest.
        Raises `Missing`, and then it has had no effect."""
        messages = fresh(self._taken, poll.first, poll.messages)
        inner = self._inner
        if inner is None:
            asking.answer(self._taken, self.outbox.page()[0], [], end=True)
            return
        # One waits: it has its answer, and leaves its place.
        self._answer()
        self._asking = asking
        self.outbox.listened_to(True)
        self._rounds.leave(self)
        inner.heard()
        self.outbox.acknowledged(poll.ack)
        for message in messages:
            if self._size >= PAGE:
                # The rest is said again.
                break
            self._taken += 1
            self._held.append(bytes(message))
            self._size += len(self._held[-1])
            self._hand_over()
        if poll.close:
            self._leave(inner)
            return
        wait = most if poll.wait is None else min(poll.wait, most)
        if not wait or self.outbox.pending or self.outbox.closing:
            # At the end of the turn: the door may have more to say.
            self._clock.last(lambda: self._answer_to(asking))
        else:
            self._rounds.enter(self, wait)

    def _hand_over(self) -> None:
        """Give the door what was said, as long as it reads."""
        inner = self._inner
        if inner is None:
            return
        while self._held and not self._paused:
            message = self._held.popleft()
            self._size -= len(message)
            # Nobody hears it any more once the door has said its last words.
            if not self.outbox.closing:
                inner.received([message])
        if self._size != self._told:
            self._told = self._size
            inner.carrier_keeps(self._size)

    def _leave(self, inner: "Carried") -> None:
        """The client goes: what it has not asked for yet it will not hear."""
        self._held.clear()
        self._size = 0
        inner.left()
        self._answer(end=True)
        self.outbox.close(after_flush=False)

    def deliver(self) -> None:
        """There is something to say, or the end."""
        if self._asking is not None and (self.outbox.pending or self.outbox.closing):
            self._answer(whole=True)

    def _answer_to(self, asking: Asking) -> None:
        if self._asking is asking:
            self._answer(whole=True)

    def _answer(self, *, whole: bool = False, end: bool = False) -> None:
        """The request that waits gets its answer: with what there is to say, if it is to be the `whole` of it."""
        asking, self._asking = self._asking, None
        if asking is None:
            return
        first, messages, last = self.outbox.page()
        last = end or (whole and last)
        if self._inner is not None:
            self.outbox.listened_to(False)
            self._wait_for_request()
            if last and self._leaving is None:
                self._leaving = self._clock.call_later(LAST_WORDS, self.abortConnection)
        asking.answer(self._taken, first, messages if whole or end else [], end=last)

    def gone(self, asking: Asking) -> None:
        """The connection of this request is lost. What it was to hear, the next one hears."""
        if self._asking is asking:
            self._asking = None
            if self._inner is not None:
                self.outbox.listened_to(False)
                self._wait_for_request()

    # ------------------------------------------------------------ imd.net.rounds.Visited

    def _wait_for_request(self) -> None:
        self._rounds.leave(self)
        if self._idle:
            self._rounds.enter(self, self._idle)

    def visit(self, now: float) -> float:
        """`imd.net.rounds.Visited`: it was time for an answer, or for another request."""
        if self._asking is not None:
            self._tally.count("poll_wait")
            self._answer(whole=True)
        else:
            self._tally.count("poll_idle")
            self.abortConnection()
        return 0.0

    # ------------------------------------------------------------ the transport

    def getPeer(self) -> IAddress:
        return self._peer

    def getHost(self) -> IAddress:
        return self._host

    def write(self, data: bytes) -> None:
        """For a transport's sake."""
        self.outbox.write(data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        self.write(b"".join(data))

    def registerProducer(self, producer: object, streaming: bool) -> None:
        """The outbox is told otherwise."""

    def unregisterProducer(self) -> None: ...

    def pauseProducing(self) -> None:
        """The door does not read."""
        self._paused = True

    def resumeProducing(self) -> None:
        self._paused = False
        if self._held:
            # Not at once: the door is in the middle of something.
            self._clock.soon(self._hand_over)

    def loseConnection(self) -> None:
        self.abortConnection()

    def abortConnection(self) -> None:
        """The end, once this turn is done; as other transports have it."""
        self._clock.soon(self._end)

    def _end(self) -> None:
        inner, self._inner = self._inner, None
        if inner is None:
            return
        self._rounds.leave(self)
        if self._leaving is not None:
            self._leaving.cancel()
        self._held.clear()
        self._answer(end=True)
        if self._on_end is not None:
            self._on_end(self)
            self._on_end = None
        if self._ticket is not None:
            self._ticket.give_back()
            self._ticket = None
        inner.connectionLost(Failure(ConnectionLost()))
