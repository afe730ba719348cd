"""The offline queue against a model of a few lines, by random operations."""

import random

import msgspec

from imd.core.stores import InboxStore, Queued, Queueing
from tests.contracts.contract import DAY, NOW, StoreContract, queued

ACCOUNTS = ("a", "b", "c")
LIMIT = 12
ORIGIN_LIMIT = 3


class Model:
    """What an `InboxStore` is, in dictionaries; every message has a client id."""

    def __init__(self) -> None:
        self.waiting: dict[str, dict[str, Queued]] = {account: {} for account in ACCOUNTS}
        self.remembered: dict[tuple[str, str], float] = {}

    def append(self, account: str, entry: Queued) -> Queueing:
        inbox, id = self.waiting[account], entry.message.id
        if id in inbox:
            return Queueing.ALREADY
        if (account, id) in self.remembered:
            return Queueing.DONE
        share = sum(other.origin == entry.origin for other in inbox.values())
        if len(inbox) >= LIMIT or (entry.origin_limit and share >= entry.origin_limit):
            return Queueing.FULL
        inbox[id] = entry
        return Queueing.KEPT

    def acknowledge(self, account: str, id: str, now: float) -> None:
        entry = self.waiting[account].pop(id, None)
        if entry:
            self.remembered[account, id] = min(entry.expires, now + 7 * DAY)

    def attempted(self, account: str, ids: list[str]) -> None:
        inbox = self.waiting[account]
        for id in ids:
            if id in inbox:
                inbox[id] = msgspec.structs.replace(inbox[id], attempts=inbox[id].attempts + 1)

    def retry(self, account: str) -> None:
        for id, entry in self.waiting[account].items():
            self.waiting[account][id] = msgspec.structs.replace(entry, attempts=min(entry.attempts, 1))

    def expire(self, now: float) -> int:
        gone = [(a, id) for a, inbox in self.waiting.items() for id, entry in inbox.items() if entry.expires < now]
        for account, id in gone:
            del self.waiting[account][id]
        self.remembered = {key: until for key, until in self.remembered.items() if until >= now}
        return len(gone)

    def read(self, account: str, after: int, upto: int, limit: int) -> list[Queued]:
        found = [entry for entry in self.waiting[account].values() if after < entry.message.seq <= upto]
        return sorted(found, key=lambda entry: entry.message.seq)[:limit]


class InboxModelContract(StoreContract):
    """A failure names its seed; the same seed does the same again."""

    async def test_as_the_model(self) -> None:
        """After hundreds of random operations, some called without waiting, the inboxes are what the model says."""
        for seed in range(4):
            await self._try(random.Random(seed), f"seed {seed}")

    async def _try(self, chance: random.Random, note: str) -> None:
        store = await self.make_store()
        model = Model()
        ids = [f"{note}-{n}" for n in range(60)]
        now, seq = NOW, 0
        for step in range(150):
            where = f"{note}, step {step}"
            account = chance.choice(ACCOUNTS)
            some = chance.sample(ids, chance.randint(1, 5))
            match chance.choice(
                ["append"] * 4 + ["acknowledge", "attempted", "retry", "expire", "read", "turn", "reopen"]
            ):
                case "append":
                    entries = []
                    for id in some:
                        seq += 1
                        entries.append((chance.choice(ACCOUNTS), self._entry(chance, id, seq, now)))
                    wanted = [model.append(*entry) for entry in entries]
                    self.assertEqual(await store.inbox.append(entries, LIMIT), wanted, where)
                case "acknowledge":
                    await store.inbox.acknowledge([(account, id) for id in some], now)
                    for id in some:
                        model.acknowledge(account, id, now)
                case "attempted":
                    await store.inbox.attempted(account, some)
                    model.attempted(account, some)
                case "retry":
                    await store.inbox.retry(account)
                    model.retry(account)
                case "expire":
                    now += chance.choice([1.5, DAY + 0.5])
                    self.assertEqual(await store.inbox.expire(now), model.expire(now), where)
                case "read":
                    after, upto = sorted([chance.randint(0, seq + 1), chance.randint(0, seq + 1)])
                    limit = chance.randint(1, 5)
                    found = await store.inbox.read(account, after, upto, limit)
                    self.assertEqual(found, model.read(account, after, upto, limit), where)
                case "turn":
                    # In one turn, without waiting: the store does them in the order of the calls.
                    seq += 1
                    entry = self._entry(chance, some[0], seq, now)
                    kept = store.inbox.append([(account, entry)], LIMIT)
                    done = store.inbox.acknowledge([(account, some[0])], now)
                    again = store.inbox.append([(account, entry)], LIMIT)
                    number = store.inbox.count(account)
                    self.assertEqual(await kept, [model.append(account, entry)], where)
                    await done
                    model.acknowledge(account, some[0], now)
                    self.assertEqual(await again, [model.append(account, entry)], where)
                    self.assertEqual(await number, len(model.waiting[account]), where)
                case "reopen":
                    store = await self.reopen(store)
            await self._compare(store.inbox, model, where)
        await store.inbox.expire(now + 365 * DAY)
        await store.close()

    def _entry(self, chance: random.Random, id: str, seq: int, now: float) -> Queued:
        origin = chance.choice(["", "", "192.0.2.1", "2001:db8::1"])
        return queued(
            id,
            seq,
            now + chance.choice([1.0, DAY, 5 * DAY, 30 * DAY]),
            origin=origin,
            origin_limit=ORIGIN_LIMIT if origin else 0,
        )

    async def _compare(self, inbox: InboxStore, model: Model, where: str) -> None:
        for account in ACCOUNTS:
            self.assertEqual(await inbox.count(account), len(model.waiting[account]), where)
            self.assertEqual(await inbox.read(account, 0, 2**62, 1000), model.read(account, 0, 2**62, 1000), where)
