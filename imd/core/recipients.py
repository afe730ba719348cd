"""Whom a message is for: names resolved to accounts, with what decides about a message, also for those who are off.

Looking up somebody who is off takes a question to the store. Messages to one name that come while it is asked wait in
line, so that the order of reading is kept.
"""

from collections.abc import Callable

import msgspec

from imd.core.accounts import Accounts
from imd.core.address import fold
from imd.core.ports import Environment
from imd.core.refusal import NoSuchAccount, Refusal, StoreUnavailable
from imd.core.roster import Rosters
from imd.core.session import Account


class Recipient(msgspec.Struct, frozen=True):
    """An account as delivery needs it."""

    account: Account
    #: Account ids whose messages expire at once.
    blocked: frozenset[str]
    #: Account ids of approved contacts: they may see the account's presence whatever strangers may.
    approved: frozenset[str]


class Recipients:
    """A bounded memory of recipients, by folded name."""

    def __init__(self, environment: Environment, accounts: Accounts, rosters: Rosters, limit: int) -> None:
        self._environment = environment
        self._accounts = accounts
        self._rosters = rosters
        self._limit = max(limit, 1)
        self._known: dict[str, Recipient] = {}
        self._waiting: dict[str, list[Callable[[Recipient | Refusal], None]]] = {}

    def find(self, name: str, then: Callable[[Recipient | Refusal], None]) -> None:
        """Call `then` with the recipient of this name, or why there is none; at once if it is known."""
        folded = fold(name)
        waiting = self._waiting.get(folded)
        if waiting is not None:
            waiting.append(then)
            return
        known = self._known.get(folded)
        if known is not None:
            then(known)
            return
        self._waiting[folded] = [then]
        self._environment.spawn("look up a recipient", self._look_up(name, folded))

    def asking(self, folded: str) -> bool:
        """Whether messages to this name wait in line: further ones must queue behind them."""
        return folded in self._waiting

    async def _look_up(self, name: str, folded: str) -> None:
        answer: Recipient | Refusal = StoreUnavailable()
        try:
            account = await self._accounts.by_name(folded)
            if account is None:
                answer = NoSuchAccount(name)
            else:
                blocked, approved = await self._rosters.blocked_by(account.id)
                answer = self._known[folded] = Recipient(account, blocked, approved)
                if len(self._known) > self._limit:
                    del self._known[next(iter(self._known))]
        except Refusal as refusal:
            answer = refusal
        finally:
            # Whoever joins the line while it is served is served too.
            waiting = self._waiting[folded]
            while waiting:
                waiting.pop(0)(answer)
            del self._waiting[folded]

    def forget(self, account: Account) -> None:
        """Something about the account, or its roster, has changed."""
        self._known.pop(fold(account.name), None)
