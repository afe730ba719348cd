"""What was said, as long as ``history.keep`` says: room lines always, talks of accounts with several devices.

A room line is *accepted* when it is committed here, or with history off when it was handed to the members (DESIGN,
"What is kept"). Lines of one reactor turn are one write; the members have them by then, only the sender waits.

A talk has two sides, and each account its own copy: under `talk(owner, other)`, only if the owner has a second device
to read it on (DESIGN, "Several devices") or a client that reads history, or with ``history.talks = "always"``. So
nobody learns from a copy of theirs how many devices somebody else has, or that they are blocked.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import msgspec

from imd.core.message import Message, Outcome, Settle, receipt
from imd.core.own import OwnHistory
from imd.core.ports import Environment
from imd.core.reading import Reading
from imd.core.refusal import StoreUnavailable
from imd.core.session import Account, Session
from imd.core.stores import HistoryStore, OutcomeUnknown
from imd.core.tally import Tally

#: Ids of room lines remembered to recognise a repetition; lines with a client id only.
_REMEMBERED = 10_000

#: How many lines travel in one call.
_BATCH = 500

#: The name under which the store remembers, among an account's devices, that a client of hers reads history: it counts
#: as a device, because what was read on one connection is looked for on the next.
READER = "history"


def _tell(settle: Settle, message: Message, outcome: Outcome) -> None:
    settle(receipt(message, outcome))


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


class History(Reading):
    """Appends in batches, reads for those who may read (`imd.core.reading`)."""

    #: Set by the hub (`imd.core.redacting`).
    redact: Callable[[Session, str, str, str], Awaitable[None]]

    def __init__(
        self, environment: Environment, store: HistoryStore, tally: Tally, *, keep: float, most: int = 0
    ) -> None:
        super().__init__(store)
        self._tally = tally
        self.own = OwnHistory(store)
        self._environment = environment
        self.keep = keep
        #: Greatest number of messages of one room or talk; 0: no bound but time.
        self.most = most
        self._recent: dict[str, Message] = {}
        self._batch: list[_Line] = []
        #: Those that are tried again when the store is back.
        self._failed: list[_Line] = []
        self._under_way = 0
        #: Ids of what was taken back lately: its sender may send it again.
        self._forgotten: dict[str, None] = {}
        #: Copies of talks for everybody, not only for those who read them.
        self.always = False
        #: Accounts that have begun to read while this daemon runs: what is under way to them knows them as they were.
        self._wanted: set[str] = set()
        #: Those of them of whom the store knows it, or is being told.
        self._remembering: set[str] = set()

    def want(self, session: Session) -> None:
        account = session.account
        if account is not None and READER not in account.devices and account.id not in self._remembering:
            self._wanted.add(account.id)
            self._remembering.add(account.id)
            self._environment.spawn("remember who reads history", self._remember(account))

    def removed(self, account: str) -> None:
        """The account is no more; the store forgets its copies."""
        self._wanted.discard(account)
        self._remembering.discard(account)

    async def _remember(self, account: Account) -> None:
        try:
            await self.people.accounts.add_device(account, READER)
        except BaseException:
            # The next time, then; meanwhile this daemon knows it.
            self._remembering.discard(account.id)
            raise

    def needless(self, sender: Account | None, recipient: Account) -> bool:
        """Whether neither side has copies: by far the most common."""
        wanted = self._wanted
        return (
            len(recipient.devices) < 2
            and recipient.id not in wanted
            and (sender is None or (len(sender.devices) < 2 and sender.id not in wanted))
            and not self.always
        )

    def read_by(self, account: Account) -> bool:
        """Whether she has more than one way to read her talks, so that history has to have what she was told."""
        return bool(self.keep) and (len(account.devices) > 1 or account.id in self._wanted)

    def copies(self, account: Account) -> bool:
        """Whether she has copies of her talks."""
        return bool(self.keep) and (self.always or self.read_by(account))

    def remembers(self, id: str) -> bool:
        """Whether the room line `id`, of a client that numbers them, was read before."""
        return id in self._recent

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

    def note(self, targets: Sequence[str], message: Message) -> None:
        """Keep under all `targets` what nobody waits for: what happened, and what is not kept for the offline."""
        if self.keep and targets:
            self._add(_Line(targets, message, None, insist=False))

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

    async def forget(self, targets: Sequence[str], id: str) -> None:
        """Nothing of this message stays under these targets, should it be on its way there or be sent again."""
        self._forgotten[id] = None
        if len(self._forgotten) > _REMEMBERED:
            del self._forgotten[next(iter(self._forgotten))]
        self._failed = [line for line in self._failed if line.message.id != id or self._left_out(line)]
        known = self._recent.get(id)
        if known is not None:
            self._recent[id] = msgspec.structs.replace(known, body="", tags={})
        await self._ask(self._store.remove([(target, id) for target in targets]))

    def taken_back(self, id: str) -> bool:
        """Whether it was lately: who has read it from the store before must not show it."""
        return id in self._forgotten

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
        if self._forgotten:
            batch = [line for line in batch if line.message.id not in self._forgotten or self._left_out(line)]
        for begin in range(0, len(batch), _BATCH):
            self._under_way += 1
            self._environment.spawn("write history", self._write(batch[begin : begin + _BATCH]))

    @staticmethod
    def _left_out(line: _Line) -> bool:
        """What was taken back is not written again; whoever waits for it hears that all is well."""
        if line.outcome is not None:
            line.outcome(Outcome.ACCEPTED)
        return False

    async def _write(self, batch: list[_Line]) -> None:
        # Also what is told if this is cut off: those who wait must not wait for ever.
        result = Outcome.UNKNOWN
        try:
            lines = [(target, line.message) for line in batch for target in line.targets]
            cut = await self._store.append(lines, self.most)
            if cut:
                self._tally.count("history.max_messages", cut)
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

    async def expire(self) -> int:
        """Forget what is older than `keep`."""
        return await self._store.expire(self._environment.clock.time() - self.keep)
