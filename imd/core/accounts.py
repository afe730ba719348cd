"""Who exists: accounts by name, kept at hand, and every change of them told to those who must know.

A name is looked up for each message, so names are remembered, also those that nobody has. `Accounts` is the only
writer of the account store, so what is remembered is never stale.
"""

import secrets
from base64 import b32encode
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence, Set
from enum import Enum
from typing import Final, Literal, TypeVar

import msgspec

from imd.core.address import MAX_NAME, check_account_name, fold
from imd.core.lookalike import remembered, skeleton
from imd.core.refusal import LooksAlike, NameInUse, NoSuchAccount, StoreUnavailable, TooMany
from imd.core.session import Account, Visibility
from imd.core.stores import AccountStore, OutcomeUnknown, Verifier, surely


class _Unknown(Enum):
    UNKNOWN = "unknown"


#: `Accounts.cached` does not know: ask `Accounts.by_name`.
UNKNOWN: Final = _Unknown.UNKNOWN
Unknown = Literal[_Unknown.UNKNOWN]


class AccountChange(msgspec.Struct, frozen=True):
    """`before` is None for a new account, `after` for a removed one; a rename has two names."""

    before: Account | None
    after: Account | None

    @property
    def renamed(self) -> bool:
        return self.before is not None and self.after is not None and self.before.name != self.after.name


_T = TypeVar("_T")

#: More characters no folded name has: folding makes at most three of one.
_LONGEST = 3 * MAX_NAME


#: Nicks of the service's own: nobody may take them.
RESERVED = frozenset({"buddyserv", "nickserv", "chanserv", "histserv", "imd", "localhost", "server", "guest"})

#: Client certificates of one account.
MAX_CERTIFICATES = 16

#: Devices remembered of one account.
MAX_DEVICES = 16


def new_account_id() -> str:
    """ "A" and 75 random bits: never given twice."""
    return "A" + b32encode(secrets.token_bytes(10)).decode("ascii").lower()[:15]


async def _answer(question: Awaitable[_T]) -> _T:
    """A question that the store died with has changed nothing."""
    try:
        return await question
    except OutcomeUnknown:
        raise StoreUnavailable from None


