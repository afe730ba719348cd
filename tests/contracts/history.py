"""What every `HistoryStore` must do."""

from imd.core.past import END
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

    async def test_between(self) -> None:
        """Both reads take both bounds, exclusive; the newest or the oldest of what lies between."""
        history = (await self.make_store()).history
        said = [message(f"m{n}", SEQ + n, str(n)) for n in range(10)]
        await history.append([("#room", one) for one in said])
        self.assertEqual(await history.latest("#room", SEQ + 8, 3, SEQ + 2), said[5:8])
        self.assertEqual(await history.latest("#room", SEQ + 5, 9, SEQ + 2), said[3:5])
        self.assertEqual(await history.after("#room", SEQ + 2, 3, SEQ + 8), said[3:6])
        self.assertEqual(await history.after("#room", SEQ + 2, 9, SEQ + 3), [])
        self.assertEqual(await history.latest("#room", END, 0), [])
        self.assertEqual(await history.after("#room", -1, 100), said)

    async def test_find(self) -> None:
        """One message by its id, in its own target only."""
        history = (await self.make_store()).history
        one = message("m1", SEQ)
        await history.append([("#room", one)])
        self.assertEqual(await history.find("#room", "m1"), one)
        self.assertIsNone(await history.find("#room", "m2"))
        self.assertIsNone(await history.find("#other", "m1"))

    async def test_remove(self) -> None:
        """What is removed is in no read any more, and can be found by nobody; the rest stays as it was."""
        store = await self.make_store()
        said = [message(f"m{n}", SEQ + n) for n in range(4)]
        await store.history.append([(target, one) for one in said for target in ("#room", "id-alice id-bob")])
        pairs = [("#room", "m1"), ("id-alice id-bob", "m3"), ("#room", "none"), ("#none", "m1")]
        self.assertEqual(await store.history.remove(pairs), 2)
        self.assertEqual(await store.history.remove(pairs), 0)
        store = await self.reopen(store)
        self.assertEqual(await store.history.after("#room", 0, 9), [said[0], said[2], said[3]])
        self.assertIsNone(await store.history.find("#room", "m1"))
        self.assertEqual(await store.history.after("id-alice id-bob", 0, 9), said[:3])
        self.assertEqual(await store.history.newest(["#room"]), {"#room": SEQ + 3})
        talks = await store.history.talks("id-alice", 0, END, 9, newest=True)
        self.assertLess(abs(talks["id-alice id-bob"] - SEQ - 2), 2)
        await store.history.remove([("id-alice id-bob", f"m{n}") for n in range(3)])
        self.assertEqual(await store.history.talks("id-alice", 0, END, 9, newest=True), {})

    async def test_bound(self) -> None:
        """A target keeps its newest, at most a tenth more than the bound; others are not touched."""
        history = (await self.make_store()).history
        cut = 0
        for start in range(0, 200, 20):
            entries = [("#room", message(f"m{n}", n + 1)) for n in range(start, start + 20)]
            cut += await history.append([*entries, ("#quiet", message(f"m{start}", start + 1))], 50)
        kept = await history.after("#room", 0, 1000)
        self.assertIn(cut, range(1, 9))
        self.assertTrue(50 <= len(kept) <= 55, len(kept))
        self.assertEqual([one.seq for one in kept], list(range(201 - len(kept), 201)))
        self.assertIsNone(await history.find("#room", "m0"))
        self.assertEqual(len(await history.after("#quiet", 0, 1000)), 10)

    async def test_newest(self) -> None:
        """The last of each target that holds something."""
        history = (await self.make_store()).history
        await history.append([("#a", message("m1", SEQ + 5)), ("#a", message("m2", SEQ)), ("#b", message("m1", 7))])
        self.assertEqual(await history.newest(["#b", "#c", "#a"]), {"#a": SEQ + 5, "#b": 7})
        self.assertEqual(await history.newest([]), {})

    async def test_talks(self) -> None:
        """Somebody's own talks by when they were last added to; nobody else's, and no rooms."""
        history = (await self.make_store()).history
        for n, target in enumerate(("a b", "a c", "b a", "a d", "#a x", "ab c", "a b", "a e")):
            await history.append([(target, message(f"m{n}", 100 + n))])
        talks = history.talks
        self.assertEqual(await talks("a", 0, END, 9, newest=True), {"a c": 101, "a d": 103, "a b": 106, "a e": 107})
        self.assertEqual(await talks("a", 101, 107, 9, newest=True), {"a d": 103, "a b": 106})
        self.assertEqual(await talks("a", 0, 107, 2, newest=True), {"a d": 103, "a b": 106})
        self.assertEqual(await talks("a", 0, 107, 2, newest=False), {"a c": 101, "a d": 103})
        self.assertEqual(await talks("a", 0, END, 0, newest=True), {})
        self.assertEqual(await talks("", 0, END, 9, newest=True), {})

    async def test_expired_talks(self) -> None:
        """A talk of which nothing is left is not told any more."""
        history = (await self.make_store()).history
        await history.append([("a b", message("m1", 1, time=NOW)), ("a c", message("m2", 2, time=NOW + 10))])
        await history.expire(NOW + 5)
        self.assertEqual(await history.talks("a", 0, END, 9, newest=True), {"a c": 2})

    async def test_drop(self) -> None:
        """A target goes as a whole; others stay."""
        history = (await self.make_store()).history
        said = [message(f"m{n}", SEQ + n) for n in range(1200)]
        await history.append([(target, one) for one in said for target in ("#a", "id-alice id-bob", "#b")])
        await history.drop(["#a", "#none", "id-alice id-bob"])
        self.assertEqual(await history.newest(["#a", "#b"]), {"#b": SEQ + 1199})
        self.assertEqual(await history.after("#a", 0, 9), [])
        self.assertEqual(await history.talks("id-alice", 0, END, 9, newest=True), {})
        self.assertEqual(await history.after("#b", 0, 2000), said)

    async def test_written(self) -> None:
        """All that an account has said, everywhere, in parts; nothing of others or of guests."""
        history = (await self.make_store()).history
        mine = [(f"#{n % 3}", message(f"m{n}", n + 1, sender_account="me")) for n in range(700)]
        others = [(f"#{n % 3}", message(f"o{n}", n + 1, sender_account=f"other{n % 2}")) for n in range(700)]
        guests = [("#0", message(f"g{n}", n + 1, sender_account="")) for n in range(5)]
        await history.append([*mine, *others, *guests])
        found, cursor, parts = [], "", 0
        while parts == 0 or cursor:
            part, cursor = await history.written("me", cursor, 100)
            self.assertLessEqual(len(part), 100)
            found += part
            parts += 1
        self.assertEqual(sorted((target, one.id) for target, one in found), sorted((t, one.id) for t, one in mine))
        self.assertEqual(await history.written("nobody", "", 100), ([], ""))
        self.assertEqual(await history.written("", "", 100), ([], ""))
