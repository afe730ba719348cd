"""What was said: room lines always, as long as ``history.keep`` says.

A room line is *accepted* when it is committed here, or with history off when it was handed to the members (DESIGN,
"What is kept"). Lines of one reactor turn are one write; the members have them by then, only the sender waits.
"""

from collections.abc import Callable

from imd.core.address import fold
from imd.core.message import Message, Outcome, Receipt
from imd.core.ports import Environment
from imd.core.refusal import NoSuchAccount, NotAMember, StoreUnavailable
from imd.core.session import Session
from imd.core.stores import HistoryStore, OutcomeUnknown
from imd.core.talk import Room

#: Ids of room lines remembered to recognise a repetition; lines with a client id only.
_REMEMBERED = 10_000

Settle = Callable[[Receipt], None]


def receipt(message: Message, outcome: Outcome) -> Receipt:
    return Receipt(message.id, message.client_id, message.recipient, outcome, message.time)


class History:
    """Appends in batches, reads for those who may read."""

    find_room: Callable[[str], Room | None]

    def __init__(self, environment: Environment, store: HistoryStore, *, keep: float) -> None:
        self._environment = environment
        self._store = store
        self.keep = keep
        self._recent: dict[str, Message] = {}
        self._batch: list[tuple[str, Message, Settle | None]] = []
        self._under_way = 0

    def repeated(self, message: Message) -> Message | None:
        """The same line, if it was read before (a client sends again what it had no answer to)."""
        if not message.client_id:
            return None
        known = self._recent.get(message.id)
        if known is None:
            self._recent[message.id] = message
            if len(self._recent) > _REMEMBERED:
                del self._recent[next(iter(self._recent))]
        return known

    def record(self, target: str, message: Message, outcome: Settle | None) -> None:
        """Keep `message` under `target`; `outcome` hears *accepted* when it is durable, *unknown* if that failed."""
        if not self.keep:
            if outcome is not None:
                outcome(receipt(message, Outcome.ACCEPTED))
            return
        if not self._batch:
            self._environment.clock.soon(self._flush)
        self._batch.append((target, message, outcome))

    def _flush(self) -> None:
        batch, self._batch = self._batch, []
        self._under_way += 1
        self._environment.spawn("write history", self._write(batch))

    async def _write(self, batch: list[tuple[str, Message, Settle | None]]) -> None:
        result = Outcome.ACCEPTED
        try:
            await self._store.append([(target, message) for target, message, _ in batch])
        except (StoreUnavailable, OutcomeUnknown):
            # The members have seen it; whether it will be in the history is not known.
            result = Outcome.UNKNOWN
        finally:
            self._under_way -= 1
        for _, message, outcome in batch:
            if result is Outcome.UNKNOWN:
                self._recent.pop(message.id, None)
            if outcome is not None:
                outcome(receipt(message, result))

    @property
    def idle(self) -> bool:
        return not self._batch and not self._under_way

    async def latest(self, session: Session, target: str, before: int, limit: int) -> list[Message]:
        if not target.startswith("#"):
            # Talks between two people are not recorded yet: there is nothing to read, and nothing is promised.
            raise NoSuchAccount(target)
        room = self.find_room(target)
        if room is None or session.person.key not in room.members:
            raise NotAMember(target)
        try:
            return await self._store.latest(fold(target), before or 2**62, min(limit, 500))
        except OutcomeUnknown:
            raise StoreUnavailable from None

    async def expire(self) -> int:
        """Forget what is older than `keep`."""
        return await self._store.expire(self._environment.clock.time() - self.keep)
