"""What every `InboxStore` must do, one property at a time; `inbox_model` tries them in combination."""

import msgspec

from imd.core.address import Address
from imd.core.message import Kind
from imd.core.stores import Queued, Queueing
from tests.contracts.contract import DAY, NOW, TRICKY, StoreContract, message, queued

KEPT, ALREADY, DONE, FULL = Queueing.KEPT, Queueing.ALREADY, Queueing.DONE, Queueing.FULL

#: Neighbouring 64-bit numbers that a double cannot tell apart.
HUGE = 2**63 - 10


class InboxContract(StoreContract):
    async def test_append_and_read(self) -> None:
        """Messages come back whole and in order of seq, also after a restart; reading changes nothing."""
        store = await self.make_store()
        entries = [
            queued("m2", 20, body="two", attempts=3, origin="192.0.2.7", origin_limit=20),
            queued("m1", 10, kind=Kind.ACTION, tags={"reply": "m0"}, origin="192.0.2.7", origin_limit=20),
            queued("m3", 30, client_id="", sender_account="", sender=Address("[w]", "guest.example.org")),
        ]
        self.assertEqual(await store.inbox.append([("a", one) for one in entries], 10), [KEPT] * 3)
        wanted = [entries[1], entries[0], entries[2]]
        for _ in range(2):
            for _ in range(2):
                self.assertEqual(await store.inbox.read("a", 0, 100, 100), wanted)
            self.assertEqual(await store.inbox.count("a"), 3)
            store = await self.reopen(store)

    async def test_empty(self) -> None:
        """An inbox nobody wrote to is empty, and everything may be done to it."""
        inbox = (await self.make_store()).inbox
        self.assertEqual(await inbox.append([], 10), [])
        self.assertEqual(await inbox.read("a", 0, HUGE, 10), [])
        self.assertEqual(await inbox.count("a"), 0)
        self.assertIsNone(await inbox.find("m1"))
        await inbox.attempted("a", ["m1"])
        await inbox.attempted("a", [])
        await inbox.retry("a")
        await inbox.acknowledge([("a", "m1")], NOW)
        await inbox.acknowledge([], NOW)
        self.assertEqual(await inbox.expire(NOW), 0)
        self.assertEqual(await inbox.append([("a", queued("m1", 1))], 1), [KEPT])

    async def test_bounds_of_read(self) -> None:
        """The lower bound is left out, the upper one included, and the limit keeps the oldest."""
        inbox = (await self.make_store()).inbox
        await inbox.append([("a", queued(f"m{n}", n)) for n in range(1, 11)], 0)

        async def seqs(after: int, upto: int, limit: int) -> list[int]:
            return [entry.message.seq for entry in await inbox.read("a", after, upto, limit)]

        self.assertEqual(await seqs(0, 10, 100), list(range(1, 11)))
        self.assertEqual(await seqs(3, 7, 100), [4, 5, 6, 7])
        self.assertEqual(await seqs(3, 7, 2), [4, 5])
        self.assertEqual(await seqs(7, 7, 100), [])
        self.assertEqual(await seqs(9, 100, 100), [10])
        self.assertEqual(await seqs(10, 100, 100), [])

    async def test_huge_seqs(self) -> None:
        """Sequence numbers keep all 64 bits, and their order."""
        inbox = (await self.make_store()).inbox
        await inbox.append([("a", queued(f"m{n}", HUGE + n)) for n in (2, 0, 1, 3)], 0)
        found = await inbox.read("a", HUGE, HUGE + 2, 100)
        self.assertEqual([entry.message.seq for entry in found], [HUGE + 1, HUGE + 2])

    async def test_tricky_text(self) -> None:
        """Bodies, ids, tags and origins come back letter for letter."""
        inbox = (await self.make_store()).inbox
        wanted = [
            queued(
                f"{n}{text[:100]}",
                n + 1,
                body=text,
                client_id=text[:100],
                tags={text[:100]: text, "k": "007"},
                origin=text[:100],
                sender_account=text[:100],
            )
            for n, text in enumerate(TRICKY)
        ]
        self.assertEqual(await inbox.append([("1e5", one) for one in wanted], 0), [KEPT] * len(wanted))
        found = [Queued(one.message, one.expires, one.attempts, one.origin) for one in wanted]
        self.assertEqual(await inbox.read("1e5", 0, 1000, 1000), found)
        self.assertEqual(await inbox.read("100000", 0, 1000, 1000), [])
        self.assertEqual(await inbox.read("1e5\0", 0, 1000, 1000), [])
        for one in found:
            self.assertEqual(await inbox.find(one.message.id), ("1e5", one))
        await inbox.acknowledge([("1e5", one.message.id) for one in found], NOW)
        self.assertEqual(await inbox.count("1e5"), 0)

    async def test_append_is_idempotent(self) -> None:
        """A message that waits is not queued again: not in one call, not later, not with another seq."""
        store = await self.make_store()
        first = queued("m1", 5)
        self.assertEqual(await store.inbox.append([("a", first), ("a", first)], 10), [KEPT, ALREADY])
        self.assertEqual(await store.inbox.append([("a", first)], 10), [ALREADY])
        store = await self.reopen(store)
        again = queued("m1", 99, body="other")
        self.assertEqual(await store.inbox.append([("a", again)], 10), [ALREADY])
        self.assertEqual(await store.inbox.read("a", 0, 100, 10), [first])
        self.assertEqual(await store.inbox.count("a"), 1)

    async def test_inboxes_are_apart(self) -> None:
        """The same message may wait for several accounts, each acknowledging for itself."""
        inbox = (await self.make_store()).inbox
        one = queued("m1", 1)
        self.assertEqual(await inbox.append([("a", one), ("b", one)], 1), [KEPT, KEPT])
        await inbox.acknowledge([("a", "m1")], NOW)
        self.assertEqual(await inbox.read("a", 0, 10, 10), [])
        self.assertEqual(await inbox.read("b", 0, 10, 10), [one])
        self.assertEqual(await inbox.append([("a", one), ("b", one)], 1), [DONE, ALREADY])

    async def test_equal_seq_hides_nothing(self) -> None:
        """Two messages of one inbox with the same seq are both kept."""
        inbox = (await self.make_store()).inbox
        self.assertEqual(await inbox.append([("a", queued("m1", 1)), ("a", queued("m2", 1))], 0), [KEPT, KEPT])
        found = await inbox.read("a", 0, 10, 10)
        self.assertEqual({entry.message.id for entry in found}, {"m1", "m2"})

    async def test_acknowledge(self) -> None:
        """An acknowledged message is gone, its repetition recognised, also after a restart and twice told."""
        store = await self.make_store()
        await store.inbox.append([("a", queued(f"m{n}", n)) for n in range(1, 5)], 0)
        for _ in range(2):
            await store.inbox.acknowledge([("a", "m1"), ("a", "m3"), ("a", "m3"), ("a", "unknown")], NOW)
            self.assertEqual([q.message.id for q in await store.inbox.read("a", 0, 10, 10)], ["m2", "m4"])
            self.assertEqual(await store.inbox.count("a"), 2)
            store = await self.reopen(store)
        self.assertEqual(
            await store.inbox.append([("a", queued("m3", 50)), ("a", queued("m2", 51))], 2), [DONE, ALREADY]
        )
        self.assertIsNone(await store.inbox.find("m1"))

    async def test_unknown_acknowledgement_is_not_remembered(self) -> None:
        """Acknowledging what never waited leaves nothing behind: clients could fill the store with it."""
        inbox = (await self.make_store()).inbox
        await inbox.acknowledge([("a", "m1")], NOW)
        self.assertEqual(await inbox.append([("a", queued("m1", 1))], 0), [KEPT])

    async def test_remembered_ids_expire(self) -> None:
        """An id is remembered until the message would have expired, at most seven days."""
        store = await self.make_store()
        short, long = queued("short", 1, NOW + 2 * DAY), queued("long", 2, NOW + 30 * DAY)
        both = [("a", short), ("a", long)]
        await store.inbox.append(both, 0)
        await store.inbox.acknowledge([("a", "short"), ("a", "long")], NOW)
        self.assertEqual(await store.inbox.expire(NOW + 1.9 * DAY), 0)
        self.assertEqual(await store.inbox.append(both, 0), [DONE, DONE])
        self.assertEqual(await store.inbox.expire(NOW + 2.1 * DAY), 0)
        self.assertEqual(await store.inbox.append(both, 0), [KEPT, DONE])
        await store.inbox.acknowledge([("a", "short")], NOW)
        self.assertEqual(await store.inbox.expire(NOW + 6.9 * DAY), 0)
        self.assertEqual(await store.inbox.append(both, 0), [KEPT, DONE])
        await store.inbox.expire(NOW + 7.1 * DAY)
        self.assertEqual(await store.inbox.append([("a", long)], 0), [KEPT])

    async def test_limit(self) -> None:
        """An inbox keeps as many as it may; the rest is refused, each by itself, until there is room again."""
        store = await self.make_store()
        entries = [("a", queued(f"m{n}", n)) for n in range(1, 8)]
        self.assertEqual(await store.inbox.append(entries[:3], 5), [KEPT] * 3)
        self.assertEqual(await store.inbox.append(entries[2:], 5), [ALREADY, KEPT, KEPT, FULL, FULL])
        self.assertEqual(await store.inbox.append([("b", queued("m7", 7))], 5), [KEPT])
        self.assertEqual(await store.inbox.count("a"), 5)
        store = await self.reopen(store)
        self.assertEqual(await store.inbox.append(entries[5:], 5), [FULL, FULL])
        await store.inbox.acknowledge([("a", "m2"), ("a", "m2")], NOW)
        self.assertEqual(await store.inbox.append(entries[5:], 5), [KEPT, FULL])
        # What waits, or was acknowledged, is not refused for want of room.
        self.assertEqual(await store.inbox.append(entries[:2], 5), [ALREADY, DONE])
        self.assertEqual(await store.inbox.append(entries[6:], 0), [KEPT])
        self.assertEqual(await store.inbox.count("a"), 6)

    async def test_room_after_expiry(self) -> None:
        """Expired messages no longer count, nor do those of an account removed."""
        inbox = (store := await self.make_store()).inbox
        await inbox.append([("a", queued("m1", 1, NOW + 1)), ("a", queued("m2", 2, NOW + DAY))], 2)
        self.assertEqual(await inbox.append([("a", queued("m3", 3))], 2), [FULL])
        self.assertEqual(await inbox.expire(NOW + 60), 1)
        self.assertEqual(await inbox.append([("a", queued("m3", 3)), ("a", queued("m4", 4))], 2), [KEPT, FULL])
        await store.accounts.remove("a")
        self.assertEqual(await inbox.append([("a", queued(f"n{n}", n)) for n in range(1, 4)], 2), [KEPT, KEPT, FULL])

    async def test_limit_of_guests(self) -> None:
        """Of guests at one network address only so many messages wait for one account."""
        store = await self.make_store()

        def guest(n: int, origin: str = "192.0.2.7", most: int = 2) -> tuple[str, Queued]:
            return "a", queued(f"g{n}", n, client_id="", origin=origin, origin_limit=most)

        self.assertEqual(await store.inbox.append([guest(1), guest(2), guest(3)], 100), [KEPT, KEPT, FULL])
        self.assertEqual(await store.inbox.append([guest(1), guest(3)], 100), [ALREADY, FULL])
        self.assertEqual(await store.inbox.append([guest(4, "2001:db8::1"), ("a", queued("m5", 5))], 100), [KEPT, KEPT])
        self.assertEqual(await store.inbox.append([("b", guest(6)[1])], 100), [KEPT])
        store = await self.reopen(store)
        self.assertEqual(await store.inbox.append([guest(7)], 100), [FULL])
        await store.inbox.acknowledge([("a", "g1")], NOW)
        self.assertEqual(await store.inbox.append([guest(8), guest(9)], 100), [KEPT, FULL])
        self.assertEqual(await store.inbox.count("a"), 4)

    async def test_room_for_guests_after_expiry(self) -> None:
        """A guest's share is free again when the messages expire."""
        inbox = (await self.make_store()).inbox
        one = queued("g1", 1, NOW + 1, origin="192.0.2.7", origin_limit=1, client_id="")
        two = queued("g2", 2, NOW + DAY, origin="192.0.2.7", origin_limit=1, client_id="")
        self.assertEqual(await inbox.append([("a", one), ("a", two)], 100), [KEPT, FULL])
        self.assertEqual(await inbox.expire(NOW + 60), 1)
        self.assertEqual(await inbox.append([("a", two)], 100), [KEPT])

    async def test_attempts(self) -> None:
        """Attempts are counted per message, and set back to one by `retry`; what was never tried stays untried."""
        store = await self.make_store()
        await store.inbox.append([(owner, queued(f"m{n}", n)) for n in range(1, 4) for owner in ("a", "b")], 0)
        for _ in range(5):
            await store.inbox.attempted("a", ["m1", "unknown"])
        await store.inbox.attempted("a", ["m1", "m2"])
        store = await self.reopen(store)

        async def attempts(owner: str) -> list[int]:
            return [entry.attempts for entry in await store.inbox.read(owner, 0, 10, 10)]

        self.assertEqual(await attempts("a"), [6, 1, 0])
        self.assertEqual(await attempts("b"), [0, 0, 0])
        for _ in range(2):
            await store.inbox.retry("a")
            self.assertEqual(await attempts("a"), [1, 1, 0])
        found = await store.inbox.find("m1")
        assert found is not None
        self.assertEqual(found[1].message, message("m1", 1, client_id="c-m1"))

    async def test_expire(self) -> None:
        """What has expired is dropped, however much it is, and told in number; the rest stays."""
        inbox = (await self.make_store()).inbox
        entries = [(f"u{n % 7}", queued(f"m{n}", n + 1, NOW + n)) for n in range(1700)]
        await inbox.append(entries, 0)
        self.assertEqual(await inbox.expire(NOW - 1), 0)
        self.assertEqual(await inbox.expire(NOW + 1234.5), 1235)
        self.assertEqual(await inbox.expire(NOW + 1234.5), 0)
        self.assertEqual(sum([await inbox.count(f"u{n}") for n in range(7)]), 465)
        first = (await inbox.read("u3", 0, 10_000, 1))[0]
        self.assertEqual(first, entries[1235][1] if 1235 % 7 == 3 else first)
        self.assertGreater(first.expires, NOW + 1234.5)
        # An expired message was not acknowledged: should it come again, it is new.
        self.assertEqual(await inbox.append([entries[0]], 0), [KEPT])

    async def test_find(self) -> None:
        """A waiting message is found by its id alone."""
        inbox = (await self.make_store()).inbox
        await inbox.append([("a", queued("m1", 1)), ("b", queued("m2", 2))], 0)
        self.assertEqual(await inbox.find("m2"), ("b", queued("m2", 2)))
        await inbox.attempted("b", ["m2"])
        self.assertEqual(await inbox.find("m2"), ("b", msgspec.structs.replace(queued("m2", 2), attempts=1)))
        await inbox.acknowledge([("b", "m2")], NOW)
        self.assertIsNone(await inbox.find("m2"))
        self.assertIsNone(await inbox.find(""))
