"""Third step of the ladder: kept in the store until a session acknowledges it.

Writes of one reactor turn travel together: puts first, then attempts, then acknowledgements, each as one call. While
the store is away acknowledgements wait here; whoever puts a message is told at once and decides.
"""

from collections.abc import Callable

from imd.core.ports import Environment
from imd.core.refusal import StoreUnavailable
from imd.core.stores import InboxStore, OutcomeUnknown, Queued, Queueing

#: Told what became of one put: the store's answer, or why there is none.
Done = Callable[[Queueing | StoreUnavailable | OutcomeUnknown], None]

#: How many messages travel in one call, so that no call holds the store, or the reactor, for long.
_BATCH = 500


def _seq(put: tuple[str, Queued, Done]) -> int:
    return put[1].message.seq


class OfflineQueue:
    """Batches for `InboxStore`."""

    def __init__(self, environment: Environment, store: InboxStore, *, limit: int) -> None:
        self._environment = environment
        self._store = store
        self.limit = limit
        self._puts: list[tuple[str, Queued, Done]] = []
        self._attempts: dict[str, list[str]] = {}
        self._acks: list[tuple[str, str]] = []
        #: Acknowledged, and perhaps still in the store: (account, message id).
        self._leaving: set[tuple[str, str]] = set()
        self._scheduled = False
        self._under_way = 0

    def put(self, account: str, queued: Queued, done: Done) -> None:
        self._puts.append((account, queued, done))
        self._schedule()

    def putting(self, account: str) -> bool:
        """Whether messages for this account are about to be put."""
        return any(owner == account for owner, _, _ in self._puts)

    def withdraw(self, account: str) -> None:
        """Put nothing for this account that is not under way already; nobody is told."""
        self._puts = [put for put in self._puts if put[0] != account]

    def acknowledge(self, account: str, id: str) -> None:
        self._leaving.add((account, id))
        self._acks.append((account, id))
        self._schedule()

    def leaving(self, account: str, id: str) -> bool:
        """Whether the message is acknowledged and the store may not know it yet: it must not be shown again."""
        return (account, id) in self._leaving

    def attempted(self, account: str, ids: list[str]) -> None:
        """These messages are being handed to a client."""
        self._attempts.setdefault(account, []).extend(ids)
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._environment.clock.soon(self.flush)

    def flush(self) -> None:
        """Hand everything to the store now; what is asked of the store after this sees it."""
        self._scheduled = False
        puts, self._puts = self._puts, []
        # In order of reading: those put once more, because the store had failed, are older than the rest.
        puts.sort(key=_seq)
        attempts, self._attempts = self._attempts, {}
        acks, self._acks = self._acks, []
        spawn = self._environment.spawn
        for begin in range(0, len(puts), _BATCH):
            self._under_way += 1
            spawn("keep messages", self._put(puts[begin : begin + _BATCH]))
        for account, ids in attempts.items():
            self._under_way += 1
            spawn("count attempts", self._attempt(account, ids))
        for begin in range(0, len(acks), _BATCH):
            self._under_way += 1
            spawn("take messages off", self._acknowledge(acks[begin : begin + _BATCH]))

    async def _put(self, puts: list[tuple[str, Queued, Done]]) -> None:
        answers: list[Queueing] | StoreUnavailable | OutcomeUnknown
        try:
            answers = await self._store.append([(account, queued) for account, queued, _ in puts], self.limit)
        except (StoreUnavailable, OutcomeUnknown) as error:
            answers = error
        except BaseException:
            # A fault of ours, or the daemon stops: nobody may wait for ever for an answer.
            for _, _, done in puts:
                self._tell(done, OutcomeUnknown())
            raise
        finally:
            self._under_way -= 1
        if isinstance(answers, list):
            for (_, _, done), answer in zip(puts, answers, strict=True):
                self._tell(done, answer)
        else:
            for _, _, done in puts:
                self._tell(done, answers)

    def _tell(self, done: Done, answer: Queueing | StoreUnavailable | OutcomeUnknown) -> None:
        try:
            done(answer)
        except Exception:
            # The others of this batch wait, too.
            self._environment.log.failure("while telling what became of a message")

    async def _attempt(self, account: str, ids: list[str]) -> None:
        try:
            await self._store.attempted(account, ids)
        except (StoreUnavailable, OutcomeUnknown):
            # A lost count costs at most one more attempt.
            self._environment.log.info("attempts not counted: the store is away")
        finally:
            self._under_way -= 1

    async def _acknowledge(self, acks: list[tuple[str, str]]) -> None:
        try:
            await self._store.acknowledge(acks, self._environment.clock.time())
        except (StoreUnavailable, OutcomeUnknown):
            # Acknowledging is idempotent: repeated by `retry`, never forgotten while the daemon lives.
            self._acks.extend(acks)
        else:
            self._leaving.difference_update(acks)
        finally:
            self._under_way -= 1

    def retry(self) -> None:
        """The store is back."""
        if self._acks:
            self._schedule()

    @property
    def idle(self) -> bool:
        """Whether nothing waits for the store."""
        return not (self._under_way or self._puts or self._attempts or self._acks)
