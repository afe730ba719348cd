"""Accounts, their verifiers and certificates: all under one hash tag, so that each change is one atomic script."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from twisted.internet.defer import Deferred

from imd.core import lookalike
from imd.core.address import fold
from imd.core.session import Account
from imd.core.stores import Verifier
from imd.storage.redis import keys, scripts
from imd.storage.redis.connection import Part
from imd.storage.redis.link import Link, together
from imd.storage.redis.scripts import Script
from imd.storage.redis.started import started

#: Accounts asked for in one command.
CHUNK = 500

#: In the order all account scripts expect.
_KEYS = (
    *(keys.ACCOUNTS, keys.SPELLINGS, keys.NAMES, keys.NAME_ORDER, keys.FOLDED, keys.VERIFIERS),
    *keys.CERTIFICATES,
    *keys.SKELETONS,
)

_account = msgspec.msgpack.Decoder(Account).decode
_verifier = msgspec.msgpack.Decoder(Verifier).decode


def _read(value: bytes, spelling: bytes) -> Account:
    """The name stands by itself, because a rename leaves the rest alone and an update leaves the name."""
    account = _account(value)
    name = spelling.decode()
    return account if account.name == name else msgspec.structs.replace(account, name=name)


class Accounts:
    """`imd.core.stores.AccountStore`."""

    def __init__(self, link: Link, removals: Sequence[Callable[[str], Deferred[Any]]]) -> None:
        self._link = link
        #: What goes with an account, by its id: roster, tokens, inbox.
        self._removals = removals

    def _write(self, script: Script, *arguments: Part) -> Deferred[int]:
        return self._link.write(script, keys.ACCOUNTS_FENCE, _KEYS, arguments)

    def _query(self, script: Script, *arguments: Part) -> Deferred[list[bytes]]:
        return self._link.query_script(script, _KEYS, arguments)

    @started
    async def create(self, account: Account, folded: str, verifier: Verifier | None, skeleton: str = "") -> bool:
        return bool(
            await self._write(
                scripts.ACCOUNT_CREATE,
                account.id,
                folded,
                account.name,
                msgspec.msgpack.encode(account),
                msgspec.msgpack.encode(account.certificates),
                b"" if verifier is None else msgspec.msgpack.encode(verifier),
                skeleton,
            )
        )

    @started
    async def by_name(self, folded: str) -> Account | None:
        found = await self._query(scripts.ACCOUNT_BY_NAME, folded)
        return _read(found[0], found[1]) if found else None

    @started
    async def by_skeleton(self, skeleton: str) -> Account | None:
        found = await self._query(scripts.ACCOUNT_BY_SKELETON, skeleton)
        return _read(found[0], found[1]) if found else None

    async def enter_skeletons(self) -> None:
        """Those of accounts that were made before they were kept; the oldest accounts first."""
        if await self._link.query("EXISTS", keys.SKELETONS_ENTERED) or not await self.count():
            return
        after, everybody = "", []
        while page := await self.page(after, CHUNK):
            everybody += page
            after = fold(page[-1].name)
        everybody.sort(key=lambda account: (account.created, account.id))
        for start in range(0, len(everybody), CHUNK):
            part = everybody[start : start + CHUNK]
            await together(
                [self._write(scripts.ACCOUNT_SKELETON, each.id, lookalike.skeleton(each.name)) for each in part]
            )
        await self._link.apply(keys.ACCOUNTS_FENCE, [keys.SKELETONS_ENTERED], [["SET", keys.SKELETONS_ENTERED, "1"]])

    @started
    async def by_id(self, ids: Sequence[str]) -> dict[str, Account]:
        parts = [list(ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK)]
        calls = [self._link.query("HMGET", key, *part) for part in parts for key in (keys.ACCOUNTS, keys.SPELLINGS)]
        replies = await together(calls)
        found = {}
        for part, values, spellings in zip(parts, replies[::2], replies[1::2], strict=True):
            for id, value, spelling in zip(part, values, spellings, strict=True):
                if value is not None:
                    found[id] = _read(value, spelling)
        return found

    @started
    async def by_certificate(self, fingerprint: str) -> Account | None:
        flat = await self._query(scripts.ACCOUNT_BY_CERTIFICATE, fingerprint)
        found = [_read(value, spelling) for value, spelling in zip(flat[::2], flat[1::2], strict=True)]
        return min(found, key=lambda account: (account.created, account.id), default=None)

    @started
    async def verifier(self, account: str) -> Verifier | None:
        value = await self._link.query("HGET", keys.VERIFIERS, account)
        return None if value is None else _verifier(value)

    @started
    async def set_verifier(self, account: str, verifier: Verifier) -> None:
        await self._write(scripts.ACCOUNT_VERIFIER, account, msgspec.msgpack.encode(verifier))

    @started
    async def update(self, account: Account) -> bool:
        value, certificates = msgspec.msgpack.encode(account), msgspec.msgpack.encode(account.certificates)
        return bool(await self._write(scripts.ACCOUNT_UPDATE, account.id, value, certificates))

    @started
    async def rename(self, account: str, name: str, folded: str, skeleton: str = "") -> bool:
        return bool(await self._write(scripts.ACCOUNT_RENAME, account, name, folded, skeleton))

    @started
    async def remove(self, account: str) -> None:
        # They are under other hash tags. The account itself goes last, so that a removal which was cut off can be
        # repeated by its name.
        calls = [remove(account) for remove in self._removals]
        await together([*calls, self._write(scripts.ACCOUNT_REMOVE, account)])

    @started
    async def page(self, after: str, limit: int) -> list[Account]:
        flat = await self._query(scripts.ACCOUNT_PAGE, f"({after}" if after else "-", max(0, limit))
        return [_read(value, spelling) for value, spelling in zip(flat[::2], flat[1::2], strict=True)]

    @started
    async def count(self) -> int:
        return int(await self._link.query("HLEN", keys.ACCOUNTS))
