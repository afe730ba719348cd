"""One daemon per store: the lease, its end, and the fencing token."""

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from twisted.internet import utils
from twisted.internet.task import deferLater
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from imd.core.address import Address
from imd.core.contact import Contact
from imd.core.refusal import StoreUnavailable
from imd.core.stores import Queueing, RoomRecord, StoreLocked
from imd.storage.redis import keys, process
from imd.storage.redis.lease import Holder
from imd.storage.redis.store import RedisStore
from tests.contracts.contract import NOW, account, queued
from tests.storage.redis.case import RedisCase, available, away, clock, texts

TTL = 0.9


def holder(**more: Any) -> bytes:
    """The lease of a daemon like this one, but for `more`."""
    return msgspec.json.encode(Holder("other", msgspec.structs.replace(process.here(), **more), 1_700_000_000.0, "x"))


class LeaseTests(RedisCase):
    def lease(self, value: bytes, ttl: float) -> None:
        self.server.command("SET", keys.LEASE, value, "PX", int(ttl * 1000))

    async def test_second_daemon(self) -> None:
        """While one daemon runs here another is refused at once, and told who it is; also by the one after."""
        first = await self.make_store(holder="imd for example.org")
        second = self.new_store()
        with self.assertRaises(StoreLocked) as caught:
            await second.open()
        me = process.here()
        for part in ("imd for example.org", f"process {me.pid}", me.host, "since 20"):
            self.assertIn(part, caught.exception.holder)
        self.assertIs(first.available, True)
        await first.close()
        await second.open()
        await second.close()

    async def test_killed_daemon(self) -> None:
        """After ``kill -9`` of the daemon another one starts on the same host without waiting for the lease to end."""
        code = (
            "import os\n"
            "from twisted.internet import reactor, task\n"
            "from imd.storage.redis.store import RedisStore\n"
            "def opened(_): os.kill(os.getpid(), 9)\n"
            f"store = RedisStore({self.server.url!r}, reactor)\n"
            "reactor.callWhenRunning(lambda: store.open().addCallback(opened))\n"
            "reactor.run()\n"
        )
        _, _, number = await utils.getProcessOutputAndValue(sys.executable, ["-c", code], env=None).addErrback(
            lambda failure: failure.value
        )
        self.assertEqual(number, 9)
        self.assertGreater(self.server.command("PTTL", keys.LEASE), 5_000)
        began = clock.seconds()
        with capturedLogs() as events:
            await self.make_store()
        self.assertLess(clock.seconds() - began, 3)
        self.assertIn("is gone", " ".join(texts(events, "info")))

    async def test_daemon_elsewhere_that_died(self) -> None:
        """A holder on another host may be dead: its lease is waited for, with a line in the log, and then taken."""
        self.lease(holder(host="elsewhere"), 0.6)
        began = clock.seconds()
        with capturedLogs() as events:
            store = await self.make_store()
        self.assertGreater(clock.seconds() - began, 0.4)
        self.assertIn("elsewhere", texts(events, "warn")[0])
        self.assertIs(store.available, True)

    async def test_daemon_elsewhere_that_lives(self) -> None:
        """A holder elsewhere that is seen to renew has the store."""
        self.lease(holder(host="elsewhere"), 0.6)
        opening = self.new_store().open()
        await deferLater(clock, 0.35)
        self.lease(holder(host="elsewhere"), 0.6)
        with self.assertRaises(StoreLocked) as caught:
            await opening
        self.assertIn("elsewhere", caught.exception.holder)

    async def test_unreadable_lease(self) -> None:
        """A lease written by somebody else is respected until it ends."""
        self.lease(b"\xff", 0.3)
        await self.make_store()

    async def test_renewed(self) -> None:
        """An idle daemon keeps its lease for longer than it lasts."""
        store = await self.make_store(lease_ttl=TTL)
        await deferLater(clock, TTL * 1.5)
        self.assertIs(store.available, True)
        self.assertEqual(await store.inbox.count("a"), 0)

    async def test_released(self) -> None:
        """A daemon that ends in order gives the lease back, its own only."""
        store = await self.make_store()
        await store.close()
        self.assertIsNone(self.server.command("GET", keys.LEASE))
        store = await self.make_store()
        self.lease(b"other", 5)
        await store.close()
        self.assertEqual(self.server.command("GET", keys.LEASE), b"other")

    async def test_not_renewed_in_time(self) -> None:
        """A daemon that cannot renew stops by its own clock, before Redis lets go, and goes on once it can again."""
        store = await self.make_store(lease_ttl=TTL, reply_timeout=30.0)
        self.server.pause()
        try:
            while store.available:
                await deferLater(clock, 0.01)
            with self.assertRaises(StoreUnavailable):
                await store.inbox.append([("a", queued("m1", 1))], 0)
            again = available(store)
        finally:
            self.server.resume()
        await again
        self.assertEqual(await store.inbox.append([("a", queued("m1", 1))], 0), [Queueing.KEPT])

    async def test_taken_over(self) -> None:
        """A daemon whose lease somebody else has taken says so loudly and no longer uses the store."""
        store = await self.make_store(lease_ttl=TTL)
        self.server.command("INCR", keys.COUNTER)
        self.lease(holder(host="elsewhere"), 60)
        with capturedLogs() as events:
            await away(store)
        self.assertIn("elsewhere", texts(events, "critical")[0])
        with self.assertRaises(StoreUnavailable):
            await store.accounts.by_name("alice")
        await deferLater(clock, TTL)
        self.assertIs(store.available, False)

    async def test_taken_and_given_back(self) -> None:
        """So does one whose lease somebody had meanwhile: what it remembers may be out of date."""
        store = await self.make_store(lease_ttl=TTL)
        self.server.command("DEL", keys.LEASE)
        self.server.command("INCR", keys.COUNTER)
        with capturedLogs() as events:
            await away(store)
        self.assertEqual(len(texts(events, "critical")), 1)

    async def test_stale_writer(self) -> None:
        """A daemon that stood still while its lease was taken cannot write any more where its successor has."""
        old = await self.make_store()
        self.server.command("DEL", keys.LEASE)
        new = await self.make_store()
        await self._write(new)
        before = self._data()
        for write in WRITES:
            with capturedLogs() as events, self.assertRaises(StoreUnavailable):
                await write(old)
            self.assertEqual(len(texts(events, "critical")), 1)
            self.assertIs(old.available, False)
            # As if it had noticed nothing yet.
            old._lease.taken, old._lease._until = False, clock.seconds() + 10
        self.assertEqual(self._data(), before)
        await self._write(new)

    def _data(self) -> dict[bytes, bytes]:
        return {key: self.server.command("DUMP", key) for key in sorted(self.server.command("KEYS", "*"))}

    async def _write(self, store: RedisStore) -> None:
        for write in WRITES:
            await write(store)


