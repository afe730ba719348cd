"""Sign-ons and sign-offs."""

from collections.abc import Awaitable

import msgspec

from imd.core.stores import LedgerEntry
from imd.storage.memory.part import Call, Part


class Ledger(Part):
    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self._entries: dict[str, LedgerEntry] = {}

    def began(self, entry: LedgerEntry) -> Awaitable[None]:
        return self._do(lambda: self._entries.setdefault(entry.session, entry))

    def _end(self, session: str, when: float, reason: str) -> bool:
        entry = self._entries.get(session)
        if entry is None or entry.ended:
            return False
        self._entries[session] = msgspec.structs.replace(entry, ended=when, reason=reason)
        return True

    def ended(self, session: str, when: float, reason: str) -> Awaitable[None]:
        return self._do(lambda: self._end(session, when, reason))

    def named(self, session: str, client: str, version: str) -> Awaitable[None]:
        def work() -> None:
            entry = self._entries.get(session)
            if entry is not None:
                self._entries[session] = msgspec.structs.replace(entry, client=client, version=version)

        return self._do(work)

    def close_open(self, when: float) -> Awaitable[int]:
        return self._call(lambda: sum(self._end(session, when, "crashed") for session in list(self._entries)))

    def _newest(self, account: str, before: float) -> list[LedgerEntry]:
        entries = [e for e in self._entries.values() if account in ("", e.account) and e.began < before]
        return sorted(entries, key=lambda entry: entry.began, reverse=True)

    def page(self, account: str, before: float, limit: int) -> Awaitable[list[LedgerEntry]]:
        return self._call(lambda: self._newest(account, before)[:limit])

    def last(self, account: str) -> Awaitable[LedgerEntry | None]:
        return self._call(lambda: next(iter(self._newest(account, float("inf"))), None))

    def expire(self, before: float) -> Awaitable[int]:
        def work() -> int:
            old = [e.session for e in self._entries.values() if e.ended and e.ended < before]
            for session in old:
                del self._entries[session]
            return len(old)

        return self._call(work)
