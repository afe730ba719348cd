"""Resume tokens."""

from collections.abc import Awaitable

from imd.storage.memory.part import Call, Part


class Tokens(Part):
    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self._tokens: dict[bytes, tuple[str, str, float]] = {}

    def drop(self, account: str) -> None:
        self._tokens = {digest: token for digest, token in self._tokens.items() if token[0] != account}

    def add(self, digest: bytes, account: str, device: str, expires: float) -> Awaitable[None]:
        return self._call(lambda: self._tokens.update({digest: (account, device, expires)}))

    def take(self, digest: bytes, now: float) -> Awaitable[tuple[str, str] | None]:
        def work() -> tuple[str, str] | None:
            token = self._tokens.pop(digest, None)
            return None if token is None or token[2] <= now else token[:2]

        return self._call(work)

    def revoke(self, account: str) -> Awaitable[None]:
        return self._call(lambda: self.drop(account))
