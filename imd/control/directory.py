"""Accounts, as an operator handles them: the same with a running daemon and on a store alone."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from imd.control.wire import PAGE, Answer
from imd.core.accounts import Accounts
from imd.core.address import fold, split
from imd.core.refusal import NoSuchAccount, NotAllowed
from imd.core.session import Account
from imd.core.stores import Store
from imd.credentials.front import CredentialsFront

#: SHA-256 in hexadecimal digits, as `imd.net.peer` gives it.
_FINGERPRINT = re.compile("[0-9a-f]{64}")

Action = Callable[[dict[str, Any]], Awaitable[Answer]]


def shown(account: Account) -> Answer:
    return {
        "name": account.name,
        "id": account.id,
        "created": account.created,
        "suspended": account.suspended,
        "visible_to": account.visible_to.value,
        "certificates": list(account.certificates),
        "visitor": account.visitor,
        "site": account.site,
    }


class Directory:
    """``imdctl user``. Arguments are checked by the command line; names here. Raises `Refusal`."""

    def __init__(self, store: Store, accounts: Accounts, credentials: CredentialsFront, domain: str) -> None:
        self._store = store
        self._accounts = accounts
        self._credentials = credentials
        self._domain = domain
        self.actions: dict[str, Action] = {
            "user add": self.add,
            "user list": self.list,
            "user info": self.info,
            "user password": self.password,
            "user rename": self.rename,
            "user remove": self.remove,
            "user invite": self.invite,
            "user certificate": self.certificate,
        }

    async def _named(self, arguments: dict[str, Any]) -> Account:
        """``alice``, or ``alice@our.domain``. Raises `NoSuchAccount`."""
        name, domain = split(arguments["name"], self._domain)
        if domain != self._domain:
            raise NoSuchAccount(arguments["name"])
        return await self._accounts.resolve(name)

    async def add(self, arguments: dict[str, Any]) -> Answer:
        return shown(await self._credentials.create_account(arguments["name"], arguments["password"]))

    async def list(self, arguments: dict[str, Any]) -> Answer:
        """Accounts; visitors of sites, who are many and come and go, only when asked for."""
        visitors = bool(arguments.get("visitors"))
        return await self._page(arguments, lambda account: account.visitor == visitors)

    async def _page(self, arguments: dict[str, Any], wanted: Callable[[Account], bool]) -> Answer:
        found = await self._store.accounts.page(arguments.get("after") or "", PAGE)
        last = fold(found[-1].name) if len(found) == PAGE else ""
        return {"rows": [shown(account) for account in found if wanted(account)], "next": last}

    async def info(self, arguments: dict[str, Any]) -> Answer:
        account = await self._named(arguments)
        last = await self._store.ledger.last(account.id)
        return {
            **shown(account),
            "share_location": account.share_location,
            "devices": list(account.devices),
            "password": await self._store.accounts.verifier(account.id) is not None,
            "waiting": await self._store.inbox.count(account.id),
            "last": None if last is None else {"began": last.began, "ended": last.ended or None, "door": last.door},
        }

    async def password(self, arguments: dict[str, Any]) -> Answer:
        account = await self._named(arguments)
        await self._credentials.change_password(account, arguments["password"])
        return shown(account)

    async def rename(self, arguments: dict[str, Any]) -> Answer:
        account = await self._named(arguments)
        return shown(await self._accounts.rename(account, arguments["new"]))

    async def remove(self, arguments: dict[str, Any]) -> Answer:
        account = await self._named(arguments)
        await self._accounts.remove(account)
        return shown(account)

    async def invite(self, arguments: dict[str, Any]) -> Answer:
        return {"invitation": await self._credentials.create_invitation()}

    async def certificate(self, arguments: dict[str, Any]) -> Answer:
        account = await self._named(arguments)
        fingerprint = arguments["fingerprint"].replace(":", "").lower()
        if not _FINGERPRINT.fullmatch(fingerprint):
            raise NotAllowed("A fingerprint is the SHA-256 of the certificate in DER form: 64 hexadecimal digits.")
        if not arguments.get("remove"):
            return shown(await self._accounts.add_certificate(account, fingerprint))
        if fingerprint not in account.certificates:
            raise NotAllowed(f"{account.name} has no such certificate; 'imdctl --json user list' shows those it has.")
        return shown(await self._accounts.remove_certificate(account, fingerprint))
