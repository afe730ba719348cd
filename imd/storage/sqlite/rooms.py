"""Rooms founded by accounts: a handful of records, read whole at start-up."""

import sqlite3

import msgspec
from twisted.internet.defer import Deferred

from imd.core.stores import RoomRecord
from imd.storage.sqlite.database import Database

_record = msgspec.json.Decoder(RoomRecord)


class Rooms:
    """`imd.core.stores.RoomStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> Deferred[list[RoomRecord]]:
        sql = "SELECT record FROM rooms ORDER BY folded"
        return self._database.read(
            lambda connection: [_record.decode(record) for (record,) in connection.execute(sql).fetchall()]
        )

    def put(self, folded: str, record: RoomRecord, *, before: str = "") -> Deferred[None]:
        encoded = msgspec.json.encode(record).decode()

        def work(connection: sqlite3.Connection) -> None:
            if before:
                connection.execute("DELETE FROM rooms WHERE folded = ?", (before,))
            connection.execute("INSERT OR REPLACE INTO rooms (folded, record) VALUES (?, ?)", (folded, encoded))

        return self._database.write(work)

    def remove(self, folded: str) -> Deferred[None]:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM rooms WHERE folded = ?", (folded,))

        return self._database.write(work)
