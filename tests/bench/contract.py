"""The store alone: ``python -m tests.bench.contract FOLDER STORE_URL MESSAGES`` prints messages queued per second and
the CPU time of each in µs.

What the core asks of an `imd.core.stores.InboxStore`, without any door or client: batches as large as those of its
offline queue, several under way, to a thousand inboxes. A batch counts when the store has answered, that is when it
is on the disk. The messages are made beforehand.
"""

import gc
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
BATCH, UNDER_WAY = 500, 20
INBOXES = 1000
#: As `offline.max_messages`.
LIMIT = 1000
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
            now + number / 50_000,
            sender,
            "bench-u00000",
            Address(name, "localhost"),
            BODY,
            Kind.TEXT,
            f"client-{number:x}",
        )
        entries.append((f"bench-{name}", Queued(message, message.time + 30 * 86_400.0)))
    return entries


async def measure(reactor: Any, folder: str, url: str, messages: str) -> None:
    store: Store = SQLiteStore(Path(folder), reactor) if url == "sqlite" else RedisStore(url, reactor)
    await store.open()
    now = time.time()
    # Warm: every inbox has been written to once.
    await gatherResults([Deferred.fromCoroutine(_keep(store, batch(first, now))) for first in range(0, INBOXES, BATCH)])
    waiting = [batch(first, now) for first in range(INBOXES, INBOXES + int(messages), BATCH)]
    count = BATCH * len(waiting)
    waiting.reverse()
    # As the daemon does when it has started.
    gc.collect()
    gc.freeze()

    async def go_on() -> None:
        while waiting:
            await _keep(store, waiting.pop())

    try:
        began, used = time.perf_counter(), time.process_time()
        await gatherResults([Deferred.fromCoroutine(go_on()) for _ in range(UNDER_WAY)])
        passed, used = time.perf_counter() - began, time.process_time() - used
    finally:
        await store.close()
    print(count / passed, used / count * 1e6)


async def _keep(store: Store, entries: list[tuple[str, Queued]]) -> None:
    if any(answer is not Queueing.KEPT for answer in await store.inbox.append(entries, LIMIT)):
        raise AssertionError("not all were kept")


if __name__ == "__main__":
    task.react(lambda reactor: Deferred.fromCoroutine(measure(reactor, *sys.argv[1:])))
