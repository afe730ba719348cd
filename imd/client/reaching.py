"""From a destination to a connection that has been greeted: names, TLS and its certificates, loopback."""

import ipaddress
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet import defer, error
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.protocol import Factory
from twisted.internet.ssl import CertificateOptions, TLSVersion, optionsForClientTLS
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from imd.client.destination import PLAIN_PORT, TLS_PORT, Destination, Way, ways
from imd.client.errors import CannotConnect
from imd.client.wire import ConnectionEnded, WireProtocol, explain

#: Seconds until a host must have answered, and seconds for TLS and the server's greeting.
CONNECT_TIMEOUT = 15
GREETING_TIMEOUT = 20.0


class Reach(Protocol):
    """Makes a connection that has been greeted. Raises `CannotConnect`."""

    def __call__(self) -> Awaitable[WireProtocol]: ...


class Reaching:
    """`Reach` for one destination. `trust`: what certificates must lead to; None: what the system trusts."""

    def __init__(self, reactor: Any, destination: Destination, *, insecure: bool = False, trust: Any = None) -> None:
        self._reactor = reactor
        self.destination = destination
        self._insecure = insecure
        self._trust = trust

    async def __call__(self) -> WireProtocol:
        *first, last = self._ways()
        for way in first:
            wire = await self._try(way, more=True)
            if wire is not None:
                return wire
        wire = await self._try(last, more=False)
        if wire is None:
            raise AssertionError("the last way either works or raises")
        return wire

    def _ways(self) -> Sequence[Way]:
        return ways(self.destination, self._insecure)

    async def _try(self, way: Way, *, more: bool) -> WireProtocol | None:
        """A connection; None if the server does not speak this way and there are `more`."""
        protocol = WireProtocol(self._reactor, plain=not way.tls)
        try:
            await self._endpoint(way).connect(_Factory(protocol))
        except (error.ConnectError, error.DNSLookupError, OSError) as problem:
            raise CannotConnect(self._sentence(way, explain(Failure(problem)))) from problem
        greeting = protocol.greeting.addTimeout(GREETING_TIMEOUT, self._reactor)
        try:
            await greeting
        except ConnectionEnded as ended:
            raise CannotConnect(self._sentence(way, str(ended))) from ended
        except defer.TimeoutError as problem:
            protocol.fail("No greeting.")
            text = "Something answers there, but it does not greet: is it an imd server?"
            raise CannotConnect(self._sentence(way, text)) from problem
        except (error.ConnectionClosed, SSL.Error, VerificationError) as problem:
            if more and not protocol.answered:
                return None
            raise CannotConnect(self._sentence(way, explain(Failure(problem)))) from problem
        return protocol

    def _endpoint(self, way: Way) -> Any:
        host = self.destination.host
        endpoint = HostnameEndpoint(self._reactor, ascii_name(host), way.port, timeout=CONNECT_TIMEOUT)
        if not way.tls:
            return endpoint
        if self._insecure:
            return wrapClientTLS(AnyCertificate(host), endpoint)
        name = host.partition("%")[0]
        creator = optionsForClientTLS(
            name, **({} if self._trust is None else {"trustRoot": self._trust}), **_least_version()
        )
        return wrapClientTLS(creator, endpoint)

    def _sentence(self, way: Way, why: str) -> str:
        """What went wrong, and what to do next."""
        host = f"[{self.destination.host}]" if ":" in self.destination.host else self.destination.host
        said = f"Cannot connect to {host} port {way.port}{' by TLS' if way.tls else ''}: {why}"
        if way.tls and ("certificate" in why or "TLS failed" in why):
            return (
                f"{said} If you know whose server it is, let SSL_CERT_FILE name its certificate, "
                "or take any certificate with --insecure."
            )
        if self.destination.port is None:
            other = "4001 is the usual port for TLS" if way.port == TLS_PORT else f"{PLAIN_PORT} is the usual port here"
            return f"{said} Is the server running? {other}; another one goes behind the host, as in {host}:4321."
        return f"{said} Is the server running, and is this its port for native clients?"


class _Factory(Factory):
    noisy = False

    def __init__(self, connection: WireProtocol) -> None:
        self._connection = connection

    def buildProtocol(self, addr: object) -> WireProtocol:
        return self._connection


@implementer(IOpenSSLClientConnectionCreator)
class AnyCertificate:
    """TLS that is encrypted, but with whom is not checked: ``--insecure``."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._context = CertificateOptions(verify=False, raiseMinimumTo=TLSVersion.TLSv1_2).getContext()

    def clientConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        connection = SSL.Connection(self._context, None)
        # RFC 6066 section 3: an address is no server name.
        if not is_address(self._host):
            connection.set_tlsext_host_name(ascii_name(self._host).encode())
        return connection


def _least_version() -> dict[str, Any]:
    return {"extraCertificateOptions": {"raiseMinimumTo": TLSVersion.TLSv1_2}}


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def ascii_name(host: str) -> str:
    """An international name as it stands in the DNS."""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as problem:
        raise CannotConnect(f"{host!r} is not a possible name of a host.") from problem
