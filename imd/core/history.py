"""What was said, as long as ``history.keep`` says: room lines always, talks of accounts with several devices.

A room line is *accepted* when it is committed here, or with history off when it was handed to the members (DESIGN,
"What is kept"). Lines of one reactor turn are one write; the members have them by then, only the sender waits.

A talk has two sides, and each account its own copy: under `talk(owner, other)`, only if the owner has a second device
to read it on (DESIGN, "Several devices"). So nobody learns from a copy of theirs how many devices somebody else has,
or that they are blocked.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from imd.core.address import Address, fold, split
from imd.core.message import Message, Outcome, Receipt, receipt
from imd.core.ports import Environment
from imd.core.refusal import NotAMember, NotForGuests, StoreUnavailable
from imd.core.session import Session
from imd.core.stores import HistoryStore, OutcomeUnknown
from imd.core.talk import Room

if TYPE_CHECKING:
    from imd.core.people import People

#: Ids of room lines remembered to recognise a repetition; lines with a client id only.
_REMEMBERED = 10_000

#: How many lines travel in one call.
_BATCH = 500

Settle = Callable[[Receipt], None]


def _tell(settle: Settle, message: Message, outcome: Outcome) -> None:
    settle(receipt(message, outcome))


def talk(owner: str, other: str) -> str:
    """Where the account `owner` keeps its talk with `other`: an account id, or `guest(address)`."""
    return f"{owner} {other}"


def guest(address: Address) -> str:
    """A guest has no id: whoever is called so now or later is one side of a talk."""
    return fold(f"{address.name}@{address.domain}")


class _Line:
    """One message on its way into one or more histories."""

    __slots__ = ("insist", "message", "outcome", "targets")

    def __init__(
        self, targets: Sequence[str], message: Message, outcome: Callable[[Outcome], None] | None, *, insist: bool
    ) -> None:
        self.targets = targets
        self.message = message
        self.outcome = outcome
        #: Try again when the store is back.
        self.insist = insist


class History:
    """Appends in batches, reads for those who may read."""

    find_room: Callable[[str], Room | None]
    people: "People"

    def __init__(self, environment: Environment, store: HistoryStore, *, keep: float) -> None:
        self._environment = environment
        self._store = store
        self.keep = keep
        self._recent: dict[str, Message] = {}
        self._batch: list[_Line] = []
        #: Those that are tried again when the store is back.
        self._failed: list[_Line] = []
        self._under_way = 0

    def repeated(self, message: Message) -> Message | None:
        """The same line, if it was read before (a client sends again what it had no answer to)."""
        if not message.client_id:
            return None
        known = self._recent.get(message.id)
        if known is None:
            self._recent[message.id] = message.stub()
            if len(self._recent) > _REMEMBERED:
                del self._recent[next(iter(self._recent))]
            return None
        # The text comes from the repetition; what is remembered has none if it was long.
        return msgspec.structs.replace(known, body=message.body, tags=message.tags)

    def record(self, target: str, message: Message, outcome: Settle | None) -> None:
        """Keep `message` under `target`; `outcome` hears *accepted* when it is durable, *unknown* if that failed."""
        if not self.keep:
            if outcome is not None:
                outcome(receipt(message, Outcome.ACCEPTED))
            return
        told = None if outcome is None else partial(_tell, outcome, message)
        self._add(_Line((target,), message, told, insist=False))

    def record_talk(
        self, targets: Sequence[str], message: Message, outcome: Callable[[Outcome], None] | None, *, insist: bool
    ) -> None:
        """Keep a private message under all `targets`, together. `outcome` hears *accepted* when it is durable. If the
        store fails it hears *unknown*, and *accepted* later if the caller insists: then it is written when the store
        is back."""
        if not self.keep:
            if outcome is not None:
                outcome(Outcome.ACCEPTED)
            return
        self._add(_Line(targets, message, outcome, insist=insist))

    def _add(self, line: _Line) -> None:
        if not self._batch:
            self._environment.clock.soon(self._flush)
        self._batch.append(line)

    def retry(self) -> None:
        """The store is back."""
        failed, self._failed = self._failed, []
        for line in failed:
            self._add(line)

    def _flush(self) -> None:
        batch, self._batch = self._batch, []
        for begin in range(0, len(batch), _BATCH):
            self._under_way += 1
            self._environment.spawn("write history", self._write(batch[begin : begin + _BATCH]))

    async def _write(self, batch: list[_Line]) -> None:
        # Also what is told if this is cut off: those who wait must not wait for ever.
        result = Outcome.UNKNOWN
        try:
            await self._store.append([(target, line.message) for line in batch for target in line.targets])
            result = Outcome.ACCEPTED
        except (StoreUnavailable, OutcomeUnknown):
            # Whether it will be in the history is not known; everybody who is here has seen it.
            self._failed += [line for line in batch if line.insist]
        finally:
            self._under_way -= 1
            for line in batch:
                if result is Outcome.UNKNOWN:
                    self._recent.pop(line.message.id, None)
                if line.outcome is not None:
                    try:
                        line.outcome(result)
                    except Exception:
                        # The others of this batch wait, too.
                        self._environment.log.failure("while telling what became of a line")

    @property
    def idle(self) -> bool:
        return not (self._batch or self._under_way or self._failed)

    async def latest(self, session: Session, target: str, before: int, limit: int) -> list[Message]:
        where = self._room(session, target) if target.startswith("#") else await self._talk(session, target)
        try:
            return await self._store.latest(where, before or 2**62, min(limit, 500))
        except OutcomeUnknown:
            raise StoreUnavailable from None

    def _room(self, session: Session, name: str) -> str:
        room = self.find_room(name)
        if room is None or session.person.key not in room.members:
            raise NotAMember(name)
        return fold(name)

    async def _talk(self, session: Session, name: str) -> str:
        account = session.account
        if account is None:
            raise NotForGuests("History")
        nick, domain = split(name, self.people.domain)
        if domain == f"guest.{self.people.domain}":
            return talk(account.id, guest(Address(nick, domain)))
        return talk(account.id, (await self.people.resolve(name)).id)

    async def expire(self) -> int:
        """Forget what is older than `keep`."""
        return await self._store.expire(self._environment.clock.time() - self.keep)