class Accounts:
    """Accounts over an `AccountStore`.

    Methods that write raise `StoreUnavailable`, and `NoSuchAccount` when the account is gone. `observers` are called
    with each `AccountChange` once it is durable, in order, and must not raise.
    """

    def __init__(self, store: AccountStore, *, international: bool = False, remember: int = 20_000) -> None:
        self._store = store
        self._international = international
        self._remember = remember
        self._cache: OrderedDict[str, Account | None] = OrderedDict()
        # Lookups under way, by folded name; a change of that name takes its entry away, and with it the right to
        # remember what the lookup finds.
        self._looking: dict[str, object] = {}
        # Alterations under way, by account id, so that a second one builds on the first.
        self._altering: dict[str, Account] = {}
        # Readings under way for alterations, by account id: a change takes away their right to be built on. By account,
        # because in a storm of sign-ons somebody is altered all the time.
        self._reading: dict[str, set[object]] = {}
        #: Skeletons → whether an account looks so.
        self._looks: dict[str, bool] = {}
        #: The last question after one; a change takes away its right to be remembered.
        self._looking_alike: object = None
        self.observers: list[Callable[[AccountChange], None]] = []
        #: Folded names of desks: no account can have one.
        self.desks: Set[str] = frozenset()

    # ------------------------------------------------------------ looking up

    def cached(self, folded: str) -> Account | Unknown | None:
        """What is known at once of a folded name: the account, None if nobody has it, or `UNKNOWN`."""
        found = self._cache.get(folded, UNKNOWN)
        if found is not UNKNOWN:
            self._cache.move_to_end(folded)
        return found

    async def page(self, after: str, limit: int) -> list[Account]:
        """Some accounts in order of folded name, beginning behind `after`. Raises `StoreUnavailable`."""
        return await _answer(self._store.page(after, limit))

    async def by_name(self, folded: str) -> Account | None:
        """The account of a folded name, or None. Raises `StoreUnavailable`."""
        found = self.cached(folded)
        if found is not UNKNOWN:
            return found
        if len(folded) > _LONGEST:
            # Nobody can be called so, and it must not fill the memory.
            return None
        # Of several at a time the first may remember: were it always the last, none might get to it.
        right = self._looking.setdefault(folded, object())
        try:
            account = await _answer(self._store.by_name(folded))
            if self._looking.get(folded) is right:
                self._keep(folded, account)
            return account
        finally:
            if self._looking.get(folded) is right:
                del self._looking[folded]

    async def resolve(self, name: str) -> Account:
        """The account called so, however it is spelt. Raises `NoSuchAccount`, `StoreUnavailable`."""
        account = await self.by_name(fold(name))
        if account is None:
            raise NoSuchAccount(name)
        return account

    async def looks_like(self, name: str) -> bool:
        """Whether an account's name looks like this one. Raises `StoreUnavailable`."""
        looks = remembered(name)
        if looks in RESERVED:
            return True
        known = self._looks.get(looks)
        if known is None:
            right = self._looking_alike = object()
            known = await _answer(self._store.by_skeleton(looks)) is not None
            if self._looking_alike is right:
                self._looks[looks] = known
                if len(self._looks) > self._remember:
                    del self._looks[next(iter(self._looks))]
        return known

    async def current(self, account: Account) -> Account:
        """The account as it is now, where some time has passed since it was read; it is so until the next await.

        Raises `NoSuchAccount` when it has been removed, `StoreUnavailable`.
        """
        while True:
            folded = fold(account.name)
            known = self.cached(folded)
            if isinstance(known, Account) and known.id == account.id:
                return known
            if known is UNKNOWN:
                await self.by_name(folded)
            else:
                # Renamed, or removed.
                account = await self._fetch(account.id)

    async def by_id(self, ids: Sequence[str]) -> dict[str, Account]:
        """Those of these accounts that exist."""
        return await _answer(self._store.by_id(ids))

    async def by_certificate(self, fingerprint: str) -> Account | None:
        """Whose client certificate this is (SHA-256, hex, lower case)."""
        return await _answer(self._store.by_certificate(fingerprint))

    # ------------------------------------------------------------ changing

    async def create(
        self,
        name: str,
        verifier: Verifier | None,
        now: float,
        *,
        visible_to: Visibility | None = None,
        distinct: bool = True,
        id: str = "",
        devices: tuple[str, ...] = (),
        visitor: bool = False,
        site: str = "",
    ) -> Account:
        """A new account, with an `id` of one's own making (`new_account_id`) if need be. Raises `InvalidName`,
        `NameInUse`; with `distinct` also if the name looks like another's."""
        check_account_name(name, international=self._international)
        visibility = visible_to or Visibility.EVERYONE
        account = Account(id or new_account_id(), name, now, visibility, devices=devices, visitor=visitor, site=site)
        folded = self._free(name)
        self._forget(folded)
        looks = skeleton(name) if distinct else ""
        created = await surely(lambda: self._store.create(account, folded, verifier, looks))
        self._forget(folded)
        if not created:
            raise await self._taken(name)
        if looks:
            self._forget_looks()
        self._keep(folded, account)
        self._tell(None, account)
        return account

    async def rename(self, account: Account, name: str) -> Account:
        """Raises `InvalidName`, `NameInUse`."""
        check_account_name(name, international=self._international)
        before = await self._current(account.id)
        old, new = fold(before.name), self._free(name)
        self._forget(old, new)
        self._changed(account.id)
        looks = skeleton(name)
        renamed = await surely(lambda: self._store.rename(account.id, name, new, looks))
        self._forget_looks()
        self._changed(account.id)
        self._forget(old, new)
        if not renamed:
            raise await self._taken(name)
        after = await self._fetch(account.id)
        self._tell(before, after)
        return after

    async def remove(self, account: Account) -> None:
        """Gone, with all that belongs to it. Harmless when it is gone already."""
        try:
            before = await self._current(account.id)
        except NoSuchAccount:
            return
        folded = fold(before.name)
        self._forget(folded)
        self._changed(account.id)
        await surely(lambda: self._store.remove(account.id))
        self._forget_looks()
        self._changed(account.id)
        self._forget(folded)
        self._tell(before, None)

    async def suspend(self, account: Account, suspended: bool = True) -> Account:
        """Whether the account may sign on."""
        return await self._alter(account.id, lambda current: msgspec.structs.replace(current, suspended=suspended))

    async def set_privacy(
        self, account: Account, visible_to: Visibility | None = None, share_location: bool | None = None
    ) -> Account:
        """What others may see of it; None leaves a part as it is."""

        def changed(current: Account) -> Account:
            return msgspec.structs.replace(
                current,
                visible_to=current.visible_to if visible_to is None else visible_to,
                share_location=current.share_location if share_location is None else share_location,
            )

        return await self._alter(account.id, changed)

    async def add_certificate(self, account: Account, fingerprint: str) -> Account:
        """This client certificate may sign on as the account. Raises `NameInUse` if it is another's already,
        `TooMany`."""
        if len(set(account.certificates) | {fingerprint}) > MAX_CERTIFICATES:
            raise TooMany("certificates of one account", MAX_CERTIFICATES)
        owner = await self.by_certificate(fingerprint)
        if owner is not None and owner.id != account.id:
            raise NameInUse(fingerprint)
        return await self._alter(
            account.id,
            lambda current: msgspec.structs.replace(
                current, certificates=tuple(dict.fromkeys((*current.certificates, fingerprint)))
            ),
        )

    async def remove_certificate(self, account: Account, fingerprint: str) -> Account:
        return await self._alter(
            account.id,
            lambda current: msgspec.structs.replace(
                current, certificates=tuple(each for each in current.certificates if each != fingerprint)
            ),
        )

    async def add_device(self, account: Account, device: str) -> Account:
        """It signs on with this device. Known are the latest `MAX_DEVICES`."""
        return await self._alter(
            account.id,
            lambda current: msgspec.structs.replace(
                current, devices=(*(each for each in current.devices if each != device), device)[-MAX_DEVICES:]
            ),
        )

    # ------------------------------------------------------------ inside

    def _forget_looks(self) -> None:
        self._looks.clear()
        self._looking_alike = None

    async def _taken(self, name: str) -> NameInUse:
        """Why the store did not take this name."""
        return NameInUse(name) if await self.by_name(fold(name)) is not None else LooksAlike(name)

    def _free(self, name: str) -> str:
        """The name folded. Raises `NameInUse` for what desks and services are called, or what looks like a service."""
        folded = fold(name)
        if folded in self.desks or folded in RESERVED or skeleton(name) in RESERVED:
            raise NameInUse(name)
        return folded

    async def _alter(self, id: str, change: Callable[[Account], Account]) -> Account:
        before = await self._current(id)
        # Nothing is awaited between reading what is current and handing the change to the store, which works in
        # call order: two alterations at a time add up.
        after = change(before)
        folded = fold(before.name)
        self._forget(folded)
        self._altering[id] = after
        self._changed(id)
        try:
            there = await surely(lambda: self._store.update(after))
        finally:
            self._changed(id)
            self._forget(folded)
            if self._altering.get(id) is after:
                del self._altering[id]
        if not there:
            raise NoSuchAccount(before.name)
        self._tell(before, after)
        return after

    async def _current(self, id: str) -> Account:
        """The account as the store will have it when all changes under way are done."""
        while True:
            pending = self._altering.get(id)
            if pending is not None:
                return pending
            right = object()
            self._reading.setdefault(id, set()).add(right)
            try:
                account = await self._fetch(id)
            finally:
                valid = self._finished_reading(id, right)
            if valid:
                return account

    def _finished_reading(self, id: str, right: object) -> bool:
        """Whether nobody has changed the account while it was read."""
        readers = self._reading.get(id)
        if readers is None or right not in readers:
            return False
        readers.remove(right)
        if not readers:
            del self._reading[id]
        return True

    def _changed(self, id: str) -> None:
        """Whoever reads the account now must read it again."""
        self._reading.pop(id, None)

    async def _fetch(self, id: str) -> Account:
        account = (await self.by_id([id])).get(id)
        if account is None:
            raise NoSuchAccount(id)
        return account

    def _keep(self, folded: str, account: Account | None) -> None:
        self._cache[folded] = account
        self._cache.move_to_end(folded)
        if len(self._cache) > self._remember:
            self._cache.popitem(last=False)

    def _forget(self, *folded: str) -> None:
        for name in folded:
            self._cache.pop(name, None)
            self._looking.pop(name, None)

    def _tell(self, before: Account | None, after: Account | None) -> None:
        change = AccountChange(before, after)
        for observer in list(self.observers):
            observer(change)
