"""Packets: the layout of one datagram, and its frames. Whatever bytes come, they give a packet or `Malformed`.

A packet is a header (version 1 byte, connection id 8, packet number 8; network byte order) and frames up to its end.
The version's byte is no content type of DTLS (RFC 9147 section 4.1, RFC 7983): it tells plain packets from DTLS.
"""

import struct
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

#: The first byte of every packet; the low bits are the version.
VERSION: Final = 0xC1
#: Longest datagram; fits the minimum of IPv6 (1,280 bytes) with room for tunnels.
DATAGRAM: Final = 1200
#: Payload of each fragment of a message but the last; fits a datagram with DTLS around it.
FRAGMENT: Final = 1100
#: Most ranges in an acknowledgement, and most that a receiver remembers.
RANGES: Final = 24

_HEADER: Final = struct.Struct("!BQQ")
_ACK: Final = struct.Struct("!BQHQB")
_RANGE: Final = struct.Struct("!II")
_MESSAGE: Final = struct.Struct("!BQHHH")
_COUNTED: Final = struct.Struct("!BB")

HEADER_SIZE: Final = _HEADER.size
#: What a fragment costs besides its payload, also where bytes are counted for credit.
FRAGMENT_HEADER: Final = _MESSAGE.size

_PADDING, _PING, _ACKED, _FRAGMENT, _CLOSE, _HELLO, _CHALLENGE, _RESET, _PATH_CHALLENGE, _PATH_RESPONSE = range(10)
_LONG = 0xFFFFFFFF


class Malformed(Exception):
    """Not a packet."""


class Ping(msgspec.Struct, frozen=True, gc=False):
    """Asks for an acknowledgement, says nothing."""


class Ack(msgspec.Struct, frozen=True, gc=False):
    """Packets that have come. `ranges`: (first, last), newest first; never empty."""

    ranges: tuple[tuple[int, int], ...]
    #: Milliseconds between the newest of them and this answer.
    delay: int
    #: How many bytes of fragments, headers included and counted from the beginning, may be sent in all.
    credit: int


class Fragment(msgspec.Struct, frozen=True, gc=False):
    """A part of a message."""

    sequence: int
    index: int
    count: int
    data: bytes


class Close(msgspec.Struct, frozen=True, gc=False):
    """The end, and why: a short word."""

    reason: str


class Hello(msgspec.Struct, frozen=True, gc=False):
    """Opens a connection; `token` is what a `Challenge` gave, or empty."""

    token: bytes


class Challenge(msgspec.Struct, frozen=True, gc=False):
    """Say hello again with this token. In a packet of its own, which has no number of a connection."""

    token: bytes


class Reset(msgspec.Struct, frozen=True, gc=False):
    """There is no such connection (any more). In a packet of its own."""


class PathChallenge(msgspec.Struct, frozen=True, gc=False):
    """Asks whoever is at a new address to give these eight bytes back."""

    data: bytes


class PathResponse(msgspec.Struct, frozen=True, gc=False):
    data: bytes


Frame = Ping | Ack | Fragment | Close | Hello | Challenge | Reset | PathChallenge | PathResponse


class Packet(msgspec.Struct, frozen=True, gc=False):
    connection: int
    number: int
    frames: list[Frame]

    @property
    def eliciting(self) -> bool:
        """Whether it wants to be acknowledged."""
        return any(not isinstance(frame, Ack | Close) for frame in self.frames)


def parse(data: bytes) -> Packet:
    """Read one datagram. Raises `Malformed`."""
    if len(data) <= HEADER_SIZE or len(data) > DATAGRAM or data[0] != VERSION:
        raise Malformed
    _, connection, number = _HEADER.unpack_from(data)
    frames: list[Frame] = []
    at, end = HEADER_SIZE, len(data)
    try:
        while at < end:
            kind = data[at]
            if kind == _PADDING:
                at += 1
                continue
            frame, at = _PARSERS[kind](data, at)
            frames.append(frame)
    except (struct.error, IndexError) as error:
        raise Malformed from error
    if not frames:
        raise Malformed
    return Packet(connection, number, frames)


