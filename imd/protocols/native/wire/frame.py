"""Lines on a byte stream: one JSON object each, ended by LF; a CR before it is tolerated, empty lines are ignored.

Any chunking of the same bytes gives the same events.
"""

from collections.abc import Iterator


class LineTooLong(Exception):
    """A line of more than `limit` bytes, its end included. The rest of it is skipped, the next line is read."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"A line is longer than {limit} bytes.")
        self.limit = limit


class LineFramer:
    """Cuts a stream into payloads. `limit` in bytes with the line end, 0 for none; may be altered at any time."""

    __slots__ = ("_skipping", "begun", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        #: The line that has begun but not ended.
        self.begun = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[bytes | LineTooLong]:
        """The events these bytes complete. To be exhausted before more is fed."""
        size = len(data)
        alone = data.find(b"\n") == size - 1 and data[-2:-1] != b"\r" and not self.begun and not self._skipping
        if alone and 1 < size <= (self.limit or size):
            # One whole line, as nearly always.
            return iter((data[:-1],))
        return self._cut(data)

    def _cut(self, data: bytes) -> Iterator[bytes | LineTooLong]:
        *ended, rest = data.split(b"\n")
        for line in ended:
            if self._skipping:
                self._skipping = False
                continue
            if self.begun:
                self.begun += line
                line = bytes(self.begun)
                self.begun.clear()
            if self.limit and len(line) >= self.limit:
                yield LineTooLong(self.limit)
                continue
            if line.endswith(b"\r"):
                line = line[:-1]
            if line:
                yield line
        if rest and not self._skipping:
            self.begun += rest
            # Not kept until its end arrives, which may be never.
            if self.limit and len(self.begun) >= self.limit:
                self.begun.clear()
                self._skipping = True
                yield LineTooLong(self.limit)


def line(payload: bytes) -> bytes:
    """A payload as it goes on a stream."""
    return payload + b"\n"
