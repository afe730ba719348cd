"""Accounts and their verifiers."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from imd.core.session import Account
from imd.core.stores import Verifier
from imd.storage.memory.part import Call, Part


class Accounts(Part):
    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self.by_folded: dict[str, Account] = {}
        self.folded: dict[str, str] = {}
        self._verifiers: dict[str, Verifier] = {}
        #: Skeleton → account id.
        self._skeletons: dict[str, str] = {}
        #: What other parts do when an account is removed.
        self.gone_with: list[Callable[[str], None]] = []

    def account(self, id: str) -> Account | None:
        folded = self.folded.get(id)
        return None if folded is None else self.by_folded[folded]

    def create(self, account: Account, folded: str, verifier: Verifier | None, skeleton: str = "") -> Awaitable[bool]:
        def work() -> bool:
            if folded in self.by_folded:
                return self.by_folded[folded].id == account.id
            if skeleton in self._skeletons:
                return False
            if skeleton:
                self._skeletons[skeleton] = account.id
            self.by_folded[folded] = account
            self.folded[account.id] = folded
            if verifier is not None:
                self._verifiers[account.id] = verifier
            return True

        return self._call(work)

    def by_name(self, folded: str) -> Awaitable[Account | None]:
        return self._call(lambda: self.by_folded.get(folded))

    def by_skeleton(self, skeleton: str) -> Awaitable[Account | None]:
        return self._call(lambda: self.account(self._skeletons.get(skeleton, "")))

    def by_id(self, ids: Sequence[str]) -> Awaitable[dict[str, Account]]:
        return self._call(lambda: {id: account for id in ids if (account := self.account(id)) is not None})

    def by_certificate(self, fingerprint: str) -> Awaitable[Account | None]:
        return self._call(lambda: next((a for a in self.by_folded.values() if fingerprint in a.certificates), None))

    def verifier(self, account: str) -> Awaitable[Verifier | None]:
        return self._call(lambda: self._verifiers.get(account))

    def set_verifier(self, account: str, verifier: Verifier) -> Awaitable[None]:
        def work() -> None:
            if account in self.folded:
                self._verifiers[account] = verifier

        return self._call(work)

    def update(self, account: Account) -> Awaitable[bool]:
        def work() -> bool:
            before = self.account(account.id)
            if before is None:
                return False
            self.by_folded[self.folded[account.id]] = msgspec.structs.replace(account, name=before.name)
            return True

        return self._call(work)

    def rename(self, account: str, name: str, folded: str, skeleton: str = "") -> Awaitable[bool]:
        def work() -> bool:
            before = self.account(account)
            other = self.by_folded.get(folded)
            if before is None or (other is not None and other.id != account):
                return False
            if self._skeletons.get(skeleton, account) != account:
                return False
            self._forget_skeleton(account)
            if skeleton:
                self._skeletons[skeleton] = account
            del self.by_folded[self.folded[account]]
            self.by_folded[folded] = msgspec.structs.replace(before, name=name)
            self.folded[account] = folded
            return True

        return self._call(work)

    def remove(self, account: str) -> Awaitable[None]:
        def work() -> None:
            folded = self.folded.pop(account, None)
            if folded is not None:
                del self.by_folded[folded]
            self._verifiers.pop(account, None)
            self._forget_skeleton(account)
            for drop in self.gone_with:
                drop(account)

        return self._call(work)

    def _forget_skeleton(self, account: str) -> None:
        for skeleton in [each for each, owner in self._skeletons.items() if owner == account]:
            del self._skeletons[skeleton]

    def page(self, after: str, limit: int) -> Awaitable[list[Account]]:
        return self._call(lambda: [self.by_folded[name] for name in sorted(self.by_folded) if name > after][:limit])

    def count(self) -> Awaitable[int]:
        return self._call(lambda: len(self.by_folded))
