"""The PROXY header, versions 1 and 2, by which a balancer says whose connection it passes on. No I/O.

https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt (sections 2.1, 2.2). Twisted has parsers of its own, but
drops what version 2 says of TLS, believes whoever sends a header, and waits for one as long as it takes
(docs/decisions/0014-proxy-headers.md).
"""

import ipaddress
import struct

import msgspec

#: Section 2.1: the longest line of version 1, its end included.
LONGEST_LINE = 107
#: Of version 2 there is no telling how much may follow; addresses and what we know of TLS take far less.
LONGEST = 4096

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_LINE = b"PROXY "
#: Address families with stream sockets: bytes of one address.
_FAMILIES = {0x11: 4, 0x21: 16}
_UNIX, _UNSPECIFIED = 0x31, 0x00
#: Of datagrams; there are none behind a listener for streams, so that they say nothing of the address.
_DATAGRAMS = frozenset({0x12, 0x22, 0x32})
#: Type-length-values (section 2.2.6).
_SSL, _SSL_VERSION, _SSL_CIPHER = 0x20, 0x21, 0x23
_CLIENT_SSL = 0x01


class BadHeader(ValueError):
    """What came is no PROXY header."""


class Header(msgspec.Struct, frozen=True):
    """Whose connection it is. Without `host` the balancer speaks for itself (a health check), or knows nothing."""

    host: str = ""
    port: int = 0
    #: Version and cipher when the client came to the balancer by TLS, or "".
    tls: str = ""


def read(buffer: bytes) -> tuple[Header, int] | None:
    """The header at the beginning of what has come, and its length; None while it is not all there.

    Raises `BadHeader` as soon as it cannot become one.
    """
    if buffer[: len(_SIGNATURE)] == _SIGNATURE[: len(buffer)]:
        return _version_2(buffer) if len(buffer) >= 16 else None
    if buffer[: len(_LINE)] == _LINE[: len(buffer)]:
        return _version_1(buffer)
    raise BadHeader("there is no PROXY header")


# ---------------------------------------------------------------- version 1


def _version_1(buffer: bytes) -> tuple[Header, int] | None:
    end = buffer.find(b"\r\n", 0, LONGEST_LINE)
    if end < 0:
        if len(buffer) >= LONGEST_LINE:
            raise BadHeader("the line does not end")
        return None
    words = buffer[:end].split(b" ")
    if len(words) > 1 and words[1] == b"UNKNOWN":
        # "the receiver must ignore anything presented before the CRLF".
        return Header(), end + 2
    if len(words) != 6 or words[1] not in (b"TCP4", b"TCP6"):
        raise BadHeader("the line is not of the form PROXY TCP4 source destination port port")
    version = 4 if words[1] == b"TCP4" else 6
    host, _ = (_address(word, version) for word in words[2:4])
    port, _ = (_port(word) for word in words[4:6])
    return Header(host, port), end + 2


def _address(word: bytes, version: int) -> str:
    try:
        address = ipaddress.ip_address(word.decode("ascii"))
    except ValueError:
        raise BadHeader("an address is none") from None
    if address.version != version or "%" in str(address):
        raise BadHeader("an address is of another version of IP")
    return str(address)


def _port(word: bytes) -> int:
    # Section 2.1: "in the range of 0 to 65535 inclusive", without leading zeros.
    if not word.isdigit() or len(word) > 5 or int(word) > 65_535 or (word[:1] == b"0" and len(word) > 1):
        raise BadHeader("a port is none")
    return int(word)


# ---------------------------------------------------------------- version 2


def _version_2(buffer: bytes) -> tuple[Header, int] | None:
    version_and_command, family, length = struct.unpack_from("!BBH", buffer, len(_SIGNATURE))
    if version_and_command >> 4 != 2:
        raise BadHeader("the version is not 2")
    command = version_and_command & 0x0F
    if command > 1:
        raise BadHeader("the command is neither LOCAL nor PROXY")
    end = 16 + length
    if end > LONGEST:
        raise BadHeader("the header is too long")
    if len(buffer) < end:
        return None
    body = buffer[16:end]
    if command == 0:
        # LOCAL: "the receiver … must use the real connection endpoints".
        return Header(), end
    if family in (_UNSPECIFIED, _UNIX) or family in _DATAGRAMS:
        return Header(), end
    size = _FAMILIES.get(family)
    if size is None:
        raise BadHeader("the address family is unknown")
    if len(body) < 2 * size + 4:
        raise BadHeader("the addresses are cut off")
    host = str(ipaddress.ip_address(body[:size]))
    (port,) = struct.unpack_from("!H", body, 2 * size)
    return Header(host, port, _tls(body[2 * size + 4 :])), end


def _tls(octets: bytes) -> str:
    """What is said of the client's TLS (section 2.2.6, PP2_TYPE_SSL)."""
    value = _values(octets).get(_SSL)
    if value is None or len(value) < 5 or not value[0] & _CLIENT_SSL:
        return ""
    inner = _values(value[5:])
    known = [inner[kind].decode("ascii", "replace") for kind in (_SSL_VERSION, _SSL_CIPHER) if kind in inner]
    text = "".join(sign if " " <= sign <= "~" else "?" for sign in " ".join(known))[:100]
    return text or "TLS"


def _values(octets: bytes) -> dict[int, bytes]:
    """Type → value, the first of each. Raises `BadHeader`."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(octets):
        if len(octets) - at < 3:
            raise BadHeader("a value is cut off")
        kind, length = struct.unpack_from("!BH", octets, at)
        value = octets[at + 3 : at + 3 + length]
        if len(value) != length:
            raise BadHeader("a value is cut off")
        found.setdefault(kind, value)
        at += 3 + length
    return found
