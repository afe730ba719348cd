"""Redis killed under load: promises P1 to P3 at the level of the store."""

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater

from imd.core.refusal import StoreUnavailable
from imd.core.stores import OutcomeUnknown, Queued, Queueing
from imd.storage.redis.store import RedisStore
from tests.contracts.contract import queued
from tests.storage.redis.case import RedisCase, available, clock

ACCOUNTS = 20
#: Messages of one turn, and turns while Redis is up before it is killed.
TURN, TURNS = 100, 12
KILLS = 4


class Sender:
    """Appends without end; remembers what was answered to each message."""

    def __init__(self, store: RedisStore) -> None:
        self.store = store
        self.seq = 0
        self.kept: dict[int, str] = {}
        self.in_doubt: list[int] = []
        self.not_done: list[int] = []
        self._answers: list[Deferred[None]] = []

    @staticmethod
    def entry(seq: int) -> tuple[str, Queued]:
        return f"u{seq % ACCOUNTS}", queued(f"m{seq}", seq)

    def turn(self) -> None:
        for _ in range(TURN):
            self.seq += 1
            self._answers.append(Deferred.fromCoroutine(self._one(self.seq)))

    async def _one(self, seq: int) -> None:
        try:
            (answer,) = await self.store.inbox.append([self.entry(seq)], 0)
        except StoreUnavailable:
            self.not_done.append(seq)
        except OutcomeUnknown:
            self.in_doubt.append(seq)
        else:
            self.kept[seq] = answer.value

    async def all_answered(self) -> None:
        answers, self._answers = self._answers, []
        await gatherResults(answers, consumeErrors=True)


class CrashTests(RedisCase):
    async def test_killed_under_load(self) -> None:
        """Every append that was confirmed is there once and in order; those that failed say so and can be repeated."""
        server = self.own_server()
        store = await self.make_store(url=server.url)
        sender = Sender(store)
        for _ in range(KILLS):
            for _ in range(TURNS):
                sender.turn()
                await deferLater(clock, 0)
            again = available(store)
            # While thousands are in flight.
            server.kill()
            sender.turn()
            await sender.all_answered()
            sender.turn()
            server.start()
            await again
        sender.turn()
        await sender.all_answered()
        self.assertEqual(set(sender.kept.values()), {"kept"})
        self.assertGreater(len(sender.kept), TURN)
        self.assertGreater(len(sender.in_doubt), 0, "nothing was in flight when Redis died")
        self.assertGreater(len(sender.not_done), 0)

        there = await self._seqs(store)
        self.assertEqual(set(sender.kept) - set(there), set(), "confirmed, and lost")
        self.assertEqual(set(sender.not_done) & set(there), set(), "refused, and there")

        again_sent = sender.in_doubt + sender.not_done
        answers = await store.inbox.append([Sender.entry(seq) for seq in again_sent], 0)
        for seq, answer in zip(again_sent, answers, strict=True):
            self.assertIs(answer, Queueing.ALREADY if seq in there else Queueing.KEPT)
        self.assertEqual(sorted(await self._seqs(store)), list(range(1, sender.seq + 1)))

    async def _seqs(self, store: RedisStore) -> list[int]:
        """All that waits; fails unless each inbox is in order and without a repetition."""
        found = []
        for n in range(ACCOUNTS):
            seqs = [one.message.seq for one in await store.inbox.read(f"u{n}", 0, 2**60, 1_000_000)]
            self.assertEqual(seqs, sorted(set(seqs)))
            self.assertEqual(await store.inbox.count(f"u{n}"), len(seqs))
            found += seqs
        return found
