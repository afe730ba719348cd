"""Addresses in question: one of the other end's that has yet to prove itself, and our own (RFC 9000 section 8.2)."""

import os
from collections.abc import Callable
from typing import Any, Final

from imd.net.datagram import packet as wire

#: Questions that are answered in one turn.
QUESTIONS: Final = 4

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


class Paths:
    """What one connection has to ask and to answer; most never have anything."""

    __slots__ = ("_asked", "_path")

    def __init__(self) -> None:
        self._path: Path | None = None
        #: Where somebody asks whether we are here, and what is to be given back.
        self._asked: list[tuple[Any, bytes]] = []

    def asked(self, address: Any, data: bytes) -> None:
        """One answer per question, and no more than a few for one turn."""
        if len(self._asked) < QUESTIONS:
            self._asked.append((address, data))

    def heard(self, address: Any, size: int) -> None:
        """The newest packet tells where the other end is (RFC 9000 section 9.3), but has to prove it."""
        if self._path is None or self._path.address != address:
            self._path = Path(address)
        self._path.heard(size)

    def back(self) -> None:
        """The other end is where it was."""
        self._path = None

    def proved(self, data: bytes, address: Any) -> bool:
        """Whether this answer, from this address, proves it: then it is in question no more."""
        right = self._path is not None and self._path.proved(data, address)
        if right:
            self._path = None
        return right

    def datagrams(self, header: Callable[[], bytes]) -> list[tuple[bytes, Any]]:
        """Answers and questions, each to the address in question; `header` gives the next packet's."""
        out = [(header() + wire.path_response(data), address) for address, data in self._asked]
        self._asked.clear()
        if self._path is not None:
            datagram = header() + wire.path_challenge(self._path.challenge)
            if self._path.may_send(len(datagram)):
                out.append((datagram, self._path.address))
        return out
