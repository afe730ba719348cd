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
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from zlib import crc32

from twisted.internet.defer import Deferred

from imd.core.message import Message
from imd.core.stores import REMEMBER, Queued, Queueing
from imd.storage.sqlite.database import Database, in_steps
from imd.storage.sqlite.statements import insert, insert_flat, select
from imd.storage.values import decode_message, encode_message

#: About how many inboxes have their count kept in memory.
MAX_COUNTED = 100_000


_COLUMNS = "inbox, seq, short, id, expires, attempts, repeatable, origin, origin_limit, message"
_WIDTH = 10
_QUEUED = "message, expires, attempts, origin, origin_limit"

_Append = tuple[Sequence[tuple[str, Queued]], int]
_Attempted = tuple[str, Sequence[str]]
_Acknowledge = tuple[Sequence[tuple[str, str]], float]
#: A message's place: number of the inbox, message id.
_Key = tuple[int, str]


class _Place(NamedTuple):
    number: int
    expires: float
    repeatable: bool


def _short(id: str) -> int:
    return crc32(id.encode())


def _queued(row: tuple[Any, ...]) -> Queued:
    message, expires, attempts, origin, origin_limit = row
    return Queued(decode_message(message), expires, attempts, origin, origin_limit)


def _count(connection: sqlite3.Connection, inbox: int) -> int:
    return int(connection.execute("SELECT count(*) FROM inbox WHERE inbox = ?", (inbox,)).fetchone()[0])


def _places(
    connection: sqlite3.Connection, ids: Sequence[str], shorts: Sequence[int] | None = None
) -> dict[_Key, _Place]:
    """Where messages with these ids wait, in whose inbox ever."""
    rows: Iterator[Any] = select(
        connection,
        "SELECT number, inbox, id, expires, repeatable FROM inbox WHERE short",
        [_short(id) for id in ids] if shorts is None else shorts,
    )
    wanted, found = None, {}
    for number, inbox, id, expires, repeatable in rows:
        if wanted is None:
            wanted = set(ids)
        if id in wanted:
            found[inbox, id] = _Place(number, expires, repeatable)
    return found


