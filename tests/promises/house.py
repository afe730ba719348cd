"""A real daemon with people in it."""

from typing import Any

from tests.daemon import DaemonTestCase, RunningDaemon
from tests.doors import DOORS, Driver
from tests.redis_server import RedisServer

PASSWORD = "correct horse"

#: The two stores; each promise is kept on both.
STORES = ("sqlite", "redis")


class PromiseTestCase(DaemonTestCase):
    """A daemon on `store`; subclasses are made for each store by `on_both_stores`."""

    store = "sqlite"
    server: RedisServer | None = None

    def house(self, *settings: str, **more: Any) -> RunningDaemon:
        """A daemon on this test's store, not started."""
        url = "sqlite"
        if self.store == "redis":
            self.server = self.redis()
            url = self.server.url
        return self.daemon(*settings, store=url, **more)

    async def people(self, daemon: RunningDaemon, *names: str) -> None:
        """Accounts of these names, all with the same password."""
        caller = await daemon.caller()
        for name in names:
            await caller.ask("user add", {"name": name, "password": PASSWORD})
        caller.close()

    async def on(self, daemon: RunningDaemon, door: str, name: str, **more: Any) -> Driver:
        """Sign on at a door; the connection is closed after the test."""
        return await self.entered(daemon, DOORS[door], name, **more)

    async def entered(self, daemon: RunningDaemon, kind: type[Driver], name: str, **more: Any) -> Driver:
        """Sign on with a client of this kind; the connection is closed after the test."""
        driver = await kind.sign_on(daemon, name, PASSWORD, **more)
        self.addCleanup(driver.cut)
        return driver

    async def friends(self, one: Driver, other: Driver) -> None:
        """Make two people mutual contacts."""
        await one.befriend(other.name)
        await other.approve(one.name)
        await other.befriend(one.name)
        await one.approve(other.name)


def on_both_stores(case: type[PromiseTestCase]) -> dict[str, type[PromiseTestCase]]:
    """The same tests for each store, by class name: ``globals().update(on_both_stores(Case))``."""
    made = {}
    for store in STORES:
        name = f"{case.__name__.removesuffix('Promise')}On{store.title()}"
        made[name] = type(name, (case,), {"store": store, "__module__": case.__module__, "__test__": True})
    return made
