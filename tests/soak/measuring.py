"""What the daemon has open and holds, by Linux's word."""

from pathlib import Path

import msgspec

from tests.daemon import moments
from tests.fuzz.crowd import resident
from tests.soak.town import Town

#: Seconds of rest before memory is looked at: what was said last has been written, and freed.
REST = 1.0


#: KiB of its file that SQLite keeps in memory at most (``PRAGMA cache_size``): as the file grows, so does the daemon.
CACHED = 32 * 1024


class Sample(msgspec.Struct, frozen=True):
    """Of a daemon without clients."""

    when: str
    life: int
    descriptors: int
    #: KiB, and how much of it may be pages of the database.
    memory: int
    pages: int


def measurable() -> bool:
    """Whether this system tells."""
    return Path("/proc/self/fd").exists()


async def sample(town: Town, when: str) -> Sample | None:
    """Everybody has gone."""
    if not measurable():
        return None
    await moments(REST)
    pid = town.daemon.pid
    database = town.daemon.data / "imd.db"
    pages = min(CACHED, database.stat().st_size // 1024) if database.exists() else 0
    return Sample(when, town.life, len(list(Path(f"/proc/{pid}/fd").iterdir())), resident(pid), pages)


def compare(town: Town, before: Sample | None, after: Sample | None) -> None:
    """Descriptors are those from before, and memory has not grown beyond what the plan allows, the database's pages
    apart."""
    if before is None or after is None:
        return
    if after.descriptors != before.descriptors:
        town.books.fault("descriptors", f"{before.descriptors} {before.when}, {after.descriptors} {after.when}")
    if after.memory - after.pages - (before.memory - before.pages) > town.plan.flat:
        town.books.fault("memory", f"{before.memory} KiB {before.when}, {after.memory} KiB {after.when}")
