"""What connections hold in memory, all together; when it is too much, those that hold most are let go (promise P6).

What counts is what stays: bytes that a client does not take, that have not come to the end of their line, or that
wait for their turn. Who holds nothing, as nearly everybody does nearly always, is not in the books, and what the kernel
takes at once never is. So nothing is counted per message, and the sum is right to the byte; only what waits inside TLS
is known as of the last write, and looked at once more before anybody is let go.

::

    connection ── note(self, bytes) ──► Memory ── over the limit, end of the turn ──► held() again ──► shed() the most
"""

from typing import Protocol

from twisted.logger import Logger

from imd.core.ports import Clock
from imd.core.refusal import ShortOfMemory
from imd.core.tally import Tally

#: Once too much is held, so much of the limit is made free: whoever comes next should not be the next to go.
SPARE = 1 / 8


class Holder(Protocol):
    """A connection that may hold something. Hashable, by identity."""

    def held(self) -> int:
        """Bytes it holds now."""

    def shed(self, why: ShortOfMemory) -> None:
        """Let go of what is held and close, saying why; with nothing left to let go, close at once."""

    def whose(self) -> str:
        """Who it is, for the log."""


class Memory:
    """The books of all doors together. `limit` in bytes, 0 for none; may be replaced at any time (a reload)."""

    log = Logger()

    def __init__(self, clock: Clock, limit: int = 0, tally: Tally | None = None) -> None:
        self.limit = limit
        #: Bytes held by all.
        self.total = 0
        #: The most there has been at one time.
        self.peak = 0
        self._clock = clock
        self._tally = tally or Tally()
        #: Only those that hold something.
        self._held: dict[Holder, int] = {}
        self._due = False

    def note(self, holder: Holder, size: int) -> None:
        """`holder` holds `size` bytes now; 0 when it is gone."""
        grown = size - self._held.get(holder, 0)
        if size:
            self._held[holder] = size
        elif grown:
            del self._held[holder]
        self.total += grown
        if grown > 0:
            self.peak = max(self.peak, self.total)
            if 0 < self.limit < self.total and not self._due:
                # Not at once: the core is just telling somebody something.
                self._due = True
                self._clock.soon(self._relieve)

    def most(self) -> int:
        """Bytes that the largest holder holds."""
        return max(self._held.values(), default=0)

    @property
    def holders(self) -> int:
        """How many hold something."""
        return len(self._held)

    def _relieve(self) -> None:
        try:
            for holder in list(self._held):
                self.note(holder, holder.held())
            if 0 < self.limit < self.total:
                before = self.total
                count = self.shed(int(self.limit * (1 - SPARE)))
                self.log.warn(
                    "connections held {before} bytes, more than limits.memory ({limit}): the {count} that held most "
                    "were let go, {after} are left",
                    before=before,
                    limit=self.limit,
                    count=count,
                    after=self.total,
                )
        finally:
            self._due = False

    def shed(self, aim: int) -> int:
        """Let go of those that hold most until at most `aim` bytes are held; how many went."""
        why, count = ShortOfMemory(), 0
        for holder, size in sorted(self._held.items(), key=lambda each: each[1], reverse=True):
            if self.total <= aim:
                break
            count += 1
            self._tally.count("memory")
            self.log.info("{who} held {size} bytes and is let go: short of memory", who=holder.whose(), size=size)
            try:
                holder.shed(why)
            except Exception:
                # One connection's trouble must not keep the daemon from helping itself.
                self.log.failure("while letting go of {who}", who=holder.whose())
            self.note(holder, holder.held())
        return count
