"""Messages the store has failed: their fate is open until it is back (DESIGN, "Outcomes for the sender")."""

from collections.abc import Iterator

from imd.core.relay import Pending


class Limbo:
    """By message id, and by recipient, in the order in which they came here."""

    def __init__(self) -> None:
        self._all: dict[str, Pending] = {}
        self._of: dict[str, dict[str, Pending]] = {}

    def add(self, pending: Pending) -> None:
        self._all[pending.message.id] = pending
        self._of.setdefault(pending.account.id, {})[pending.message.id] = pending

    def discard(self, id: str) -> None:
        pending = self._all.pop(id, None)
        if pending is not None:
            mine = self._of[pending.account.id]
            del mine[id]
            if not mine:
                del self._of[pending.account.id]

    def get(self, id: str) -> Pending | None:
        return self._all.get(id)

    def of(self, account: str) -> list[Pending]:
        """Those for one account, in order of reading."""
        mine = self._of.get(account)
        return [] if mine is None else sorted(mine.values(), key=lambda pending: pending.message.seq)

    def __iter__(self) -> Iterator[Pending]:
        return iter(list(self._all.values()))

    def __len__(self) -> int:
        return len(self._all)