#: One write for each part that keeps what people must not lose.
WRITES: list[Callable[[RedisStore], Awaitable[object]]] = [
    lambda store: store.inbox.append([("a", queued("m1", 1))], 0),
    lambda store: store.inbox.acknowledge([("a", "m1")], NOW),
    lambda store: store.inbox.attempted("a", ["m1"]),
    lambda store: store.inbox.retry("a"),
    lambda store: store.accounts.create(account("1", "alice"), "alice", None),
    lambda store: store.accounts.remove("1"),
    lambda store: store.rosters.put([("a", Contact("b", Address("b", "example.org"), to=True))]),
    lambda store: store.rosters.remove([("a", "b")]),
    lambda store: store.tokens.add(b"1", "a", "", NOW),
    lambda store: store.rooms.put("#a", RoomRecord("#a", NOW, "a")),
    lambda store: store.ledger.ended("s1", NOW, "quit"),
    lambda store: store.history.append([("#a", queued("m1", 1).message)]),
]


class ProcessTests(SynchronousTestCase):
    def test_alive(self) -> None:
        """This process is alive; one that ended, one of before the machine started, one whose number was used again
        are dead; of others nothing is known."""
        me = process.here()
        self.assertIs(process.alive(me), True)
        self.assertIs(process.alive(msgspec.structs.replace(me, host="elsewhere")), None)
        self.assertIs(process.alive(msgspec.structs.replace(me, namespace="pid:[1]")), None)
        self.assertIs(process.alive(msgspec.structs.replace(me, pid=2**22 + 1)), False)
        self.assertIs(process.alive(msgspec.structs.replace(me, boot="another")), not me.boot)
        self.assertIs(process.alive(msgspec.structs.replace(me, started="1")), not me.started)
        # Somebody else's process, on which we may not call (EPERM when not root): alive.
        self.assertIs(process.alive(msgspec.structs.replace(me, pid=1, started="")), True)
