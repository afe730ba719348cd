"""Contacts, both sides of a subscription in one transaction."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec
from twisted.internet.defer import Deferred

from imd.core.address import Address
from imd.core.contact import Contact
from imd.storage.sqlite.database import Database
from imd.storage.sqlite.statements import insert, select

_groups = msgspec.json.Decoder(tuple[str, ...])


def _row(owner: str, contact: Contact) -> tuple[object, ...]:
    return (
        owner,
        contact.account,
        contact.address.domain,
        contact.label,
        msgspec.json.encode(contact.groups).decode(),
        contact.to,
        contact.from_,
        contact.asking,
        contact.asked,
        contact.approved,
        contact.blocked,
    )


def _contact(row: tuple[Any, ...]) -> Contact:
    account, name, domain, label, groups, *flags = row
    to, from_, asking, asked, approved, blocked = map(bool, flags)
    return Contact(
        account=account,
        address=Address(name, domain),
        label=label,
        groups=_groups.decode(groups),
        to=to,
        from_=from_,
        asking=asking,
        asked=asked,
        approved=approved,
        blocked=blocked,
    )


class Rosters:
    """`imd.core.stores.RosterStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, accounts: Sequence[str]) -> Deferred[dict[str, list[Contact]]]:
        def work(connection: sqlite3.Connection) -> dict[str, list[Contact]]:
            rosters: dict[str, list[Contact]] = {account: [] for account in accounts}
            # CROSS JOIN keeps SQLite from reading all accounts first.
            before = (
                "SELECT owner, contact, name, domain, label, groups, told, tells, asking, asked, approved, blocked"
                " FROM contacts CROSS JOIN accounts ON accounts.id = contacts.contact WHERE owner"
            )
            owner: Any
            for owner, *rest in select(connection, before, list(rosters), "ORDER BY owner, folded"):
                rosters[owner].append(_contact(tuple(rest)))
            return rosters

        return self._database.read(work)

    def put(self, changes: Sequence[tuple[str, Contact]]) -> Deferred[None]:
        rows = [_row(owner, contact) for owner, contact in changes]

        def work(connection: sqlite3.Connection) -> None:
            insert(
                connection,
                "INSERT OR REPLACE INTO contacts"
                " (owner, contact, domain, label, groups, told, tells, asking, asked, approved, blocked)",
                rows,
            )

        return self._database.write(work)

    def remove(self, pairs: Sequence[tuple[str, str]]) -> Deferred[None]:
        gone = list(pairs)

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM contacts WHERE owner = ? AND contact = ?", gone)

        return self._database.write(work)
