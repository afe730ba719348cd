"""The offline queue: one stream for each account, with what belongs to it under the account's own hash tag.

The id of a stream entry is the message's sequence number. Should one come late (its number is not above the last id) it
goes to the end, is marked, and readers sort. Messages appended to one inbox in one reactor turn travel in one script
call, in order with everything else that concerns the inbox.
"""

import functools
from collections.abc import Sequence
from typing import Any

import msgspec
from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from imd.core.stores import Queued, Queueing
from imd.storage.redis import keys, scripts
from imd.storage.redis.agenda import Agenda
from imd.storage.redis.connection import Part, encode_parts
from imd.storage.redis.link import Link, together
from imd.storage.redis.started import started

#: Seconds for which the id of an acknowledged message is remembered, if its sender has an id of his own for it and may
#: therefore send it again; and if only this daemon could repeat it, after an outcome that was unknown.
REMEMBER, REMEMBER_BRIEFLY = 7 * 86_400.0, 600.0
#: Messages in one script call: Redis serves nobody else meanwhile.
BATCH = 250
#: Words for each message in a call of the append script.
WORDS = 3
#: What one step of `expire` takes from one inbox.
STEP = 200

_ANSWERS = (Queueing.KEPT, Queueing.ALREADY, Queueing.DONE, Queueing.FULL)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Queued).decode


@functools.lru_cache(maxsize=10_000)
def _names(account: str) -> tuple[int, bytes]:
    """How many keys the append script takes, and these, encoded."""
    names = [keys.inbox_fence(account), *keys.inbox(account)]
    return len(names), encode_parts(tuple(names))


