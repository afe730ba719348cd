"""The offline queue."""

from collections.abc import Awaitable, Sequence

import msgspec

from imd.core.stores import REMEMBER, Queued, Queueing
from imd.storage.memory.part import Call, Part


class Inbox(Part):
    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self._waiting: dict[str, dict[str, Queued]] = {}
        #: (account, message id) → until when it is remembered.
        self._done: dict[tuple[str, str], float] = {}

    def drop(self, account: str) -> None:
        self._waiting.pop(account, None)
        self._done = {key: until for key, until in self._done.items() if key[0] != account}

    def append(self, entries: Sequence[tuple[str, Queued]], limit: int) -> Awaitable[list[Queueing]]:
        return self._call(lambda: [self._append(account, queued, limit) for account, queued in entries])

    def _append(self, account: str, queued: Queued, limit: int) -> Queueing:
        inbox = self._waiting.setdefault(account, {})
        id = queued.message.id
        if id in inbox:
            return Queueing.ALREADY
        if (account, id) in self._done:
            return Queueing.DONE
        share = sum(bool(queued.origin) and other.origin == queued.origin for other in inbox.values())
        if (limit and len(inbox) >= limit) or (queued.origin_limit and share >= queued.origin_limit):
            return Queueing.FULL
        inbox[id] = queued
        return Queueing.KEPT

    def _sorted(self, account: str) -> list[Queued]:
        return sorted(self._waiting.get(account, {}).values(), key=lambda queued: queued.message.seq)

    def read(self, account: str, after: int, upto: int, limit: int) -> Awaitable[list[Queued]]:
        return self._call(lambda: [q for q in self._sorted(account) if after < q.message.seq <= upto][:limit])

    def attempted(self, account: str, ids: Sequence[str]) -> Awaitable[None]:
        def work() -> None:
            inbox = self._waiting.get(account, {})
            for id in ids:
                if id in inbox:
                    inbox[id] = msgspec.structs.replace(inbox[id], attempts=inbox[id].attempts + 1)

        return self._call(work)

    def retry(self, account: str) -> Awaitable[None]:
        def work() -> None:
            inbox = self._waiting.get(account, {})
            for id, queued in inbox.items():
                # What was never handed out stays at 0: it would be marked as a repeat without being one.
                inbox[id] = msgspec.structs.replace(queued, attempts=min(queued.attempts, 1))

        return self._call(work)

    def acknowledge(self, pairs: Sequence[tuple[str, str]], now: float) -> Awaitable[None]:
        def work() -> None:
            for account, id in pairs:
                queued = self._waiting.get(account, {}).pop(id, None)
                # Without a client id the id was made at reading, and nobody can send it again.
                if queued is not None and queued.message.client_id:
                    self._done[account, id] = min(queued.expires, now + REMEMBER)

        return self._call(work)

    def count(self, account: str) -> Awaitable[int]:
        return self._call(lambda: len(self._waiting.get(account, {})))

    def find(self, id: str) -> Awaitable[tuple[str, Queued] | None]:
        return self._call(lambda: next(((a, inbox[id]) for a, inbox in self._waiting.items() if id in inbox), None))

    def expire(self, now: float) -> Awaitable[int]:
        def work() -> int:
            self._done = {key: until for key, until in self._done.items() if until >= now}
            dropped = 0
            for inbox in self._waiting.values():
                for id in [id for id, queued in inbox.items() if queued.expires < now]:
                    del inbox[id]
                    dropped += 1
            return dropped

        return self._call(work)
