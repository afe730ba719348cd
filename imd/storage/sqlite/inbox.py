"""The offline queue: one inbox per account.

Appends of a whole turn, or of as many turns as waited for the disk, become a few statements, see `_append`. How many
messages wait in an inbox is counted once per account and run of the daemon, then kept up to date in memory on the
database's thread; after a rollback it is counted again.

Of acknowledged messages only the ids of those with a `client_id` are remembered. All other ids are made new at each
reading, so no sender can repeat them, and remembering them would double the cost of every IRC message.
"""

# ruff: noqa: S608
# What is formatted into SQL here is names of columns, never a value.

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from twisted.internet.defer import Deferred

from imd.core.message import Message
from imd.core.stores import Queued, Queueing
from imd.storage.sqlite.database import Database, in_steps
from imd.storage.sqlite.statements import insert, select

#: Longest time the id of an acknowledged message is remembered: 7 days, in seconds.
REMEMBER = 7 * 86_400.0
#: About how many inboxes have their count kept in memory.
MAX_COUNTED = 100_000

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Message).decode

_COLUMNS = "account, seq, id, expires, attempts, repeatable, origin, origin_limit, message"
_QUEUED = "message, expires, attempts, origin, origin_limit"

_Append = tuple[Sequence[tuple[str, Queued]], int]
_Acknowledge = tuple[Sequence[tuple[str, str]], float]


def _row(account: str, entry: Queued) -> tuple[object, ...]:
    message = entry.message
    return (
        account,
        message.seq,
        message.id,
        entry.expires,
        entry.attempts,
        message.client_id != "",
        entry.origin,
        entry.origin_limit,
        _encode(message),
    )


def _queued(row: tuple[Any, ...]) -> Queued:
    message, expires, attempts, origin, origin_limit = row
    return Queued(_decode(message), expires, attempts, origin, origin_limit)


