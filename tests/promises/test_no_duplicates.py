"""P2, no duplicates: shown once per id; what was unconfirmed comes again only under its id, with its time, marked."""

from functools import partial

from tests.doors import DOORS, Driver, NativeDriver, Outcome, Received
from tests.promises.audit import AuditedTestCase, Ledger
from tests.promises.house import on_both_stores

#: Clients of each door that confirm some messages and then no more.
TIRING: dict[str, type[Driver]] = {
    door: type(kind.__name__, (kind,), {"tires_after": 40}) for door, kind in DOORS.items()
}


class NoDuplicatesPromise(AuditedTestCase):
    __test__ = False

    async def test_killed_while_delivering(self) -> None:
        """The daemon is killed again and again while it delivers, to clients of each door that confirm some and not
        others; in the end everything was shown, in order, and twice only under the same id and marked."""
        daemon = await self.house().start()
        names = {door: f"reader-{door}" for door in DOORS}
        await self.people(daemon, "sender", *names.values())
        sender = await self.on(daemon, "native", "sender")
        ledger = Ledger()
        for number in range(300):
            for name in names.values():
                ledger.send(sender, name, f"message {number}")
        await sender.until("all accepted", lambda: len(ledger.told) == 300 * len(names))
        seen: dict[str, dict[str, Received]] = {door: {} for door in DOORS}
        order: dict[str, list[str]] = {door: [] for door in DOORS}
        for _ in range(4):
            readers = {door: await self.entered(daemon, TIRING[door], name) for door, name in names.items()}
            for reader in readers.values():
                await reader.until("some messages", lambda r=reader: len(r.received) >= 40)
            await daemon.kill()
            # Of its death nothing tells a client by UDP but twenty seconds without a sign of life.
            readers["udp"].cut()
            for door, reader in readers.items():
                await reader.lost
                self.note(reader.received, seen[door], order[door])
            await daemon.start()
        for door, name in names.items():
            reader = await self.on(daemon, door, name)
            await reader.until(
                "the last message", lambda r=reader: bool(r.received) and r.received[-1].body == "message 299"
            )
            await reader.barrier()
            await reader.barrier()
            self.note(reader.received, seen[door], order[door])
            self.assertEqual(order[door], [f"message {number}" for number in range(300)], door)
            await reader.quit()
            again = await self.on(daemon, door, name)
            await again.barrier()
            self.assertEqual(again.received, [])

    def note(self, received: list[Received], seen: dict[str, Received], order: list[str]) -> None:
        """What a device has shown on one connection more."""
        for each in received:
            if each.id in seen:
                # P2: sent again only under its id and with its original time.
                self.assertEqual((each.body, each.time), (seen[each.id].body, seen[each.id].time))
            else:
                order.append(each.body)
            seen[each.id] = each

    async def test_sent_again_after_a_crash(self) -> None:
        """A native client repeats under its own ids what it had no answer to: shown once, in the old order."""
        daemon = await self.house("offline.max_messages=0").start()
        await self.people(daemon, "sender", "reader")
        sender = await self.on(daemon, "native", "sender")
        assert isinstance(sender, NativeDriver)
        told: dict[int, Outcome] = {}
        for number in range(2000):
            waiting = sender.send("reader", str(number), f"client-id-{number}")
            waiting.addCallback(partial(told.__setitem__, number))
            # A connection that dies leaves the fate open; that is the point.
            waiting.addErrback(lambda failure: None)
        await sender.until("some answers", lambda: len(told) >= 500)
        await daemon.kill()
        await sender.lost
        first = dict(told)
        self.assertLess(len(first), 2000)
        await daemon.start()
        sender = await self.on(daemon, "native", "sender")
        assert isinstance(sender, NativeDriver)
        again = [await sender.send("reader", str(number), f"client-id-{number}") for number in range(2000)]
        self.assertEqual({outcome.how for outcome in again}, {"kept"})
        for number, outcome in first.items():
            self.assertEqual(again[number].id, outcome.id)
        received = await self.inbox(daemon, "irc", "reader", 2000)
        self.assertEqual(sorted(int(each.body) for each in received), list(range(2000)))
        self.assertEqual([each.id for each in received if int(each.body) in first],
                         [first[number].id for number in sorted(first)])  # fmt: skip

    async def test_cut_before_confirming(self) -> None:
        """A recipient whose connection dies unconfirmed gets the message again, at any door, under its id and time."""
        daemon = await self.house().start()
        await self.people(daemon, "sender", "reader")
        for first in DOORS:
            for second in DOORS:
                sender = await self.on(daemon, "irc", "sender")
                reader = await self.on(daemon, first, "reader")
                reader.confirming = False
                outcome = await sender.send("reader", f"{first} {second}")
                self.assertEqual(outcome.how, "accepted")
                await reader.until("the message", lambda r=reader: len(r.received) == 1)
                reader.cut()
                await reader.lost
                reader2 = await self.on(daemon, second, "reader")
                await reader2.until("the message again", lambda r=reader2: len(r.received) >= 1)
                self.assertEqual(reader2.received[0].id, outcome.id)
                self.assertEqual(reader2.received[0].body, f"{first} {second}")
                self.assertAlmostEqual(reader2.received[0].time, reader.received[0].time, places=3)
                self.assertTrue(reader2.received[0].repeat)
                await reader2.barrier()
                await reader2.barrier()
                await reader2.quit()
                await sender.quit()


globals().update(on_both_stores(NoDuplicatesPromise))
del NoDuplicatesPromise
