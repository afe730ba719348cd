"""Whom a message is for: names resolved to accounts, with what decides about a message, also for those who are off.

Looking up somebody who is off takes a question to the store. Messages to one name that come while it is asked wait in
line, so that the order of reading is kept.
"""

from collections import deque
from collections.abc import Callable

import msgspec

from imd.core.accounts import Accounts
from imd.core.address import fold
from imd.core.ports import Environment
from imd.core.refusal import NoSuchAccount, Refusal, StoreUnavailable
from imd.core.roster import Rosters
from imd.core.session import Account
from imd.core.stores import OutcomeUnknown


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
        self._waiting: dict[str, deque[Callable[[Recipient | Refusal], None]]] = {}
        #: Names that are being looked up, and about which something has changed since: ask once more.
        self._changed: set[str] = set()

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
        self._waiting[folded] = deque([then])
        self._environment.spawn("look up a recipient", self._look_up(name, folded))

    def known(self, folded: str) -> Recipient | None:
        """The recipient of this folded name, where nothing needs to be asked and nobody waits in line."""
        return None if folded in self._waiting else self._known.get(folded)

    def asking(self, folded: str) -> bool:
        """Whether messages to this name wait in line: further ones must queue behind them."""
        return folded in self._waiting

    async def _look_up(self, name: str, folded: str) -> None:
        answer: Recipient | Refusal = StoreUnavailable()
        try:
            answer = await self._ask(name, folded)
            if isinstance(answer, Recipient):
                self._known[folded] = answer
                if len(self._known) > self._limit:
                    del self._known[next(iter(self._known))]
        except Refusal as refusal:
            answer = refusal
        except OutcomeUnknown:
            # A question that was not answered has changed nothing.
            answer = StoreUnavailable()
        finally:
            self._changed.discard(folded)
            # Whoever joins the line while it is served is served too.
            waiting = self._waiting[folded]
            while waiting:
                try:
                    waiting.popleft()(answer)
                except Exception:
                    self._environment.log.failure("while serving those who asked for {name}", name=name)
            del self._waiting[folded]

    async def _ask(self, name: str, folded: str) -> Recipient | Refusal:
        while True:
            self._changed.discard(folded)
            account = await self._accounts.by_name(folded)
            if account is None:
                return NoSuchAccount(name)
            recipient = Recipient(account, *await self._rosters.blocked_by(account.id))
            if folded not in self._changed:
                return recipient

    def forget(self, account: Account) -> None:
        """Something about the account, or its roster, has changed."""
        folded = fold(account.name)
        self._known.pop(folded, None)
        if folded in self._waiting:
            self._changed.add(folded)

    @property
    def idle(self) -> bool:
        """Whether nobody waits in line."""
        return not self._waiting
