"""The offline queue: one stream for each account, with what belongs to it under one of a few hash tags.

The id of a stream entry is the message's sequence number. Should one come late (its number is not above the last id) it
goes to the end, is marked, and readers sort. Messages appended to the inboxes of one tag in one reactor turn travel in
one script call, in order with everything else that concerns these inboxes.
"""

import functools
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from imd.core.stores import REMEMBER, Queued, Queueing
from imd.storage.redis import keys, scripts
from imd.storage.redis.connection import Part, encode_parts
from imd.storage.redis.link import Link, together
from imd.storage.redis.started import started
from imd.storage.values import decode_queued, encode_queued

#: Seconds for which the id of an acknowledged message is remembered if its sender has no id of his own for it: only
#: this daemon could repeat it, after an outcome that was unknown.
REMEMBER_BRIEFLY = 600.0
#: Messages in one script call: Redis serves nobody else meanwhile.
BATCH = 250
#: What one step of `expire` takes from one tag.
STEP = 200
#: Ids that one step of looking for some of them takes.
SCAN = 1000
#: What means something in a pattern (Redis KEYS command).
_SPECIAL = re.compile(rb"[][*?\\^-]")

_ANSWERS = (Queueing.KEPT, Queueing.ALREADY, Queueing.DONE, Queueing.FULL)
_encode = msgspec.msgpack.Encoder().encode
_tag = functools.lru_cache(maxsize=100_000)(keys.inbox_tag)


class _Append:
    """One call of the append script, for the inboxes of one tag; it grows until it is written."""

    __slots__ = ("_about", "_calls", "_open", "_tag", "_token", "_values", "count", "limit")

    def __init__(self, open: "dict[int, _Append]", tag: int, limit: int, token: int) -> None:
        self.limit = limit
        self.count = 0
        self._tag = tag
        self._token = token
        self._about: list[object] = []
        self._values: list[bytes] = []
        self._calls: list[tuple[Deferred[list[Queueing]], int]] = []
        self._open = open

    def add(self, entries: Sequence[tuple[str, Queued]]) -> Deferred[list[Queueing]]:
        """Raises `UnicodeEncodeError`, and adds nothing then."""
        about: list[object] = []
        values: list[bytes] = []
        for account, entry in entries:
            message = entry.message
            value = encode_queued(entry)
            about += (
                account,
                message.id,
                f"{message.seq}-0",
                f"{entry.expires:.3f}",
                "1" if message.client_id else "0",
                entry.attempts,
                entry.origin_limit,
                entry.origin,
            )
            values.append(b"$%d\r\n%b\r\n" % (len(value), value))
        _encode(about)
        self._about += about
        self._values += values
        self.count += len(entries)
        result: Deferred[list[Queueing]] = Deferred()
        self._calls.append((result, len(entries)))
        return result

    def close(self) -> None:
        """Nothing is added any more: it is being written, or never will be."""
        if self._open.get(self._tag) is self:
            del self._open[self._tag]

    def encode(self) -> bytes:
        self.close()
        return self._command(b"EVALSHA", scripts.INBOX_APPEND.digest)

    def text(self) -> bytes:
        return self._command(b"EVAL", scripts.INBOX_APPEND.body)

    def _command(self, verb: bytes, script: bytes) -> bytes:
        names, prefix = keys.inboxes(self._tag), keys.inbox_prefix(self._tag)
        words: tuple[Part, ...] = (
            verb,
            script,
            len(names),
            *names,
            self._token,
            self.limit,
            prefix,
            _encode(self._about),
        )
        return b"*%d\r\n%b%b" % (len(words) + len(self._values), encode_parts(words), b"".join(self._values))

    def answered(self, reply: Sequence[int]) -> None:
        at = 0
        for result, count in self._calls:
            result.callback([_ANSWERS[answer] for answer in reply[at : at + count]])
            at += count

    def failed(self, failure: Failure) -> None:
        self.close()
        for result, _ in self._calls:
            result.errback(failure)


