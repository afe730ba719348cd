"""Frames as a client writes them, by code of the test's own (RFC 6455 section 5.2)."""

import os
import struct

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0


def frame(
    opcode: int, payload: bytes = b"", *, final: bool = True, mask: bytes | None = None, bits: int = 0, length: int = 0
) -> bytes:
    """One masked frame; `length` forces the form of the length: 126 or 127."""
    key = os.urandom(4) if mask is None else mask
    size = len(payload)
    first = (0x80 if final else 0) | bits | opcode
    if (size < 126 and not length) or (length and length < 126):
        head = bytes((first, 0x80 | size))
    elif (size < 65_536 and not length) or length == 126:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + key + bytes(octet ^ key[at % 4] for at, octet in enumerate(payload))


def frames(data: bytes) -> list[tuple[int, bytes]]:
    """What a server wrote, which must be whole and unmasked."""
    found = []
    while data:
        first, size = data[0], data[1]
        assert first & 0x70 == 0, "reserved bits"
        assert not size & 0x80, "masked"
        at = 2
        if size == 126:
            size, at = int.from_bytes(data[2:4]), 4
            assert size >= 126
        elif size == 127:
            size, at = int.from_bytes(data[2:10]), 10
            assert size >= 65_536
        assert first & 0x80, "fragments"
        assert len(data) >= at + size, "half a frame"
        found.append((first & 15, data[at : at + size]))
        data = data[at + size :]
    return found
