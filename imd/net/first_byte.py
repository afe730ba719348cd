"""One listener for TLS and plain: the client's first byte tells (and a PROXY header has been read by then).

A TLS connection begins with a handshake record, whose content type is 22 (RFC 8446 section 5.1); no line of JSON and
no IRC command begins with that byte.
"""

from collections.abc import Callable

from twisted.internet.interfaces import IProtocol, ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from imd.core.refusal import Refusal
from imd.net.after_handshake import Securing
from imd.net.connections import Ticket

HANDSHAKE = 0x16


class FirstByte(Protocol):
    """Waits for the first byte, connects the door's protocol with or without TLS, and steps aside.

    Without `securing` everything is plain.
    """

    log = Logger()

    def __init__(
        self, door: IProtocol, ticket: Ticket, securing: Securing | None, answer: Callable[[Refusal], bytes]
    ) -> None:
        self._door = door
        self._ticket = ticket
        self._securing = securing
        self._answer = answer
        self._inner: IProtocol | None = None

    def makeConnection(self, transport: ITransport) -> None:
        self.transport = transport
        self.connected = 1

    def dataReceived(self, data: bytes) -> None:
        if self._inner is not None:
            self._inner.dataReceived(data)
            return
        if self.transport is None or not data:
            return
        refusal = self._ticket.move(self.transport.getPeer())
        if refusal is not None:
            self.log.info("connection from {address} refused: {why}", address=self.transport.getPeer(), why=refusal)
            self.transport.write(self._answer(refusal))
            self.transport.loseConnection()
            return
        if data[0] == HANDSHAKE and self._securing is not None:
            self._inner = self._securing.around(self._door, self._ticket)
        else:
            self._inner = self._door
            self._ticket.connected()
        self._inner.makeConnection(self.transport)
        self._inner.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.connected = 0
        if self._inner is not None:
            self._inner.connectionLost(reason)
