"""Contacts. All rosters are under one hash tag, because both sides of a subscription change together or not at all."""

from collections.abc import Sequence

import msgspec

from imd.core.contact import Contact
from imd.storage.redis import keys, scripts
from imd.storage.redis.connection import Part
from imd.storage.redis.link import Link, together
from imd.storage.redis.started import started

#: Names asked for in one command.
CHUNK = 500

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Contact).decode


class Rosters:
    """`imd.core.stores.RosterStore`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @started
    async def load(self, accounts: Sequence[str]) -> dict[str, list[Contact]]:
        if not accounts:
            return {}
        replies = await together([self._link.query("HVALS", keys.roster(account)) for account in accounts])
        rosters = {
            account: [_decode(value) for value in reply] for account, reply in zip(accounts, replies, strict=True)
        }
        names = await self._names({contact.account for roster in rosters.values() for contact in roster})
        return {account: [_named(contact, names) for contact in roster] for account, roster in rosters.items()}

    async def _names(self, accounts: set[str]) -> dict[str, str]:
        ids = list(accounts)
        parts = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
        if not parts:
            return {}
        replies = await together([self._link.query("HMGET", keys.SPELLINGS, *part) for part in parts])
        return {
            id: name.decode()
            for part, names in zip(parts, replies, strict=True)
            for id, name in zip(part, names, strict=True)
            if name is not None
        }

    @started
    async def put(self, changes: Sequence[tuple[str, Contact]]) -> None:
        commands: list[tuple[Part, ...]] = []
        for owner, contact in changes:
            commands.append(("HSET", keys.roster(owner), contact.account, _encode(contact)))
            commands.append(("SADD", keys.listed_by(contact.account), owner))
        await self._apply(commands)

    @started
    async def remove(self, pairs: Sequence[tuple[str, str]]) -> None:
        commands: list[tuple[Part, ...]] = []
        for owner, contact in pairs:
            commands.append(("HDEL", keys.roster(owner), contact))
            commands.append(("SREM", keys.listed_by(contact), owner))
        await self._apply(commands)

    async def _apply(self, commands: list[tuple[Part, ...]]) -> None:
        if commands:
            names = [key for _, key, *_ in commands if isinstance(key, bytes)]
            await self._link.apply(keys.ROSTERS_FENCE, names, commands)

    @started
    async def clear(self, account: str) -> None:
        """The roster of `account`, and `account` in the rosters of others."""
        names = [keys.roster(account), keys.listed_by(account)]
        arguments = (account, keys.roster(""), keys.listed_by(""))
        await self._link.write(scripts.ROSTER_CLEAR, keys.ROSTERS_FENCE, names, arguments)


def _named(contact: Contact, names: dict[str, str]) -> Contact:
    """With the name the account has now."""
    name = names.get(contact.account, contact.address.name)
    if name == contact.address.name:
        return contact
    return msgspec.structs.replace(contact, address=msgspec.structs.replace(contact.address, name=name))
