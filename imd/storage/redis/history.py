"""What was said, per target: messages by id, and their order and times beside them.

Each target has a hash tag of its own. What is told of several of them, the talks of somebody and where somebody has
said something, is therefore written by commands of its own, before the messages: it may name too much, never too
little. Beside each target stands who has said something in it, so that they are freed of it when it is empty.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from imd.core.message import Message
from imd.core.past import END, owner_of
from imd.core.stores import OutcomeUnknown
from imd.storage.redis import keys, scripts
from imd.storage.redis.agenda import Agenda
from imd.storage.redis.connection import Part, encode
from imd.storage.redis.link import Link, together
from imd.storage.redis.started import started
from imd.storage.values import decode_message, encode_message

#: Messages in one script call, and forgotten in one step.
BATCH, STEP = 250, 200
#: Messages looked through at a time for those of one author.
LOOK = 500
#: Pairs of author and target known to be noted; past this number the knowledge is thrown away and built anew.
MOST_NOTED = 200_000


def _place(seq: int) -> str:
    """A sequence number so that the order of the text is that of the numbers; a score could not hold 64 bits."""
    return f"{min(max(0, seq), 2**64 - 1):020}"


class History:
    """`imd.core.stores.HistoryStore`."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._agenda = Agenda(link, keys.HISTORIES_FENCE, keys.HISTORIES)
        #: Who is known to be noted as having said something where: target → accounts.
        self._authors: dict[str, set[str]] = {}
        self._noted = 0
        #: Targets of which something is being forgotten: whoever writes to one takes it off again.
        self._forgetting: dict[str, set[object]] = {}
        link.on_ready.append(self._forget_noted)

    @started
    async def append(self, entries: Sequence[tuple[str, Message]], most: int = 0) -> int:
        targets: dict[str, list[Message]] = {}
        for target, message in entries:
            targets.setdefault(target, []).append(message)
        calls: list[Deferred[Any]] = []
        unnoted: list[Failure] = []
        for target, messages in targets.items():
            self._agenda.note(target, min(message.time for message in messages))
            for noted in self._note(target, messages):
                noted.addErrback(unnoted.append)
            for start in range(0, len(messages), BATCH):
                arguments: list[Part] = [most]
                for message in messages[start : start + BATCH]:
                    arguments += (
                        message.id,
                        f"{_place(message.seq)}:{message.id}",
                        message.time,
                        encode_message(message),
                    )
                names = keys.history(target)
                calls.append(self._link.write(scripts.HISTORY_APPEND, keys.history_fence(target), names, arguments))
        cut: int = sum(await together(calls)) if calls else 0
        if unnoted:
            # They were answered before the others. Repeated, it is noted, too.
            raise OutcomeUnknown("Redis took the messages, and not all that is told of them")
        return cut

    async def enter_older(self) -> None:
        """What is noted beside histories, for those that were begun before it was: TARGETS, the devices of people and
        erasure would not find them."""
        if await self._link.query("EXISTS", keys.HISTORIES_NOTED):
            return
        cursor = b"0"
        while True:
            cursor, targets = await self._agenda.names(cursor)
            for target in targets:
                after = -1
                while page := await self.after(target, after, LOOK):
                    await together(self._note(target, page))
                    after = page[-1].seq
            if int(cursor) == 0:
                break
        await self._link.apply(keys.HISTORIES_FENCE, [keys.HISTORIES_NOTED], [["SET", keys.HISTORIES_NOTED, "1"]])

    def _note(self, target: str, messages: Sequence[Message]) -> list[Deferred[Any]]:
        """Whose talk this is, and who has said something in it."""
        self._forgetting.pop(target, None)
        calls: list[Deferred[Any]] = []
        owner = owner_of(target)
        if owner:
            newest = max(message.seq for message in messages)
            calls.append(self._link.send(encode((b"ZADD", keys.talks(owner), b"GT", newest, target))))
        for author in {message.sender_account for message in messages}:
            if author and author not in self._authors.get(target, ()):
                if self._noted >= MOST_NOTED:
                    self._forget_noted()
                self._authors.setdefault(target, set()).add(author)
                self._noted += 1
                for key, member in ((keys.authors(target), author), (keys.authored(author), target)):
                    noted = self._link.send(encode((b"SADD", key, member)))
                    noted.addErrback(self._not_noted, target)
                    calls.append(noted)
        return calls

    def _not_noted(self, failure: Any, target: str) -> Any:
        self._unnote(target)
        return failure

    def _forget_noted(self) -> None:
        self._authors.clear()
        self._noted = 0

    def _unnote(self, target: str) -> None:
        self._noted -= len(self._authors.pop(target, ()))

    @contextmanager
    def _forgets(self, target: str) -> Iterator[Callable[[], bool]]:
        """Around a command that forgets something. Gives what tells whether nothing was written since."""
        mark = object()
        self._forgetting.setdefault(target, set()).add(mark)
        try:
            yield lambda: mark in self._forgetting.get(target, ())
        finally:
            marks = self._forgetting.get(target, set())
            marks.discard(mark)
            if not marks:
                self._forgetting.pop(target, None)

    async def _emptied(self, target: str, still: Callable[[], bool]) -> None:
        """Nothing is left of it: nobody has said anything there."""
        authors: list[bytes] = await self._link.query("SMEMBERS", keys.authors(target))
        if authors and still():
            self._unnote(target)
            calls = [self._link.send(encode((b"SREM", keys.authored(author.decode()), target))) for author in authors]
            await together([*calls, self._link.send(encode((b"DEL", keys.authors(target))))])

    @started
    async def latest(self, target: str, before: int, limit: int, after: int = -1) -> list[Message]:
        found = await self._page(target, "1", after, before, limit)
        return found[::-1]

    @started
    async def after(self, target: str, after: int, limit: int, before: int = END) -> list[Message]:
        return await self._page(target, "0", after, before, limit)

    async def _page(self, target: str, newest: str, after: int, before: int, limit: int) -> list[Message]:
        arguments = (newest, f"[{_place(after + 1)}", f"({_place(before)}", max(0, limit))
        return [
            decode_message(value)
            for value in await self._link.query_script(scripts.HISTORY_PAGE, keys.history(target), arguments)
        ]

    @started
    async def find(self, target: str, id: str) -> Message | None:
        value = await self._link.query("HGET", keys.history(target)[0], id)
        return None if value is None else decode_message(value)

    @started
    async def newest(self, targets: Sequence[str]) -> dict[str, int]:
        calls = [self._link.query("ZRANGE", keys.history(target)[1], -1, -1) for target in targets]
        answers: list[list[bytes]] = await together(calls)
        return {target: int(found[0][:20]) for target, found in zip(targets, answers, strict=True) if found}

    @started
    async def talks(self, owner: str, after: int, before: int, limit: int, *, newest: bool) -> dict[str, int]:
        first, last = f"({after}", f"({before}"
        bounds = (b"ZREVRANGEBYSCORE", last, first) if newest else (b"ZRANGEBYSCORE", first, last)
        found: list[bytes] = await self._link.query(
            bounds[0], keys.talks(owner), *bounds[1:], "WITHSCORES", "LIMIT", 0, max(0, limit)
        )
        return {target.decode(): int(seq) for target, seq in zip(found[::2], found[1::2], strict=True)}

    @started
    async def remove(self, pairs: Sequence[tuple[str, str]]) -> int:
        targets: dict[str, list[str]] = {}
        for target, id in pairs:
            targets.setdefault(target, []).append(id)
        removed = 0
        for target, ids in targets.items():
            messages, order, times = keys.history(target)
            values = await self._link.query("HMGET", messages, *ids)
            arguments: list[Part] = []
            for id, value in zip(ids, values, strict=True):
                if value is not None:
                    arguments += (id, f"{_place(decode_message(value).seq)}:{id}")
            if arguments:
                with self._forgets(target) as still:
                    count, left = await self._link.write(
                        scripts.HISTORY_REMOVE, keys.history_fence(target), (messages, order, times), arguments
                    )
                    removed += count
                    await self._told(target, left, still)
        return removed

    async def _told(self, target: str, newest: bytes, still: Callable[[], bool]) -> None:
        """Something is gone: tell the owner of a talk right, and those who had said something in what is empty now."""
        # Who has written since has told the owner.
        owner = owner_of(target) if still() else ""
        if owner and newest:
            await self._link.send(encode((b"ZADD", keys.talks(owner), int(newest[:20]), target)))
        elif owner:
            await self._link.send(encode((b"ZREM", keys.talks(owner), target)))
        if not newest:
            await self._emptied(target, still)

    @started
    async def drop(self, targets: Sequence[str]) -> None:
        await together([Deferred.fromCoroutine(self._drop(target)) for target in targets])

    async def _drop(self, target: str) -> None:
        names = keys.history(target)
        with self._forgets(target) as still:
            dropped = self._link.apply(keys.history_fence(target), names, [["DEL", *names]])
            owner = owner_of(target)
            untold = [self._link.send(encode((b"ZREM", keys.talks(owner), target)))] if owner else []
            await together([dropped, *untold])
            await self._emptied(target, still)

    @started
    async def written(self, account: str, cursor: str, limit: int) -> tuple[list[tuple[str, Message]], str]:
        if not account:
            return [], ""
        where, _, seq = cursor.rpartition("\n")
        known: list[bytes] = await self._link.query("SMEMBERS", keys.authored(account))
        targets = sorted(name for name in (target.decode() for target in known) if name >= where)
        if not targets:
            return [], ""
        after = int(seq) if targets[0] == where and seq else -1
        with self._forgets(targets[0]) as still:
            messages = await self.after(targets[0], after, LOOK)
            if not messages and after < 0 and still():
                # It was emptied before there was a list of who had said something in it.
                self._unnote(targets[0])
                await self._link.send(encode((b"SREM", keys.authored(account), targets[0])))
        found = [(targets[0], message) for message in messages if message.sender_account == account]
        if len(found) > limit:
            return found[:limit], f"{targets[0]}\n{found[limit - 1][1].seq}"
        if len(messages) == LOOK:
            return found, f"{targets[0]}\n{messages[-1].seq}"
        return found, f"{targets[1]}\n" if len(targets) > 1 else ""

    @started
    async def expire(self, before: float) -> int:
        return await self._agenda.work_off(before, lambda target: Deferred.fromCoroutine(self._expire(target, before)))

    async def _expire(self, target: str, before: float) -> tuple[int, int, bytes]:
        with self._forgets(target) as still:
            answer: tuple[int, int, bytes] = await self._link.write(
                scripts.HISTORY_EXPIRE, keys.history_fence(target), keys.history(target), (before, STEP)
            )
            if not answer[2]:
                await self._told(target, b"", still)
        return answer
