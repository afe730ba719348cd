"""The Twisted protocol of one IRC connection: bytes to the session and back, and signs of life."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from twisted.internet.interfaces import IAddress, ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from imd.core.refusal import Refusal, ShortOfMemory
from imd.net.back_pressure import BackPressure
from imd.net.connections import TicketHolder
from imd.net.memory import Memory
from imd.net.peer import local_of, peer_of
from imd.net.sending import MakeOutbox, Outbox
from imd.net.shapes import share
from imd.protocols.irc.session import IrcSession
from imd.protocols.irc.wire.line import BadLine

if TYPE_CHECKING:
    from imd.protocols.irc.door import Door


class Nowhere:
    """The link of a session whose connection is lost: they hold each other no longer (`imd.net.garbage`)."""

    full = False
    backlog = 0
    local: tuple[str, int] | None = None

    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def keeps(self) -> None: ...
    def settle(self) -> None: ...

    def moved(self, address: IAddress) -> Refusal | None:
        return None


NOWHERE = Nowhere()

DOOR = "irc"


class IrcConnection(BackPressure, Protocol, TicketHolder):
    """The `Link` of an `IrcSession`. After `ping_interval` of silence the client is sent a PING; after `ping_timeout`
    more, or with a barrier's PING as long unanswered, it is gone."""

    session: IrcSession
    #: What its carrier keeps; nothing, on a stream.
    _carried = 0
    #: Buffer; leaves at the end of the reactor's turn.
    write: Callable[[bytes], None]

    def __init__(self, door: "Door", via: str = DOOR, framed: MakeOutbox = Outbox) -> None:
        """`via` is what the ledger calls the way it came; `framed` makes its write path."""
        self._door = door
        self._via = via
        self._framed = framed
        self._clock = door.hub.clock
        self._heard = 0.0
        self._paused = False
        self.round = 0
        #: When a PING for silence was sent; None while the client is heard.
        self._asked: float | None = None

    # ------------------------------------------------------------ Twisted's side

    def connectionMade(self) -> None:
        limits = self._door.settings.limits
        transport = cast(ITransport, self.transport)
        self._outbox = self._framed(transport, self._clock, limits.send_queue, self._too_slow, self.stays)
        self.bound(limits.send_queue)
        self.write = self._outbox.lines
        self._heard = self._clock.time()
        self.session = IrcSession(self._door, peer_of(transport, self._via), self)
        self._door.sessions.add(self.session)
        self._door.unregistered += 1
        if limits.ping_interval > 0:
            self._door.rounds.enter(self, limits.ping_interval)

    def dataReceived(self, data: bytes) -> None:
        self._heard = self._clock.time()
        self._asked = None
        self.session.receive(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._door.rounds.leave(self)
        self._outbox.lost()
        self._door.sessions.discard(self.session)
        self._door.unregistered -= not self.session.registered
        self.session.lost()
        self.memory.note(self, 0)
        self.session.link = NOWHERE
        self.session.replies.settled = NOWHERE.settle

    def admission_expired(self) -> None:
        """`TicketHolder`: no sign-on in time."""
        self.session.close("Registration timed out")

    # ------------------------------------------------------------ carried by something that is no stream of lines

    @property
    def outbox(self) -> Outbox:
        """Where its carrier may say what is the carrier's own."""
        return self._outbox

    def received(self, lines: list[bytes]) -> None:
        """Lines, without their ends."""
        self.dataReceived(b"%b\r\n" % b"\r\n".join(lines))

    def too_long(self, limit: int) -> None:
        """A line was so long that the carrier did not keep it."""
        self.session.unreadable(BadLine("too-long"))

    def heard(self) -> None:
        """The client is alive, though it said nothing."""
        self._heard, self._asked = self._clock.time(), None

    def carrier_keeps(self, size: int) -> None:
        """So many bytes of lines that are not complete."""
        self._carried = size
        self.stays()

    def left(self) -> None:
        """The client has said that it goes, or cannot be understood: nothing more comes, and the end follows."""
        self.session.lost()
        self.close()

    # ------------------------------------------------------------ the session's side (Link)

    def close(self) -> None:
        # Read on, so that the end of the connection is seen; what comes is ignored.
        self.resume()
        self._outbox.close()

    def pause(self) -> None:
        if not self._paused:
            self._paused = True
            cast(Any, self.transport).pauseProducing()

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            cast(Any, self.transport).resumeProducing()

    @property
    def backlog(self) -> int:
        return self._outbox.backlog

    @property
    def local(self) -> tuple[str, int] | None:
        return local_of(self.transport) if self._via == "irc" else None

    # ------------------------------------------------------------ memory (imd.net.memory.Holder)

    @property
    def memory(self) -> Memory:
        return self._door.memory

    def keeps(self) -> None:
        self.stays()

    def reads(self) -> None:
        self.heard()

    def go_on(self) -> None:
        self.session.barrier.heard_again(self._clock.time())
        self.session.go_on()

    def held(self) -> int:
        return self._outbox.held + self.session.kept + self._carried

    def shed(self, why: ShortOfMemory) -> None:
        if self.session.closing:
            self._outbox.close(after_flush=False)
            return
        self._outbox.let_go()
        self.session.sign_off("memory", why.sentence)
        self.session.close(why.sentence)

    def whose(self) -> str:
        return f"{self.session.nick} at {self.session.peer.address}, {self._via}"

    # ------------------------------------------------------------ signs of life

    def _too_slow(self) -> None:
        self._door.settings.limits.tally.count("send_queue")
        self.session.close("You read too slowly")
        # Signing off waits for the end of the turn: the core is just telling somebody something.
        self._clock.soon(lambda: self.session.sign_off("slow", "Reads too slowly"))

    def visit(self, now: float) -> float:
        """A look at whether the client is still there (`Rounds`)."""
        limits = self._door.settings.limits
        if self.session.closing or limits.ping_interval <= 0:
            return 0.0
        if self._paused and not self.held_back:
            # It is we who do not listen.
            self._heard = now
        # Who does not read is not read from either, but a PONG cannot be asked of it.
        barrier = None if self._paused else self.session.barrier.since
        since = [at for at in (self._asked, barrier) if at is not None]
        listens = self.held_back or not self._paused
        if since and limits.ping_timeout and now - min(since) >= limits.ping_timeout and listens:
            limits.tally.count("irc_ping_timeout")
            # Modern IRC, "QUIT message": "a message reflecting the nature of the event".
            why = f"Ping timeout: {round(now - self._heard)} seconds"
            self.session.sign_off("timeout", why)
            self.session.close(why)
            return 0.0
        silent = now - self._heard
        if silent >= limits.ping_interval and self._asked is None:
            self._asked = now
            limits.tally.count("irc_ping_interval")
            self.write(b"PING :%b\r\n" % self._door.server.encode())
            self._outbox.ask()
        if self._asked is not None:
            return self._asked + (limits.ping_timeout or limits.ping_interval) - now
        until = limits.ping_interval - silent
        return min(until, since[0] + limits.ping_timeout - now) if since and limits.ping_timeout else until


share(
    IrcConnection,
    *("_asked", "_clock", "_door", "_heard", "_most", "_outbox", "_paused", "_waited"),
    *("_carried", "_framed", "_via", "connected", "held_back", "round", "session", "ticket", "transport", "write"),
)