class Inboxes:
    """`imd.core.stores.InboxStore`."""

    log = Logger()

    def __init__(self, link: Link) -> None:
        self._link = link
        self._open: dict[int, _Append] = {}

    # ------------------------------------------------------------ writing

    def append(self, entries: Sequence[tuple[str, Queued]], limit: int) -> Deferred[list[Queueing]]:
        if len(entries) == 1:
            return self._append(_tag(entries[0][0]), entries, limit)
        if not entries:
            return succeed([])
        return Deferred.fromCoroutine(self._append_all(entries, limit))

    async def _append_all(self, entries: Sequence[tuple[str, Queued]], limit: int) -> list[Queueing]:
        places: dict[int, list[int]] = {}
        for index, (account, _) in enumerate(entries):
            places.setdefault(_tag(account), []).append(index)
        order: list[list[int]] = []
        calls: list[Deferred[list[Queueing]]] = []
        for tag, indices in places.items():
            for start in range(0, len(indices), BATCH):
                chunk = indices[start : start + BATCH]
                order.append(chunk)
                calls.append(self._append(tag, [entries[index] for index in chunk], limit))
        results = [Queueing.KEPT] * len(entries)
        for chunk, answers in zip(order, await together(calls), strict=True):
            for index, answer in zip(chunk, answers, strict=True):
                results[index] = answer
        return results

    def _append(self, tag: int, entries: Sequence[tuple[str, Queued]], limit: int) -> Deferred[list[Queueing]]:
        batch = self._open.get(tag)
        if batch is not None and batch.limit == limit and batch.count + len(entries) <= BATCH:
            return batch.add(entries)
        batch = _Append(self._open, tag, limit, self._link.token)
        result = batch.add(entries)
        self._open[tag] = batch
        sent = self._link.send(batch).addErrback(self._link.without_script, batch.text)
        sent.addCallbacks(batch.answered, batch.failed)
        sent.addErrback(lambda failure: self.log.failure("while queueing messages", failure))
        return result

    def _close(self, account: str) -> None:
        """What is appended from now on must stay behind what is asked about this inbox next."""
        self._open.pop(_tag(account), None)

    def _run(self, script: scripts.Script, account: str, arguments: Sequence[Part]) -> Deferred[Any]:
        self._close(account)
        fence, *names = keys.inboxes(_tag(account))
        return self._link.write(script, fence, [*names, *keys.inbox(account)], (keys.own_ids(account), *arguments))

    @started
    async def attempted(self, account: str, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), BATCH):
            await self._run(scripts.INBOX_ATTEMPTED, account, ids[start : start + BATCH])

    @started
    async def retry(self, account: str) -> None:
        await self._run(scripts.INBOX_RETRY, account, ())

    @started
    async def acknowledge(self, pairs: Sequence[tuple[str, str]], now: float) -> None:
        if not pairs:
            return
        by_account: dict[str, list[str]] = {}
        for account, id in pairs:
            by_account.setdefault(account, []).append(id)
        await together(
            [
                self._run(
                    scripts.INBOX_ACKNOWLEDGE,
                    account,
                    (now + REMEMBER, now + REMEMBER_BRIEFLY, *ids[start : start + BATCH]),
                )
                for account, ids in by_account.items()
                for start in range(0, len(ids), BATCH)
            ]
        )

    @started
    async def clear(self, account: str) -> None:
        """Everything of one inbox, for good (the account is being removed)."""
        while await self._run(scripts.INBOX_CLEAR, account, (BATCH,)):
            pass
        fence, ids, expiry = keys.inboxes(_tag(account))
        # What is left are ids that were acknowledged.
        async for fields in self._scan(ids, _SPECIAL.sub(rb"\\\g<0>", keys.own_ids(account)) + b"*"):
            if fields:
                await self._link.apply(fence, [ids, expiry], [("HDEL", ids, *fields), ("ZREM", expiry, *fields)])

    # ------------------------------------------------------------ reading

    @started
    async def read(self, account: str, after: int, upto: int, limit: int) -> list[Queued]:
        if upto <= after or upto < 0 or limit <= 0:
            return []
        self._close(account)
        first, last = max(0, after + 1), min(upto, 2**63 - 1)
        names = [*keys.inboxes(_tag(account))[1:], *keys.inbox(account)]
        flat = await self._link.query_script(scripts.INBOX_READ, names, (first, last, limit))
        found = []
        for at in range(0, len(flat), 3):
            queued = decode_queued(flat[at + 1])
            attempts = int(flat[at + 2])
            if after < queued.message.seq <= upto:
                found.append(
                    queued if queued.attempts == attempts else msgspec.structs.replace(queued, attempts=attempts)
                )
        found.sort(key=lambda queued: queued.message.seq)
        return found[:limit]

    @started
    async def count(self, account: str) -> int:
        self._close(account)
        return int(await self._link.query("XLEN", keys.inbox(account)[0]))

    @started
    async def find(self, id: str) -> tuple[str, Queued] | None:
        pattern = b"*" + _SPECIAL.sub(rb"\\\g<0>", id.encode())
        for tag in range(keys.INBOX_TAGS):
            async for fields in self._scan(keys.inboxes(tag)[1], pattern):
                for field, record in fields.items():
                    size, _, rest = field.partition(b":")
                    account = rest[: int(size)].decode()
                    if record and rest[int(size) :] == id.encode() and (queued := await self._at(account, id, record)):
                        return account, queued
        return None

    async def _scan(self, name: bytes, pattern: bytes) -> AsyncIterator[dict[bytes, bytes]]:
        """The fields of a hash that are like `pattern`, some at a time."""
        cursor = b"0"
        while True:
            cursor, flat = await self._link.query("HSCAN", name, cursor, "MATCH", pattern, "COUNT", SCAN)
            yield dict(zip(flat[::2], flat[1::2], strict=True))
            if cursor == b"0":
                return

    async def _at(self, account: str, id: str, record: bytes) -> Queued | None:
        stream, attempts, *_ = keys.inbox(account)
        entry = record.split(b" ", 1)[0]
        found, tried = await together(
            [self._link.query("XRANGE", stream, entry, entry), self._link.query("HGET", attempts, id)]
        )
        if not found:
            return None
        return msgspec.structs.replace(decode_queued(found[0][1][1]), attempts=int(tried or 0))

    # ------------------------------------------------------------ expiry

    @started
    async def expire(self, now: float) -> int:
        dropped = 0
        for tag in range(keys.INBOX_TAGS):
            more = 1
            while more:
                self._open.pop(tag, None)
                fence, *names = keys.inboxes(tag)
                arguments = (now, STEP, keys.inbox_prefix(tag))
                count, more = await self._link.write(scripts.INBOX_EXPIRE, fence, names, arguments)
                dropped += count
        return dropped
