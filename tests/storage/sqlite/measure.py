"""How fast messages are queued, by hand: ``python -m tests.storage.sqlite.measure [FOLDER]``.

Messages of 100 bytes for 1,000 inboxes; a turn queues as many as the first column says, each by a call of its own or
all by one call, as `imd.core.offline` does; at most as many wait as the second column says. Durable means fsynced.
"""

import gc
import resource
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import react

from imd.core.stores import Queueing
from imd.storage.sqlite.store import SQLiteStore
from tests.contracts.contract import NOW, queued

MESSAGES = 200_000
INBOXES = 1_000


async def measure(
    store: SQLiteStore, per_turn: int, most_waiting: int, first: int, messages: int, *, together: bool = False
) -> None:
    entries = [
        (f"account-{n % INBOXES:08}", queued(f"id-{n * 7_919 % 999_983:06}-{n:014}", n + 1, body="x" * 100))
        for n in range(first, first + messages)
    ]
    # As the daemon does when it has started: what lives long is not searched for garbage.
    gc.collect()
    gc.freeze()
    pending = iter(entries)
    waiting, kept, soon = 0, 0, False
    latencies: list[float] = []
    done: Deferred[None] = Deferred()

    def turn() -> None:
        nonlocal waiting, soon
        soon = False
        entries = list(islice(pending, min(per_turn, most_waiting - waiting)))
        waiting += len(entries)
        for some in [entries] if together and entries else [[entry] for entry in entries]:
            call = store.inbox.append(some, 0)
            assert isinstance(call, Deferred)
            call.addCallbacks(told, done.errback, (time.perf_counter(),))
        if waiting < most_waiting:
            again()

    def again() -> None:
        nonlocal soon
        if not soon and kept < messages:
            soon = True
            reactor.callLater(0, turn)

    def told(answers: list[Queueing], since: float) -> None:
        nonlocal waiting, kept
        number = len(answers)
        assert answers == [Queueing.KEPT] * number
        latencies.extend([time.perf_counter() - since] * number)
        waiting -= number
        kept += number
        if kept == messages:
            done.callback(None)
        again()

    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    turn()
    await done
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    latencies.sort()
    how = "one call" if together else "calls"
    print(
        f"{per_turn:>8} a turn in {how}, {most_waiting:>6} waiting: "
        f"{messages / seconds:>9,.0f} a second,"
        f" {cpu / messages * 1e6:5.1f} µs CPU, latency p50 {latencies[messages // 2] * 1e3:.1f}"
        f" p99 {latencies[messages * 99 // 100] * 1e3:.1f} ms"
    )


async def acknowledge(store: SQLiteStore, first: int, messages: int) -> None:
    pairs = [
        (f"account-{n % INBOXES:08}", f"id-{n * 7_919 % 999_983:06}-{n:014}") for n in range(first, first + messages)
    ]
    began = time.perf_counter()
    calls = [store.inbox.acknowledge([pair], NOW) for pair in pairs]
    for call in calls:
        await call
    print(f"acknowledged: {messages / (time.perf_counter() - began):,.0f} a second")


async def main(folder: str) -> None:
    with tempfile.TemporaryDirectory(dir=folder or None) as place:
        store = SQLiteStore(Path(place), reactor)  # type: ignore[arg-type]
        await store.open()
        first = 0
        for per_turn, most_waiting, messages, together in (
            (500, 10_000, MESSAGES, True),
            (500, 10_000, MESSAGES, False),
            (50, 1_000, MESSAGES // 2, True),
            (50, 1_000, MESSAGES // 2, False),
            (1, 1, 2_000, False),
        ):
            await measure(store, per_turn, most_waiting, first, messages, together=together)
            first += messages
        await acknowledge(store, 0, 50_000)
        await store.close()


if __name__ == "__main__":
    react(lambda _: Deferred.fromCoroutine(main(*sys.argv[1:2] or [""])))
