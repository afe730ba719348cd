"""Accounts, as an operator handles them: the same with a running daemon and on a store alone."""

from collections.abc import Awaitable, Callable
from typing import Any

from imd.control.wire import PAGE, Answer
from imd.core.accounts import Accounts
from imd.core.address import fold
from imd.core.session import Account
from imd.core.stores import Store
from imd.credentials.front import CredentialsFront

Action = Callable[[dict[str, Any]], Awaitable[Answer]]


def shown(account: Account) -> Answer:
    return {
        "name": account.name,
        "id": account.id,
        "created": account.created,
        "suspended": account.suspended,
        "visible_to": account.visible_to.value,
        "certificates": len(account.certificates),
    }


class Directory:
    """``imdctl user`` and ``imdctl ban``. Arguments are checked by the command line; names here. Raises `Refusal`."""

    def __init__(self, store: Store, accounts: Accounts, credentials: CredentialsFront) -> None:
        self._store = store
        self._accounts = accounts
        self._credentials = credentials
        self.actions: dict[str, Action] = {
            "user add": self.add,
            "user list": self.list,
            "user password": self.password,
            "user rename": self.rename,
            "user remove": self.remove,
            "user invite": self.invite,
            "user certificate": self.certificate,
            "ban list": self.bans,
            "ban add": self.ban,
            "ban remove": self.unban,
        }

    async def add(self, arguments: dict[str, Any]) -> Answer:
        return shown(await self._credentials.create_account(arguments["name"], arguments["password"]))

    async def list(self, arguments: dict[str, Any]) -> Answer:
        return await self._page(arguments, lambda account: True)

    async def bans(self, arguments: dict[str, Any]) -> Answer:
        return await self._page(arguments, lambda account: account.suspended)

    async def _page(self, arguments: dict[str, Any], wanted: Callable[[Account], bool]) -> Answer:
        found = await self._store.accounts.page(arguments.get("after") or "", PAGE)
        last = fold(found[-1].name) if len(found) == PAGE else ""
        return {"rows": [shown(account) for account in found if wanted(account)], "next": last}

    async def password(self, arguments: dict[str, Any]) -> Answer:
        account = await self._accounts.resolve(arguments["name"])
        await self._credentials.change_password(account, arguments["password"])
        return shown(account)

    async def rename(self, arguments: dict[str, Any]) -> Answer:
        account = await self._accounts.resolve(arguments["name"])
        return shown(await self._accounts.rename(account, arguments["new"]))

    async def remove(self, arguments: dict[str, Any]) -> Answer:
        account = await self._accounts.resolve(arguments["name"])
        await self._accounts.remove(account)
        return shown(account)

    async def invite(self, arguments: dict[str, Any]) -> Answer:
        return {"invitation": await self._credentials.create_invitation()}

    async def certificate(self, arguments: dict[str, Any]) -> Answer:
        account = await self._accounts.resolve(arguments["name"])
        change = self._accounts.remove_certificate if arguments.get("remove") else self._accounts.add_certificate
        return shown(await change(account, arguments["fingerprint"].replace(":", "").lower()))

    async def ban(self, arguments: dict[str, Any]) -> Answer:
        """The account may not sign on through any door, and its sessions end."""
        return shown(await self._accounts.suspend(await self._accounts.resolve(arguments["name"])))

    async def unban(self, arguments: dict[str, Any]) -> Answer:
        return shown(await self._accounts.suspend(await self._accounts.resolve(arguments["name"]), False))
