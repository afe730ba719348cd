"""Who may not sign on."""

from collections.abc import Awaitable

from imd.core.ban import Ban, BanKind
from imd.storage.memory.part import Call, Part


class Bans(Part):
    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self._bans: dict[tuple[BanKind, str], Ban] = {}

    def load(self) -> Awaitable[list[Ban]]:
        return self._call(lambda: list(self._bans.values()))

    def put(self, ban: Ban) -> Awaitable[None]:
        return self._call(lambda: self._bans.update({(ban.kind, ban.target): ban}))

    def remove(self, kind: BanKind, target: str) -> Awaitable[None]:
        return self._do(lambda: self._bans.pop((kind, target), None))
