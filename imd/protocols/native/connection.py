"""The Twisted end of one connection: bytes to payloads for the session, and its payloads to the transport."""

from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from imd.core.refusal import ShortOfMemory, TooLong
from imd.messages.connection import Bye
from imd.net.back_pressure import BackPressure
from imd.net.connections import TicketHolder
from imd.net.memory import Memory
from imd.net.peer import peer_of
from imd.net.sending import MakeOutbox, Outbox
from imd.net.shapes import share
from imd.protocols.native import signon
from imd.protocols.native.door import Door
from imd.protocols.native.keepalive import KeepAlive
from imd.protocols.native.session import NativeSession
from imd.protocols.native.sink import NOWHERE
from imd.protocols.native.wire.codec import encode
from imd.protocols.native.wire.frame import LineFramer

if TYPE_CHECKING:
    from imd.protocols.native.gateway import NativeFactory

DOOR = "native"

TOO_SLOW = Bye(code="too-slow", text="You read too slowly; what you did not acknowledge is kept.")


class NativeConnection(BackPressure, TicketHolder, Protocol):
    """One client on TCP or TLS; with TLS it is connected once the handshake is done. A `sink.Sink`."""

    #: A stream's, also with TLS around it.
    transport: Any
    session: NativeSession

    #: What its carrier keeps; nothing, on a stream.
    _carried = 0

    def __init__(
        self, door: Door, home: "NativeFactory", via: str = DOOR, framed: MakeOutbox = Outbox, origin: str = ""
    ) -> None:
        """`via` is what the ledger calls the way it came; `framed` makes its write path; `origin` is that of the page
        it came from."""
        self._door = door
        self._via = via
        self._framed = framed
        self._origin = origin
        self._home = home
        self._clock = door.hub.clock
        self._paused = False
        #: Bytes of what was read and not handled, as last noted.
        self._kept = 0

    def connectionMade(self) -> None:
        door, settings = self._door, self._door.settings
        clock = self._clock
        self._outbox = self._framed(self.transport, clock, settings.send_queue, self._too_slow, self.stays)
        self.bound(settings.send_queue)
        self._framer = LineFramer(settings.line_before_sign_on)
        self.session = NativeSession(door, peer_of(self.transport, self._via, self._origin), self)
        self._alive = KeepAlive(door.rounds, clock, settings.ping_interval, settings.ping_timeout, self)
        self._home.connections.add(self)
        self.session.answer(signon.hello(self.session))

    def dataReceived(self, data: bytes) -> None:
        self._alive.heard()
        for event in self._framer.feed(data):
            if isinstance(event, bytes):
                self.session.receive(event)
            else:
                self._door.settings.tally.count("line_length")
                self.session.unreadable(TooLong("The line", event.limit))
        self._note()

    def _note(self) -> None:
        kept = len(self._framer.begun) + self.session.kept
        if kept != self._kept:
            self._kept = kept
            self.stays()

    # ------------------------------------------------------------ carried by something that is no stream of lines

    @property
    def outbox(self) -> Outbox:
        """Where its carrier may say what is the carrier's own."""
        return self._outbox

    def received(self, payloads: list[bytes]) -> None:
        """Payloads, each by itself."""
        self._alive.heard()
        for payload in payloads:
            limit = self._framer.limit
            if limit and len(payload) > limit:
                self.too_long(limit)
            elif payload:
                self.session.receive(payload)
        self._note()

    def too_long(self, limit: int) -> None:
        """A payload was so long that nothing is done with it."""
        self._door.settings.tally.count("line_length")
        self.session.unreadable(TooLong("The message", limit))

    def heard(self) -> None:
        """The client is alive, though it said nothing."""
        self._alive.heard()

    def carrier_keeps(self, size: int) -> None:
        """So many bytes of payloads that are not complete."""
        self._carried = size
        self.stays()

    def left(self) -> None:
        """The client has said that it goes, or cannot be understood: nothing more comes, and the end follows."""
        self.session.lost()
        self.close()

    # ------------------------------------------------------------ the end of the stream

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._alive.stop()
        self._outbox.lost()
        self.session.lost()
        self._framer.begun.clear()
        self.memory.note(self, 0)
        self._home.lost(self)
        self.session.sink = NOWHERE

    def admission_expired(self) -> None:
        self.session.bye("timeout", "It took too long to sign on.", "timeout")

    # ------------------------------------------------------------ keepalive.Watched

    def ask(self) -> None:
        self.session.ping()
        self._outbox.ask()

    def silent(self) -> None:
        self._door.settings.tally.count("native_ping_timeout")
        self.session.bye("timeout", "Nothing was heard for too long.", "timeout")

    def _too_slow(self) -> None:
        self._outbox.payload(encode(TOO_SLOW))
        self._outbox.close()
        # Signing off waits for the end of the turn: the core is just telling somebody something.
        self._clock.soon(lambda: self.session.bye(TOO_SLOW.code, TOO_SLOW.text, TOO_SLOW.code))
        self._door.settings.tally.count("send_queue")
        self._door.log.info("native: {peer} reads too slowly", peer=self.session.peer.address)

    # ------------------------------------------------------------ imd.net.back_pressure

    @property
    def memory(self) -> Memory:
        return self._door.memory

    def go_on(self) -> None:
        self._alive.heard()
        self.session.go_on()

    def reads(self) -> None:
        self._alive.heard()

    def held(self) -> int:
        return self._outbox.held + len(self._framer.begun) + self.session.kept + self._carried

    def shed(self, why: ShortOfMemory) -> None:
        if self.session.gone():
            self.abort()
            return
        self._outbox.let_go()
        self._framer.begun.clear()
        self.session.bye(why.code, why.sentence, "memory")

    def whose(self) -> str:
        return self.session.whose()

    # ------------------------------------------------------------ sink.Sink

    def send(self, payload: bytes) -> None:
        self._outbox.payload(payload)

    def close(self) -> None:
        self._alive.stop()
        # Read on, so that the end of the connection is seen; what comes is ignored.
        self.resume()
        self._outbox.close()

    def pause(self) -> None:
        if not self._paused:
            self._paused = True
            self.transport.pauseProducing()

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            self._kept = len(self._framer.begun) + self.session.kept
            self.stays()
            self.transport.resumeProducing()

    def backlog(self) -> int:
        return self._outbox.backlog

    def signed_on(self) -> None:
        self._framer.limit = self._door.settings.line_length
        self.settle()

    def abort(self) -> None:
        """Close at once."""
        self._outbox.close(after_flush=False)


share(
    NativeConnection,
    *("_alive", "_clock", "_door", "_framer", "_home", "_kept", "_most", "_outbox", "_paused", "_waited"),
    *("_carried", "_framed", "_origin", "_via", "connected", "held_back", "session", "ticket", "transport"),
)
