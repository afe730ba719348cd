"""A program that appends to inboxes for ever and prints each id when the store has said that it is kept.

Usage: ``python -m tests.storage.sqlite.appender FOLDER``
"""

import os
import sys
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import react

from imd.core.stores import Queueing
from imd.storage.sqlite.store import SQLiteStore
from tests.contracts.contract import queued

ACCOUNTS = 10


async def main(reactor: object, folder: str) -> None:
    store = SQLiteStore(Path(folder), reactor)  # type: ignore[arg-type]
    await store.open()
    endless: Deferred[None] = Deferred()
    number = 0

    def append() -> None:
        nonlocal number
        number += 1
        id = f"m{number}"
        kept = store.inbox.append([(f"u{number % ACCOUNTS}", queued(id, number))], 0)
        assert isinstance(kept, Deferred)
        kept.addCallbacks(told, endless.errback, (id,))

    def told(answers: list[Queueing], id: str) -> None:
        assert answers == [Queueing.KEPT], answers
        os.write(1, f"{id}\n".encode())
        append()

    for _ in range(300):
        append()
    await endless


if __name__ == "__main__":
    react(lambda _: Deferred.fromCoroutine(main(reactor, sys.argv[1])))
