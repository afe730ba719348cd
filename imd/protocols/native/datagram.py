"""The datagram half of the native door: a session over a `Link` instead of a stream. docs/protocols/native-udp.md.

::

    DatagramPort ─► Link ─(one message, one payload)─► DatagramConnection ─► session
    DatagramPort ◄─ Link ◄──────────(Sink.send)────── DatagramConnection ◄─ session
"""

from collections.abc import Callable
from typing import Any

from OpenSSL import SSL
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IAddress, IListeningPort
from zope.interface import implementer

from imd.core.refusal import Refusal, ShuttingDown, TooLong
from imd.net.back_pressure import half
from imd.net.connections import Connections
from imd.net.datagram.link import Link
from imd.net.datagram.outgoing import FIRST_CREDIT
from imd.net.datagram.port import DatagramPort, PortCounts
from imd.net.datagram.terms import Terms
from imd.protocols.native import signon
from imd.protocols.native.door import DATAGRAM_DOOR, Door
from imd.protocols.native.gateway import FAREWELL
from imd.protocols.native.session import NativeSession
from imd.protocols.native.settings import NativeSettings
from imd.protocols.native.sink import NOWHERE

#: Why a link has ended → the limit its client has met.
_LIMITS = {"timeout": "native_ping_timeout", "too-long": "line_length", "too-slow": "send_queue"}

#: Seconds of silence after which a client is gone that is never asked for a sign of life.
SILENCE = 75.0
#: Seconds after which it is looked whether a client has taken what waits for it.
PAUSE = 0.02
#: Seconds in which a client must acknowledge, where the settings say nothing.
PATIENCE = 30.0


def _terms(settings: NativeSettings, window: int) -> Terms:
    # Keeping a NAT's binding alive is the client's work; the server asks for a sign of life as on a stream.
    probe, patience = float(settings.ping_interval), float(settings.ping_timeout or PATIENCE)
    return Terms(
        window=window,
        queue=settings.send_queue,
        keep_alive=0.0,
        probe=probe,
        patience=patience,
        idle=probe + patience if probe else SILENCE,
    )


def terms_for_strangers(settings: NativeSettings) -> Terms:
    """What holds before sign-on: little is kept of what comes."""
    return _terms(settings, FIRST_CREDIT)


def terms(settings: NativeSettings) -> Terms:
    """What holds after sign-on: the longest message fits, with its fragments' headers."""
    return _terms(settings, max(2 * (settings.line_length or 8 * 1024 * 1024), FIRST_CREDIT))


class DatagramConnection:
    """One client on UDP. A `sink.Sink`, and the receiver of its link.

    Signs of life are the reliability layer's: it pings, and knows when nobody answers.
    """

    __slots__ = ("_door", "_held_back", "_home", "_limit", "_link", "_most", "session")

    def __init__(self, door: Door, link: Link, home: "NativeDatagrams") -> None:
        self._door = door
        self._home = home
        self._link = link
        self._limit = door.settings.line_before_sign_on
        #: Bytes that may wait while requests are handled, and whether they are not.
        self._most = half(door.settings.send_queue)
        self._held_back = False
        self.session = NativeSession(door, link.peer(DATAGRAM_DOOR), self)
        home.connections.add(self)
        self.session.answer(signon.hello(self.session))

    # ------------------------------------------------------------ from the link

    def received(self, message: bytes) -> None:
        if self._limit and len(message) > self._limit:
            self._door.settings.tally.count("line_length")
            self.session.unreadable(TooLong("The message", self._limit))
        else:
            self.session.receive(message)

    def lost(self, reason: str) -> None:
        met = _LIMITS.get(reason)
        if met and not self.session.gone():
            self._door.settings.tally.count(met)
        if reason in ("timeout", "too-slow") and not self.session.gone():
            self.session.leaving = reason
        self.session.lost()
        self._home.lost(self)
        self.session.sink = NOWHERE

    def admission_expired(self) -> None:
        self.session.bye("timeout", "It took too long to sign on.", "timeout")

    # ------------------------------------------------------------ sink.Sink

    def send(self, payload: bytes) -> None:
        if not self._link.send(payload):
            # Signing off waits for `lost`: the core is just telling somebody something.
            self._door.log.info("native: {peer} reads too slowly", peer=self.session.peer.address)
            self._link.abort("too-slow")

    def close(self) -> None:
        self._link.close(self.session.leaving)

    def pause(self) -> None:
        self._link.pause(self.session.kept)

    def resume(self) -> None:
        self._link.resume()

    @property
    def full(self) -> bool:
        if self._link.backlog <= self._most:
            return False
        if not self._held_back:
            self._held_back = True
            self._door.hub.clock.call_later(PAUSE, self._look_again)
        return True

    def _look_again(self) -> None:
        self._held_back = False
        # Still full, it looks again.
        self.session.go_on()

    def backlog(self) -> int:
        return self._link.held()

    def signed_on(self) -> None:
        self._limit = self._door.settings.line_length
        self._link.widen(self._home.terms)
        self._link.ticket.settle()

    def abort(self) -> None:
        """Close at once."""
        self._link.abort("stopped")


