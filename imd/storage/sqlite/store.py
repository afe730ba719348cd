"""The embedded store: all parts on one database in the data folder."""

import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.logger import Logger

from imd.core.refusal import StoreUnavailable
from imd.core.stores import (
    AccountStore,
    BanStore,
    Durability,
    HistoryStore,
    InboxStore,
    LedgerStore,
    RoomStore,
    RosterStore,
    ShelfStore,
    TokenStore,
)
from imd.storage.sqlite.accounts import Accounts
from imd.storage.sqlite.bans import Bans
from imd.storage.sqlite.database import Database, connect
from imd.storage.sqlite.history import History
from imd.storage.sqlite.inbox import Inbox
from imd.storage.sqlite.lease import Lease
from imd.storage.sqlite.ledger import Ledger
from imd.storage.sqlite.migrate import Step, migrate, steps
from imd.storage.sqlite.rooms import Rooms
from imd.storage.sqlite.rosters import Rosters
from imd.storage.sqlite.shelves import CONVERSATIONS, CURSORS, MEMBERSHIPS, METADATA, READ_MARKS, VISITS, Shelf
from imd.storage.sqlite.tokens import Tokens


class SQLiteStore:
    """`imd.core.stores.Store` in `folder`: ``imd.db`` (mode 0600) and the lease ``imd.lock``.

    The folder is made (mode 0700) when it is missing. `wall` tells the wall-clock time, for the lease; `plan` is
    the schema, for tests of migration.
    """

    log = Logger()

    def __init__(
        self,
        folder: Path,
        reactor: IReactorFromThreads,
        *,
        wall: Callable[[], float] = time.time,
        plan: Sequence[Step] = (),
    ) -> None:
        self._folder = folder
        self._wall = wall
        self._plan = plan
        self._lease = Lease(folder / "imd.lock")
        self._started = False
        self.path = folder / "imd.db"
        self.description = f"sqlite {self.path}"
        self.durability = Durability.STRONG
        self.secret = b""
        self.database = Database(reactor)
        inbox = Inbox(self.database)
        self.accounts: AccountStore = Accounts(self.database, inbox.drop)
        self.tokens: TokenStore = Tokens(self.database)
        self.rosters: RosterStore = Rosters(self.database)
        self.ledger: LedgerStore = Ledger(self.database)
        self.rooms: RoomStore = Rooms(self.database)
        self.inbox: InboxStore = inbox
        self.bans: BanStore = Bans(self.database)
        self.history: HistoryStore = History(self.database)
        self.read_marks: ShelfStore = Shelf(self.database, READ_MARKS)
        self.cursors: ShelfStore = Shelf(self.database, CURSORS)
        self.memberships: ShelfStore = Shelf(self.database, MEMBERSHIPS)
        self.metadata: ShelfStore = Shelf(self.database, METADATA)
        self.visits: ShelfStore = Shelf(self.database, VISITS)
        self.conversations: ShelfStore = Shelf(self.database, CONVERSATIONS)

    @property
    def available(self) -> bool:
        """Whether the store is open. A full disk is learnt from the answer to a call."""
        return self.database.open

    def open(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._start())

    async def _start(self) -> None:
        if self._started:
            raise RuntimeError("this store was opened before; make a new one")
        self._started = True
        try:
            await self.database.start(self._open, self._lease.release)
        except StoreUnavailable as refusal:
            # The refusal's sentence is for users; the operator must learn which file and what is wrong with it.
            self.log.error("cannot open {path}: {reason}", path=str(self.path), reason=str(refusal.__cause__))
            raise

    def close(self) -> Deferred[None]:
        return self.database.stop()

    def _open(self) -> sqlite3.Connection:
        """On the database's thread: folder, lease, schema, secret."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lease.take(self._wall())
            # SQLite gives the log and the shared memory beside it the same mode.
            self.path.touch(mode=0o600)
        except OSError as error:
            raise StoreUnavailable from error
        connection = connect(self.path)
        try:
            migrate(connection, self.path, self._plan or steps())
            connection.execute(
                "INSERT OR IGNORE INTO meta (name, value) VALUES ('secret', ?)", (secrets.token_bytes(32),)
            )
            (self.secret,) = connection.execute("SELECT value FROM meta WHERE name = 'secret'").fetchone()
            return connection
        except BaseException:
            connection.close()
            raise
