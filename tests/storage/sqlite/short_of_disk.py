"""A program whose disk fills up while it queues messages; prints what it was told.

A real limit on the size of files stands for the full disk: a commit then fails in the middle of its write, as on a
disk without room. Usage: ``python -m tests.storage.sqlite.short_of_disk FOLDER``
"""

import json
import resource
import sys
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import react

from imd.core.refusal import StoreUnavailable
from imd.storage.sqlite.store import SQLiteStore
from tests.contracts.contract import queued


async def main(reactor: object, folder: str) -> None:
    store = SQLiteStore(Path(folder), reactor)  # type: ignore[arg-type]
    await store.open()
    number = 0

    async def wave(size: int, body: str) -> list[str]:
        nonlocal number
        calls = []
        for _ in range(size):
            number += 1
            calls.append(store.inbox.append([("a", queued(f"m{number}", number, body=body))], 0))
        answers = []
        for call in calls:
            try:
                answers += [answer.value for answer in await call]
            except StoreUnavailable as refusal:
                answers.append(refusal.code)
        return answers

    said = {"before": await wave(10, "small")}
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    log = Path(folder, "imd.db-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (log + 20_000, unlimited[1]))
    said["full"] = await wave(50, "x" * 10_000)
    said["read"] = [queued.message.id for queued in await store.inbox.read("a", 0, 1000, 1000)]
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    said["after"] = await wave(5, "small")
    await store.close()
    print(json.dumps(said))


if __name__ == "__main__":
    react(lambda _: Deferred.fromCoroutine(main(reactor, sys.argv[1])))
