"""What the tests of this package share: a store on a redis-server, and waiting for what it does by itself."""

from collections.abc import Sequence
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import formatEvent
from twisted.trial.unittest import TestCase

from imd.storage.redis.store import RedisStore
from tests.redis_server import RedisServer, shared_server

assert IReactorTime.providedBy(reactor)
clock: IReactorTime = reactor


class RedisCase(TestCase):
    timeout = 60.0

    def setUp(self) -> None:
        self.server: RedisServer = shared_server()

    def new_store(self, **more: Any) -> RedisStore:
        return RedisStore(more.pop("url", self.server.url), reactor, **more)

    async def make_store(self, **more: Any) -> RedisStore:
        store = self.new_store(**more)
        self.addCleanup(store.close)
        await store.open()
        return store

    def own_server(self, *settings: str, **more: Any) -> RedisServer:
        """A server for this test alone, which may be killed."""
        server = RedisServer(*settings, **more)
        self.addCleanup(server.remove)
        return server.start()


def available(store: RedisStore) -> Deferred[None]:
    """Fires when `store` can be used again."""
    result: Deferred[None] = Deferred()

    def now() -> None:
        if not result.called:
            result.callback(None)

    store.on_available.append(now)
    return result


async def away(store: RedisStore) -> None:
    """Wait until `store` has noticed that it cannot be used."""
    while store.available:
        await deferLater(clock, 0.002)


def texts(events: Sequence[dict[str, Any]], level: str = "") -> list[str]:
    """The captured log as people read it."""
    return [formatEvent(event) for event in events if not level or event["log_level"].name == level]
