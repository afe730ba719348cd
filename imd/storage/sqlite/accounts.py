"""Accounts, their verifiers and certificates."""

# ruff: noqa: S608
# What is formatted into SQL here is names of columns, never a value.

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from twisted.internet.defer import Deferred

from imd.core.session import Account, Visibility
from imd.core.stores import Verifier
from imd.storage.sqlite import shelves
from imd.storage.sqlite.database import Database
from imd.storage.sqlite.statements import select

_COLUMNS = "id, name, created, visible_to, share_location, suspended, certificates, devices, visitor, site"
_list = msgspec.json.Decoder(tuple[str, ...])


def _account(row: tuple[Any, ...]) -> Account:
    id, name, created, visible_to, share_location, suspended, certificates, devices, visitor, site = row
    return Account(
        id=id,
        name=name,
        created=created,
        visible_to=Visibility(visible_to),
        share_location=bool(share_location),
        suspended=bool(suspended),
        certificates=_list.decode(certificates),
        devices=_list.decode(devices),
        visitor=bool(visitor),
        site=site,
    )


def _one(row: tuple[Any, ...] | None) -> Account | None:
    return None if row is None else _account(row)


def _index_certificates(connection: sqlite3.Connection, account: Account) -> None:
    connection.execute("DELETE FROM certificates WHERE account = ?", (account.id,))
    connection.executemany(
        "INSERT OR IGNORE INTO certificates (fingerprint, account) VALUES (?, ?)",
        [(fingerprint, account.id) for fingerprint in account.certificates],
    )


def _looks(connection: sqlite3.Connection, skeleton: str) -> str | None:
    """The id of the account whose name looks so."""
    row = connection.execute("SELECT account FROM skeletons WHERE skeleton = ?", (skeleton,)).fetchone()
    return None if row is None else str(row[0])


def _enter_skeleton(connection: sqlite3.Connection, account: str, skeleton: str) -> None:
    connection.execute("DELETE FROM skeletons WHERE account = ?", (account,))
    if skeleton:
        connection.execute("INSERT INTO skeletons (skeleton, account) VALUES (?, ?)", (skeleton, account))


