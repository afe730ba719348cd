"""How to reach Redis: plainly, over TLS, or where the sentinels say the master is."""

from pathlib import Path
from typing import Any, cast

import txredisapi
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IAddress, IProtocol, IProtocolFactory, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.ssl import Certificate, optionsForClientTLS, platformTrust, trustRootFromCertificates
from twisted.logger import Logger
from zope.interface import implementer

from imd.storage.redis.connection import Connection
from imd.storage.redis.url import Place

#: Seconds for one attempt to connect, and for a sentinel's answer.
CONNECT_TIMEOUT = 5.0


class TLS:
    """What a TLS connection to Redis needs. The files are read when this is made, at start-up.

    `ca`: authorities in PEM form (None: those the system trusts). `certificate`, `key`: what to show to Redis.
    The server's name is verified by service-identity (RFC 9525).
    """

    def __init__(self, ca: Path | None = None, certificate: Path | None = None, key: Path | None = None) -> None:
        self._trust: Any = platformTrust()
        if ca is not None:
            self._trust = trustRootFromCertificates([Certificate.loadPEM(pem) for pem in _pems(ca.read_bytes())])
        self._own: dict[str, Any] = {}
        if certificate is not None:
            # cryptography's objects: pyOpenSSL wants no others any more.
            chain = x509.load_pem_x509_certificates(certificate.read_bytes())
            private = load_pem_private_key((key or certificate).read_bytes(), None)
            self._own = {"certificate": chain[0], "privateKey": private, "extraCertChain": chain[1:]}

    def wrap(self, host: str, endpoint: IStreamClientEndpoint) -> IStreamClientEndpoint:
        options = optionsForClientTLS(host, trustRoot=self._trust, extraCertificateOptions=dict(self._own))
        return wrapClientTLS(options, endpoint)


def _pems(text: bytes) -> list[bytes]:
    mark = b"-----BEGIN CERTIFICATE-----"
    return [mark + part for part in text.split(mark)[1:]]


def _at(reactor: Any, address: tuple[str, int], tls: TLS | None) -> IStreamClientEndpoint:
    host, port = address
    endpoint: IStreamClientEndpoint = HostnameEndpoint(reactor, host, port, timeout=CONNECT_TIMEOUT)
    return endpoint if tls is None else tls.wrap(host, endpoint)


def endpoint_for(reactor: Any, place: Place, tls: TLS | None) -> IStreamClientEndpoint:
    if place.service:
        return SentinelEndpoint(reactor, place, tls)
    return _at(reactor, place.addresses[0], tls)


@implementer(IStreamClientEndpoint)
class SentinelEndpoint:
    """Asks one sentinel after the other for the master before every connection (Redis Sentinel client protocol).

    txredisapi's own Sentinel connects to the master without TLS, asks with a timeout of its own, and keeps a
    connection to every sentinel; this one asks only when there is something to ask. Whether the answer is true, the
    store finds out by ROLE.
    """

    log = Logger()

    def __init__(self, reactor: Any, place: Place, tls: TLS | None) -> None:
        self._reactor = reactor
        self._tls = tls
        self._service = place.service
        self._sentinels = list(place.addresses)

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        return Deferred.fromCoroutine(self._connect(protocolFactory))

    async def _connect(self, factory: IProtocolFactory) -> IProtocol:
        address = await self._master()
        return await _at(self._reactor, address, self._tls).connect(factory)

    async def _master(self) -> tuple[str, int]:
        for sentinel in list(self._sentinels):
            try:
                address = await self._ask(sentinel)
            except CancelledError:
                raise
            except Exception as error:
                self.log.info("Sentinel {sentinel} does not answer: {error}", sentinel=sentinel, error=error)
                continue
            if address is not None:
                # The next question goes first to the one that knew (Sentinel client protocol, step 1).
                self._sentinels.remove(sentinel)
                self._sentinels.insert(0, sentinel)
                return address
        raise NoMaster(f"no sentinel knows a master called {self._service!r}")

    async def _ask(self, sentinel: tuple[str, int]) -> tuple[str, int] | None:
        factory = _Asking(self._reactor)
        connection = cast(Connection, await _at(self._reactor, sentinel, self._tls).connect(factory))
        try:
            answer = await connection.sentinel_get_master_addr_by_name(self._service)
        finally:
            connection.transport.loseConnection()
        return None if not answer else (answer[0].decode(), int(answer[1]))


class NoMaster(txredisapi.MasterNotFoundError):  # type: ignore[misc]  # txredisapi has no annotations
    """No sentinel could name a master."""


class _Asking(Factory):
    noisy = False

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def buildProtocol(self, addr: IAddress | None) -> Connection:
        return Connection(self._reactor, CONNECT_TIMEOUT)
