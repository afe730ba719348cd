"""Who signed on, when, whence, and how it ended."""

# ruff: noqa: S608
# What is formatted into SQL here is names of columns, never a value.

import sqlite3
from collections.abc import Sequence

import msgspec
from twisted.internet.defer import Deferred

from imd.core.stores import LedgerEntry
from imd.storage.sqlite.database import Database, in_steps
from imd.storage.sqlite.statements import insert

_COLUMNS = ", ".join(LedgerEntry.__struct_fields__)


def _began(connection: sqlite3.Connection, entries: Sequence[LedgerEntry]) -> list[None]:
    insert(connection, f"INSERT OR IGNORE INTO ledger ({_COLUMNS})", [msgspec.structs.astuple(one) for one in entries])
    return [None] * len(entries)


class Ledger:
    """`imd.core.stores.LedgerStore`. The columns of the table are the fields of `LedgerEntry`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def began(self, entry: LedgerEntry) -> Deferred[None]:
        return self._database.write_together(_began, entry)

    def ended(self, session: str, when: float, reason: str) -> Deferred[None]:
        def work(connection: sqlite3.Connection) -> None:
            # A session ends once: a repetition of this call must not move its end.
            connection.execute(
                "UPDATE ledger SET ended = ?, reason = ? WHERE session = ? AND ended = 0", (when, reason, session)
            )

        return self._database.write(work)

    def named(self, session: str, client: str, version: str) -> Deferred[None]:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE ledger SET client = ?, version = ? WHERE session = ?", (client, version, session)
            )

        return self._database.write(work)

    def close_open(self, when: float) -> Deferred[int]:
        sql = "UPDATE ledger SET ended = ?, reason = 'crashed' WHERE ended = 0"
        return self._database.write(lambda connection: connection.execute(sql, (when,)).rowcount)

    def page(self, account: str, before: float, limit: int) -> Deferred[list[LedgerEntry]]:
        def work(connection: sqlite3.Connection) -> list[LedgerEntry]:
            if account:
                rows = connection.execute(
                    f"SELECT {_COLUMNS} FROM ledger WHERE account = ? AND began < ? ORDER BY began DESC LIMIT ?",
                    (account, before, limit),
                )
            else:
                rows = connection.execute(
                    f"SELECT {_COLUMNS} FROM ledger WHERE began < ? ORDER BY began DESC LIMIT ?", (before, limit)
                )
            return [LedgerEntry(*row) for row in rows.fetchall()]

        return self._database.read(work)

    def last(self, account: str) -> Deferred[LedgerEntry | None]:
        def work(connection: sqlite3.Connection) -> LedgerEntry | None:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM ledger WHERE account = ? ORDER BY began DESC LIMIT 1", (account,)
            ).fetchone()
            return None if row is None else LedgerEntry(*row)

        return self._database.read(work)

    def expire(self, before: float) -> Deferred[int]:
        sql = "DELETE FROM ledger WHERE session IN (SELECT session FROM ledger WHERE ended > 0 AND ended < ? LIMIT ?)"
        return in_steps(self._database, lambda connection, most: connection.execute(sql, (before, most)).rowcount)
