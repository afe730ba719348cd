"""Contacts."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from imd.core.address import Address
from imd.core.contact import Contact
from imd.core.session import Account
from imd.storage.memory.part import Call, Part


class Rosters(Part):
    def __init__(self, call: Call, domain: str, account: Callable[[str], Account | None]) -> None:
        super().__init__(call)
        self._domain = domain
        self._account = account
        self._contacts: dict[str, dict[str, Contact]] = {}

    def drop(self, account: str) -> None:
        self._contacts.pop(account, None)
        for roster in self._contacts.values():
            roster.pop(account, None)

    def _named(self, contact: Contact) -> Contact:
        account = self._account(contact.account)
        if account is None:
            return contact
        return msgspec.structs.replace(contact, address=Address(account.name, self._domain))

    def load(self, accounts: Sequence[str]) -> Awaitable[dict[str, list[Contact]]]:
        return self._call(
            lambda: {id: [self._named(c) for c in self._contacts.get(id, {}).values()] for id in accounts}
        )

    def put(self, changes: Sequence[tuple[str, Contact]]) -> Awaitable[None]:
        def work() -> None:
            for owner, contact in changes:
                self._contacts.setdefault(owner, {})[contact.account] = contact

        return self._call(work)

    def remove(self, pairs: Sequence[tuple[str, str]]) -> Awaitable[None]:
        def work() -> None:
            for owner, contact in pairs:
                self._contacts.get(owner, {}).pop(contact, None)

        return self._call(work)
