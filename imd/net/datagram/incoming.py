"""Fragments that come, to messages: whole, in the order of sending, each once."""

from imd.net.datagram.outgoing import SPAN
from imd.net.datagram.packet import FRAGMENT, FRAGMENT_HEADER, Fragment


def cost(length: int) -> int:
    """What a message of `length` bytes counts for credit."""
    return length + FRAGMENT_HEADER * -(-length // FRAGMENT)


class Unfit(Exception):
    """A message that could never be taken as a whole: too long, or its fragments contradict each other."""


class Incoming:
    """What has come and has not been taken is at most a window of bytes, and `SPAN` messages."""

    __slots__ = ("_next", "_parts", "_whole", "buffered", "taken")

    def __init__(self) -> None:
        self._next = 0
        #: By sequence: how many fragments, and those that have come by index. None when there are none, which is nearly
        #: always; so is `_whole`.
        self._parts: dict[int, tuple[int, dict[int, bytes]]] | None = None
        self._whole: dict[int, bytes] | None = None
        #: Bytes that have come and were not taken, counted as for credit.
        self.buffered = 0
        #: Bytes of the messages that were taken, counted as for credit.
        self.taken = 0

    def add(self, part: Fragment, window: int) -> bool:
        """Take in a fragment; False if there is no room for it now. Raises `Unfit`."""
        sequence = part.sequence
        if sequence < self._next or (self._whole is not None and sequence in self._whole):
            return True
        if part.count * (FRAGMENT + FRAGMENT_HEADER) > window and part.count > 1:
            raise Unfit
        begun = None if self._parts is None else self._parts.get(sequence)
        if begun is not None:
            if begun[0] != part.count:
                raise Unfit
            if part.index in begun[1]:
                return True
        size = len(part.data) + FRAGMENT_HEADER
        if sequence >= self._next + SPAN or self.buffered + size > window:
            return False
        self.buffered += size
        data = part.data
        if part.count > 1:
            if self._parts is None:
                self._parts = {}
            _, parts = self._parts.setdefault(sequence, (part.count, {}))
            parts[part.index] = data
            if len(parts) < part.count:
                return True
            del self._parts[sequence]
            data = b"".join(parts[index] for index in range(part.count))
        if self._whole is None:
            self._whole = {}
        self._whole[sequence] = data
        return True

    def clear(self) -> None:
        """Forget what has come; nothing more will be taken."""
        self._parts = self._whole = None
        self.buffered = 0

    def take(self) -> bytes | None:
        """The next message, if it has come."""
        if self._whole is None:
            return None
        message = self._whole.pop(self._next, None)
        if not self._whole:
            self._whole = None
        if message is None:
            return None
        self._next += 1
        counted = cost(len(message))
        self.buffered -= counted
        self.taken += counted
        if not self._parts:
            self._parts = None
        return message
