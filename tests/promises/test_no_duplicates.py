"""P2, no duplicates: shown once per id; what was unconfirmed comes again only under its id, with its time, marked."""

from functools import partial

from tests.doors import DOORS, NativeDriver, Outcome, Received
from tests.promises.audit import AuditedTestCase, Ledger
from tests.promises.house import on_both_stores


class NoDuplicatesPromise(AuditedTestCase):
    __test__ = False

    async def test_killed_while_delivering(self) -> None:
        """The daemon is killed again and again while it delivers, to clients of each door that confirm some and not
        others; in the end everything was shown, in order, and twice only under the same id and marked."""
        for door in DOORS:
            daemon = await self.house().start()
            await self.people(daemon, "sender", "reader")
            sender = await self.on(daemon, "native", "sender")
            ledger = Ledger()
            for number in range(300):
                ledger.send(sender, "reader", f"message {number}")
            await sender.until("all accepted", lambda told=ledger.told: len(told) == 300)
            seen: dict[str, Received] = {}
            order: list[str] = []
            for run in range(4):
                reader = await self.on(daemon, door, "reader")
                enough = 40 * (run + 1)
                await reader.until("some messages", lambda r=reader, n=enough: len(r.received) >= min(n, 40))
                reader.confirming = False
                await daemon.kill()
                await reader.lost
                for received in reader.received:
                    if received.id in seen:
                        # P2: sent again only under its id and with its original time.
                        self.assertEqual(
                            (received.body, received.time), (seen[received.id].body, seen[received.id].time)
                        )
                    else:
                        order.append(received.body)
                    seen[received.id] = received
                await daemon.start()
            reader = await self.on(daemon, door, "reader")
            await reader.until(
                "the last message", lambda r=reader: bool(r.received) and r.received[-1].body == "message 299"
            )
            await reader.barrier()
            await reader.barrier()
            order += [received.body for received in reader.received if received.id not in seen]
            self.assertEqual(order, [f"message {number}" for number in range(300)])
            await reader.quit()
            again = await self.on(daemon, door, "reader")
            await again.barrier()
            self.assertEqual(again.received, [])
            await daemon.stop()

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
