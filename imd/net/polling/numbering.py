"""Messages by number: what is new of what arrives, what is to be said again."""

from collections import deque
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Missing(Exception):
    """Messages have not arrived that came before these."""

    def __init__(self, number: int) -> None:
        super().__init__(f"The next message is number {number}.")
        self.number = number


class Said:
    """What one side has said and the other has not acknowledged. The first message is number 1."""

    __slots__ = ("_kept", "next", "size")

    def __init__(self) -> None:
        self._kept: deque[bytes] = deque()
        #: The number of the next message.
        self.next = 1
        #: Bytes kept.
        self.size = 0

    @property
    def first(self) -> int:
        """The number of the first message that is kept, or of the next if there is none."""
        return self.next - len(self._kept)

    def put(self, message: bytes) -> None:
        self._kept.append(message)
        self.next += 1
        self.size += len(message)

    def acknowledge(self, number: int) -> None:
        """All up to this one have arrived. A number that was never given says nothing."""
        if number < self.next:
            for _ in range(number + 1 - self.first):
                self.size -= len(self._kept.popleft())

    def page(self, most: int) -> tuple[int, list[bytes]]:
        """The number of the first message that is kept, and from there on as many as fit into so many bytes; at least
        one."""
        page: list[bytes] = []
        for message in self._kept:
            most -= len(message)
            if page and most < 0:
                break
            page.append(message)
        return self.first, page

    def forget(self) -> None:
        """Keep nothing of what was said so far; its numbers are used up."""
        self._kept.clear()
        self.size = 0


def fresh(taken: int, first: int, messages: Sequence[T]) -> Sequence[T]:
    """Those that are new to who has taken messages up to number `taken`. Raises `Missing` where one was left out."""
    if messages and first > taken + 1:
        raise Missing(taken + 1)
    return messages[taken + 1 - first :] if messages else messages
