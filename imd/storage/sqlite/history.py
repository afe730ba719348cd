"""What was said, per target.

Appends of a whole turn, or of as many turns as waited for the disk, become two statements. A target that has grown a
tenth beyond its bound is cut in the same transaction, so cutting costs little per message and needs no other occasion.
"""

# ruff: noqa: S608
# What is formatted into SQL here is never a value.

import sqlite3
from collections.abc import Sequence

from twisted.internet.defer import Deferred

from imd.core.message import Message
from imd.core.past import END, owner_of
from imd.storage.sqlite.database import Database, in_steps
from imd.storage.sqlite.statements import chunks, insert, select
from imd.storage.values import decode_message, encode_message

_Entries = Sequence[tuple[str, Message]]

_COUNT = (
    "INSERT INTO histories (target, owner, newest, kept) VALUES {rows} ON CONFLICT (target) DO UPDATE SET"
    " newest = max(newest, excluded.newest), kept = kept + excluded.kept RETURNING number, target, kept"
)
_NUMBER = "(SELECT number FROM histories WHERE target = ?)"


def _append(connection: sqlite3.Connection, calls: Sequence[tuple[_Entries, int]]) -> list[None]:
    newest: dict[str, int] = {}
    counts: dict[str, int] = {}
    for entries, _ in calls:
        for target, message in entries:
            if target in counts:
                counts[target] += 1
                newest[target] = max(newest[target], message.seq)
            else:
                counts[target] = 1
                newest[target] = message.seq
    numbers: dict[str, int] = {}
    most = max(most for _, most in calls)
    long: list[int] = []
    for chunk in chunks(list(counts)):
        sql = _COUNT.format(rows=", ".join(["(?, ?, ?, ?)"] * len(chunk)))
        values = [value for target in chunk for value in (target, owner_of(target), newest[target], counts[target])]
        for number, target, kept in connection.execute(sql, values).fetchall():
            numbers[target] = number
            if most and kept > most + most // 10:
                long.append(number)
    rows = []
    last, encoded = None, b""
    for entries, _ in calls:
        for target, message in entries:
            if message is not last:
                # Both sides' copies of a talk stand side by side.
                last, encoded = message, encode_message(message)
            rows.append((numbers[target], message.seq, message.id, message.time, message.sender_account, encoded))
    insert(connection, "INSERT OR IGNORE INTO lines (history, seq, id, time, author, message)", rows)
    for number in long:
        _cut(connection, number, most)
    return [None] * len(calls)


def _cut(connection: sqlite3.Connection, history: int, most: int) -> None:
    """Keep the newest `most`; from here on their count is right."""
    sql = (
        "DELETE FROM lines WHERE history = ? AND seq <="
        " (SELECT seq FROM lines WHERE history = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)"
    )
    connection.execute(sql, (history, history, most))
    sql = "UPDATE histories SET kept = (SELECT count(*) FROM lines WHERE history = histories.number) WHERE number = ?"
    connection.execute(sql, (history,))


def _tidy(connection: sqlite3.Connection, touched: set[int]) -> None:
    """Something was deleted of these histories: what is told of them is right again, and empty ones go."""
    for history in touched:
        sql = "SELECT seq FROM lines WHERE history = ? ORDER BY seq DESC LIMIT 1"
        row = connection.execute(sql, (history,)).fetchone()
        if row is None:
            connection.execute("DELETE FROM histories WHERE number = ?", (history,))
        else:
            connection.execute("UPDATE histories SET newest = ? WHERE number = ?", (row[0], history))


