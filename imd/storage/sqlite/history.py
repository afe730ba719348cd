"""What was said, per target."""

import sqlite3
from collections.abc import Sequence

from twisted.internet.defer import Deferred

from imd.core.message import Message
from imd.storage.sqlite.database import Database, in_steps
from imd.storage.sqlite.statements import insert
from imd.storage.values import decode_message, encode_message

_Entries = Sequence[tuple[str, Message]]


def _append(connection: sqlite3.Connection, calls: Sequence[_Entries]) -> list[None]:
    rows = [
        (target, message.seq, message.id, message.time, encode_message(message))
        for entries in calls
        for target, message in entries
    ]
    insert(connection, "INSERT OR IGNORE INTO history (target, seq, id, time, message)", rows)
    return [None] * len(calls)


class History:
    """`imd.core.stores.HistoryStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, entries: _Entries) -> Deferred[None]:
        return self._database.write_together(_append, entries)

    def latest(self, target: str, before: int, limit: int) -> Deferred[list[Message]]:
        sql = "SELECT message FROM history WHERE target = ? AND seq < ? ORDER BY seq DESC LIMIT ?"

        def work(connection: sqlite3.Connection) -> list[Message]:
            newest_first = connection.execute(sql, (target, before, limit)).fetchall()
            return [decode_message(encoded) for (encoded,) in reversed(newest_first)]

        return self._database.read(work)

    def after(self, target: str, after: int, limit: int) -> Deferred[list[Message]]:
        sql = "SELECT message FROM history WHERE target = ? AND seq > ? ORDER BY seq LIMIT ?"
        return self._database.read(
            lambda connection: [
                decode_message(encoded) for (encoded,) in connection.execute(sql, (target, after, limit)).fetchall()
            ]
        )

    def expire(self, before: float) -> Deferred[int]:
        sql = (
            "DELETE FROM history WHERE (target, seq, id) IN"
            " (SELECT target, seq, id FROM history WHERE time < ? ORDER BY time LIMIT ?)"
        )
        return in_steps(self._database, lambda connection, most: connection.execute(sql, (before, most)).rowcount)
