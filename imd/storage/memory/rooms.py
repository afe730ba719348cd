"""Rooms founded by accounts."""

from collections.abc import Awaitable

from imd.core.stores import RoomRecord
from imd.storage.memory.part import Call, Part


class Rooms(Part):
    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self._rooms: dict[str, RoomRecord] = {}

    def load(self) -> Awaitable[list[RoomRecord]]:
        return self._call(lambda: list(self._rooms.values()))

    def put(self, folded: str, record: RoomRecord, *, before: str = "") -> Awaitable[None]:
        def work() -> None:
            self._rooms.pop(before, None)
            self._rooms[folded] = record

        return self._call(work)

    def remove(self, folded: str) -> Awaitable[None]:
        return self._do(lambda: self._rooms.pop(folded, None))
