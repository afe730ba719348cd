"""How many messages a second the Redis store queues durably: ``python -m tests.storage.redis.queueing_rate``.

Starts a redis-server with ``appendonly yes`` and ``appendfsync always``, and keeps so many appends in flight: one
message a call, to so many accounts in turn, as the core calls it under load.
"""

import argparse
import time

from twisted.internet import reactor, task
from twisted.internet.defer import Deferred, DeferredList

from imd.core.address import Address
from imd.core.message import Message
from imd.core.stores import Queued, Queueing
from imd.storage.redis.store import RedisStore
from tests.redis_server import RedisServer


async def measure(arguments: argparse.Namespace) -> None:
    server = RedisServer().start()
    store = RedisStore(server.url, reactor)
    await store.open()
    expires = time.time() + 86_400
    alice, bob = Address("alice", "example.org"), Address("bob", "example.org")
    body = "x" * arguments.bytes
    seq = int(time.time() * 1e6)
    latencies: list[float] = []

    async def one_turn() -> None:
        nonlocal seq
        calls = []
        for n in range(arguments.flight // 2):
            seq += 1
            message = Message(f"{seq:x}", seq, expires, alice, "A1", bob, body, client_id=str(n))
            entry = Queued(message, expires)
            calls.append(store.inbox.append([(f"account-{seq % arguments.accounts}", entry)], 0))
        began = time.perf_counter()
        for call in calls:
            answer = await call
            if answer != [Queueing.KEPT]:
                raise AssertionError(answer)
        latencies.append(time.perf_counter() - began)

    async def keep_going(end: float) -> None:
        while time.perf_counter() < end:
            await one_turn()

    await one_turn()
    latencies.clear()
    cpu, began, before = time.process_time(), time.perf_counter(), server.cpu()
    # Two at a time: while Redis works for one, the other is being prepared.
    await DeferredList([Deferred.fromCoroutine(keep_going(began + arguments.seconds)) for _ in range(2)])
    wall, cpu, theirs = time.perf_counter() - began, time.process_time() - cpu, server.cpu() - before
    done = len(latencies) * (arguments.flight // 2)
    latencies.sort()
    print(
        f"{done / wall:,.0f} messages/s; CPU each: imd {cpu / done * 1e6:.1f} µs, Redis {theirs / done * 1e6:.1f} µs; "
        f"{arguments.accounts} accounts, {arguments.flight} in flight, {store.durability.value}; "
        f"answered after {latencies[len(latencies) // 2] * 1e3:.1f} ms, "
        f"p99 {latencies[int(len(latencies) * 0.99)] * 1e3:.1f} ms"
    )
    await store.close()
    server.remove()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--flight", type=int, default=1000, help="appends in flight at a time")
    parser.add_argument("--bytes", type=int, default=100, help="length of a message's body")
    arguments = parser.parse_args()
    task.react(lambda _: Deferred.fromCoroutine(measure(arguments)))


if __name__ == "__main__":
    main()
