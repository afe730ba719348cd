"""Small values that accounts keep, each under a name."""

import sqlite3
from collections.abc import Sequence

from twisted.internet.defer import Deferred

from imd.storage.sqlite.database import Database
from imd.storage.sqlite.statements import insert

READ_MARKS, CURSORS, MEMBERSHIPS, METADATA = "read-marks", "cursors", "memberships", "metadata"
CONVERSATIONS = "conversations"
#: Every shelf there is.
SHELVES = READ_MARKS, CURSORS, MEMBERSHIPS, METADATA, VISITS, CONVERSATIONS = (
    "read-marks",
    "cursors",
    "memberships",
    "metadata",
    "visits",
    "conversations",
)


def drop(connection: sqlite3.Connection, account: str) -> None:
    """All shelves of an account that is removed."""
    connection.executemany("DELETE FROM shelves WHERE shelf = ? AND account = ?", [(each, account) for each in SHELVES])


class Shelf:
    """`imd.core.stores.ShelfStore`."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    def of(self, account: str) -> Deferred[dict[str, bytes]]:
        sql = "SELECT name, value FROM shelves WHERE shelf = ? AND account = ?"
        return self._database.read(lambda connection: dict(connection.execute(sql, (self._name, account)).fetchall()))

    def put(self, entries: Sequence[tuple[str, str, bytes]]) -> Deferred[None]:
        rows = [(self._name, account, name, value) for account, name, value in entries]

        def work(connection: sqlite3.Connection) -> None:
            insert(connection, "INSERT OR REPLACE INTO shelves (shelf, account, name, value)", rows)

        return self._database.write(work)

    def remove(self, pairs: Sequence[tuple[str, str]]) -> Deferred[None]:
        gone = [(self._name, account, name) for account, name in pairs]

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM shelves WHERE shelf = ? AND account = ? AND name = ?", gone)

        return self._database.write(work)

    def everyone(self) -> Deferred[dict[str, dict[str, bytes]]]:
        sql = "SELECT account, name, value FROM shelves WHERE shelf = ?"

        def work(connection: sqlite3.Connection) -> dict[str, dict[str, bytes]]:
            found: dict[str, dict[str, bytes]] = {}
            for account, name, value in connection.execute(sql, (self._name,)).fetchall():
                found.setdefault(account, {})[name] = value
            return found

        return self._database.read(work)
