"""From an accepted socket to a door's protocol: counted, secured, or turned away.

::

    socket ── over a limit ──► Refused: a few words, closed
       │
       ├─ a trusted balancer: Proxied ── PROXY header read ─► on as the client
    Admitted ─► plain ─────────────────────────────────────► the door's protocol
       │   ├──► TLS ─► AfterHandshake ── handshake done ───►    "
       │   └──► FirstByte ── 0x16: TLS as above, else plain ►    "
       └─ lost: the ticket is given back
"""

import enum
from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IProtocol,
    IProtocolFactory,
    IReactorTime,
    ITCPTransport,
    ITransport,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.tcp import Server
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from imd.core.refusal import Refusal
from imd.net.after_handshake import Securing
from imd.net.connections import Connections, Ticket, TicketHolder
from imd.net.first_byte import FirstByte
from imd.net.proxied import Proxied
from imd.net.shapes import share

#: Seconds a client has to read that it was too slow.
FAREWELL = 5.0
#: Seconds one has that was not let in, and has spoken already.
LAST_WORDS = 1.0


class Security(enum.Enum):
    """What a listener speaks."""

    PLAIN = "plain"
    TLS = "tls"
    #: Either; the first byte of the client tells.
    DETECT = "detect"


def no_answer(refusal: Refusal) -> bytes:
    """For doors that have no words for it."""
    return b""


class Admitted(Protocol):
    """The outermost protocol of a connection that was let in: gives the ticket back when it is lost."""

    def __init__(self, inner: IProtocol, door: IProtocol, ticket: Ticket, connections: Connections) -> None:
        self._inner = inner
        self._door = door
        self._ticket = ticket
        self._connections = connections

    def makeConnection(self, transport: ITransport) -> None:
        self.transport = transport
        self.connected = 1
        # From here on the transport calls the inner protocol without a detour.
        self.dataReceived = self._inner.dataReceived  # type: ignore[method-assign]
        if ITCPTransport.providedBy(transport):
            # Small messages, each of which somebody waits for.
            transport.setTcpNoDelay(True)
        self._ticket.expect(self._late)
        if self._inner is self._door:
            self._ticket.connected()
        self._inner.makeConnection(transport)

    def _late(self) -> None:
        if isinstance(self._door, TicketHolder) and getattr(self._door, "transport", None) is not None:
            self._door.admission_expired()
            # A client that does not read would keep what was just written, and with it the connection.
            self._connections.clock.callLater(FAREWELL, self._abort)
        else:
            self._abort()

    def _abort(self) -> None:
        if self.connected:
            abort(self.transport)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.connected = 0
        self._ticket.give_back()
        self._inner.connectionLost(reason)


share(Admitted, "_connections", "_door", "_inner", "_ticket", "connected", "dataReceived", "transport")
share(FirstByte, "_answer", "_door", "_inner", "_securing", "_ticket", "connected", "transport")
share(
    Server,
    *("_tempDataBuffer", "_tempDataLen", "client", "connected", "fileno", "hostname", "logstr", "producer"),
    *("protocol", "reactor", "repstr", "server", "sessionno", "socket", "streamingProducer"),
    # When it writes by itself, and when it closes.
    *("_writeDisconnecting", "dataBuffer", "disconnected", "disconnecting", "offset", "producerPaused"),
)


def abort(transport: Any) -> None:
    """Close at once, whatever waits to be written."""
    if hasattr(transport, "abortConnection"):
        transport.abortConnection()
    else:
        transport.loseConnection()


class Refused(Protocol):
    """A connection over a limit: a few words, and closed.

    Its client may have spoken already. A socket that is closed with bytes unread sends a RST, which makes the client
    forget our words; so only our side is closed at first, for a moment, and for no more than `MOST` at one time.
    """

    MOST = 200
    lingering = 0

    def __init__(self, answer: bytes, clock: IReactorTime) -> None:
        self._answer = answer
        self._clock = clock
        self._late: IDelayedCall | None = None

    def makeConnection(self, transport: ITransport) -> None:
        self.transport = transport
        if self._answer:
            transport.write(self._answer)
        if self._answer and Refused.lingering < self.MOST and ITCPTransport.providedBy(transport):
            Refused.lingering += 1
            self._late = self._clock.callLater(LAST_WORDS, self._over)
            transport.loseWriteConnection()
        else:
            transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """Too late."""

    def _over(self) -> None:
        self._late = None
        Refused.lingering -= 1
        abort(self.transport)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
            Refused.lingering -= 1


@implementer(IProtocolFactory)
class AdmittingFactory:
    """Around a door's factory `inner`: lets connections in as `connections` allows, and secures them.

    `answer` says no in the door's own words; a listener that speaks only TLS just closes. `securing` is needed for
    `Security.TLS`; without it `Security.DETECT` takes everything for plain (what comes behind a PROXY header).
    """

    log = Logger()

    def __init__(
        self,
        inner: IProtocolFactory,
        connections: Connections,
        security: Security = Security.PLAIN,
        securing: Securing | None = None,
        answer: Callable[[Refusal], bytes] = no_answer,
    ) -> None:
        if security is Security.TLS and securing is None:
            raise ValueError("TLS needs a certificate")
        self.inner = inner
        self._connections = connections
        self._security = security
        self._securing = securing
        self._answer = answer if security is not Security.TLS else no_answer

    def doStart(self) -> None:
        self.inner.doStart()

    def doStop(self) -> None:
        self.inner.doStop()

    def buildProtocol(self, addr: IAddress) -> IProtocol | None:
        proxied = self._connections.is_proxy(addr)
        try:
            ticket = self._connections.admit(addr, proxied=proxied)
        except Refusal as refusal:
            self.log.info("connection from {address} refused: {why}", address=addr, why=refusal.sentence)
            return Refused(self._answer(refusal), self._connections.clock)
        door: IProtocol | None = None
        try:
            door = self.inner.buildProtocol(addr)
        finally:
            if door is None:
                ticket.give_back()
        if door is None:
            return None
        if isinstance(door, TicketHolder):
            door.ticket = ticket
            ticket.wait_for_sign_on()
        if proxied:
            inside, settle = partial(self._wrapped, door, ticket), self._security is Security.PLAIN
            return Admitted(Proxied(inside, ticket, self._answer, settle), door, ticket, self._connections)
        return Admitted(self._wrapped(door, ticket), door, ticket, self._connections)

    def _wrapped(self, door: IProtocol, ticket: Ticket) -> IProtocol:
        if self._security is Security.DETECT:
            return FirstByte(door, ticket, self._securing, self._answer)
        if self._security is Security.TLS and self._securing is not None:
            return self._securing.around(door, ticket)
        return door
