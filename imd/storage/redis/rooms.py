"""Rooms founded by accounts."""

import msgspec

from imd.core.stores import RoomRecord
from imd.storage.redis import keys
from imd.storage.redis.link import Link
from imd.storage.redis.started import started

_decode = msgspec.msgpack.Decoder(RoomRecord).decode


class Rooms:
    """`imd.core.stores.RoomStore`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @started
    async def load(self) -> list[RoomRecord]:
        return [_decode(value) for value in await self._link.query("HVALS", keys.ROOMS)]

    @started
    async def put(self, folded: str, record: RoomRecord, *, before: str = "") -> None:
        freed = [("HDEL", keys.ROOMS, before)] if before else []
        written = ("HSET", keys.ROOMS, folded, msgspec.msgpack.encode(record))
        await self._link.apply(keys.ROOMS_FENCE, [keys.ROOMS], [*freed, written])

    @started
    async def remove(self, folded: str) -> None:
        await self._link.apply(keys.ROOMS_FENCE, [keys.ROOMS], [("HDEL", keys.ROOMS, folded)])
