"""What was said, per target: messages by id, and their order and times beside them."""

from collections.abc import Sequence

from twisted.internet.defer import Deferred

from imd.core.message import Message
from imd.storage.redis import keys, scripts
from imd.storage.redis.agenda import Agenda
from imd.storage.redis.connection import Part
from imd.storage.redis.link import Link, together
from imd.storage.redis.started import started
from imd.storage.values import decode_message, encode_message

#: Messages in one script call, and forgotten in one step.
BATCH, STEP = 250, 200


def _place(seq: int) -> str:
    """A sequence number so that the order of the text is that of the numbers; a score could not hold 64 bits."""
    return f"{min(max(0, seq), 2**64 - 1):020}"


class History:
    """`imd.core.stores.HistoryStore`."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._agenda = Agenda(link, keys.HISTORIES_FENCE, keys.HISTORIES)

    @started
    async def append(self, entries: Sequence[tuple[str, Message]]) -> None:
        targets: dict[str, list[Message]] = {}
        for target, message in entries:
            targets.setdefault(target, []).append(message)
        calls: list[Deferred[int]] = []
        for target, messages in targets.items():
            self._agenda.note(target, min(message.time for message in messages))
            for start in range(0, len(messages), BATCH):
                arguments: list[Part] = []
                for message in messages[start : start + BATCH]:
                    arguments += (
                        message.id,
                        f"{_place(message.seq)}:{message.id}",
                        message.time,
                        encode_message(message),
                    )
                names = keys.history(target)
                calls.append(self._link.write(scripts.HISTORY_APPEND, keys.history_fence(target), names, arguments))
        if calls:
            await together(calls)

    @started
    async def latest(self, target: str, before: int, limit: int) -> list[Message]:
        found = await self._page(target, "1", "-", f"({_place(before)}", limit)
        return found[::-1]

    @started
    async def after(self, target: str, after: int, limit: int) -> list[Message]:
        return await self._page(target, "0", f"[{_place(after + 1)}", "+", limit)

    async def _page(self, target: str, newest: str, first: str, last: str, limit: int) -> list[Message]:
        arguments = (newest, first, last, max(0, limit))
        return [
            decode_message(value)
            for value in await self._link.query_script(scripts.HISTORY_PAGE, keys.history(target), arguments)
        ]

    @started
    async def expire(self, before: float) -> int:
        return await self._agenda.work_off(before, lambda target: self._expire(target, before))

    def _expire(self, target: str, before: float) -> Deferred[tuple[int, int, bytes]]:
        return self._link.write(
            scripts.HISTORY_EXPIRE, keys.history_fence(target), keys.history(target), (before, STEP)
        )
