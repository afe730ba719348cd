"""The store alone: ``python -m tests.bench.contract FOLDER STORE_URL SECONDS`` prints messages queued per second and
the CPU time of each in µs.

What the core asks of an `imd.core.stores.InboxStore`, without any door or client: batches as large as those of its
offline queue, several under way, to a thousand inboxes. A batch counts when the store has answered, that is when it
is on the disk.
"""

import sys
import time
from pathlib import Path
from typing import Any

from twisted.internet import task
from twisted.internet.defer import Deferred, gatherResults

from imd.core.address import Address
from imd.core.message import Kind, Message
from imd.core.stores import Queued, Queueing, Store
from imd.storage.redis.store import RedisStore
from imd.storage.sqlite.store import SQLiteStore

#: Messages in one call, as many as `imd.core.offline` puts there at most; and calls under way.
BATCH, UNDER_WAY = 500, 6
INBOXES = 1000
BODY = "x" * 200


def batch(first: int, now: float) -> list[tuple[str, Queued]]:
    """Messages of as many senders to as many inboxes, in turn."""
    sender = Address("u00000", "localhost")
    entries = []
    for number in range(first, first + BATCH):
        name = f"u{number % INBOXES:05}"
        message = Message(
            f"bench-{number:016x}",
            number + 1,
            now,
            sender,
            "bench-u00000",
            Address(name, "localhost"),
            BODY,
            Kind.TEXT,
            f"client-{number:x}",
        )
        entries.append((f"bench-{name}", Queued(message, now + 30 * 86_400.0)))
    return entries


async def measure(reactor: Any, folder: str, url: str, seconds: str) -> None:
    store: Store = SQLiteStore(Path(folder), reactor) if url == "sqlite" else RedisStore(url, reactor)
    await store.open()
    said = kept = 0
    deadline = 0.0

    async def go_on() -> None:
        nonlocal said, kept
        while time.perf_counter() < deadline:
            entries = batch(said, time.time())
            said += BATCH
            answers = await store.inbox.append(entries, 0)
            if any(answer is not Queueing.KEPT for answer in answers):
                raise AssertionError("not all were kept")
            kept += len(answers)

    try:
        # Warm: every inbox has been written to once.
        await gatherResults([Deferred.fromCoroutine(_keep(store, first)) for first in range(0, INBOXES, BATCH)])
        said = INBOXES
        began, used = time.perf_counter(), time.process_time()
        deadline = began + float(seconds)
        await gatherResults([Deferred.fromCoroutine(go_on()) for _ in range(UNDER_WAY)])
        passed, used = time.perf_counter() - began, time.process_time() - used
    finally:
        await store.close()
    print(kept / passed, used / kept * 1e6)


async def _keep(store: Store, first: int) -> None:
    await store.inbox.append(batch(first, time.time()), 0)


if __name__ == "__main__":
    task.react(lambda reactor: Deferred.fromCoroutine(measure(reactor, *sys.argv[1:])))