class _Append:
    """One call of the append script, which grows until it is written."""

    __slots__ = ("_account", "_calls", "_entries", "_names", "_open", "_token", "count", "limit")

    def __init__(self, open: dict[str, "_Append"], account: str, limit: int, token: int) -> None:
        self.limit = limit
        self.count = 0
        self._account = account
        self._token = token
        self._names = _names(account)
        self._entries: list[bytes] = []
        self._calls: list[tuple[Deferred[list[Queueing]], int]] = []
        self._open = open

    def add(self, entries: Sequence[Queued]) -> Deferred[list[Queueing]]:
        for entry in entries:
            message = entry.message
            id, value = message.id.encode(), _encode(entry)
            about = (
                f"{message.seq} {entry.expires} {entry.origin_limit} {entry.attempts} "
                f"{1 if message.client_id else 0} {entry.origin}"
            ).encode()
            # In one piece: this line is the dearest of queueing a message.
            self._entries.append(
                b"$%d\r\n%b\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n" % (len(id), id, len(about), about, len(value), value)
            )
        self.count += len(entries)
        result: Deferred[list[Queueing]] = Deferred()
        self._calls.append((result, len(entries)))
        return result

    def close(self) -> None:
        """Nothing is added any more: it is being written, or never will be."""
        if self._open.get(self._account) is self:
            del self._open[self._account]

    def encode(self) -> bytes:
        self.close()
        return self._command(b"EVALSHA", scripts.INBOX_APPEND.digest)

    def text(self) -> bytes:
        return self._command(b"EVAL", scripts.INBOX_APPEND.body)

    def _command(self, verb: bytes, script: bytes) -> bytes:
        number, names = self._names
        head = b"*%d\r\n" % (5 + number + WORDS * self.count) + encode_parts((verb, script, number))
        return b"".join((head, names, encode_parts((self._token, self.limit)), *self._entries))

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
        self._open: dict[str, _Append] = {}
        self._agenda = Agenda(link, keys.INBOXES_FENCE, keys.INBOXES)

    # ------------------------------------------------------------ writing

    def append(self, entries: Sequence[tuple[str, Queued]], limit: int) -> Deferred[list[Queueing]]:
        if len(entries) == 1:
            account, entry = entries[0]
            return self._append(account, [entry], limit)
        if not entries:
            return succeed([])
        return Deferred.fromCoroutine(self._append_all(entries, limit))

    async def _append_all(self, entries: Sequence[tuple[str, Queued]], limit: int) -> list[Queueing]:
        places: dict[str, list[int]] = {}
        for index, (account, _) in enumerate(entries):
            places.setdefault(account, []).append(index)
        order: list[list[int]] = []
        calls: list[Deferred[list[Queueing]]] = []
        for account, indices in places.items():
            for start in range(0, len(indices), BATCH):
                chunk = indices[start : start + BATCH]
                order.append(chunk)
                calls.append(self._append(account, [entries[index][1] for index in chunk], limit))
        results = [Queueing.KEPT] * len(entries)
        for chunk, answers in zip(order, await together(calls), strict=True):
            for index, answer in zip(chunk, answers, strict=True):
                results[index] = answer
        return results

    def _append(self, account: str, entries: Sequence[Queued], limit: int) -> Deferred[list[Queueing]]:
        self._agenda.note(account, min(entry.expires for entry in entries))
        batch = self._open.get(account)
        if batch is not None and batch.limit == limit and batch.count + len(entries) <= BATCH:
            return batch.add(entries)
        batch = _Append(self._open, account, limit, self._link.token)
        result = batch.add(entries)
        self._open[account] = batch
        sent = self._link.send(batch).addErrback(self._link.without_script, batch.text)
        sent.addCallbacks(batch.answered, batch.failed)
        sent.addErrback(lambda failure: self.log.failure("while queueing messages", failure))
        return result

    def _run(self, script: scripts.Script, account: str, arguments: Sequence[Part]) -> Deferred[Any]:
        # What is appended from now on must stay behind this call.
        self._open.pop(account, None)
        return self._link.write(script, keys.inbox_fence(account), keys.inbox(account), arguments)

    @started
    async def attempted(self, account: str, ids: Sequence[str]) -> None:
        if ids:
            await self._run(scripts.INBOX_ATTEMPTED, account, ids)

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
        self._open.pop(account, None)
        names = keys.inbox(account)
        await self._link.apply(keys.inbox_fence(account), names, [("DEL", *names)])

    # ------------------------------------------------------------ reading

    @started
    async def read(self, account: str, after: int, upto: int, limit: int) -> list[Queued]:
        if upto <= after or upto < 0 or limit <= 0:
            return []
        self._open.pop(account, None)
        first, last = max(0, after + 1), min(upto, 2**63 - 1)
        flat = await self._link.query_script(scripts.INBOX_READ, keys.inbox(account), (first, last, limit))
        found = []
        for at in range(0, len(flat), 3):
            queued = _decode(flat[at + 1])
            attempts = int(flat[at + 2])
            if after < queued.message.seq <= upto:
                found.append(
                    queued if queued.attempts == attempts else msgspec.structs.replace(queued, attempts=attempts)
                )
        found.sort(key=lambda queued: queued.message.seq)
        return found[:limit]

    @started
    async def count(self, account: str) -> int:
        self._open.pop(account, None)
        return int(await self._link.query("HLEN", keys.inbox(account)[1]))

    @started
    async def find(self, id: str) -> tuple[str, Queued] | None:
        cursor = b"0"
        while True:
            cursor, accounts = await self._agenda.names(cursor)
            calls = [self._link.query("HGET", keys.inbox(account)[1], id) for account in accounts]
            for account, record in zip(accounts, await together(calls), strict=True):
                if record is not None and (queued := await self._at(account, id, record)) is not None:
                    return account, queued
            if cursor == b"0":
                return None

    async def _at(self, account: str, id: str, record: bytes) -> Queued | None:
        names = keys.inbox(account)
        entry = record.split(b" ", 1)[0]
        found, attempts = await together(
            [self._link.query("XRANGE", names[0], entry, entry), self._link.query("HGET", names[3], id)]
        )
        if not found:
            return None
        return msgspec.structs.replace(_decode(found[0][1][1]), attempts=int(attempts or 0))

    # ------------------------------------------------------------ expiry

    @started
    async def expire(self, now: float) -> int:
        return await self._agenda.work_off(now, lambda account: self._run(scripts.INBOX_EXPIRE, account, (now, STEP)))