def _parse_fragment(data: bytes, at: int) -> tuple[Frame, int]:
    _, sequence, index, count, length = _MESSAGE.unpack_from(data, at)
    at += FRAGMENT_HEADER
    content = data[at : at + length]
    if not length or len(content) != length or index >= count:
        raise Malformed
    if length > FRAGMENT or (index < count - 1 and length != FRAGMENT):
        raise Malformed
    return Fragment(sequence, index, count, content), at + length


def _parse_ack(data: bytes, at: int) -> tuple[Frame, int]:
    _, largest, delay, credit, count = _ACK.unpack_from(data, at)
    at += _ACK.size
    if not 1 <= count <= RANGES:
        raise Malformed
    ranges = []
    for _ in range(count):
        back, length = _RANGE.unpack_from(data, at)
        at += _RANGE.size
        if back + length > largest:
            raise Malformed
        ranges.append((largest - back - length, largest - back))
    if ranges[0][1] != largest:
        raise Malformed
    return Ack(tuple(ranges), delay, credit), at


def _parse_empty(data: bytes, at: int) -> tuple[Frame, int]:
    return Ping() if data[at] == _PING else Reset(), at + 1


def _parse_counted(data: bytes, at: int) -> tuple[Frame, int]:
    kind, length = data[at], data[at + 1]
    at += 2
    content = data[at : at + length]
    if len(content) != length:
        raise Malformed
    at += length
    if kind == _CLOSE:
        return Close(content.decode(errors="replace")), at
    return Hello(content) if kind == _HELLO else Challenge(content), at


def _parse_path(data: bytes, at: int) -> tuple[Frame, int]:
    content = data[at + 1 : at + 9]
    if len(content) != 8:
        raise Malformed
    return PathChallenge(content) if data[at] == _PATH_CHALLENGE else PathResponse(content), at + 9


#: By kind; a kind beyond the end is an IndexError. Padding has no frame.
_PARSERS: Final[tuple[Callable[[bytes, int], tuple[Frame, int]], ...]] = (
    _parse_empty,
    _parse_empty,
    _parse_ack,
    _parse_fragment,
    _parse_counted,
    _parse_counted,
    _parse_counted,
    _parse_empty,
    _parse_path,
    _parse_path,
)


# ---------------------------------------------------------------- writing


def header(connection: int, number: int) -> bytes:
    return _HEADER.pack(VERSION, connection, number)


PING: Final = bytes([_PING])


def ack(ranges: Iterable[tuple[int, int]], delay: int, credit: int, room: int) -> bytes:
    """An acknowledgement of as many of `ranges` (newest first) as fit into `room` bytes; empty if none does."""
    most = min(RANGES, (room - _ACK.size) // _RANGE.size)
    largest = -1
    packed: list[bytes] = []
    for first, last in ranges:
        if len(packed) >= most:
            break
        if largest < 0:
            largest = last
        if largest - first > _LONG:
            break
        packed.append(_RANGE.pack(largest - last, last - first))
    if not packed:
        return b""
    return _ACK.pack(_ACKED, largest, min(max(delay, 0), 0xFFFF), credit, len(packed)) + b"".join(packed)


def fragment(sequence: int, index: int, count: int, data: bytes) -> bytes:
    return _MESSAGE.pack(_FRAGMENT, sequence, index, count, len(data)) + data


def close(reason: str) -> bytes:
    content = reason.encode()[:255]
    return _COUNTED.pack(_CLOSE, len(content)) + content


def hello(token: bytes) -> bytes:
    return _COUNTED.pack(_HELLO, len(token)) + token


def challenge(connection: int, token: bytes) -> bytes:
    """The whole packet."""
    return header(connection, 0) + _COUNTED.pack(_CHALLENGE, len(token)) + token


def reset(connection: int) -> bytes:
    """The whole packet."""
    return header(connection, 0) + bytes([_RESET])


def farewell(connection: int, number: int, reason: str) -> bytes:
    """A whole packet that closes a connection."""
    return header(connection, number) + close(reason)


def path_challenge(data: bytes) -> bytes:
    return bytes([_PATH_CHALLENGE]) + data


def path_response(data: bytes) -> bytes:
    return bytes([_PATH_RESPONSE]) + data
