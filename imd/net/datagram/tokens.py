"""Proof that somebody receives what is sent to an address, without keeping anything of it (RFC 9000 section 8.1.2).

A token is the time it was made and a MAC over time, address and connection id, under a key that is replaced every
`ROTATION` seconds and forgotten after two.
"""

import hmac
import os
import struct
from typing import Final

ROTATION: Final = 60.0
#: Seconds a token holds.
LIFETIME: Final = 30.0
_TIME: Final = struct.Struct("!Q")
_MAC: Final = 16
#: Bytes of a token.
SIZE: Final = _TIME.size + _MAC


class Tokens:
    """Makes and checks tokens. Time is an argument, in seconds."""

    __slots__ = ("_before", "_key", "_since")

    def __init__(self, now: float) -> None:
        self._key = os.urandom(32)
        self._before = os.urandom(32)
        self._since = now

    def make(self, address: str, connection: int, now: float) -> bytes:
        """A token for this address (in any text form) and connection."""
        self._rotate(now)
        made = _TIME.pack(max(round(now * 1000), 0))
        return made + _mac(self._key, made, address, connection)

    def holds(self, token: bytes, address: str, connection: int, now: float) -> bool:
        self._rotate(now)
        if len(token) != SIZE:
            return False
        made = token[: _TIME.size]
        age = now - _TIME.unpack(made)[0] / 1000
        right = [
            hmac.compare_digest(token[_TIME.size :], _mac(key, made, address, connection))
            for key in (self._key, self._before)
        ]
        return any(right) and -1 <= age <= LIFETIME

    def _rotate(self, now: float) -> None:
        if not 0 <= now - self._since < ROTATION:
            self._before = self._key if 0 <= now - self._since < 2 * ROTATION else os.urandom(32)
            self._key = os.urandom(32)
            self._since = now


def _mac(key: bytes, made: bytes, address: str, connection: int) -> bytes:
    # A fixed-length head and the length of the rest: no two inputs read the same.
    head = made + _TIME.pack(connection)
    return hmac.digest(key, head + address.encode(), "sha256")[:_MAC]
