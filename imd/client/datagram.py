"""Reaching a server by UDP: DTLS, on loopback plain. To `wire` it looks like a stream of lines."""

import socket
from collections.abc import Sequence
from typing import Any

from OpenSSL import SSL
from service_identity import VerificationError
from service_identity.pyopenssl import verify_hostname, verify_ip_address
from twisted.internet import error
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory
from twisted.internet.ssl import platformTrust
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure

from imd.client.destination import PLAIN_PORT, Destination, Way
from imd.client.reaching import Reaching, ascii_name, is_address
from imd.net.datagram.dialing import TERMS, Dialed
from imd.net.datagram.dtls import any_certificate, context
from imd.net.datagram.terms import Terms
from imd.net.peer import is_loopback
from imd.net.reactor_clock import ReactorClock

#: The longest datagram fits, and a byte to see that one is longer.
LARGEST = 2048


class DatagramReaching(Reaching):
    """`Reach` by UDP. The server's one port takes DTLS and, on loopback, plain. `terms`: how long silence may last."""

    def __init__(
        self,
        reactor: Any,
        destination: Destination,
        *,
        insecure: bool = False,
        trust: Any = None,
        terms: Terms = TERMS,
    ) -> None:
        super().__init__(reactor, destination, insecure=insecure, trust=trust)
        self._terms = terms

    def _ways(self) -> Sequence[Way]:
        destination = self.destination
        port = PLAIN_PORT if destination.port is None else destination.port
        return (Way(port, not destination.loopback or self._insecure),)

    def _endpoint(self, way: Way) -> "DatagramEndpoint":
        secured = self._context() if way.tls else None
        return DatagramEndpoint(self._reactor, self.destination, way, secured, self._terms)

    def _context(self) -> SSL.Context:
        made = context(SSL.DTLS_CLIENT_METHOD)
        if self._insecure:
            made.set_verify(SSL.VERIFY_NONE, any_certificate)
        else:
            made.set_verify(SSL.VERIFY_PEER)
            trust: Any = self._trust or platformTrust()
            # An `IOpenSSLTrustRoot`, whose one method it is, whatever its name says.
            trust._addCACertsToContext(made)
        return made

    def _sentence(self, way: Way, why: str) -> str:
        host = f"[{self.destination.host}]" if ":" in self.destination.host else self.destination.host
        said = f"Cannot connect to {host} port {way.port} by UDP{' with DTLS' if way.tls else ''}: {why}"
        if way.tls and "certificate" in why:
            return (
                f"{said} If you know whose server it is, let SSL_CERT_FILE name its certificate, "
                "or take any certificate with --insecure."
            )
        return f"{said} Is the server running, does it listen for UDP there, and do networks let it through?"