class Accounts:
    """`imd.core.stores.AccountStore`."""

    def __init__(self, database: Database, drop_inbox: Callable[[sqlite3.Connection, str], None]) -> None:
        self._database = database
        self._drop_inbox = drop_inbox

    def create(self, account: Account, folded: str, verifier: Verifier | None, skeleton: str = "") -> Deferred[bool]:
        def work(connection: sqlite3.Connection) -> bool:
            if connection.execute("SELECT 1 FROM accounts WHERE id = ?", (account.id,)).fetchone():
                return True
            if skeleton and _looks(connection, skeleton) is not None:
                return False
            created = connection.execute(
                "INSERT OR IGNORE INTO accounts (id, name, folded, created, visible_to, share_location, suspended,"
                " certificates, devices, visitor, site, salt, iterations, stored_key, server_key)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    account.id,
                    account.name,
                    folded,
                    account.created,
                    account.visible_to.value,
                    account.share_location,
                    account.suspended,
                    msgspec.json.encode(account.certificates).decode(),
                    msgspec.json.encode(account.devices).decode(),
                    account.visitor,
                    account.site,
                    *((None,) * 4 if verifier is None else msgspec.structs.astuple(verifier)),
                ),
            ).rowcount
            if created:
                _index_certificates(connection, account)
                _enter_skeleton(connection, account.id, skeleton)
            return bool(created)

        return self._database.write(work)

    def by_name(self, folded: str) -> Deferred[Account | None]:
        sql = f"SELECT {_COLUMNS} FROM accounts WHERE folded = ?"
        return self._database.read(lambda connection: _one(connection.execute(sql, (folded,)).fetchone()))

    def by_skeleton(self, skeleton: str) -> Deferred[Account | None]:
        sql = f"SELECT {_COLUMNS} FROM accounts WHERE id = (SELECT account FROM skeletons WHERE skeleton = ?)"
        return self._database.read(lambda connection: _one(connection.execute(sql, (skeleton,)).fetchone()))

    def by_id(self, ids: Sequence[str]) -> Deferred[dict[str, Account]]:
        def work(connection: sqlite3.Connection) -> dict[str, Account]:
            rows = select(connection, f"SELECT {_COLUMNS} FROM accounts WHERE id", ids)
            return {account.id: account for account in map(_account, rows)}

        return self._database.read(work)

    def by_certificate(self, fingerprint: str) -> Deferred[Account | None]:
        sql = (
            f"SELECT {_COLUMNS} FROM accounts WHERE id IN (SELECT account FROM certificates WHERE fingerprint = ?)"
            " ORDER BY created, id LIMIT 1"
        )
        return self._database.read(lambda connection: _one(connection.execute(sql, (fingerprint,)).fetchone()))

    def verifier(self, account: str) -> Deferred[Verifier | None]:
        def work(connection: sqlite3.Connection) -> Verifier | None:
            row = connection.execute(
                "SELECT salt, iterations, stored_key, server_key FROM accounts WHERE id = ?", (account,)
            ).fetchone()
            return None if row is None or row[0] is None else Verifier(*row)

        return self._database.read(work)

    def set_verifier(self, account: str, verifier: Verifier) -> Deferred[None]:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE accounts SET salt = ?, iterations = ?, stored_key = ?, server_key = ? WHERE id = ?",
                (*msgspec.structs.astuple(verifier), account),
            )

        return self._database.write(work)

    def update(self, account: Account) -> Deferred[bool]:
        def work(connection: sqlite3.Connection) -> bool:
            changed = connection.execute(
                "UPDATE accounts SET created = ?, visible_to = ?, share_location = ?, suspended = ?,"
                " certificates = ?, devices = ?, visitor = ?, site = ? WHERE id = ?",
                (
                    account.created,
                    account.visible_to.value,
                    account.share_location,
                    account.suspended,
                    msgspec.json.encode(account.certificates).decode(),
                    msgspec.json.encode(account.devices).decode(),
                    account.visitor,
                    account.site,
                    account.id,
                ),
            ).rowcount
            if changed:
                _index_certificates(connection, account)
            return bool(changed)

        return self._database.write(work)

    def rename(self, account: str, name: str, folded: str, skeleton: str = "") -> Deferred[bool]:
        sql = "UPDATE OR IGNORE accounts SET name = ?, folded = ? WHERE id = ?"

        def work(connection: sqlite3.Connection) -> bool:
            if skeleton and _looks(connection, skeleton) not in (None, account):
                return False
            if not connection.execute(sql, (name, folded, account)).rowcount:
                return False
            _enter_skeleton(connection, account, skeleton)
            return True

        return self._database.write(work)

    def remove(self, account: str) -> Deferred[None]:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM accounts WHERE id = ?", (account,))
            connection.execute("DELETE FROM certificates WHERE account = ?", (account,))
            connection.execute("DELETE FROM skeletons WHERE account = ?", (account,))
            connection.execute("DELETE FROM tokens WHERE account = ?", (account,))
            connection.execute("DELETE FROM contacts WHERE owner = ?", (account,))
            connection.execute("DELETE FROM contacts WHERE contact = ?", (account,))
            self._drop_inbox(connection, account)
            shelves.drop(connection, account)

        return self._database.write(work)

    def page(self, after: str, limit: int) -> Deferred[list[Account]]:
        sql = f"SELECT {_COLUMNS} FROM accounts WHERE folded > ? ORDER BY folded LIMIT ?"
        return self._database.read(
            lambda connection: [_account(row) for row in connection.execute(sql, (after, limit)).fetchall()]
        )

    def count(self) -> Deferred[int]:
        sql = "SELECT count(*) FROM accounts"
        return self._database.read(lambda connection: int(connection.execute(sql).fetchone()[0]))
