"""A Redis found through Sentinel, and a failover."""

from twisted.internet.task import deferLater
from twisted.logger import capturedLogs

from imd.core.refusal import StoreUnavailable
from imd.core.stores import Queueing
from imd.storage.redis import keys
from tests.contracts.contract import queued
from tests.redis_server import RedisServer, free_port
from tests.storage.redis.case import RedisCase, available, clock, texts


class SentinelTests(RedisCase):
    timeout = 90.0

    def sentinel(self, master: RedisServer) -> RedisServer:
        return self.own_server(
            f"sentinel monitor buddies 127.0.0.1 {master.port} 1",
            "sentinel down-after-milliseconds buddies 500",
            "sentinel failover-timeout buddies 3000",
            sentinel=True,
        )

    async def test_failover(self) -> None:
        """When the master dies the store goes on at the replica that the sentinels made the new one."""
        master = self.own_server()
        replica = self.own_server(f"replicaof 127.0.0.1 {master.port}")
        sentinel = self.sentinel(master)
        # The first of the two sentinels is not there.
        url = f"redis+sentinel://127.0.0.1:{free_port()},127.0.0.1:{sentinel.port}/buddies/0"
        store = await self.make_store(url=url)
        self.assertIn("buddies", store.description)
        self.assertEqual(await store.inbox.append([("a", queued("m1", 1))], 0), [Queueing.KEPT])
        while replica.command("XLEN", keys.inbox("a")[0]) != 1 or not self._knows_replica(sentinel):
            await deferLater(clock, 0.05)
        again = available(store)
        master.kill()
        await again
        self.assertEqual(replica.command("ROLE")[0], b"master")
        self.assertEqual(await store.inbox.read("a", 0, 10, 10), [queued("m1", 1)])
        self.assertEqual(await store.inbox.append([("a", queued("m2", 2))], 0), [Queueing.KEPT])

    @staticmethod
    def _knows_replica(sentinel: RedisServer) -> bool:
        return bool(sentinel.command("SENTINEL", "REPLICAS", "buddies"))

    async def test_replica_is_refused(self) -> None:
        """A Redis that is not a master is not used, whoever named it."""
        master = self.own_server()
        replica = self.own_server(f"replicaof 127.0.0.1 {master.port}")
        sentinel = self.sentinel(replica)
        with capturedLogs() as events, self.assertRaises(StoreUnavailable):
            await self.new_store(url=f"redis+sentinel://127.0.0.1:{sentinel.port}/buddies").open()
        self.assertTrue(texts(events, "error"))

    async def test_unknown_service(self) -> None:
        """A service no sentinel knows is told by name."""
        sentinel = self.sentinel(self.own_server())
        with capturedLogs() as events, self.assertRaises(StoreUnavailable):
            await self.new_store(url=f"redis+sentinel://127.0.0.1:{sentinel.port}/strangers").open()
        self.assertIn("strangers", texts(events, "error")[0])
