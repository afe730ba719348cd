"""Contacts, both sides of a subscription in one transaction."""

import sqlite3
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from twisted.internet.defer import Deferred

from imd.core.address import Address
from imd.core.contact import Contact
from imd.storage.sqlite.database import Database
from imd.storage.sqlite.statements import insert, select

_groups = msgspec.json.Decoder(tuple[str, ...])
_texts = msgspec.json.Decoder(list[str])
_numbers = msgspec.json.Decoder(list[int])
#: The flags of `Contact` in its order, by what `load` makes of them: one number.
_FLAGS = [tuple(bool(number >> place & 1) for place in range(6)) for number in range(64)]
#: The same contact stands in many rosters at a time: it has one address there.
_address = lru_cache(maxsize=32_768)(Address)


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


def _contacts(accounts: str, names: str, domains: str, labels: str, groups: str, flags: str) -> list[Contact]:
    """A roster out of JSON lists, one for each column."""
    intern, decode = sys.intern, _texts.decode
    columns = zip(
        decode(accounts), decode(names), decode(domains), decode(labels), decode(groups), _numbers.decode(flags),
        strict=True,
    )  # fmt: skip
    return [
        Contact(
            intern(account),
            _address(name, domain),
            label,
            () if some == "[]" else _groups.decode(some),
            *_FLAGS[number],
        )
        for account, name, domain, label, some, number in columns
    ]


class Rosters:
    """`imd.core.stores.RosterStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, accounts: Sequence[str]) -> Deferred[dict[str, list[Contact]]]:
        def work(connection: sqlite3.Connection) -> dict[str, list[Contact]]:
            rosters: dict[str, list[Contact]] = {account: [] for account in accounts}
            # One row for each roster: the interpreter lock is let go and won back at each step (see `statements`).
            # CROSS JOIN keeps SQLite from reading all accounts first.
            before = (
                "SELECT owner, json_group_array(contact), json_group_array(name), json_group_array(domain),"
                " json_group_array(label), json_group_array(groups),"
                " json_group_array(told + 2 * tells + 4 * asking + 8 * asked + 16 * approved + 32 * blocked)"
                " FROM contacts CROSS JOIN accounts ON accounts.id = contacts.contact WHERE owner"
            )
            owner: Any
            columns: Any
            for owner, *columns in select(connection, before, list(rosters), "GROUP BY owner"):
                rosters[owner] = _contacts(*columns)
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
