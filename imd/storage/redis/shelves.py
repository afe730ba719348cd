"""Small values that accounts keep, each under a name: a hash for each account, and a set of whose there are."""

from collections.abc import Sequence

from imd.storage.redis import keys
from imd.storage.redis.connection import Part
from imd.storage.redis.link import Link, together
from imd.storage.redis.started import started

#: Accounts asked for at a time.
CHUNK = 500


class Shelf:
    """`imd.core.stores.ShelfStore`."""

    def __init__(self, link: Link, name: str) -> None:
        self._link = link
        self._name = name
        self._owners = keys.shelf_owners(name)

    @started
    async def of(self, account: str) -> dict[str, bytes]:
        return _values(await self._link.query("HGETALL", keys.shelf(self._name, account)))

    @started
    async def put(self, entries: Sequence[tuple[str, str, bytes]]) -> None:
        commands: list[tuple[Part, ...]] = []
        for account, name, value in entries:
            commands.append(("HSET", keys.shelf(self._name, account), name, value))
            commands.append(("SADD", self._owners, account))
        await self._apply(commands)

    @started
    async def remove(self, pairs: Sequence[tuple[str, str]]) -> None:
        await self._apply([("HDEL", keys.shelf(self._name, account), name) for account, name in pairs])

    @started
    async def everyone(self) -> dict[str, dict[str, bytes]]:
        found: dict[str, dict[str, bytes]] = {}
        owners = [owner.decode() for owner in await self._link.query("SMEMBERS", self._owners)]
        for start in range(0, len(owners), CHUNK):
            part = owners[start : start + CHUNK]
            replies = await together([self._link.query("HGETALL", keys.shelf(self._name, owner)) for owner in part])
            found |= {owner: _values(reply) for owner, reply in zip(part, replies, strict=True) if reply}
        return found

    @started
    async def clear(self, account: str) -> None:
        """All of an account that is removed."""
        await self._apply([("DEL", keys.shelf(self._name, account)), ("SREM", self._owners, account)])

    async def _apply(self, commands: Sequence[tuple[Part, ...]]) -> None:
        if commands:
            names = [key for _, key, *_ in commands if isinstance(key, bytes)]
            await self._link.apply(keys.SHELVES_FENCE, names, commands)


def _values(flat: Sequence[bytes]) -> dict[str, bytes]:
    return {name.decode(): value for name, value in zip(flat[::2], flat[1::2], strict=True)}
