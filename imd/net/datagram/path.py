"""An address that has yet to prove itself (RFC 9000 section 8.2)."""

import os
from typing import Any, Final

#: How many times what came from an address may be sent to it before it is proved (RFC 9000 section 8).
AMPLIFICATION: Final = 3


class Path:
    """A new address of the other end; nothing but challenges goes there."""

    __slots__ = ("_received", "_sent", "_waiting", "address", "challenge")

    def __init__(self, address: Any) -> None:
        self.address = address
        self.challenge = os.urandom(8)
        self._received = 0
        self._sent = 0
        self._waiting = False

    def heard(self, size: int) -> None:
        """A packet of `size` bytes has come from there: it may be asked (again)."""
        self._received += size
        self._waiting = True

    def may_send(self, size: int) -> bool:
        """Whether a challenge of `size` bytes goes there now; if so it counts as sent."""
        if not self._waiting or self._sent + size > AMPLIFICATION * self._received:
            return False
        self._waiting = False
        self._sent += size
        return True

    def proved(self, data: bytes, address: Any) -> bool:
        """Whether this answer, from this address, proves it."""
        return address == self.address and data == self.challenge