class DatagramEndpoint:
    """A client endpoint whose connections are datagrams."""

    def __init__(
        self, reactor: Any, destination: Destination, way: Way, secured: SSL.Context | None, terms: Terms = TERMS
    ) -> None:
        self._terms = terms
        self._reactor = reactor
        self._host = destination.host
        self._way = way
        self._secured = secured

    def connect(self, factory: Factory) -> "Deferred[Any]":
        """Fires with the factory's protocol once the server has answered."""
        return Deferred.fromCoroutine(self._connect(factory))

    async def _connect(self, factory: Factory) -> Any:
        refused: Exception = error.DNSLookupError()
        for host in await self._addresses():
            dialed = self._dialed(host)
            try:
                await self._opened(dialed, host)
            except error.ConnectionRefusedError as problem:
                # A name for several addresses, such as localhost: the server may listen at another one.
                refused = problem
                continue
            protocol = factory.buildProtocol(None)
            if protocol is None:
                raise AssertionError("a factory without a protocol")
            DatagramTransport(dialed, host, self._way.port).carry(protocol)
            return protocol
        raise refused

    async def _addresses(self) -> list[str]:
        pool = self._reactor.getThreadPool()
        name = ascii_name(self._host)
        try:
            found = await deferToThreadPool(
                self._reactor, pool, socket.getaddrinfo, name, self._way.port, 0, socket.SOCK_DGRAM
            )
        except socket.gaierror as problem:
            raise error.DNSLookupError(str(problem)) from problem
        hosts = list(dict.fromkeys(str(each[4][0]) for each in found))
        # What is plain stays on this machine, whatever the name leads to.
        return [host for host in hosts if self._way.tls or is_loopback(host)]

    def _dialed(self, host: str) -> Dialed:
        name = "" if is_address(self._host) else ascii_name(self._host)
        clock = ReactorClock(self._reactor)
        return Dialed(clock, host, self._way.port, self._secured, self._verify, name, self._terms)

    def _verify(self, connection: SSL.Connection) -> None:
        """RFC 9525. The chain has been verified in the handshake."""
        if connection.get_context().get_verify_mode() == SSL.VERIFY_NONE:
            return
        if is_address(self._host):
            verify_ip_address(connection, self._host.partition("%")[0])
        else:
            verify_hostname(connection, ascii_name(self._host))

    async def _opened(self, dialed: Dialed, host: str) -> None:
        """Until the server has answered; raises an error that Twisted's endpoints raise, or why it is not trusted."""
        opened: Deferred[None] = Deferred()
        dialed.on_open = lambda: opened.callback(None)
        dialed.on_lost = lambda reason: opened.errback(_problem(reason, dialed.failure))
        self._reactor.listenUDP(0, dialed, interface="::" if ":" in host else "", maxPacketSize=LARGEST)
        await opened


class DatagramTransport:
    """Lines as messages."""

    def __init__(self, dialed: Dialed, host: str, port: int) -> None:
        self._dialed = dialed
        self._peer = (IPv6Address if ":" in host else IPv4Address)("UDP", host, port)
        self._closing = False

    def carry(self, protocol: Any) -> None:
        """Between this protocol and the server from now on."""
        self._dialed.on_message = lambda message: protocol.dataReceived(message + b"\n")
        self._dialed.on_lost = lambda reason: protocol.connectionLost(Failure(self._why(reason)))
        protocol.makeConnection(self)

    def _why(self, reason: str) -> Exception:
        if self._closing:
            return error.ConnectionDone()
        return error.ConnectionLost() if reason in ("timeout", "reset", "refused", "lost") else error.ConnectionDone()

    def write(self, data: bytes) -> None:
        for line in data.split(b"\n"):
            # Empty lines tell plain from TLS on a stream; a datagram's first byte does.
            if line:
                self._dialed.send(line)

    def getPeer(self) -> IPv4Address | IPv6Address:
        return self._peer

    def loseConnection(self) -> None:
        self._closing = True
        self._dialed.close()

    def abortConnection(self) -> None:
        self._closing = True
        self._dialed.abort()

    def pauseProducing(self) -> None:
        self._dialed.pause()

    def resumeProducing(self) -> None:
        self._dialed.resume()


def _problem(reason: str, failure: Exception | None) -> error.ConnectError:
    """Why there is no connection."""
    if isinstance(failure, VerificationError):
        return NotConnected("The server's certificate is for another name.")
    if reason == "refused":
        return error.ConnectionRefusedError()
    if reason == "timeout":
        return error.TimeoutError()
    if reason in _WORDS:
        return NotConnected(_WORDS[reason])
    if "alert internal error" in reason:
        # Before there is a connection DTLS has no better word for it.
        return NotConnected("The server turned the connection away: it may have too many for now.")
    return NotConnected(f"DTLS failed: {reason}.")


#: What servers say of connections they do not want.
_WORDS = {
    "lost": "The connection was lost.",
    "reset": "The connection was lost.",
    "too-many": "The server takes no more connections for now.",
    "shutting-down": "The server is stopping.",
}


class NotConnected(error.ConnectError):
    """With a sentence for people."""

    def __init__(self, sentence: str) -> None:
        super().__init__(None, sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence
