"""`RedisStore` as a whole: when Redis goes and comes back, who may use it, what is said about it."""

from typing import Any

import msgspec
from twisted.internet.task import deferLater
from twisted.logger import capturedLogs

from imd.core.refusal import StoreUnavailable
from imd.core.stores import OutcomeUnknown, Queueing, SchemaTooNew
from imd.storage.redis import keys
from tests.contracts.contract import account, queued
from tests.redis_server import free_port
from tests.storage.redis.case import RedisCase, available, away, clock, texts


class SkeletonTests(RedisCase):
    async def test_of_old_accounts(self) -> None:
        """Accounts made before it was kept what names look like get it at opening; of two the older has it."""
        store = await self.make_store()
        for id, name, created in (("1", "a1ice", 2.0), ("2", "alice", 1.0), ("3", "Bob", 3.0)):
            made = msgspec.structs.replace(account(id, name), created=created)
            self.assertIs(await store.accounts.create(made, name.lower(), None), True)
        self.assertIsNone(await store.accounts.by_skeleton("alice"))
        # As if a daemon had begun with it and had been killed.
        self.assertIs(await store.accounts.create(account("5", "dora"), "dora", None, "dora"), True)
        await store.close()
        store = await self.make_store()
        for looks, id in (("alice", "2"), ("bob", "3")):
            found = await store.accounts.by_skeleton(looks)
            self.assertEqual(found and found.id, id)
        self.assertIs(await store.accounts.create(account("4", "b0b"), "b0b", None, "bob"), False)


