"""Who is at the far end of a connection, as doors and the ledger see it."""

import hashlib
import ipaddress
from functools import lru_cache
from typing import Any, cast

from OpenSSL import SSL
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import ISSLTransport, ITransport

from imd.core.session import Peer


def peer_of(transport: ITransport, door: str, origin: str = "") -> Peer:
    """The far end of a connected transport. With TLS, call it once the handshake is done: before, nothing is known.
    `origin` is what a browser said of its page.

    Behind a PROXY header it is the address the header gives.
    """
    address, port = host_and_port(transport.getPeer())
    loopback = is_loopback(address)
    if not ISSLTransport.providedBy(transport):
        # What a balancer said that we trust (`imd.net.proxied`).
        forwarded: str = getattr(transport, "forwarded_tls", "")
        return Peer(door, address, port, secure=bool(forwarded), tls=forwarded, loopback=loopback, origin=origin)
    connection = cast(SSL.Connection, transport.getHandle())  # type: ignore[attr-defined]
    certificate = connection.get_peer_certificate(as_cryptography=True)
    fingerprint = ""
    if certificate is not None:
        # Imported here: only TLS needs it.
        from cryptography.hazmat.primitives.serialization import Encoding

        fingerprint = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
    tls = f"{connection.get_protocol_version_name()} {connection.get_cipher_name() or ''}".rstrip()
    return Peer(door, address, port, secure=True, tls=tls, loopback=loopback, certificate=fingerprint, origin=origin)


def local_of(transport: Any) -> tuple[str, int] | None:
    """Our own end of a connection, as its far end sees it; None when a balancer is between (`imd.net.proxied`)."""
    address = host_and_port(transport.getHost())
    while transport is not None:
        if getattr(transport, "forwarded", False):
            return None
        # TLS is around the socket.
        transport = getattr(transport, "transport", None)
    return address if address[1] else None


def host_and_port(address: object) -> tuple[str, int]:
    """IP address and port; for a Unix socket, and whatever has no address, "" and 0."""
    if isinstance(address, IPv4Address | IPv6Address):
        return _plain(address.host), address.port
    return "", 0


@lru_cache(maxsize=4096)
def is_loopback(address: str) -> bool:
    """Whether only this machine has this address. A Unix socket ("") never leaves it."""
    if not address:
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _plain(host: str) -> str:
    # A listener on "::" shows IPv4 clients as ::ffff:192.0.2.1 (RFC 4291 section 2.5.5.2): limits, bans and the
    # ledger want one spelling.
    if ":" not in host:
        return host
    bare, percent, zone = host.partition("%")
    try:
        parsed = ipaddress.IPv6Address(bare)
    except ValueError:
        return host
    return str(parsed.ipv4_mapped) if parsed.ipv4_mapped else f"{parsed}{percent}{zone}"
