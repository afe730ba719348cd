"""To the wire: what the server says, as frames (RFC 6455 section 5.2). A server does not mask (section 5.1)."""

import enum
import struct


class Opcode(enum.IntEnum):
    """RFC 6455 section 5.2."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class CloseCode(enum.IntEnum):
    """RFC 6455 section 7.4.1: those that this server sends."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    INVALID_PAYLOAD = 1007
    POLICY_VIOLATION = 1008
    MESSAGE_TOO_BIG = 1009
    INTERNAL_ERROR = 1011


#: Most bytes of a control frame (section 5.5).
MOST_CONTROL = 125
#: Several lines that are kept as frames, for who gets them next.
_KEPT = 16
_KEPT_SIZE = 64 * 1024


def header(opcode: int, size: int) -> bytes:
    """The header of a whole, unmasked message of `size` bytes."""
    if size < 126:
        return bytes((0x80 | opcode, size))
    if size < 0x1_0000:
        return struct.pack("!BBH", 0x80 | opcode, 126, size)
    return struct.pack("!BBQ", 0x80 | opcode, 127, size)


def frame(opcode: int, payload: bytes) -> bytes:
    """A whole, unmasked message, or a control frame."""
    return header(opcode, len(payload)) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """Section 5.5.1. Code 0 is a Close without one; a reason that is too long is cut between characters."""
    if not code:
        return frame(Opcode.CLOSE, b"")
    said = reason.encode()[: MOST_CONTROL - 2].decode(errors="ignore").encode()
    return frame(Opcode.CLOSE, struct.pack("!H", code) + said)


def end_of_frame(data: bytes, start: int, at: int) -> int:
    """Where the frame ends that holds the byte before `at`. `data` has whole unmasked frames from `start` on."""
    while start < at:
        size = data[start + 1]
        if size < 126:
            start += 2 + size
        elif size == 126:
            start += 4 + int.from_bytes(data[start + 2 : start + 4])
        else:
            start += 10 + int.from_bytes(data[start + 2 : start + 10])
    return start


class Framing:
    """How one kind of connection has its messages framed, shared by all of that kind: what is written to a thousand
    of them in turn is framed once."""

    __slots__ = ("_framed", "_last", "_several", "_short", "closing_code", "opcode")

    def __init__(self, opcode: Opcode) -> None:
        self.opcode = opcode
        #: With which connections are closed that have no other reason; GOING_AWAY when the daemon stops.
        self.closing_code: int = CloseCode.NORMAL
        self._short = [header(opcode, size) for size in range(126)]
        # Compared by identity: no line is looked at twice.
        self._last = b""
        self._framed = b""
        self._several: dict[bytes, bytes] = {}

    def payload(self, payload: bytes) -> bytes:
        """One message."""
        size = len(payload)
        return (self._short[size] if size < 126 else header(self.opcode, size)) + payload

    def lines(self, data: bytes) -> bytes:
        """Lines, each with its end: each becomes a message without it (IRCv3 WebSocket)."""
        if data is self._last:
            return self._framed
        if not data:
            # What is nothing to a client is no message, not an empty one.
            return b""
        alone = data.find(b"\n") == len(data) - 1
        framed = self._line(data[:-1]) if alone else self._split(data)
        self._last, self._framed = data, framed
        return framed

    def _split(self, data: bytes) -> bytes:
        framed = self._several.get(data)
        if framed is None:
            framed = b"".join([self._line(line) for line in data.split(b"\n") if line])
            if len(data) <= _KEPT_SIZE:
                if len(self._several) >= _KEPT:
                    self._several.clear()
                self._several[data] = framed
        return framed

    def _line(self, line: bytes) -> bytes:
        if line[-1:] == b"\r":
            line = line[:-1]
        if self.opcode is Opcode.TEXT and not line.isascii():
            # Section 5.6: a text message is UTF-8, or the browser ends the connection.
            line = line.decode(errors="replace").encode()
        return self.payload(line)
