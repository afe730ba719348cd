"""What every `Store` must do as a whole: lease, secret, order within a turn, many calls at once."""

from imd.core.stores import Durability, Queueing, Store, StoreLocked
from tests.contracts.contract import NOW, StoreContract, account, message, queued


class WholeStoreContract(StoreContract):
    async def test_available_while_open(self) -> None:
        """A store is available from open to close, says what it is and how much it survives."""
        store = self.new_store()
        self.assertIs(store.available, False)
        await store.open()
        self.assertIs(store.available, True)
        self.assertIs(store.durability, Durability.STRONG)
        self.assertTrue(store.description)
        await store.close()
        self.assertIs(store.available, False)

    async def test_secret(self) -> None:
        """The secret is 32 bytes, made once, and the same after a restart."""
        store = await self.make_store()
        secret = store.secret
        self.assertIsInstance(secret, bytes)
        self.assertEqual(len(secret), 32)
        self.assertGreater(len(set(secret)), 8)
        store = await self.reopen(store)
        self.assertEqual(store.secret, secret)

    async def test_lease(self) -> None:
        """While one has the store nobody else gets it, and is told who has; afterwards it is free."""
        first = await self.make_store()
        second = self.new_store()
        with self.assertRaises(StoreLocked) as caught:
            await second.open()
        self.assertTrue(caught.exception.holder)
        self.assertIs(second.available, False)
        # The one who has it is not disturbed.
        await self.people(first, "alice")
        await first.close()
        third = await self.make_store()
        self.assertEqual(await third.accounts.count(), 1)

    async def test_close_finishes(self) -> None:
        """What was called before `close` is done and answered, and is there afterwards; closing twice is no harm."""
        store = await self.make_store()
        calls = [store.inbox.append([("a", queued(f"m{n}", n + 1))], 0) for n in range(200)]
        await store.close()
        self.assertEqual([await call for call in calls], [[Queueing.KEPT]] * 200)
        await store.close()
        store = await self.make_store()
        self.assertEqual(await store.inbox.count("a"), 200)

    async def test_order_within_a_turn(self) -> None:
        """Calls of one turn are done in their order, and a call sees what those before it wrote."""
        store = await self.make_store()
        inbox = store.inbox
        created = store.accounts.create(account("1", "alice"), "alice", None)
        found = store.accounts.by_name("alice")
        renamed = store.accounts.rename("1", "bob", "bob")
        other = store.accounts.create(account("2", "Alice"), "alice", None)
        both = store.accounts.by_id(["1", "2"])
        nobody = store.inbox.count("1")
        first = inbox.append([("1", queued("m1", 1))], 1)
        full = inbox.append([("1", queued("m2", 2))], 1)
        waits = inbox.read("1", 0, 10, 10)
        done = inbox.acknowledge([("1", "m1")], NOW)
        again = inbox.append([("1", queued("m1", 3)), ("1", queued("m2", 4))], 1)
        left = inbox.read("1", 0, 10, 10)
        silence = store.history.latest("1", 10, 10)
        said = store.history.append([("1", message("m1", 1))])
        heard = store.history.latest("1", 10, 10)
        self.assertIs(await created, True)
        self.assertEqual(await found, account("1", "alice"))
        self.assertIs(await renamed, True)
        self.assertIs(await other, True)
        self.assertEqual(await both, {"1": account("1", "bob"), "2": account("2", "Alice")})
        self.assertEqual(await nobody, 0)
        self.assertEqual(await first, [Queueing.KEPT])
        self.assertEqual(await full, [Queueing.FULL])
        self.assertEqual(await waits, [queued("m1", 1)])
        await done
        self.assertEqual(await again, [Queueing.DONE, Queueing.KEPT])
        self.assertEqual(await left, [queued("m2", 4)])
        self.assertEqual(await silence, [])
        await said
        self.assertEqual(await heard, [message("m1", 1)])

    async def test_many_appends_at_once(self) -> None:
        """Thousands of appends called without waiting are all answered, and all there in order afterwards."""
        store = await self.make_store()
        calls = [store.inbox.append([(f"u{n % 100}", queued(f"m{n}", n + 1))], 1000) for n in range(3000)]
        more = [store.history.append([(f"#{n % 10}", message(f"m{n}", n + 1))]) for n in range(500)]
        self.assertEqual([await call for call in calls], [[Queueing.KEPT]] * 3000)
        for one in more:
            await one
        store = await self.reopen(store)
        await self._are_there(store)

    async def _are_there(self, store: Store) -> None:
        for u in range(100):
            found = await store.inbox.read(f"u{u}", 0, 10_000, 1000)
            self.assertEqual([entry.message.seq for entry in found], list(range(u + 1, 3001, 100)))
        for target in range(10):
            said = await store.history.after(f"#{target}", 0, 1000)
            self.assertEqual([one.seq for one in said], list(range(target + 1, 501, 10)))
