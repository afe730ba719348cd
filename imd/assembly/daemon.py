"""One daemon: `Daemon.start` opens the store, starts the core, binds every listener, and then says ``imd ready``.
`Daemon.stop` goes the other way: no new connections, what is in flight is finished, clients are told, the store is
closed.
"""

import resource
from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import LoopingCall, deferLater
from twisted.logger import Logger

from imd.assembly.environment import Environment
from imd.assembly.listeners import Listeners
from imd.assembly.store import make_store
from imd.config.error import SettingsError
from imd.config.load import load
from imd.config.model import Settings
from imd.config.reload import Changes, compare
from imd.control.listener import ControlListener
from imd.core.accounts import Accounts
from imd.core.hub import Hub, Policy
from imd.core.refusal import Banned, NotAllowed, Refusal, StoreUnavailable
from imd.core.sites import unknown_staff
from imd.core.stores import Durability
from imd.core.tally import Tally
from imd.credentials.front import CredentialsFront
from imd.credentials.hashing import Hashing
from imd.net.connections import Connections
from imd.net.datagram.dtls import ServerContext
from imd.net.garbage import Garbage
from imd.net.holding import Holding
from imd.net.ident import Ident
from imd.net.memory import Memory
from imd.net.naming import Names
from imd.net.polling.resource import Polling
from imd.net.resident import INTERVAL, Resident
from imd.net.tls import UnusablePair
from imd.net.turns import LeanTurns
from imd.net.web.site import WebSettings, WebSite
from imd.policies import (
    POLLING,
    connection_limits,
    core_policy,
    credential_rules,
    irc_settings,
    native_settings,
    web_doors,
    web_settings,
)
from imd.protocols.irc.gateway import IrcGateway
from imd.protocols.native.datagram import NativeDatagrams
from imd.protocols.native.gateway import NativeGateway
from imd.protocols.web.mount import front, mount
from imd.protocols.web.shelf import read
from imd.storage.redis.store import RedisStore

#: Seconds between two looks for what has outlived its time.
EXPIRE_INTERVAL = 600.0
#: Seconds after which writes that failed are tried again, if the store did not say itself that it is back.
RETRY_INTERVAL = 5.0
#: Seconds that what is in flight may take when the daemon stops; clients then have as long again to read.
FINISH = 1.5


