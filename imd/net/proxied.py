"""A connection that a trusted balancer passes on: its PROXY header first, then the client (`imd.net.proxy_header`).

From the header on the transport gives the client's address for its own, so that limits, bans, the ledger, and what may
be sent in the clear go by it; TLS, where there is any, follows the header.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IProtocol, ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from imd.core.refusal import Refusal
from imd.net.connections import Ticket
from imd.net.proxy_header import BadHeader, Header, read


class Proxied(Protocol):
    """Waits for the header, then connects what `inside` gives and steps aside.

    `settle` is called when the door's own protocol is connected by that. Who sends no header in time is dropped by the
    ticket's limit for signing on.
    """

    log = Logger()

    def __init__(
        self, inside: Callable[[], IProtocol], ticket: Ticket, answer: Callable[[Refusal], bytes], settle: bool
    ) -> None:
        self._inside = inside
        self._ticket = ticket
        self._answer = answer
        self._settle = settle
        self._inner: IProtocol | None = None
        self._buffer = b""

    def makeConnection(self, transport: ITransport) -> None:
        self.transport = transport
        self.connected = 1

    def dataReceived(self, data: bytes) -> None:
        if self._inner is not None:
            self._inner.dataReceived(data)
            return
        if self.transport is None or not self.connected:
            return
        self._buffer += data
        try:
            found = read(self._buffer)
        except BadHeader as reason:
            self.log.info("{address} is to send a PROXY header: {why}", address=self.transport.getPeer(), why=reason)
            self._drop()
            return
        if found is not None:
            header, length = found
            rest, self._buffer = self._buffer[length:], b""
            self._pass_on(header, rest)

    def _pass_on(self, header: Header, rest: bytes) -> None:
        transport: Any = self.transport
        if header.host:
            make = IPv6Address if ":" in header.host else IPv4Address
            give_address(transport, make("TCP", header.host, header.port), header.tls)
        # A balancer that speaks for itself is no client, and counts as none.
        refusal = self._ticket.move(transport.getPeer()) if header.host else None
        if refusal is not None:
            self.log.info("connection from {address} refused: {why}", address=transport.getPeer(), why=refusal)
            transport.write(self._answer(refusal))
            self._drop()
            return
        self._inner = self._inside()
        if self._settle:
            self._ticket.connected()
        self._inner.makeConnection(transport)
        if rest:
            self._inner.dataReceived(rest)

    def _drop(self) -> None:
        self.connected = 0
        self._buffer = b""
        if self.transport is not None:
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.connected = 0
        if self._inner is not None:
            self._inner.connectionLost(reason)


def give_address(transport: Any, address: IAddress, tls: str) -> None:
    """Have a transport say that its far end is there; `tls` is what `imd.net.peer.peer_of` finds of its security.

    On the transport itself: whatever writes past protocols (`imd.net.sending`) keeps the one it has.
    """
    transport.getPeer = lambda: address
    transport.forwarded = True
    if tls:
        transport.forwarded_tls = tls
