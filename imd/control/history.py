"""What one account has said, as an operator hands it out or erases it at that person's request (``imdctl history``)."""

from typing import Any

from imd.control.directory import Action
from imd.control.wire import Answer
from imd.core.address import split
from imd.core.hub import Hub
from imd.core.message import Message
from imd.core.refusal import NoSuchAccount
from imd.core.session import Account


def _row(message: Message) -> Answer:
    return {
        "id": message.id,
        "time": message.time,
        "to": str(message.recipient),
        "kind": message.kind.value,
        "body": message.body,
    }


class HistoryActions:
    """Raises `Refusal`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.actions: dict[str, Action] = {"history export": self.export, "history erase": self.erase}

    async def _account(self, arguments: dict[str, Any]) -> Account:
        local, domain = split(arguments["name"], self._hub.people.domain)
        if domain != self._hub.people.domain:
            raise NoSuchAccount(arguments["name"])
        return await self._hub.accounts.resolve(local)

    async def export(self, arguments: dict[str, Any]) -> Answer:
        """The only answer with texts in it: they are the person's own, and she has asked for them."""
        account = await self._account(arguments)
        own = self._hub.history.own
        messages, cursor = await own.page(account.id, arguments.get("after") or "", everything=True)
        return {"rows": [_row(message) for message in messages], "next": cursor}

    async def erase(self, arguments: dict[str, Any]) -> Answer:
        account = await self._account(arguments)
        return {"name": account.name, "messages": await self._hub.history.own.erase(account.id)}
