"""TLS for a door that wants to hear of a connection only once it is secured.

Twisted connects the protocol inside TLS before the handshake, when neither cipher nor client certificate is known.
Here the door's protocol is made at accept, and connected when the handshake is done; a connection that never gets
that far is none to the door.

::

    transport ─► TLS ─► AfterHandshake ── handshake done ──► the door's protocol takes its place
"""

from typing import cast

from twisted.internet.interfaces import (
    IHandshakeListener,
    IOpenSSLServerConnectionCreator,
    IProtocol,
    IReactorTime,
    ITransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from imd.net.connections import Ticket


@implementer(IHandshakeListener)
class AfterHandshake(Protocol):
    """Stands for the door's protocol while the handshake is under way, then makes room for it."""

    log = Logger()

    def __init__(self, door: IProtocol, ticket: Ticket) -> None:
        self._door = door
        self._ticket = ticket

    def makeConnection(self, transport: ITransport) -> None:
        self.transport = transport
        self.connected = 1

    def handshakeCompleted(self) -> None:
        transport = cast(TLSMemoryBIOProtocol, self.transport)
        transport.wrappedProtocol = self._door
        self._ticket.connected()
        self._door.makeConnection(transport)

    def dataReceived(self, data: bytes) -> None:
        """Never called: application data follows the handshake."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.connected = 0
        self.log.info("TLS handshake not finished: {why}", why=reason.getErrorMessage())


class Securing:
    """Puts TLS around door protocols, with the certificate that is in force when a connection arrives."""

    def __init__(self, certificates: IOpenSSLServerConnectionCreator, clock: IReactorTime) -> None:
        # The wrapped factory is never asked: the door's protocol is made before TLS is.
        self._factory = TLSMemoryBIOFactory(certificates, False, Factory(), clock)

    def around(self, door: IProtocol, ticket: Ticket) -> IProtocol:
        return self._factory.protocol(self._factory, AfterHandshake(door, ticket))
