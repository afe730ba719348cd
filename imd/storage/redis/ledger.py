"""The sign-on ledger."""

import msgspec

from imd.core.stores import LedgerEntry
from imd.storage.redis import keys, scripts
from imd.storage.redis.link import Link
from imd.storage.redis.started import started

#: Entries changed in one script call.
STEP = 500

_KEYS = (keys.LEDGER, keys.LEDGER_ENDS, keys.LEDGER_BEGAN, keys.LEDGER_ENDED, keys.LEDGER_OPEN)
_entry = msgspec.msgpack.Decoder(LedgerEntry).decode
_end = msgspec.msgpack.Decoder(tuple[float, str]).decode


class Ledger:
    """`imd.core.stores.LedgerStore`. An entry is written at sign-on, and again if its client says later what it is; its
    end stands beside it."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @started
    async def began(self, entry: LedgerEntry) -> None:
        names = [*_KEYS, *([keys.ledger_of(entry.account)] if entry.account else [])]
        arguments = (entry.session, entry.began, msgspec.msgpack.encode(entry))
        await self._link.write(scripts.LEDGER_BEGAN, keys.LEDGER_FENCE, names, arguments)

    @started
    async def ended(self, session: str, when: float, reason: str) -> None:
        arguments = (when, msgspec.msgpack.encode((float(when), reason)), session)
        await self._link.write(scripts.LEDGER_END, keys.LEDGER_FENCE, _KEYS, arguments)

    @started
    async def named(self, session: str, client: str, version: str) -> None:
        value = await self._link.query("HGET", keys.LEDGER, session)
        if value is not None:
            entry = msgspec.structs.replace(_entry(value), client=client, version=version)
            arguments = (session, msgspec.msgpack.encode(entry))
            await self._link.write(scripts.LEDGER_NAMED, keys.LEDGER_FENCE, (keys.LEDGER,), arguments)

    @started
    async def close_open(self, when: float) -> int:
        closed = 0
        while True:
            sessions = await self._link.query("SRANDMEMBER", keys.LEDGER_OPEN, STEP)
            if not sessions:
                return closed
            arguments = (when, msgspec.msgpack.encode((float(when), "crashed")), *sessions)
            closed += await self._link.write(scripts.LEDGER_END, keys.LEDGER_FENCE, _KEYS, arguments)

    @started
    async def page(self, account: str, before: float, limit: int) -> list[LedgerEntry]:
        return await self._page(account, f"({before}", limit)

    async def _page(self, account: str, before: str, limit: int) -> list[LedgerEntry]:
        index = keys.ledger_of(account) if account else keys.LEDGER_BEGAN
        names = (keys.LEDGER, keys.LEDGER_ENDS, index)
        flat = await self._link.query_script(scripts.LEDGER_PAGE, names, (before, max(0, limit)))
        found = []
        for value, end in zip(flat[::2], flat[1::2], strict=True):
            entry = _entry(value)
            if end:
                ended, reason = _end(end)
                entry = msgspec.structs.replace(entry, ended=ended, reason=reason)
            found.append(entry)
        return found

    @started
    async def last(self, account: str) -> LedgerEntry | None:
        found = await self._page(account, "+inf", 1)
        return found[0] if found else None

    @started
    async def expire(self, before: float) -> int:
        forgotten = 0
        while True:
            arguments = (before, STEP, keys.ledger_of(""))
            step: int = await self._link.write(scripts.LEDGER_EXPIRE, keys.LEDGER_FENCE, _KEYS, arguments)
            forgotten += step
            if step < STEP:
                return forgotten
