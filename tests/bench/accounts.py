"""Fills a store with accounts: ``python -m tests.bench.accounts FOLDER STORE_URL COUNT DEVICES ITERATIONS WATCHERS``
prints the SCRAM client key.

All have the same password, salt and verifier. A server cannot tell, and one PBKDF2 does for all. They have signed on
by DEVICES (apart by commas) before, as most have who sign on. The first account and the WATCHERS that follow it are in
each other's buddy lists.
"""

import sys
import time
from pathlib import Path
from typing import Any

from twisted.internet import task
from twisted.internet.defer import Deferred, gatherResults

from imd.core.address import Address
from imd.core.contact import Contact
from imd.core.session import Account
from imd.core.stores import Store
from imd.credentials.scram import new_verifier
from imd.net import scram
from imd.storage.redis.store import RedisStore
from imd.storage.sqlite.store import SQLiteStore
from tests.bench.servers import PASSWORD

SALT = b"imd bench's salt"


def _name(number: int) -> str:
    return f"u{number:05}"


async def _befriend(store: Store, first: int, second: int) -> None:
    """Each sees the other's presence."""

    def contact(number: int) -> Contact:
        name = _name(number)
        return Contact(f"bench-{name}", Address(name, "localhost"), to=True, from_=True)

    await store.rosters.put([(f"bench-{_name(first)}", contact(second)), (f"bench-{_name(second)}", contact(first))])


async def fill(reactor: Any, folder: str, url: str, count: str, devices: str, iterations: str, watchers: str) -> None:
    salted = scram.salted_password(PASSWORD.encode(), SALT, int(iterations))
    verifier = new_verifier(salted, SALT, int(iterations))
    store: Store = SQLiteStore(Path(folder), reactor) if url == "sqlite" else RedisStore(url, reactor)
    await store.open()
    try:
        now = time.time()

        async def create(number: int) -> None:
            name = _name(number)
            account = Account(f"bench-{name}", name, now, devices=tuple(devices.split(",")))
            if not await store.accounts.create(account, name, verifier):
                raise AssertionError(f"{name} exists")

        for first in range(0, int(count), 500):
            some = range(first, min(first + 500, int(count)))
            await gatherResults([Deferred.fromCoroutine(create(number)) for number in some])
        await gatherResults([Deferred.fromCoroutine(_befriend(store, 0, 1 + each)) for each in range(int(watchers))])
    finally:
        await store.close()
    print(scram.client_key(salted).hex())


if __name__ == "__main__":
    task.react(lambda reactor: Deferred.fromCoroutine(fill(reactor, *sys.argv[1:])))