@implementer(IListeningPort)
class Listening:
    """A bound UDP port as the daemon sees a listener: when it stops listening, those who are on stay to be told."""

    def __init__(self, bound: Any, port: DatagramPort) -> None:
        self._bound = bound
        self.port = port

    def startListening(self) -> None:
        self.port.closing = False

    def getHost(self) -> IAddress:
        host: IAddress = self._bound.getHost()
        return host

    def stopListening(self) -> None:
        self.port.closing = True

    def close(self) -> "Deferred[Any]":
        """Close the socket."""
        return maybeDeferred(self._bound.stopListening)


class NativeDatagrams:
    """The datagram half as a whole, beside the stream half, whose `Door` it shares."""

    def __init__(self, door: Door, connections: Connections, context: Callable[[], SSL.Context]) -> None:
        """`context` gives the DTLS context in force (`imd.net.datagram.dtls.ServerContext`)."""
        self.door = door
        self._admissions = connections
        self._context = context
        self.connections: set[DatagramConnection] = set()
        self.listening: list[Listening] = []
        #: For who has signed on; strangers' are the ports' own.
        self.terms = terms(door.settings)
        self._emptied: Deferred[None] | None = None

    def listen(self, reactor: Any, host: str, port: int) -> Listening:
        """Bind a socket. Raises `CannotListenError`."""
        protocol = DatagramPort(
            self.door.hub.clock,
            self._admissions,
            self._context,
            lambda link: DatagramConnection(self.door, link, self),
            terms_for_strangers(self.door.settings),
            self.door.memory,
        )
        # The longest datagram, and a byte to see that one is longer.
        bound = reactor.listenUDP(port, protocol, interface=host, maxPacketSize=2048)
        listening = Listening(bound, protocol)
        self.listening.append(listening)
        return listening

    def reload(self, settings: NativeSettings) -> None:
        """New settings, which the door has already; those who are on keep theirs."""
        self.terms = terms(settings)
        for listening in self.listening:
            listening.port.terms = terms_for_strangers(settings)

    def status(self) -> list[PortCounts]:
        return [listening.port.status() for listening in self.listening]

    def lost(self, connection: DatagramConnection) -> None:
        """A connection is gone."""
        self.connections.discard(connection)
        if not self.connections and self._emptied is not None:
            emptied, self._emptied = self._emptied, None
            emptied.callback(None)

    async def stop(self, reason: Refusal | None = None) -> None:
        """Tell all clients why, and close the sockets; within `FAREWELL` seconds."""
        why = reason or ShuttingDown()
        for connection in list(self.connections):
            connection.session.bye(why.code, why.sentence, "stopped")
        if self.connections:
            self._emptied = Deferred()
            timer = self.door.hub.clock.call_later(FAREWELL, self._abort)
            try:
                await self._emptied
            finally:
                timer.cancel()
        for listening in self.listening:
            await listening.close()

    def _abort(self) -> None:
        for connection in list(self.connections):
            connection.abort()