class Inbox:
    """`imd.core.stores.InboxStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Both belong to the database's thread.
        #: Numbers of inboxes, by account.
        self._numbers: dict[str, int] = {}
        #: How many messages wait, by number of the inbox.
        self._counts: dict[int, int] = {}
        database.rolled_back.append(self._forget)

    def append(self, entries: Sequence[tuple[str, Queued]], limit: int) -> Deferred[list[Queueing]]:
        return self._database.write_together(self._append, (entries, limit))

    def acknowledge(self, pairs: Sequence[tuple[str, str]], now: float) -> Deferred[None]:
        return self._database.write_together(self._acknowledge, (pairs, now))

    def read(self, account: str, after: int, upto: int, limit: int) -> Deferred[list[Queued]]:
        sql = f"SELECT {_QUEUED} FROM inbox WHERE inbox = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"

        def work(connection: sqlite3.Connection) -> list[Queued]:
            inbox = self._number(connection, account)
            return [_queued(row) for row in connection.execute(sql, (inbox, after, upto, limit)).fetchall()]

        return self._database.read(work)

    def attempted(self, account: str, ids: Sequence[str]) -> Deferred[None]:
        return self._database.write_together(self._attempted, (account, ids))

    def retry(self, account: str) -> Deferred[None]:
        def work(connection: sqlite3.Connection) -> None:
            # What was never handed out stays at 0: it would be marked as a repeat without being one.
            sql = "UPDATE inbox SET attempts = 1 WHERE inbox = ? AND attempts > 1"
            connection.execute(sql, (self._number(connection, account),))

        return self._database.write(work)

    def count(self, account: str) -> Deferred[int]:
        return self._database.read(lambda connection: _count(connection, self._number(connection, account)))

    def find(self, id: str) -> Deferred[tuple[str, Queued] | None]:
        sql = (
            f"SELECT account, {_QUEUED} FROM inbox JOIN inboxes ON inboxes.number = inbox.inbox"
            " WHERE short = ? AND id = ? LIMIT 1"
        )

        def work(connection: sqlite3.Connection) -> tuple[str, Queued] | None:
            row = connection.execute(sql, (_short(id), id)).fetchone()
            return None if row is None else (row[0], _queued(row[1:]))

        return self._database.read(work)

    def expire(self, now: float) -> Deferred[int]:
        return Deferred.fromCoroutine(self._expire(now))

    async def _expire(self, now: float) -> int:
        def messages(connection: sqlite3.Connection, most: int) -> int:
            gone = connection.execute(
                "DELETE FROM inbox WHERE number IN"
                " (SELECT number FROM inbox WHERE expires < ? ORDER BY expires LIMIT ?) RETURNING inbox",
                (now, most),
            ).fetchall()
            for inbox, number in Counter(inbox for (inbox,) in gone).items():
                self._add(inbox, -number)
            return len(gone)

        forget = (
            "DELETE FROM acknowledged WHERE (id, inbox) IN"
            " (SELECT id, inbox FROM acknowledged WHERE until < ? ORDER BY until LIMIT ?)"
        )
        dropped = await in_steps(self._database, messages)
        await in_steps(self._database, lambda connection, most: connection.execute(forget, (now, most)).rowcount)
        return dropped

    # On the database's thread

    def drop(self, connection: sqlite3.Connection, account: str) -> None:
        """Forget everything about the inbox of `account`."""
        inbox = self._number(connection, account)
        connection.execute("DELETE FROM inbox WHERE inbox = ?", (inbox,))
        connection.execute("DELETE FROM acknowledged WHERE inbox = ?", (inbox,))
        connection.execute("DELETE FROM inboxes WHERE number = ?", (inbox,))
        self._numbers.pop(account, None)
        self._counts.pop(inbox, None)

    def _forget(self) -> None:
        self._numbers.clear()
        self._counts.clear()

    def _number(self, connection: sqlite3.Connection, account: str) -> int:
        """Number of the inbox, or 0, which is no inbox."""
        number = self._numbers.get(account)
        if number is None:
            row = connection.execute("SELECT number FROM inboxes WHERE account = ?", (account,)).fetchone()
            if row is None:
                return 0
            number = self._numbers[account] = row[0]
        return number

    def _open(self, connection: sqlite3.Connection, account: str) -> int:
        """Number of the inbox, which is made if need be."""
        number = self._number(connection, account)
        if not number:
            made = connection.execute("INSERT INTO inboxes (account) VALUES (?)", (account,)).lastrowid
            number = self._numbers[account] = made or 0
        return number

    def _waiting(self, connection: sqlite3.Connection, inbox: int) -> int:
        waiting = self._counts.get(inbox)
        if waiting is None:
            waiting = self._counts[inbox] = _count(connection, inbox)
        return waiting

    def _add(self, inbox: int, number: int) -> None:
        if inbox in self._counts:
            self._counts[inbox] += number

    def _append(self, connection: sqlite3.Connection, calls: Sequence[_Append]) -> list[list[Queueing]]:
        """Look up all ids at once, decide in memory, insert all at once."""
        if len(self._numbers) > MAX_COUNTED:
            # Only here: further down a count is ahead of the table by the rows not yet inserted.
            self._forget()
        messages = [entry.message for entries, _ in calls for _, entry in entries]
        shorts = [_short(message.id) for message in messages]
        known = self._known(connection, messages, shorts)
        short = iter(shorts)
        # After `_forget` these are the same dictionaries, emptied.
        numbers, counts = self._numbers, self._counts
        rows: list[object] = []
        # Guests' messages decided for in this batch and not yet in the table, by inbox and network address.
        guests: Counter[tuple[int, str]] = Counter()
        answers: list[list[Queueing]] = []
        for entries, limit in calls:
            answer: list[Queueing] = []
            for account, entry in entries:
                message, number = entry.message, next(short)
                inbox = numbers.get(account) or self._open(connection, account)
                key = (inbox, message.id)
                decision = known.get(key)
                if decision is None:
                    waiting = counts.get(inbox)
                    if waiting is None:
                        waiting = self._waiting(connection, inbox)
                    # As `_decide` would; for most messages this is all there is to decide.
                    if entry.origin or waiting >= limit > 0:
                        decision = self._decide(connection, inbox, entry, limit, guests)
                    else:
                        decision = Queueing.KEPT
                if decision is Queueing.KEPT:
                    # In the order of _COLUMNS.
                    rows += (
                        inbox,
                        message.seq,
                        number,
                        message.id,
                        entry.expires,
                        entry.attempts,
                        # No bool: sqlite3 would look for an adapter first.
                        1 if message.client_id else 0,
                        entry.origin,
                        entry.origin_limit,
                        encode_message(message),
                    )
                    known[key] = Queueing.ALREADY
                    counts[inbox] += 1
                answer.append(decision)
            answers.append(answer)
        insert_flat(connection, f"INSERT INTO inbox ({_COLUMNS})", _WIDTH, rows)
        return answers

    def _known(
        self, connection: sqlite3.Connection, messages: Sequence[Message], shorts: Sequence[int]
    ) -> dict[_Key, Queueing]:
        """Which ids wait or have been acknowledged, in whose inbox ever."""
        known = dict.fromkeys(_places(connection, [message.id for message in messages], shorts), Queueing.ALREADY)
        repeatable = [message.id for message in messages if message.client_id]
        rows: Iterator[Any] = select(connection, "SELECT inbox, id FROM acknowledged WHERE id", repeatable)
        for inbox, id in rows:
            known[inbox, id] = Queueing.DONE
        return known

    def _decide(
        self, connection: sqlite3.Connection, inbox: int, entry: Queued, limit: int, guests: Counter[tuple[int, str]]
    ) -> Queueing:
        if self._waiting(connection, inbox) >= limit > 0:
            return Queueing.FULL
        if entry.origin:
            if entry.origin_limit:
                # Never more than origin_limit rows to count.
                (waiting,) = connection.execute(
                    "SELECT count(*) FROM inbox WHERE inbox = ? AND origin = ? AND origin <> ''", (inbox, entry.origin)
                ).fetchone()
                if waiting + guests[inbox, entry.origin] >= entry.origin_limit:
                    return Queueing.FULL
            guests[inbox, entry.origin] += 1
        return Queueing.KEPT

    def _attempted(self, connection: sqlite3.Connection, calls: Sequence[_Attempted]) -> list[None]:
        places = _places(connection, [id for _, ids in calls for id in ids])
        keys = [(self._number(connection, account), id) for account, ids in calls for id in ids]
        numbers = [places[key].number for key in keys if key in places]
        once = set(numbers)
        if len(once) < len(numbers):
            # Named twice, for two sessions: each counts.
            connection.executemany(
                "UPDATE inbox SET attempts = attempts + 1 WHERE number = ?", [(number,) for number in numbers]
            )
        else:
            for _ in select(connection, "UPDATE inbox SET attempts = attempts + 1 WHERE number", numbers):
                pass
        return [None] * len(calls)

    def _acknowledge(self, connection: sqlite3.Connection, calls: Sequence[_Acknowledge]) -> list[None]:
        places = _places(connection, [id for pairs, _ in calls for _, id in pairs])
        gone: list[int] = []
        remembered: list[tuple[object, ...]] = []
        for pairs, now in calls:
            for account, id in pairs:
                inbox = self._number(connection, account)
                place = places.pop((inbox, id), None)
                if place is not None:
                    gone.append(place.number)
                    self._add(inbox, -1)
                    if place.repeatable:
                        remembered.append((id, inbox, min(place.expires, now + REMEMBER)))
        for _ in select(connection, "DELETE FROM inbox WHERE number", gone):
            pass
        insert(connection, "INSERT OR REPLACE INTO acknowledged (id, inbox, until)", remembered)
        return [None] * len(calls)
