"""The memory of the whole process, looked at now and then: the second line behind the books of `imd.net.memory`.

What connections hold is counted, but a process is more: people, rooms, messages under way, and what the allocator does
not give back. Above the limit nobody else is let in, and half of what is held is let go; those who are on stay.
"""

import os
from collections.abc import Callable
from pathlib import Path

from twisted.logger import Logger

from imd.net.connections import Connections
from imd.net.memory import Memory

#: Fraction of the limit below which people are let in again.
ENOUGH = 0.95
#: Seconds between two looks.
INTERVAL = 5.0

_STATM = Path("/proc/self/statm")


def resident() -> int:
    """Bytes of memory this process has in use; 0 where the system does not say."""
    try:
        # proc(5): sizes in pages, the second is what is resident. No disk is asked, so the reactor may.
        return int(_STATM.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


class Resident:
    """Shuts the doors while the process is too large. `limit` in bytes, 0 for none; may be replaced at any time."""

    log = Logger()

    def __init__(
        self, connections: Connections, memory: Memory, limit: int, measure: Callable[[], int] = resident
    ) -> None:
        self.limit = limit
        #: As last seen.
        self.size = 0
        self._connections = connections
        self._memory = memory
        self._measure = measure

    def look(self) -> None:
        """Called every `INTERVAL` seconds."""
        self.size = self._measure()
        shut = self._connections.shut
        if 0 < self.limit < self.size:
            self._connections.shut = True
            if not shut:
                self.log.warn(
                    "the process has {size} bytes of memory, more than limits.process_memory ({limit}): nobody else is "
                    "let in",
                    size=self.size,
                    limit=self.limit,
                )
            self._memory.shed(self._memory.total // 2)
        elif shut and (not self.limit or self.size < self.limit * ENOUGH):
            self._connections.shut = False
            self.log.warn("the process has {size} bytes of memory: people are let in again", size=self.size)
