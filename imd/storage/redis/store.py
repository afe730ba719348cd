"""`RedisStore`: the parts joined; opening, coming back, closing."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import txredisapi
from twisted.internet.defer import CancelledError
from twisted.internet.task import deferLater
from twisted.logger import Logger

from imd.core.refusal import StoreUnavailable
from imd.core.stores import (
    AccountStore,
    BanStore,
    Durability,
    HistoryStore,
    InboxStore,
    LedgerStore,
    OutcomeUnknown,
    RoomStore,
    RosterStore,
    SchemaTooNew,
    ShelfStore,
    StoreLocked,
    TokenStore,
)
from imd.storage.redis import scripts
from imd.storage.redis.accounts import Accounts
from imd.storage.redis.bans import Bans
from imd.storage.redis.connection import Connection, encode
from imd.storage.redis.durability import Persistence, examine
from imd.storage.redis.endpoints import TLS, endpoint_for
from imd.storage.redis.history import History
from imd.storage.redis.inbox import Inboxes
from imd.storage.redis.lease import Lease
from imd.storage.redis.ledger import Ledger
from imd.storage.redis.link import Link, first_word
from imd.storage.redis.rooms import Rooms
from imd.storage.redis.rosters import Rosters
from imd.storage.redis.shelves import Shelf
from imd.storage.redis.started import started
from imd.storage.redis.tokens import Tokens
from imd.storage.redis.url import parse

#: Seconds for which a lease stands without being renewed: how long a daemon on another machine waits for a dead one.
LEASE_TTL = 10.0
#: Seconds within which Redis must answer a command.
REPLY_TIMEOUT = 5.0
#: Seconds for which `open` waits for a Redis that is still reading its file.
LOADING_TIMEOUT = 120.0


class RedisStore:
    """`imd.core.stores.Store` in a Redis server (6.2 or newer). One of these at a time, see `lease`.

    `url` is the setting ``store.url``; raises `imd.storage.redis.url.WrongURL`. `ca`, `certificate` and `key` are PEM
    files for ``rediss://``; what is wrong with them is raised here (`OSError`, `ValueError`). `holder` is what
    others are told of this daemon when they want the store, beside its process and host. Times are in seconds.
    """

    log = Logger()

    def __init__(
        self,
        url: str,
        reactor: Any,
        *,
        ca: Path | str | None = None,
        certificate: Path | str | None = None,
        key: Path | str | None = None,
        holder: str = "",
        reply_timeout: float = REPLY_TIMEOUT,
        lease_ttl: float = LEASE_TTL,
    ) -> None:
        self._place = parse(url)
        tls = None
        if self._place.tls:
            ca, certificate, key = (None if file is None else Path(file) for file in (ca, certificate, key))
            tls = TLS(ca, certificate, key)
        self._reactor = reactor
        self._lease = Lease(reactor, holder, lease_ttl, os.urandom(32))
        self._link = Link(reactor, endpoint_for(reactor, self._place, tls), self._lease, self._prepare, reply_timeout)
        self._persistence: Persistence | None = None
        #: Called, in order, each time the store can be used again after it could not.
        self.on_available: list[Callable[[], None]] = []
        self.durability = Durability.WEAK
        self.description = str(self._place)
        self.secret = b""
        inbox, tokens, rosters = Inboxes(self._link), Tokens(self._link), Rosters(self._link)
        names = ("read-marks", "cursors", "memberships", "metadata", "visits", "conversations")
        shelves = tuple(Shelf(self._link, name) for name in names)
        marks, cursors, memberships, metadata, visits, conversations = shelves
        self.inbox: InboxStore = inbox
        self.tokens: TokenStore = tokens
        self.rosters: RosterStore = rosters
        self._accounts = Accounts(
            self._link,
            [inbox.clear, tokens.revoke, rosters.clear, *(shelf.clear for shelf in shelves)],
        )
        self.accounts: AccountStore = self._accounts
        self.ledger: LedgerStore = Ledger(self._link)
        self.rooms: RoomStore = Rooms(self._link)
        self.bans: BanStore = Bans(self._link)
        self._history = History(self._link)
        self.history: HistoryStore = self._history
        self.read_marks: ShelfStore = marks
        self.cursors: ShelfStore = cursors
        self.memberships: ShelfStore = memberships
        self.metadata: ShelfStore = metadata
        self.visits: ShelfStore = visits
        self.conversations: ShelfStore = conversations

    @property
    def available(self) -> bool:
        return self._link.usable

    # ------------------------------------------------------------ opening

    @started
    async def open(self) -> None:
        waited = 0.0
        while True:
            try:
                await self._link.connect()
                break
            except (StoreLocked, SchemaTooNew, CancelledError):
                raise
            except Exception as error:
                if isinstance(error, txredisapi.ResponseError) and first_word(error) == "LOADING":
                    if waited == 0:
                        self.log.info("Redis is still reading its file; waiting")
                    if waited < LOADING_TIMEOUT:
                        waited += 0.25
                        await deferLater(self._reactor, 0.25)
                        continue
                self.log.error(
                    "The store {store} cannot be opened: {error}", store=self.description, error=_reason(error)
                )
                raise StoreUnavailable from error
        self.secret = self._lease.secret
        await self._accounts.enter_skeletons()
        await self._history.enter_older()
        self._lease.keep(lambda: self._link.connection, self._available_again)
        self._link.on_ready.append(self._available_again)

    async def _prepare(self, connection: Connection) -> None:
        """Make a new connection usable: sign on, database, role, scripts, lease, durability."""
        place = self._place
        if place.user or place.password:
            await connection.auth(place.password, place.user or None)
        if place.database:
            await connection.select(place.database)
        if place.service and (await connection.role())[0] != b"master":
            raise NotMaster("the sentinels named a Redis that is not a master (yet)")
        for script in scripts.ALL:
            try:
                await connection.send(encode((b"SCRIPT", b"LOAD", script.body)))
            except txredisapi.ResponseError as error:
                if first_word(error) != "NOPERM":
                    raise
                break  # EVALSHA will fail once, and EVAL loads it.
        if self._lease.token:
            await self._lease.renew(connection)
        else:
            await self._lease.take(connection)
        found = await examine(connection)
        if found != self._persistence:
            self._persistence = found
            self.durability = found.durability
            found.warn()

    def _available_again(self) -> None:
        for call in list(self.on_available):
            try:
                call()
            except Exception:
                self.log.failure("while telling that the store is available")

    # ------------------------------------------------------------ closing

    @started
    async def close(self) -> None:
        connection = self._link.connection
        self._lease.stop()
        if connection is not None:
            # Else it expires by itself.
            with contextlib.suppress(StoreUnavailable, OutcomeUnknown):
                # Answers come in order: when this one is there, so are all before it.
                await self._lease.release(connection)
        await self._link.stop()


class NotMaster(Exception):
    """Connected to a replica."""


def _reason(error: Exception) -> str:
    """For the log. OpenSSL's errors are lists of tuples."""
    return str(error) or type(error).__name__
