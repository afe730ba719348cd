"""The embedded store without its thread and its disk: the same SQL, done at once, so that tests need not wait."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from twisted.internet.defer import Deferred, fail, succeed

from imd.core.refusal import StoreUnavailable
from imd.core.stores import OutcomeUnknown
from imd.storage.sqlite.migrate import migrate, steps
from imd.storage.sqlite.store import SQLiteStore


class InstantDatabase:
    """What `imd.storage.sqlite.database.Database` offers, on this thread. While `held` is a list, answers wait in
    it until `release`. While `away` the store cannot be reached; while `dead` it dies with each call in flight."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        migrate(self._connection, Path(":memory:"), steps())
        self.rolled_back: list[Callable[[], None]] = []
        self.open = True
        self.away = False
        self.dead = False
        self.held: list[tuple[Deferred[Any], Any]] | None = None

    def release(self) -> None:
        """Give the answers that were held back, and hold no more."""
        held, self.held = self.held or [], None
        for waiting, result in held:
            waiting.callback(result)

    def write(self, work: Callable[[sqlite3.Connection], Any]) -> Deferred[Any]:
        return self._do(lambda: work(self._connection))

    read = write

    def write_together(self, together: Callable[[sqlite3.Connection, list[Any]], Any], argument: Any) -> Deferred[Any]:
        return self._do(lambda: together(self._connection, [argument])[0])

    def _do(self, work: Callable[[], Any]) -> Deferred[Any]:
        if self.away:
            return fail(StoreUnavailable())
        if self.dead:
            return fail(OutcomeUnknown())
        result = work()
        if self.held is None:
            return succeed(result)
        waiting: Deferred[Any] = Deferred()
        self.held.append((waiting, result))
        return waiting

    def stop(self) -> Deferred[None]:
        self._connection.close()
        return succeed(None)


def memory_store() -> tuple[SQLiteStore, InstantDatabase]:
    """A store that is open, and the database beneath it."""
    database = InstantDatabase()
    store = SQLiteStore(Path("never-made"), cast(Any, None))
    parts = [
        store.accounts,
        store.tokens,
        store.rosters,
        store.ledger,
        store.rooms,
        store.inbox,
        store.history,
        store.bans,
        store.read_marks,
        store.cursors,
        store.memberships,
        store.metadata,
        store.visits,
        store.conversations,
    ]
    for part in parts:
        cast(Any, part)._database = database
    cast(Any, store).database = database
    store.secret = bytes(32)
    return store, database
