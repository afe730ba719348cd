"""An `AccountStore` in dictionaries, whose answers can be held back."""

from collections.abc import Sequence
from typing import TypeVar

from twisted.internet.defer import Deferred, fail, succeed

from imd.core import lookalike
from imd.core.session import Account
from imd.core.stores import Verifier

_T = TypeVar("_T")


class MemoryAccounts:
    """`calls` names the methods called; while `held` is a list, answers wait in it until `release`.

    Calls take effect at once and in order, as the store contract says; only their answers can be late.
    """

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.names: dict[str, str] = {}
        self.verifiers: dict[str, Verifier] = {}
        self.calls: list[str] = []
        self.held: list[Deferred[None]] | None = None
        #: Raised by the next calls, one each, which take effect all the same.
        self.failures: list[Exception] = []

    def release(self) -> None:
        """Give the answers that were held back, and hold no more."""
        held, self.held = self.held or [], None
        for each in held:
            each.callback(None)

    def _answer(self, call: str, value: _T) -> Deferred[_T]:
        self.calls.append(call)
        if self.failures:
            return fail(self.failures.pop(0))
        if self.held is None:
            return succeed(value)
        waiting: Deferred[None] = Deferred()
        self.held.append(waiting)
        return waiting.addCallback(lambda _: value)

    def create(self, account: Account, folded: str, verifier: Verifier | None, skeleton: str = "") -> Deferred[bool]:
        if self.names.get(folded, account.id) != account.id:
            return self._answer("create", False)
        self.names[folded] = account.id
        self.accounts[account.id] = account
        if verifier is not None:
            self.verifiers[account.id] = verifier
        return self._answer("create", True)

    def by_name(self, folded: str) -> Deferred[Account | None]:
        return self._answer("by_name", self.accounts.get(self.names.get(folded, "")))

    def by_skeleton(self, skeleton: str) -> Deferred[Account | None]:
        found = [each for each in self.accounts.values() if lookalike.skeleton(each.name) == skeleton]
        return self._answer("by_skeleton", found[0] if found else None)

    def by_id(self, ids: Sequence[str]) -> Deferred[dict[str, Account]]:
        return self._answer("by_id", {id: self.accounts[id] for id in ids if id in self.accounts})

    def by_certificate(self, fingerprint: str) -> Deferred[Account | None]:
        found = [each for each in self.accounts.values() if fingerprint in each.certificates]
        return self._answer("by_certificate", found[0] if found else None)

    def verifier(self, account: str) -> Deferred[Verifier | None]:
        return self._answer("verifier", self.verifiers.get(account))

    def set_verifier(self, account: str, verifier: Verifier) -> Deferred[None]:
        self.verifiers[account] = verifier
        return self._answer("set_verifier", None)

    def update(self, account: Account) -> Deferred[bool]:
        there = account.id in self.accounts
        if there:
            self.accounts[account.id] = account
        return self._answer("update", there)

    def rename(self, account: str, name: str, folded: str, skeleton: str = "") -> Deferred[bool]:
        if self.names.get(folded, account) != account:
            return self._answer("rename", False)
        self.names = {each: id for each, id in self.names.items() if id != account}
        self.names[folded] = account
        old = self.accounts[account]
        self.accounts[account] = Account(
            old.id, name, old.created, old.visible_to, old.share_location, old.suspended, old.certificates
        )
        return self._answer("rename", True)

    def remove(self, account: str) -> Deferred[None]:
        self.accounts.pop(account, None)
        self.names = {each: id for each, id in self.names.items() if id != account}
        return self._answer("remove", None)

    def page(self, after: str, limit: int) -> Deferred[list[Account]]:
        found = [self.accounts[id] for name, id in sorted(self.names.items()) if name > after]
        return self._answer("page", found[:limit])

    def count(self) -> Deferred[int]:
        return self._answer("count", len(self.accounts))