class AwayTests(RedisCase):
    async def test_nobody_there(self) -> None:
        """Opening a store where no Redis answers says so, in the log and to the caller."""
        with capturedLogs() as events, self.assertRaises(StoreUnavailable):
            await self.new_store(url=f"redis://imd:s3cret@127.0.0.1:{free_port()}").open()
        self.assertIn("refused", " ".join(texts(events, "error")).lower())
        self.assertNotIn("s3cret", repr(events))

    async def test_calls_while_away_fail_at_once(self) -> None:
        """While Redis is away every call fails at once, reading and writing; nothing is sent later."""
        server = self.own_server()
        store = await self.make_store(url=server.url)
        server.kill()
        await away(store)
        calls: list[Any] = [
            store.inbox.append([("a", queued("m1", 1))], 0),
            store.inbox.append([("a", queued("m2", 2)), ("b", queued("m2", 2))], 0),
            store.inbox.read("a", 0, 10, 10),
            store.accounts.by_name("a"),
            store.accounts.remove("a"),
            store.rooms.load(),
            store.ledger.last("a"),
            store.history.append([]),
        ]
        for call in calls[:-1]:
            await self._fails_now(call)
        again = available(store)
        server.start()
        await again
        self.assertEqual(await store.inbox.count("a"), 0)
        self.assertEqual(await store.inbox.append([("a", queued("m1", 1))], 0), [Queueing.KEPT])

    async def _fails_now(self, call: Any) -> None:
        self.assertTrue(call.called)
        with self.assertRaises(StoreUnavailable):
            await call

    async def test_comes_back(self) -> None:
        """After Redis was away the same store serves again by itself, with what it had, and tells who waits for it."""
        server = self.own_server()
        store = await self.make_store(url=server.url)
        await store.inbox.append([("a", queued("m1", 1))], 0)
        for _ in range(2):
            again = available(store)
            server.restart()
            await again
            self.assertIs(store.available, True)
            self.assertEqual(await store.inbox.read("a", 0, 10, 10), [queued("m1", 1)])

    async def test_hung(self) -> None:
        """A Redis that hangs is given up after the reply timeout: a write is in doubt, a read has not happened."""
        server = self.own_server()
        store = await self.make_store(url=server.url, reply_timeout=0.3)
        server.pause()
        write = store.inbox.append([("a", queued("m1", 1))], 0)
        read = store.inbox.read("a", 0, 10, 10)
        with self.assertRaises(OutcomeUnknown):
            await write
        with self.assertRaises(StoreUnavailable):
            await read
        self.assertIs(store.available, False)
        again = available(store)
        server.resume()
        await again
        self.assertIn(await store.inbox.append([("a", queued("m1", 1))], 0), ([Queueing.KEPT], [Queueing.ALREADY]))
        self.assertEqual(await store.inbox.count("a"), 1)

    async def test_memory_full(self) -> None:
        """A Redis whose memory is full refuses writes as unavailable, and serves reads; the lease is kept."""
        store = await self.make_store(lease_ttl=0.6)
        await store.inbox.append([("a", queued("m1", 1))], 0)
        self.server.command("CONFIG", "SET", "maxmemory", "1")
        try:
            with capturedLogs() as events:
                calls = [store.inbox.append([(f"u{n}", queued("m2", 2))], 0) for n in range(5)]
                for call in calls:
                    with self.assertRaises(StoreUnavailable):
                        await call
                await deferLater(clock, 0.8)
                self.assertEqual(await store.inbox.read("a", 0, 10, 10), [queued("m1", 1)])
            self.assertIn("memory", texts(events, "warn")[0])
        finally:
            self.server.command("CONFIG", "SET", "maxmemory", "0")
        self.assertEqual(await store.inbox.append([("u1", queued("m2", 2))], 0), [Queueing.KEPT])

    async def test_empty_script_cache(self) -> None:
        """Somebody may empty Redis's script cache at any time; nobody notices."""
        store = await self.make_store()
        self.server.command("SCRIPT", "FLUSH")
        calls = [store.inbox.append([("a", queued(f"m{n}", n + 1)), ("b", queued("m", 1))], 0) for n in range(3)]
        read = store.inbox.read("a", 0, 10, 10)
        for call in calls:
            self.assertEqual((await call)[0], Queueing.KEPT)
        await read
        self.assertEqual([one.message.seq for one in await store.inbox.read("a", 0, 10, 10)], [1, 2, 3])
        self.server.command("SCRIPT", "FLUSH")
        self.assertIsNone(await store.accounts.by_name("nobody"))

    async def test_came_back_empty(self) -> None:
        """A Redis without a disk that was restarted is used again, under the same secret, and the loss is told."""
        server = self.own_server("appendonly no")
        store = await self.make_store(url=server.url)
        secret = store.secret
        await store.inbox.append([("a", queued("m1", 1))], 0)
        with capturedLogs() as events:
            again = available(store)
            server.restart()
            await again
        self.assertIn("lost", " ".join(texts(events, "critical")))
        self.assertEqual(await store.inbox.count("a"), 0)
        await store.close()
        self.assertEqual((await self.make_store(url=server.url)).secret, secret)

    async def test_another_imds_redis(self) -> None:
        """A Redis that comes back with the data of another imd is not touched."""
        server = self.own_server()
        store = await self.make_store(url=server.url)
        server.command("SET", keys.SECRET, "x" * 32)
        with capturedLogs() as events:
            store._link.connection.abort()  # type: ignore[union-attr]
            await away(store)
            while not texts(events, "critical"):
                await deferLater(clock, 0.01)
        self.assertIn("another imd", texts(events, "critical")[0])
        self.assertIs(store.available, False)

    async def test_close_while_away(self) -> None:
        """A store whose Redis is away can be closed, and leaves nothing running."""
        server = self.own_server()
        store = await self.make_store(url=server.url)
        server.kill()
        await away(store)
        await store.close()
        await store.close()

    async def test_close_while_coming_back(self) -> None:
        """So can one that is connecting at that moment."""
        server = self.own_server()
        store = await self.make_store(url=server.url)
        server.restart()
        server.pause()
        try:
            await away(store)
            while store._link._attempt is None:
                await deferLater(clock, 0.01)
            await deferLater(clock, 0.05)
            await store.close()
        finally:
            server.resume()
        self.assertIs(store.available, False)


class PlaceTests(RedisCase):
    async def test_databases_are_apart(self) -> None:
        """The database of the URL is used, also after reconnecting."""
        server = self.own_server()
        store = await self.make_store(url=f"redis://127.0.0.1:{server.port}/7")
        self.assertEqual(store.description, f"redis 127.0.0.1:{server.port}/7")
        again = available(store)
        server.restart()
        await again
        await store.inbox.append([("a", queued("m1", 1))], 0)
        self.assertEqual(server.command("DBSIZE"), 0)
        self.assertIn(b"db7", server.command("INFO", "keyspace"))

    async def test_schema_too_new(self) -> None:
        """A store of a newer imd is left alone."""
        self.server.command("SET", keys.SCHEMA, 2)
        with self.assertRaises(SchemaTooNew):
            await self.new_store().open()
        self.assertEqual(self.server.command("KEYS", "*"), [keys.SCHEMA])

    async def test_only_keys_of_our_own(self) -> None:
        """Others may keep their data in the same database: every key of imd begins with ``imd:``."""
        store = await self.make_store()
        await store.inbox.append([("a", queued("m1", 1))], 0)
        await store.close()
        found = self.server.command("KEYS", "*")
        self.assertEqual([key for key in found if not key.startswith(b"imd:{")], [])
        self.assertGreater(len(found), 4)