class Inbox:
    """`imd.core.stores.InboxStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        #: How many messages wait, by account. Belongs to the database's thread.
        self._counts: dict[str, int] = {}
        database.rolled_back.append(self._counts.clear)

    def append(self, entries: Sequence[tuple[str, Queued]], limit: int) -> Deferred[list[Queueing]]:
        return self._database.write_together(self._append, (entries, limit))

    def acknowledge(self, pairs: Sequence[tuple[str, str]], now: float) -> Deferred[None]:
        return self._database.write_together(self._acknowledge, (pairs, now))

    def read(self, account: str, after: int, upto: int, limit: int) -> Deferred[list[Queued]]:
        sql = f"SELECT {_QUEUED} FROM inbox WHERE account = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
        return self._database.read(
            lambda connection: [
                _queued(row) for row in connection.execute(sql, (account, after, upto, limit)).fetchall()
            ]
        )

    def attempted(self, account: str, ids: Sequence[str]) -> Deferred[None]:
        pairs = [(id, account) for id in ids]

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany("UPDATE inbox SET attempts = attempts + 1 WHERE id = ? AND account = ?", pairs)

        return self._database.write(work)

    def retry(self, account: str) -> Deferred[None]:
        def work(connection: sqlite3.Connection) -> None:
            # What was never handed out stays at 0: it would be marked as a repeat without being one.
            connection.execute("UPDATE inbox SET attempts = 1 WHERE account = ? AND attempts > 1", (account,))

        return self._database.write(work)

    def count(self, account: str) -> Deferred[int]:
        return self._database.read(lambda connection: _count(connection, account))

    def find(self, id: str) -> Deferred[tuple[str, Queued] | None]:
        def work(connection: sqlite3.Connection) -> tuple[str, Queued] | None:
            row = connection.execute(f"SELECT account, {_QUEUED} FROM inbox WHERE id = ? LIMIT 1", (id,)).fetchone()
            return None if row is None else (row[0], _queued(row[1:]))

        return self._database.read(work)

    def expire(self, now: float) -> Deferred[int]:
        return Deferred.fromCoroutine(self._expire(now))

    async def _expire(self, now: float) -> int:
        def messages(connection: sqlite3.Connection, most: int) -> int:
            gone = connection.execute(
                "DELETE FROM inbox WHERE (account, seq, id) IN"
                " (SELECT account, seq, id FROM inbox WHERE expires < ? ORDER BY expires LIMIT ?) RETURNING account",
                (now, most),
            ).fetchall()
            for account, number in Counter(account for (account,) in gone).items():
                self._add(account, -number)
            return len(gone)

        forget = (
            "DELETE FROM acknowledged WHERE (id, account) IN"
            " (SELECT id, account FROM acknowledged WHERE until < ? ORDER BY until LIMIT ?)"
        )
        dropped = await in_steps(self._database, messages)
        await in_steps(self._database, lambda connection, most: connection.execute(forget, (now, most)).rowcount)
        return dropped

    # On the database's thread

    def forget(self, account: str) -> None:
        """The inbox of `account` was emptied by somebody else."""
        self._counts.pop(account, None)

    def _waiting(self, connection: sqlite3.Connection, account: str) -> int:
        waiting = self._counts.get(account)
        if waiting is None:
            waiting = self._counts[account] = _count(connection, account)
        return waiting

    def _add(self, account: str, number: int) -> None:
        if account in self._counts:
            self._counts[account] += number

    def _append(self, connection: sqlite3.Connection, calls: Sequence[_Append]) -> list[list[Queueing]]:
        """Look up all ids at once, decide in memory, insert all at once."""
        if len(self._counts) > MAX_COUNTED:
            # Only here: further down a count is ahead of the table by the rows not yet inserted.
            self._counts.clear()
        known = self._known(connection, calls)
        rows: list[tuple[object, ...]] = []
        # Guests' messages decided for in this batch and not yet in the table, by account and network address.
        guests: Counter[tuple[str, str]] = Counter()
        answers: list[list[Queueing]] = []
        for entries, limit in calls:
            answer: list[Queueing] = []
            for account, entry in entries:
                key = (entry.message.id, account)
                decision = known.get(key) or self._decide(connection, account, entry, limit, guests)
                if decision is Queueing.KEPT:
                    rows.append(_row(account, entry))
                    known[key] = Queueing.ALREADY
                    self._counts[account] += 1
                answer.append(decision)
            answers.append(answer)
        insert(connection, f"INSERT INTO inbox ({_COLUMNS})", rows)
        return answers

    def _known(self, connection: sqlite3.Connection, calls: Sequence[_Append]) -> dict[tuple[str, str], Queueing]:
        """The ids among `calls` that wait or have been acknowledged, by (id, account)."""
        messages = [entry.message for entries, _ in calls for _, entry in entries]
        known: dict[tuple[str, str], Queueing] = {}
        id: Any
        account: Any
        for id, account in select(connection, "SELECT id, account FROM inbox WHERE id", [m.id for m in messages]):
            known[id, account] = Queueing.ALREADY
        repeatable = [message.id for message in messages if message.client_id]
        for id, account in select(connection, "SELECT id, account FROM acknowledged WHERE id", repeatable):
            known[id, account] = Queueing.DONE
        return known

    def _decide(
        self,
        connection: sqlite3.Connection,
        account: str,
        entry: Queued,
        limit: int,
        guests: Counter[tuple[str, str]],
    ) -> Queueing:
        if self._waiting(connection, account) >= limit > 0:
            return Queueing.FULL
        if entry.origin and entry.origin_limit:
            # Never more than origin_limit rows to count.
            (waiting,) = connection.execute(
                "SELECT count(*) FROM inbox WHERE account = ? AND origin = ? AND origin <> ''", (account, entry.origin)
            ).fetchone()
            if waiting + guests[account, entry.origin] >= entry.origin_limit:
                return Queueing.FULL
        if entry.origin:
            guests[account, entry.origin] += 1
        return Queueing.KEPT

    def _acknowledge(self, connection: sqlite3.Connection, calls: Sequence[_Acknowledge]) -> list[None]:
        for pairs, now in calls:
            remembered: list[tuple[object, ...]] = []
            for account, id in pairs:
                for expires, repeatable in connection.execute(
                    "DELETE FROM inbox WHERE id = ? AND account = ? RETURNING expires, repeatable", (id, account)
                ).fetchall():
                    self._add(account, -1)
                    if repeatable:
                        remembered.append((id, account, min(expires, now + REMEMBER)))
            insert(connection, "INSERT OR REPLACE INTO acknowledged (id, account, until)", remembered)
        return [None] * len(calls)


def _count(connection: sqlite3.Connection, account: str) -> int:
    return int(connection.execute("SELECT count(*) FROM inbox WHERE account = ?", (account,)).fetchone()[0])
