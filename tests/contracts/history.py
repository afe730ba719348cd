"""What every `HistoryStore` must do."""

from tests.contracts.contract import NOW, TRICKY, StoreContract, message

#: A time of reading in microseconds, as `Message.seq` is in life: needs more than 32 bits and more than a double has.
SEQ = 9_007_199_254_740_993


class HistoryContract(StoreContract):
    async def test_latest_and_after(self) -> None:
        """Pages backwards and forwards, each oldest first, also after a restart."""
        store = await self.make_store()
        said = [message(f"m{n}", SEQ + n, str(n)) for n in range(10)]
        await store.history.append([("#room", one) for one in said[::-1]])
        store = await self.reopen(store)
        history = store.history
        self.assertEqual(await history.latest("#room", SEQ + 100, 4), said[6:])
        self.assertEqual(await history.latest("#room", SEQ + 6, 4), said[2:6])
        self.assertEqual(await history.latest("#room", SEQ, 4), [])
        self.assertEqual(await history.after("#room", 0, 4), said[:4])
        self.assertEqual(await history.after("#room", SEQ + 3, 4), said[4:8])
        self.assertEqual(await history.after("#room", SEQ + 9, 4), [])
        self.assertEqual(await history.latest("#room", SEQ + 100, 100), said)

    async def test_idempotent(self) -> None:
        """A message is in a target's history once, even when it comes again with another seq or in one call."""
        history = (await self.make_store()).history
        one = message("m1", SEQ, client_id="c1")
        await history.append([("#room", one), ("#room", one)])
        await history.append([("#room", one)])
        await history.append([("#room", message("m1", SEQ + 5, client_id="c1"))])
        self.assertEqual(await history.after("#room", 0, 10), [one])

    async def test_targets_are_apart(self) -> None:
        """The same message may stand in several histories; none shows another's."""
        history = (await self.make_store()).history
        one, two = message("m1", 1), message("m2", 2)
        await history.append([("#a", one), ("#b", one), ("#b", two), ("#A", two)])
        self.assertEqual(await history.latest("#a", 10, 10), [one])
        self.assertEqual(await history.latest("#b", 10, 10), [one, two])
        self.assertEqual(await history.latest("#A", 10, 10), [two])
        self.assertEqual(await history.latest("#", 10, 10), [])

    async def test_expire(self) -> None:
        """What is older than the time given is forgotten everywhere, however much it is."""
        history = (await self.make_store()).history
        entries = [(f"#{n % 3}", message(f"m{n}", n + 1, time=NOW + n)) for n in range(1500)]
        await history.append(entries)
        self.assertEqual(await history.expire(NOW), 0)
        self.assertEqual(await history.expire(NOW + 1234.5), 1235)
        self.assertEqual(await history.expire(NOW + 1234.5), 0)
        left = [one for n in range(3) for one in await history.after(f"#{n}", 0, 2000)]
        self.assertEqual(sorted(one.seq for one in left), list(range(1236, 1501)))
        self.assertEqual(await history.expire(NOW + 10_000), 265)

    async def test_tricky_text(self) -> None:
        """Bodies, tags and target names come back letter for letter."""
        history = (await self.make_store()).history
        for number, text in enumerate(TRICKY):
            target = f"{number}{text[:40]}"
            one = message(f"m{number}", SEQ, text, tags={text[:100]: text}, client_id=text[:100], origin=text[:100])
            await history.append([(target, one)])
            self.assertEqual(await history.latest(target, SEQ + 1, 10), [one])
