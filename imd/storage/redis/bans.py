"""Bans: one hash."""

import msgspec

from imd.core.ban import Ban, BanKind
from imd.storage.redis import keys
from imd.storage.redis.link import Link
from imd.storage.redis.started import started

_decode = msgspec.msgpack.Decoder(Ban).decode


def _field(kind: BanKind, target: str) -> str:
    return f"{kind.value} {target}"


class Bans:
    """`imd.core.stores.BanStore`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @started
    async def load(self) -> list[Ban]:
        return [_decode(value) for value in await self._link.query("HVALS", keys.BANS)]

    @started
    async def put(self, ban: Ban) -> None:
        command = ("HSET", keys.BANS, _field(ban.kind, ban.target), msgspec.msgpack.encode(ban))
        await self._link.apply(keys.BANS_FENCE, [keys.BANS], [command])

    @started
    async def remove(self, kind: BanKind, target: str) -> None:
        await self._link.apply(keys.BANS_FENCE, [keys.BANS], [("HDEL", keys.BANS, _field(kind, target))])
