"""What one account has said, wherever it is kept: handed out, or erased. A person's right, and the operator's duty.

What it said to somebody may stand in both sides' copies of the talk, under one id: it is counted and handed out once.
"""

from collections.abc import AsyncIterator

from imd.core.message import Kind, Message
from imd.core.refusal import StoreUnavailable
from imd.core.stores import HistoryStore, OutcomeUnknown

#: Messages in one step: others' requests go in between.
STEP = 200


class OwnHistory:
    """Works on the store past all rights: whoever asks has been asked who they are."""

    def __init__(self, store: HistoryStore) -> None:
        self._store = store

    async def _parts(self, account: str) -> AsyncIterator[list[tuple[str, Message]]]:
        cursor, more = "", True
        while more:
            try:
                part, cursor = await self._store.written(account, cursor, STEP)
            except OutcomeUnknown:
                raise StoreUnavailable from None
            yield part
            more = bool(cursor)

    async def export(self, account: str) -> list[Message]:
        """All its messages that are kept, each once, in order; not when it came and went."""
        found: dict[str, Message] = {}
        async for part in self._parts(account):
            found.update((message.id, message) for _, message in part if message.kind is not Kind.EVENT)
        return sorted(found.values(), key=lambda message: message.seq)

    async def erase(self, account: str) -> int:
        """Forget all it has said, events included, in everybody's history; how many messages. What is being said while
        this runs may stay."""
        erased: set[str] = set()
        async for part in self._parts(account):
            try:
                await self._store.remove([(target, message.id) for target, message in part])
            except OutcomeUnknown:
                raise StoreUnavailable from None
            erased.update(message.id for _, message in part if message.kind is not Kind.EVENT)
        return len(erased)
