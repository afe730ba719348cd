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

#: Lines looked through at a time for those of one author.
LOOK = 500
#: Pairs of author and history known to be entered; past this number the knowledge is thrown away and built anew.
MOST_NOTED = 100_000

_Entries = Sequence[tuple[str, Message]]

_COUNT = (
    "INSERT INTO histories (target, owner, newest, kept) VALUES {rows} ON CONFLICT (target) DO UPDATE SET"
    " newest = max(newest, excluded.newest), kept = kept + excluded.kept RETURNING number, target, kept"
)
_NUMBER = "(SELECT number FROM histories WHERE target = ?)"


def _numbers(connection: sqlite3.Connection, calls: Sequence[_Entries], most: int) -> tuple[dict[str, int], list[int]]:
    """Count what is about to be added: the numbers of the targets, and of those that become too long by it."""
    newest: dict[str, int] = {}
    counts: dict[str, int] = {}
    for entries in calls:
        for target, message in entries:
            counts[target] = counts.get(target, 0) + 1
            newest[target] = max(newest.get(target, 0), message.seq)
    numbers: dict[str, int] = {}
    long: list[int] = []
    for chunk in chunks(list(counts)):
        sql = _COUNT.format(rows=", ".join(["(?, ?, ?, ?)"] * len(chunk)))
        values = [value for target in chunk for value in (target, owner_of(target), newest[target], counts[target])]
        for number, target, kept in connection.execute(sql, values).fetchall():
            numbers[target] = number
            if most and kept > most + most // 10:
                long.append(number)
    return numbers, long


def _cut(connection: sqlite3.Connection, history: int, most: int) -> None:
    """Keep the newest `most`; from here on their count is right."""
    sql = (
        "DELETE FROM lines WHERE history = ? AND seq <="
        " (SELECT seq FROM lines WHERE history = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)"
    )
    connection.execute(sql, (history, history, most))
    sql = "UPDATE histories SET kept = (SELECT count(*) FROM lines WHERE history = histories.number) WHERE number = ?"
    connection.execute(sql, (history,))


def _tidy(connection: sqlite3.Connection, touched: set[int]) -> bool:
    """Something was deleted of these histories: what is told of them is right again, and empty ones go. Whether one
    did."""
    gone = False
    for history in touched:
        sql = "SELECT seq FROM lines WHERE history = ? ORDER BY seq DESC LIMIT 1"
        row = connection.execute(sql, (history,)).fetchone()
        if row is None:
            connection.execute("DELETE FROM histories WHERE number = ?", (history,))
            connection.execute("DELETE FROM authors WHERE history = ?", (history,))
            gone = True
        else:
            connection.execute("UPDATE histories SET newest = ? WHERE number = ?", (row[0], history))
    return gone


class History:
    """`imd.core.stores.HistoryStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        #: On the database's thread: who is known to be entered as having said something in a history.
        self._authors: set[tuple[str, int]] = set()
        database.rolled_back.append(self._authors.clear)

    def _append(self, connection: sqlite3.Connection, calls: Sequence[tuple[_Entries, int]]) -> list[int]:
        most = max(most for _, most in calls)
        numbers, long = _numbers(connection, [entries for entries, _ in calls], most)
        rows = []
        authors: set[tuple[str, int]] = set()
        last, encoded = None, b""
        for entries, _ in calls:
            for target, message in entries:
                if message is not last:
                    # Both sides' copies of a talk stand side by side.
                    last, encoded = message, encode_message(message)
                number, author = numbers[target], message.sender_account
                rows.append((number, message.seq, message.id, message.time, author, encoded))
                if author and (author, number) not in self._authors:
                    authors.add((author, number))
        insert(connection, "INSERT OR IGNORE INTO lines (history, seq, id, time, author, message)", rows)
        if authors:
            insert(connection, "INSERT OR IGNORE INTO authors (author, history)", list(authors))
            if len(self._authors) > MOST_NOTED:
                self._authors.clear()
            self._authors |= authors
        for number in long:
            _cut(connection, number, most)
        # Whose lines were too many is not asked: they are counted once.
        return [len(long), *[0] * (len(calls) - 1)]

    def append(self, entries: _Entries, most: int = 0) -> Deferred[int]:
        return self._database.write_together(self._append, (entries, most))

    def _tidy(self, connection: sqlite3.Connection, touched: set[int]) -> None:
        if _tidy(connection, touched):
            # Numbers are given again.
            self._authors.clear()

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
            self._tidy(connection, set(removed))
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
            self._tidy(connection, set(removed))
            return len(removed)

        return Deferred.fromCoroutine(go())

    def written(self, account: str, cursor: str, limit: int) -> Deferred[tuple[list[tuple[str, Message]], str]]:
        where, after = (int(part) for part in (cursor or "0 -1").split())

        def work(connection: sqlite3.Connection) -> tuple[list[tuple[str, Message]], str]:
            sql = (
                "SELECT history, target FROM authors JOIN histories ON number = history"
                " WHERE author = ? AND history >= ? ORDER BY history LIMIT 2"
            )
            histories = connection.execute(sql, (account, where)).fetchall()
            if not histories:
                return [], ""
            number, target = histories[0]
            sql = "SELECT seq, author, message FROM lines WHERE history = ? AND seq > ? ORDER BY seq LIMIT ?"
            rows = connection.execute(sql, (number, after if number == where else -1, LOOK)).fetchall()
            mine = [(seq, encoded) for seq, author, encoded in rows if author == account]
            found = [(target, decode_message(encoded)) for _, encoded in mine[:limit]]
            if len(mine) > limit:
                return found, f"{number} {mine[limit - 1][0]}"
            if len(rows) == LOOK:
                return found, f"{number} {rows[-1][0]}"
            return found, f"{histories[1][0]} -1" if len(histories) > 1 else ""

        return self._database.read(work)

    def expire(self, before: float) -> Deferred[int]:
        sql = (
            "DELETE FROM lines WHERE number IN"
            " (SELECT number FROM lines WHERE time < ? ORDER BY time LIMIT ?) RETURNING history"
        )

        def step(connection: sqlite3.Connection, most: int) -> int:
            removed = [number for (number,) in connection.execute(sql, (before, most)).fetchall()]
            self._tidy(connection, set(removed))
            return len(removed)

        return in_steps(self._database, step)
