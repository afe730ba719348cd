"""Small values of accounts under a name: read marks, cursors, memberships, metadata, visits, conversations."""

from collections.abc import Awaitable, Sequence

from imd.storage.memory.part import Call, Part


class Shelf(Part):
    """`imd.core.stores.ShelfStore`."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
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
