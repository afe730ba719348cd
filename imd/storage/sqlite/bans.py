"""Bans: some records, read whole at start-up."""

import sqlite3

import msgspec
from twisted.internet.defer import Deferred

from imd.core.ban import Ban, BanKind
from imd.storage.sqlite.database import Database

_ban = msgspec.json.Decoder(Ban)


class Bans:
    """`imd.core.stores.BanStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> Deferred[list[Ban]]:
        sql = "SELECT record FROM bans ORDER BY kind, target"
        return self._database.read(
            lambda connection: [_ban.decode(record) for (record,) in connection.execute(sql).fetchall()]
        )

    def put(self, ban: Ban) -> Deferred[None]:
        row = (ban.kind.value, ban.target, msgspec.json.encode(ban).decode())

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO bans (kind, target, record) VALUES (?, ?, ?)", row)

        return self._database.write(work)

    def remove(self, kind: BanKind, target: str) -> Deferred[None]:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM bans WHERE kind = ? AND target = ?", (kind.value, target))

        return self._database.write(work)
