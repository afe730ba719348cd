"""A shelf (`imd.core.stores.ShelfStore`) in a dictionary, for the store in memory."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any


class MemoryShelf:
    """`imd.core.stores.ShelfStore`; `call` does the work as the store is now: well, away, or dying."""

    def __init__(self, call: Callable[[Callable[[], Any]], Awaitable[Any]]) -> None:
        self._call = call
        self._values: dict[str, dict[str, bytes]] = {}

    def drop(self, account: str) -> None:
        self._values.pop(account, None)

    def of(self, account: str) -> Awaitable[dict[str, bytes]]:
        return self._call(lambda: dict(self._values.get(account, {})))

    def put(self, entries: Sequence[tuple[str, str, bytes]]) -> Awaitable[None]:
        def work() -> None:
            for account, name, value in entries:
                self._values.setdefault(account, {})[name] = value

        return self._call(work)

    def remove(self, pairs: Sequence[tuple[str, str]]) -> Awaitable[None]:
        def work() -> None:
            for account, name in pairs:
                self._values.get(account, {}).pop(name, None)

        return self._call(work)

    def everyone(self) -> Awaitable[dict[str, dict[str, bytes]]]:
        return self._call(lambda: {account: dict(values) for account, values in self._values.items() if values})
