"""Messages on their way out: cut into fragments, kept until these are acknowledged."""

from collections import deque
from collections.abc import Iterable

from imd.net.datagram.packet import FRAGMENT, fragment

#: Bytes of fragments that may be sent before the other end has said how many it takes.
FIRST_CREDIT = 16 * 1024
#: Messages that may be on their way at once.
SPAN = 1024


class Outgoing:
    """A fragment's key is the number of its message and its place in it: ``sequence << 16 | index``."""

    __slots__ = ("_again", "_fresh", "_sequence", "_spent", "_unconfirmed", "credit", "pending")

    def __init__(self) -> None:
        self._sequence = 0
        #: Not sent yet; None when there is nothing, which is nearly always.
        self._fresh: deque[tuple[int, bytes]] | None = None
        #: Sent, and not acknowledged, in the order of keys.
        self._unconfirmed: dict[int, bytes] = {}
        #: Of these, what must be sent again.
        self._again: set[int] | None = None
        self._spent = 0
        #: How many bytes may be sent in all, counted from the beginning; as the other end said.
        self.credit = FIRST_CREDIT
        #: Bytes that are not acknowledged yet, sent or not.
        self.pending = 0

    def add(self, message: bytes) -> None:
        """Queue a message, which must not be empty."""
        if self._fresh is None:
            self._fresh = deque()
        key = self._sequence << 16
        if len(message) <= FRAGMENT:
            parts = [fragment(self._sequence, 0, 1, message)]
        else:
            count = -(-len(message) // FRAGMENT)
            if count > 0xFFFF:
                raise ValueError("a message is longer than can be numbered")
            parts = [
                fragment(self._sequence, index, count, message[index * FRAGMENT : (index + 1) * FRAGMENT])
                for index in range(count)
            ]
        for index, part in enumerate(parts):
            self._fresh.append((key | index, part))
            self.pending += len(part)
        self._sequence += 1

    def next(self, room: int) -> tuple[int, bytes] | None:
        """The fragment to send next, if it fits into `room` bytes: first what must be sent again, the oldest first."""
        if self._again:
            key = min(self._again)
            part = self._unconfirmed[key]
            if len(part) > room:
                return None
            self._again.discard(key)
            if not self._again:
                self._again = None
            return key, part
        if self._fresh is None:
            return None
        key, part = self._fresh[0]
        if len(part) > room or self.blocked:
            return None
        self._fresh.popleft()
        if not self._fresh:
            self._fresh = None
        self._spent += len(part)
        self._unconfirmed[key] = part
        return key, part

    @property
    def blocked(self) -> bool:
        """Whether the other end must say first that it takes more."""
        if self._fresh is None:
            return False
        key, part = self._fresh[0]
        if self._spent + len(part) > self.credit:
            return True
        oldest = next(iter(self._unconfirmed), key)
        return (key >> 16) - (oldest >> 16) >= SPAN

    @property
    def sendable(self) -> bool:
        """Whether something could leave, if the window lets it."""
        return bool(self._again) or (self._fresh is not None and not self.blocked)

    def arrived(self, keys: Iterable[int]) -> None:
        for key in keys:
            part = self._unconfirmed.pop(key, None)
            if part is not None:
                self.pending -= len(part)
                if self._again:
                    self._again.discard(key)

    def lost(self, keys: Iterable[int]) -> None:
        """Send these again, where they have not arrived after all."""
        again = [key for key in keys if key in self._unconfirmed]
        if again:
            self._again = (self._again or set()).union(again)

    def clear(self) -> None:
        self._fresh = None
        self._again = None
        self._unconfirmed.clear()
        self.pending = 0
