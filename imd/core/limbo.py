"""Messages the store has failed: their fate is open until it is back (DESIGN, "Outcomes for the sender")."""

from collections.abc import Iterator

from imd.core.relay import Pending


class Limbo:
    """By `Pending.key`, and by recipient, in the order in which they came here."""

    def __init__(self) -> None:
        self._all: dict[str, Pending] = {}
        self._of: dict[str, dict[str, Pending]] = {}

    def add(self, pending: Pending) -> None:
        self._all[pending.key] = pending
        self._of.setdefault(pending.account.id, {})[pending.key] = pending

    def discard(self, key: str) -> None:
        pending = self._all.pop(key, None)
        if pending is not None:
            mine = self._of[pending.account.id]
            del mine[key]
            if not mine:
                del self._of[pending.account.id]

    def get(self, key: str) -> Pending | None:
        return self._all.get(key)

    def of(self, account: str) -> list[Pending]:
        """Those for one account, in order of reading."""
        mine = self._of.get(account)
        return [] if mine is None else sorted(mine.values(), key=lambda pending: pending.message.seq)

    def __iter__(self) -> Iterator[Pending]:
        return iter(list(self._all.values()))

    def __len__(self) -> int:
        return len(self._all)