class History:
    """`imd.core.stores.HistoryStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, entries: _Entries, most: int = 0) -> Deferred[None]:
        return self._database.write_together(_append, (entries, most))

    def latest(self, target: str, before: int, limit: int, after: int = -1) -> Deferred[list[Message]]:
        found = self._page("seq DESC", target, after, before, limit)
        return found.addCallback(lambda newest_first: newest_first[::-1])

    def after(self, target: str, after: int, limit: int, before: int = END) -> Deferred[list[Message]]:
        return self._page("seq", target, after, before, limit)

    def _page(self, order: str, target: str, after: int, before: int, limit: int) -> Deferred[list[Message]]:
        sql = f"SELECT message FROM lines WHERE history = {_NUMBER} AND seq > ? AND seq < ? ORDER BY {order} LIMIT ?"
        return self._database.read(
            lambda connection: [
                decode_message(encoded)
                for (encoded,) in connection.execute(sql, (target, after, before, max(0, limit))).fetchall()
            ]
        )

    def find(self, target: str, id: str) -> Deferred[Message | None]:
        def work(connection: sqlite3.Connection) -> Message | None:
            sql = f"SELECT message FROM lines WHERE history = {_NUMBER} AND id = ?"
            row = connection.execute(sql, (target, id)).fetchone()
            return None if row is None else decode_message(row[0])

        return self._database.read(work)

    def newest(self, targets: Sequence[str]) -> Deferred[dict[str, int]]:
        def work(connection: sqlite3.Connection) -> dict[str, int]:
            return dict(select(connection, "SELECT target, newest FROM histories WHERE target", targets))  # type: ignore[arg-type]

        return self._database.read(work)

    def talks(self, owner: str, after: int, before: int, limit: int, *, newest: bool) -> Deferred[dict[str, int]]:
        order = "newest DESC" if newest else "newest"
        sql = (
            "SELECT target, newest FROM histories WHERE owner = ? AND owner <> '' AND newest > ? AND newest < ?"
            f" ORDER BY {order} LIMIT ?"
        )
        arguments = (owner, after, before, max(0, limit))
        return self._database.read(lambda connection: dict(connection.execute(sql, arguments).fetchall()))

    def remove(self, pairs: Sequence[tuple[str, str]]) -> Deferred[int]:
        sql = f"DELETE FROM lines WHERE history = {_NUMBER} AND id = ? RETURNING history"

        def work(connection: sqlite3.Connection) -> int:
            removed = [number for pair in pairs for (number,) in connection.execute(sql, pair).fetchall()]
            _tidy(connection, set(removed))
            return len(removed)

        return self._database.write(work)

    def drop(self, targets: Sequence[str]) -> Deferred[None]:
        sql = (
            "DELETE FROM lines WHERE number IN"
            f" (SELECT number FROM lines WHERE history = {_NUMBER} LIMIT ?) RETURNING history"
        )

        async def go() -> None:
            for target in targets:
                await in_steps(self._database, lambda connection, most, target=target: step(connection, target, most))  # type: ignore[misc]

        def step(connection: sqlite3.Connection, target: str, most: int) -> int:
            removed = [number for (number,) in connection.execute(sql, (target, most)).fetchall()]
            _tidy(connection, set(removed))
            return len(removed)

        return Deferred.fromCoroutine(go())

    def written(self, account: str, cursor: str, limit: int) -> Deferred[tuple[list[tuple[str, Message]], str]]:
        sql = (
            "SELECT lines.number, target, message FROM lines JOIN histories ON histories.number = history"
            " WHERE author = ? AND author <> '' AND lines.number > ? ORDER BY lines.number LIMIT ?"
        )

        def work(connection: sqlite3.Connection) -> tuple[list[tuple[str, Message]], str]:
            rows = connection.execute(sql, (account, int(cursor or 0), limit)).fetchall()
            found = [(target, decode_message(encoded)) for _, target, encoded in rows]
            return found, str(rows[-1][0]) if len(rows) == limit else ""

        return self._database.read(work)

    def expire(self, before: float) -> Deferred[int]:
        sql = (
            "DELETE FROM lines WHERE number IN"
            " (SELECT number FROM lines WHERE time < ? ORDER BY time LIMIT ?) RETURNING history"
        )

        def step(connection: sqlite3.Connection, most: int) -> int:
            removed = [number for (number,) in connection.execute(sql, (before, most)).fetchall()]
            _tidy(connection, set(removed))
            return len(removed)

        return in_steps(self._database, step)
