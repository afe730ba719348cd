"""Bans, as an operator handles them with ``imdctl ban``: of accounts, masks and addresses."""

from typing import Any

from imd.control.directory import Action
from imd.control.wire import PAGE, Answer
from imd.core.address import fold, split
from imd.core.ban import Ban, BanKind, read_span, target_of
from imd.core.hub import Hub
from imd.core.refusal import Malformed, NoSuchAccount, NotAllowed
from imd.core.session import Account
from imd.core.stores import Store


def _row(ban: Ban) -> Answer:
    return {
        "kind": ban.kind.value,
        "name": ban.shown,
        "by": ban.by,
        "reason": ban.reason,
        "note": ban.note,
        "since": ban.since,
        "expires": ban.expires,
    }


class BanActions:
    """``imdctl ban``. Raises `Refusal`."""

    def __init__(self, hub: Hub, store: Store) -> None:
        self._hub = hub
        self._store = store
        self.actions: dict[str, Action] = {"ban list": self.list, "ban add": self.add, "ban remove": self.remove}

    async def _account(self, name: str) -> Account:
        local, domain = split(name, self._hub.people.domain)
        if domain != self._hub.people.domain:
            raise NoSuchAccount(name)
        return await self._hub.accounts.resolve(local)

    async def _key(self, text: str) -> tuple[BanKind, str, str]:
        """Kind, target, and what people call it. ``alice@our.domain`` is the account, no mask."""
        kind, target = target_of(text)
        local, domain = split(text, "")
        ours = domain == self._hub.people.domain and not set(text) & set("!*?")
        if kind is not BanKind.ACCOUNT and not ours:
            return kind, target, ""
        account = await self._account(local if ours else text)
        return BanKind.ACCOUNT, account.id, account.name

    async def list(self, arguments: dict[str, Any]) -> Answer:
        """First the masks and addresses, then all accounts that may not sign on, whoever has banned them."""
        after = arguments.get("after") or ""
        rows = [] if after else [_row(ban) for ban in self._hub.bans.all() if ban.kind is not BanKind.ACCOUNT]
        found = await self._store.accounts.page(after, PAGE)
        for account in found:
            if account.suspended:
                ban = self._hub.bans.find(BanKind.ACCOUNT, account.id)
                rows.append(_row(ban or Ban(kind=BanKind.ACCOUNT, target=account.id)) | {"name": account.name})
        return {"rows": rows, "next": fold(found[-1].name) if len(found) == PAGE else ""}

    async def add(self, arguments: dict[str, Any]) -> Answer:
        """Nobody it fits may connect or sign on, through any door; those who are on go."""
        kind, target, name = await self._key(arguments["name"])
        span = arguments.get("span") or ""
        seconds = read_span(span)
        if span and seconds is None:
            raise Malformed(f"{span} is no time; write it as 30m, 12h, 7d or 1d12h.")
        now = self._hub.clock.time()
        ban = Ban(
            kind=kind,
            target=target,
            name=name,
            by="imdctl",
            reason=arguments.get("reason") or "",
            since=now,
            expires=now + seconds if seconds else 0.0,
        )
        return _row(ban) | {"sessions": await self._hub.bans.add(ban)}

    async def remove(self, arguments: dict[str, Any]) -> Answer:
        kind, target, name = await self._key(arguments["name"])
        if not await self._hub.bans.remove(kind, target) and not await self._pardoned(kind, target):
            raise NotAllowed(f"{name or target} is not banned; 'imdctl ban list' shows who is.")
        return {"kind": kind.value, "name": name or target}

    async def _pardoned(self, kind: BanKind, target: str) -> bool:
        """Whether an account was banned without an entry, and is so no longer."""
        account = (await self._hub.accounts.by_id([target])).get(target) if kind is BanKind.ACCOUNT else None
        if account is None or not account.suspended:
            return False
        await self._hub.accounts.suspend(account, False)
        return True
