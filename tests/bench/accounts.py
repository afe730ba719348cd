"""Fills a store with accounts: ``python -m tests.bench.accounts FOLDER STORE_URL COUNT DEVICE`` prints the
SCRAM client key.

All have the same password, salt and verifier. A server cannot tell, and one PBKDF2 does for all. They have signed on
by DEVICE before, as most have who sign on.
"""

import sys
import time
from pathlib import Path
from typing import Any

from twisted.internet import task
from twisted.internet.defer import Deferred, gatherResults

from imd.core.session import Account
from imd.core.stores import Store
from imd.credentials.scram import new_verifier
from imd.net import scram
from imd.storage.redis.store import RedisStore
from imd.storage.sqlite.store import SQLiteStore
from tests.bench.servers import PASSWORD

SALT = b"imd bench's salt"
#: As few as RFC 7677 allows: what is measured is signing on with a kept key, which does not depend on them.
ITERATIONS = scram.LEAST_ITERATIONS


async def fill(reactor: Any, folder: str, url: str, count: str, device: str) -> None:
    salted = scram.salted_password(PASSWORD.encode(), SALT, ITERATIONS)
    verifier = new_verifier(salted, SALT, ITERATIONS)
    store: Store = SQLiteStore(Path(folder), reactor) if url == "sqlite" else RedisStore(url, reactor)
    await store.open()
    try:
        now = time.time()

        async def create(number: int) -> None:
            name = f"u{number:05}"
            account = Account(f"bench-{name}", name, now, devices=(device,))
            if not await store.accounts.create(account, name, verifier):
                raise AssertionError(f"{name} exists")

        for first in range(0, int(count), 500):
            some = range(first, min(first + 500, int(count)))
            await gatherResults([Deferred.fromCoroutine(create(number)) for number in some])
    finally:
        await store.close()
    print(scram.client_key(salted).hex())


if __name__ == "__main__":
    task.react(lambda reactor: Deferred.fromCoroutine(fill(reactor, *sys.argv[1:])))