class Daemon:
    """One imd. `source` reads the settings anew for a reload."""

    log = Logger(namespace="imd")

    hub: Hub
    accounts: Accounts
    credentials: CredentialsFront
    native: NativeGateway
    datagrams: NativeDatagrams
    irc: IrcGateway
    web: WebSite
    polling: Polling

    def __init__(
        self,
        reactor: Any,
        settings: Settings,
        source: Callable[[], Settings] | None = None,
        checker: ICredentialsChecker | None = None,
    ) -> None:
        self.reactor = reactor
        self.settings = settings
        self.environment = Environment(reactor)
        self.store = make_store(settings, reactor)
        self.tally = Tally()
        self.memory = Memory(self.environment.clock, settings.limits.memory, self.tally)
        self.connections = Connections(reactor, connection_limits(settings, self.tally))
        self.resident = Resident(self.connections, self.memory, settings.limits.process_memory)
        self.holding = Holding(reactor)
        self._listeners = Listeners(reactor, self.environment, self.connections)
        self.turns = LeanTurns(reactor, self.environment.clock)
        self.started = 0.0
        self._source = source or partial(load, None)
        self._checker = checker
        self._hashing = Hashing(reactor, settings.accounts.hashing_threads, tally=self.tally)
        self._control: ControlListener | None = None
        self._names = Names(reactor, settings.irc.lookup_timeout)
        self._ident = Ident(reactor, settings.irc.lookup_timeout)
        self._garbage = Garbage()
        self._loops: list[LoopingCall] = []
        self._stopping = False

    # ------------------------------------------------------------ starting

    async def start(self) -> None:
        """Everything up, or an exception and nothing left behind."""
        self._raise_open_files()
        try:
            await self.environment.in_thread(lambda: self.settings.data.mkdir(mode=0o700, parents=True, exist_ok=True))
            await self.store.open()
            await self._assemble()
            await self._listeners.bind(self.settings, self.native, self.datagrams, self.irc, self.web)
            # Port 0 has its number now, and the demonstration site is embedded in pages of these ports.
            self.hub.change_policy(self._policy())
            self.web.settings = self._web_settings()
            self.environment.spawn("look for unknown staff", self._look_for_staff())
            self._control = ControlListener(self, self.reactor, self.settings.data)
            self._control.start()
        except BaseException:
            await self.stop()
            raise
        self._every(EXPIRE_INTERVAL, self._expire)
        self._every(RETRY_INTERVAL, self._retry)
        self._every(INTERVAL, self.resident.look)
        self.resident.look()
        self._garbage.start()
        self.turns.start()
        self.holding.start()
        self._say_ready()

    async def _assemble(self) -> None:
        settings, environment = self.settings, self.environment
        self.started = environment.clock.time()
        self.accounts = Accounts(self.store.accounts, international=settings.accounts.international)
        self.hub = Hub(environment, self.store, self.accounts, core_policy(settings, self.tally))
        self._hashing.start()
        self.connections.barred = self._barred
        self.hub.people.names = self._names if settings.irc.lookup_hostnames else None
        self.credentials = CredentialsFront(
            self.store,
            self.accounts,
            self._hashing,
            environment.clock,
            credential_rules(settings, self.tally),
            self._checker,
            self.hub.visitors,
        )
        if isinstance(self.store, RedisStore):
            self.store.on_available.append(self.hub.store_back)
        await self.hub.start()
        hub, credentials, spawn, log = self.hub, self.credentials, environment.spawn, Logger(namespace="imd.doors")
        native, irc = native_settings(settings, self.tally), irc_settings(settings, self.started, self.tally)
        self.native = NativeGateway(hub, credentials, native, spawn, log, self.memory)
        self.datagrams = NativeDatagrams(self.native.door, self.connections, ServerContext(self._listeners.tls_options))
        self.irc = IrcGateway(hub, credentials, irc, spawn, log, self.memory, self, self._ident)
        self.web = WebSite(self.reactor, environment.clock, self.memory, self._web_settings(), self._unwell)
        shelf = await environment.in_thread(read)
        mount(self.web, shelf)
        self.web.attach(web_doors(self.irc.carried, self.native.carried), front(self.web, shelf))
        self.polling = Polling(self.web, self.connections, POLLING, self.native.carried, log)
        self.web.put("embed/poll", self.polling)
        self.web.bodies.add(b"/embed/poll")

    def _policy(self) -> Policy:
        settings = self.settings
        return core_policy(settings, self.tally, self._listeners.web_origins(settings.domain))

    def _web_settings(self) -> WebSettings:
        settings = self.settings
        origins = self._listeners.web_origins(settings.domain)
        return web_settings(settings, self.tally, origins, self._listeners.ports("irc"))

    async def _look_for_staff(self) -> None:
        """Warn of staff and agents that nobody is: the settings alone do not know who has an account."""
        try:
            for where, name in await unknown_staff(self.accounts, self.hub.sites):
                self.log.warn("{where}: there is neither an account nor a desk called {name}", where=where, name=name)
        except StoreUnavailable:
            pass

    def _barred(self, address: str) -> Refusal | None:
        ban = self.hub.bans.address(address)
        return None if ban is None else Banned(ban)

    def _unwell(self) -> str:
        """What keeps people from being served, for the health page; "" for nothing."""
        if self._stopping:
            return "stopping"
        if self.connections.shut:
            return "short of memory"
        return "" if self.store.available else "store unavailable"

    def _every(self, seconds: float, call: Callable[[], object]) -> None:
        loop = LoopingCall(call)
        loop.clock = self.reactor
        loop.start(seconds, now=False)
        self._loops.append(loop)

    def _expire(self) -> None:
        self.environment.spawn("forget what has outlived its time", self.hub.expire())
        self._garbage.quiet(self.connections.open)

    def _retry(self) -> None:
        if self.store.available and not self.hub.idle:
            self.hub.store_back()

    def _raise_open_files(self) -> None:
        """The soft limit of open files to the hard one: connections need them."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != hard:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        wanted = self.settings.limits.effective().connections
        if wanted and hard != resource.RLIM_INFINITY and hard < wanted + 100:
            self.log.warn(
                "the system allows {files} open files, fewer than limits.connections ({connections}) needs",
                files=hard,
                connections=wanted,
            )

    def _say_ready(self) -> None:
        settings = self.settings
        if not settings.limits.enabled:
            self.log.warn("limits.enabled is false: rates, delays and caps on connections are off")
        if self.store.durability is Durability.WEAK:
            self.log.warn("durability: weak; what is accepted may be lost when the store's machine dies")
        self.log.info(
            "imd ready: {listeners}; store {store}; control {control}",
            listeners=str(self._listeners),
            store=self.store.description,
            control=str(settings.data / "control.sock"),
        )

    def listeners(self) -> list[dict[str, Any]]:
        """The listeners with their real ports."""
        return self._listeners.table()

    # ------------------------------------------------------------ reloading

    async def reload(self) -> Changes:
        """Read the settings again and apply what can change while the daemon runs (promise P10).

        Raises `SettingsError` for wrong settings and `UnusablePair` for a certificate that cannot be used; then all
        the old ones stay in force.
        """
        new: Settings = await self.environment.in_thread(self._source)
        changes = compare(self.settings, new)
        settings = changes.in_force
        certificate = await self._listeners.renew(settings)
        if certificate is not None:
            self.log.info("new certificate in force, from {path}", path=str(certificate))
        self.settings = settings
        self.hub.change_policy(self._policy())
        self.environment.spawn("look for unknown staff", self._look_for_staff())
        self.credentials.apply(credential_rules(settings, self.tally))
        self.hub.people.disown(self.credentials.stands)
        self.connections.limits = connection_limits(settings, self.tally)
        self.hub.people.names = self._names if settings.irc.lookup_hostnames else None
        self._names.timeout = self._ident.timeout = settings.irc.lookup_timeout
        self.memory.limit = settings.limits.memory
        self.resident.limit = settings.limits.process_memory
        self.resident.look()
        self.native.reload(native_settings(settings, self.tally))
        self.datagrams.reload(native_settings(settings, self.tally))
        self.irc.reload(irc_settings(settings, self.started, self.tally))
        self.web.settings = self._web_settings()
        for change in changes.live:
            self.log.info("reloaded {change}", change=str(change))
        for change in changes.restart:
            self.log.warn("takes effect at the next start: {change}", change=str(change))
        return changes

    async def rehash(self) -> list[str]:
        """`imd.core.ports.Operations`: a reload that an operator asks for through a door."""
        try:
            changes = await self.reload()
        except (SettingsError, UnusablePair) as error:
            raise NotAllowed(f"Not reloaded, the old settings stay in force: {error}") from None
        return [
            *(f"reloaded {change}" for change in changes.live),
            *(f"takes effect at the next start: {change}" for change in changes.restart),
        ]

    def hang_up(self) -> None:
        """SIGHUP: reload, and say in the log what came of it."""
        self.environment.spawn("reload", self._reload_logged())

    async def _reload_logged(self) -> None:
        try:
            changes = await self.reload()
        except Exception as error:
            # Whatever is wrong with the new settings, the old ones stay in force and the daemon goes on.
            self.log.error("not reloaded, the old settings stay in force: {reason}", reason=str(error))
        else:
            count = len(changes.live)
            self.log.info("reloaded: {count} settings changed", count=count)

    # ------------------------------------------------------------ stopping

    async def stop(self) -> None:
        """Finish what is in flight, tell clients, close the store; within 5 s. Harmless when repeated."""
        if self._stopping:
            return
        self._stopping = True
        self.log.info("stopping")
        self.holding.stop()
        self.turns.stop()
        self._garbage.stop()
        for loop in self._loops:
            if loop.running:
                loop.stop()
        await self._listeners.unbind()
        try:
            await self._close_doors()
        finally:
            # Whatever went wrong before, what was accepted must reach the disk.
            await self.store.close()
        self.log.info("imd stopped")

    async def _close_doors(self) -> None:
        if hasattr(self, "irc"):
            await self._finished()
            self.web.stop()
            self.hub.people.close()
            self.irc.stop()
            await gatherResults(map(Deferred.fromCoroutine, (self.native.stop(), self.datagrams.stop())))
            self.web.close()
            await self._finished()
        if self._control is not None:
            await self._control.stop()
        self._listeners.stop()
        await self.environment.in_thread(self._hashing.stop)
        self.environment.spawn.stop()

    async def _finished(self) -> None:
        """Until nothing is under way, or `FINISH` seconds."""
        deadline = self.environment.clock.time() + FINISH
        while not self.hub.idle and self.environment.clock.time() < deadline:
            await deferLater(self.reactor, 0.02)
