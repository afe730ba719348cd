"""What is kept of each visitor beside her account, and when she ends.

Who left without a word is kept for some minutes, who has spoken for `keep`; where there are nearly as many as may be,
those away for longest make room. Nobody is removed for whom something waits.
"""

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from imd.core.limits import Limits
from imd.core.ports import Environment
from imd.core.refusal import StoreUnavailable, TooFast
from imd.core.stores import InboxStore, OutcomeUnknown, ShelfStore, surely

if TYPE_CHECKING:
    from imd.core.people import People

#: The name on the shelf.
_VISIT: Final = "visit"

#: Seconds for which somebody is kept who has not said anything: who goes to the next page comes back.
UNSAID: Final = 600.0

#: Seconds after which it is noted that somebody is here still.
_STAYED: Final = 86_400.0
#: Where nearly as many are known as may be (this part of `limits.visitors`), those away for longest are forgotten after
#: so many seconds: or whoever sends many would keep everybody out for `keep`.
_CROWDED: Final = 0.9
_CROWDED_KEEP: Final = 86_400.0
#: Visitors removed in one go.
_AT_ONCE: Final = 1_000


class Visit(msgspec.Struct, array_like=True, gc=False):
    """What is kept of a visitor beside her account. New fields go to the end, with a default."""

    #: When she was last here, or came.
    seen: float
    #: Whether she has ever said anything.
    spoke: bool = False
    #: What she called herself, letter for letter, and where she can be written to.
    name: str = ""
    email: str = ""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Visit).decode


class Visits:
    """Of all visitors there are, here or not, by account id."""

    def __init__(
        self,
        environment: Environment,
        people: "People",
        shelf: ShelfStore,
        inbox: InboxStore,
        limits: Limits,
        *,
        keep: float,
    ) -> None:
        self.limits = limits
        #: Seconds; 0: for ever.
        self.keep = keep
        self._environment = environment
        self._people = people
        self._shelf = shelf
        self._inbox = inbox
        self._visits: dict[str, Visit] = {}

    async def load(self) -> None:
        """Who there is; once, before anybody comes."""
        for account, values in (await self._shelf.everyone()).items():
            if _VISIT in values:
                self._visits[account] = _decode(values[_VISIT])

    def __contains__(self, account: str) -> bool:
        return account in self._visits

    def __len__(self) -> int:
        return len(self._visits)

    def of(self, account: str) -> Visit | None:
        """None for who is no visitor."""
        return self._visits.get(account)

    # ------------------------------------------------------------ while she is here

    def check_room(self) -> None:
        """Raises `TooFast` where no more can be kept."""
        most = self.limits.visitors
        if most and len(self._visits) >= most:
            self.limits.tally.count("visitors")
            raise TooFast("visitors", UNSAID)

    async def begin(self, account: str, name: str, email: str) -> None:
        """Before the account is made, so that none is there of which it is not known when it ends. Raises
        `StoreUnavailable`."""
        visit = Visit(self._environment.clock.time(), name=name, email=email)
        await self._keep(account, visit)
        self._visits[account] = visit

    async def tell(self, account: str, name: str, email: str) -> None:
        """What she calls herself now, and where she can be written to. Raises `StoreUnavailable`."""
        visit = self._visits[account]
        await self._keep(account, msgspec.structs.replace(visit, name=name, email=email))
        visit.name, visit.email = name, email

    def spoke(self, account: str) -> None:
        """She has said something, and is remembered from now on."""
        visit = self._visits.get(account)
        if visit is not None and not visit.spoke:
            visit.spoke = True
            self._note(account, visit)

    def left(self, account: str) -> None:
        """She is here no more."""
        visit = self._visits.get(account)
        if visit is not None:
            visit.seen = self._environment.clock.time()
            self._note(account, visit)

    # ------------------------------------------------------------ the end

    async def expire(self) -> int:
        """Remove who has not been here for `keep`, and who left without a word; how many."""
        now = self._environment.clock.time()
        over: list[str] = []
        absences: list[tuple[float, str]] = []
        for id, visit in self._visits.items():
            absent = now - visit.seen
            if id in self._people.persons:
                if absent > _STAYED:
                    # Should the daemon be killed while she is here, she was not away all the time.
                    visit.seen = now
                    self._note(id, visit)
            elif self._over(visit, absent):
                over.append(id)
            elif absent > _CROWDED_KEEP:
                absences.append((absent, id))
        surplus = len(self._visits) - len(over) - int(self.limits.visitors * _CROWDED) if self.limits.visitors else 0
        gone = await self._make_room([id for _, id in sorted(absences, reverse=True)], surplus)
        # A part of them at a time: all that is an account's goes with each.
        for id in over[:_AT_ONCE]:
            account = (await self._people.accounts.by_id([id])).get(id)
            left = self._visits.get(id)
            if left is None or id in self._people.persons:
                continue
            if account is None:
                await self.removed(id)
            elif left.spoke or not await surely(partial(self._inbox.count, id)):
                if id not in self._people.persons:
                    await self._people.accounts.remove(account)
                    gone += 1
            else:
                # Somebody has something to tell her: she is kept as if she had asked.
                left.spoke = True
                self._note(id, left)
        return gone

    async def _make_room(self, absent: list[str], most: int) -> int:
        """Remove so many of these at most, in this order, but for those for whom something waits; how many."""
        gone = 0
        for id in absent[: _AT_ONCE if most > 0 else 0]:
            account = (await self._people.accounts.by_id([id])).get(id)
            waiting = await surely(partial(self._inbox.count, id))
            if account is not None and not waiting and id not in self._people.persons:
                await self._people.accounts.remove(account)
                gone += 1
                if gone == most:
                    break
        return gone

    def _over(self, visit: Visit, absent: float) -> bool:
        if not visit.spoke:
            return absent > UNSAID
        return 0 < self.keep < absent

    async def removed(self, account: str) -> None:
        """The account is no more. Its shelf goes with it, unless it never was."""
        if self._visits.pop(account, None) is not None:
            with suppress(StoreUnavailable, OutcomeUnknown):
                await self._shelf.remove([(account, _VISIT)])

    # ------------------------------------------------------------ keeping

    async def _keep(self, account: str, visit: Visit) -> None:
        try:
            await self._shelf.put([(account, _VISIT, _encode(visit))])
        except OutcomeUnknown:
            raise StoreUnavailable from None

    def _note(self, account: str, visit: Visit) -> None:
        """Keep what nobody waits for."""
        self._environment.spawn("note that a visitor was here", self._noted(account, visit))

    async def _noted(self, account: str, visit: Visit) -> None:
        # Without it she may end too soon, after a crash: she is asked for again when she comes.
        with suppress(StoreUnavailable):
            if account in self._visits:
                await self._keep(account, visit)
