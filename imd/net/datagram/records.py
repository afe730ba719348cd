"""DTLS records as they stand in a datagram (RFC 6347 section 4.1): what may be known of them without any keys."""

from collections.abc import Iterator
from typing import Final

from imd.net.datagram.packet import DATAGRAM

#: Content types of DTLS (RFC 9147 section 4.1): what a first byte may be.
CONTENT_TYPES: Final = range(20, 26)
_ALERT: Final = 21
_HANDSHAKE: Final = 22
_CLIENT_HELLO: Final = 1
_CERTIFICATE: Final = 11
_INTERNAL_ERROR: Final = b"\x02\x50"
#: Bytes of a record's header (RFC 6347 section 4.1) and of a handshake message's (section 4.2.2).
_RECORD: Final = 13
_MESSAGE: Final = 12
#: What a client says in a handshake (RFC 5246 section 7.3, with the cookie exchange of RFC 6347 section 4.2.1): the
#: number its certificate has, and the last number of all; the longest certificate that is looked at, and anything else.
_CERTIFICATE_NUMBER: Final = 2
_LAST_NUMBER: Final = 5
_LONGEST_CERTIFICATE: Final = 16 * 1024
_LONGEST_MESSAGE: Final = 1024


def client_random(datagram: bytes) -> bytes:
    """The random of a ClientHello, which is the same in all its copies; empty for any other datagram."""
    if (
        len(datagram) < _RECORD + _MESSAGE + 34
        or datagram[0] != _HANDSHAKE
        or datagram[3:5] != b"\0\0"
        or datagram[_RECORD] != _CLIENT_HELLO
    ):
        return b""
    begin = _RECORD + _MESSAGE + 2
    return datagram[begin : begin + 32]


def turned_away(hello: bytes) -> bytes:
    """What is said to a client whose ClientHello was right, and who is not let in all the same: a fatal alert,
    internal_error (RFC 5246 section 7.2.2), the nearest there is to "too many"."""
    return bytes([_ALERT]) + hello[1:11] + b"\0\2" + _INTERNAL_ERROR


def records(data: bytes) -> Iterator[tuple[int, int]]:
    """Where whole records begin and end."""
    at = 0
    while at + _RECORD <= len(data):
        end = at + _RECORD + int.from_bytes(data[at + 11 : at + 13], "big")
        yield at, end
        at = end


def datagrams(joined: bytes, size: int = DATAGRAM) -> list[bytes]:
    """Records as a BIO joins them, in datagrams of at most `size` bytes, each with whole records."""
    out: list[bytes] = []
    begin = last = 0
    for at, end in records(joined):
        if end - begin > size and at > begin:
            out.append(joined[begin:at])
            begin = at
        last = end
    if last > begin:
        out.append(joined[begin:last])
    return out


def decent(datagram: bytes, *, established: bool) -> bytes:
    """The records of a client that OpenSSL may have. OpenSSL makes room for handshake messages as long as they say they
    are, up to ten ahead: a megabyte for a few small records. A client in a handshake has no need of that, and after it
    there is no other (renegotiation is off)."""
    if established and datagram[:1] == b"\x17" and _RECORD + int.from_bytes(datagram[11:13], "big") == len(datagram):
        return datagram
    kept = [datagram[at:end] for at, end in records(datagram) if _decent(datagram, at, end, established)]
    return b"".join(kept)


def _decent(data: bytes, at: int, end: int, established: bool) -> bool:
    if end > len(data):
        return False
    if data[at] != _HANDSHAKE:
        return True
    if established:
        return False
    if data[at + 3 : at + 5] != b"\0\0":
        # Encrypted: the last message of the handshake, of which OpenSSL keeps a copy that comes early.
        return True
    # A record may hold several messages (section 4.2.3).
    at += _RECORD
    while at + _MESSAGE <= end:
        length, number = int.from_bytes(data[at + 1 : at + 4], "big"), int.from_bytes(data[at + 4 : at + 6], "big")
        fragment = int.from_bytes(data[at + 9 : at + 12], "big")
        certificate = data[at] == _CERTIFICATE and number == _CERTIFICATE_NUMBER
        if number > _LAST_NUMBER or length > (_LONGEST_CERTIFICATE if certificate else _LONGEST_MESSAGE):
            return False
        at += _MESSAGE + fragment
    return at == end
