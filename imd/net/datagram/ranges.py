"""Which packets have come: a set of numbers as few ranges, with a floor below which everything counts as come."""

from collections.abc import Iterator

from imd.net.datagram.packet import RANGES


class Ranges:
    """Numbers from 0 up. Of more than `RANGES` ranges the oldest are forgotten, and the floor rises past them: what
    then still comes from below is taken for a duplicate, and its content is sent again in a newer packet."""

    __slots__ = ("_ends", "_floor")

    def __init__(self) -> None:
        #: first, last, first, last … ascending.
        self._ends: list[int] = []
        self._floor = 0

    def __contains__(self, number: int) -> bool:
        if number < self._floor:
            return True
        ends = self._ends
        # Newest first: nearly always it is just behind the last range.
        for at in range(len(ends) - 2, -1, -2):
            if number > ends[at + 1]:
                return False
            if number >= ends[at]:
                return True
        return False

    def __bool__(self) -> bool:
        return bool(self._ends)

    @property
    def largest(self) -> int:
        """-1 when nothing has come."""
        return self._ends[-1] if self._ends else -1

    def add(self, number: int) -> None:
        """A number that was not there."""
        ends = self._ends
        if ends and number == ends[-1] + 1:
            ends[-1] = number
            return
        at = len(ends)
        while at and ends[at - 2] > number:
            at -= 2
        # `at` is where a new pair would go: what is before ends below the number, what is behind begins above it.
        before = at > 0 and ends[at - 1] == number - 1
        behind = at < len(ends) and ends[at] == number + 1
        if before and behind:
            del ends[at - 1 : at + 1]
        elif before:
            ends[at - 1] = number
        elif behind:
            ends[at] = number
        else:
            ends[at:at] = [number, number]
            if len(ends) > 2 * RANGES:
                self._floor = ends[1] + 1
                del ends[:2]

    def newest(self) -> Iterator[tuple[int, int]]:
        """(first, last), newest first."""
        ends = self._ends
        for at in range(len(ends) - 2, -1, -2):
            yield ends[at], ends[at + 1]
