"""The certificate in force, and its renewal without a restart (promise P10).

The two files are looked at every few seconds, in a thread; when one has changed the pair is loaded, and new
handshakes get it. A pair that cannot be used leaves the old one in force and says why. Connections that are up keep
the certificate they began with.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from OpenSSL import SSL, crypto
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator, IReactorTime
from twisted.internet.ssl import CertificateOptions, TLSVersion
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.protocols.tls import TLSMemoryBIOProtocol
from zope.interface import implementer

#: Seconds between two looks at the files.
INTERVAL = 5.0

_T = TypeVar("_T")
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class InThread(Protocol):
    """Run a blocking call elsewhere: ``partial(deferToThreadPool, reactor, reactor.getThreadPool())``."""

    def __call__(self, call: Callable[[], _T], /) -> Awaitable[_T]: ...


class UnusablePair(Exception):
    """Certificate and key cannot be used; the message says why, for the operator."""


def load_pair(certificate: Path, key: Path, protocols: tuple[bytes, ...] = ()) -> CertificateOptions:
    """Read certificate chain and key into a TLS configuration. Blocking. Raises `UnusablePair`.

    TLS 1.2 at least, server's ciphers, buffers released while a connection is idle. Client certificates are asked
    for, and any is taken: its fingerprint, not its issuer, is the credential (SASL EXTERNAL).
    """
    try:
        chain = _CERTIFICATE.findall(certificate.read_bytes())
        key_octets = key.read_bytes()
    except OSError as error:
        raise UnusablePair(f"cannot read {error.filename}: {error.strerror}") from error
    if not chain:
        raise UnusablePair(f"{certificate} holds no certificate in PEM form")
    try:
        # Any: Twisted's annotations know only pyOpenSSL's own classes, which are on their way out.
        certificates: list[Any] = [load_pem_x509_certificate(pem) for pem in chain]
    except ValueError as error:
        raise UnusablePair(f"{certificate} holds a damaged certificate") from error
    try:
        private_key: Any = load_pem_private_key(key_octets, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnusablePair(f"{key} holds no private key in PEM form without a passphrase") from error
    options = CertificateOptions(
        privateKey=private_key,
        certificate=certificates[0],
        extraCertChain=certificates[1:],
        raiseMinimumTo=TLSVersion.TLSv1_2,
        acceptableProtocols=list(protocols) or None,
    )
    try:
        context = options.getContext()
    except (SSL.Error, TypeError, ValueError) as error:
        raise UnusablePair(f"the key in {key} does not belong to the certificate in {certificate}") from error
    context.set_verify(SSL.VERIFY_PEER, _any_certificate)
    if not protocols:
        context.set_alpn_select_callback(_no_protocol)
    return options


def _any_certificate(
    connection: SSL.Connection, certificate: crypto.X509, error: int, depth: int, verified: int
) -> bool:
    return True


def _no_protocol(connection: SSL.Connection, offered: Sequence[bytes]) -> Any:
    # RFC 7301 section 3.2: who selects nothing ignores the extension, and a browser goes on with HTTP/1.1. Twisted
    # 26.10 answers with an empty name instead, which OpenSSL takes for a fault and ends the handshake.
    return SSL.NO_OVERLAPPING_PROTOCOLS


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """The pair in force. Made with a usable pair, or not at all: raises `UnusablePair`; blocking, so at start-up."""

    log = Logger()

    def __init__(self, certificate: Path, key: Path, in_thread: InThread, protocols: tuple[bytes, ...] = ()) -> None:
        self._paths = certificate, key
        self._protocols = protocols
        self._in_thread = in_thread
        self._looking = False
        self._seen = self._signature()
        self._options = load_pair(certificate, key, protocols)
        self._loop: LoopingCall | None = None

    @property
    def options(self) -> CertificateOptions:
        """The pair as it is now; another object after each renewal."""
        return self._options

    def serverConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        return self._options.serverConnectionForTLS(protocol)

    def start(self, clock: IReactorTime, interval: float = INTERVAL) -> None:
        """Look at the files from time to time from now on."""
        self._loop = LoopingCall(self._look)
        self._loop.clock = clock
        self._loop.start(interval, now=False)

    def stop(self) -> None:
        if self._loop is not None and self._loop.running:
            self._loop.stop()

    def _look(self) -> Deferred[bool]:
        return Deferred.fromCoroutine(self.look()).addErrback(self._failed)

    def _failed(self, failure: object) -> bool:
        # LoopingCall would stop at an error, and with it all renewals.
        self.log.failure("while looking at the certificate", failure=failure)  # type: ignore[arg-type]
        return False

    def use(self, certificate: Path, key: Path) -> bool:
        """Other files from now on (a reload); whether they differ from those so far. Blocking. Raises `UnusablePair`,
        and then nothing changes."""
        options = load_pair(certificate, key, self._protocols)
        before = self._paths, self._seen
        self._paths = certificate, key
        self._seen = self._signature()
        self._options = options
        return (self._paths, self._seen) != before

    async def look(self) -> bool:
        """Take a changed pair into force; whether there was one. Never raises for an unusable pair."""
        if self._looking:
            return False
        self._looking = True
        try:
            signature = await self._in_thread(self._signature)
            if signature == self._seen:
                return False
            # Remembered before it is tried: a bad pair is complained of once, not every few seconds.
            self._seen = signature
            paths = self._paths
            try:
                options = await self._in_thread(lambda: load_pair(*paths, self._protocols))
            except UnusablePair as reason:
                self.log.error("the new certificate is not used, the old one stays in force: {reason}", reason=reason)
                return False
            if paths != self._paths:
                return False
            self._options = options
            self.log.info("new certificate in force, from {path}", path=str(paths[0]))
            return True
        finally:
            self._looking = False

    def _signature(self) -> tuple[tuple[int, int, int], ...]:
        """Changes whenever a file is written or replaced; a missing file has a signature of its own."""
        found = []
        for path in self._paths:
            try:
                status = path.stat()
            except OSError:
                found.append((0, 0, 0))
            else:
                found.append((status.st_ino, status.st_mtime_ns, status.st_size))
        return tuple(found)
