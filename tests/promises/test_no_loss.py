"""P1, P2, P3: nothing accepted is lost, nothing is shown twice, and order is kept, whatever dies."""

import collections
import sys
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred

from tests.doors import DOORS, Driver, NativeDriver, Outcome, Received
from tests.doors.driver import reactor
from tests.promises.house import PromiseTestCase, on_both_stores

#: Offline people, and messages to each.
PEOPLE = 100
EACH = 100


class Ledger:
    """What the senders were told, by recipient and in order of sending."""

    def __init__(self) -> None:
        self.sent: dict[str, list[tuple[str, Deferred[Outcome]]]] = collections.defaultdict(list)
        self.told: dict[tuple[str, str], Outcome] = {}

    def send(self, sender: Driver, to: str, body: str) -> None:
        outcome = sender.send(to, body)
        self.sent[to].append((body, outcome))
        outcome.addCallback(lambda answer: self.told.__setitem__((to, body), answer))
        # A connection that dies leaves the fate open; that is the point.
        outcome.addErrback(lambda failure: None)

    def promised(self, to: str) -> dict[str, str]:
        """Bodies that were accepted (or kept), with the id the sender was told."""
        return {
            body: self.told[to, body].id
            for body, _ in self.sent[to]
            if (to, body) in self.told and self.told[to, body].how in ("accepted", "kept")
        }


class NoLossPromise(PromiseTestCase):
    """Real daemons, real stores."""

    __test__ = False
    timeout = 600

    def check(self, ledger: Ledger, to: str, shown: list[Received]) -> None:
        """P1: all that was promised is there. P2: once per id. P3: in order. And under the ids that were told."""
        promised = ledger.promised(to)
        bodies = [received.body for received in shown]
        lost = [body for body in promised if body not in bodies]
        self.assertEqual(lost, [], f"lost for {to}")
        ids = [received.id for received in shown]
        doubled = [id for id, count in collections.Counter(ids).items() if count > 1]
        self.assertEqual(doubled, [], f"shown twice to {to}")
        self.assertEqual(len(bodies), len(set(bodies)), f"shown twice to {to} under different ids")
        order = {body: number for number, (body, _) in enumerate(ledger.sent[to])}
        numbers = [order[body] for body in bodies]
        self.assertEqual(numbers, sorted(numbers), f"out of order for {to}")
        ids_of = {received.body: received.id for received in shown}
        wrong = [body for body, id in promised.items() if id and ids_of[body] != id]
        self.assertEqual(wrong, [], f"other ids than were told for {to}")

    async def inbox(self, daemon: Any, door: str, name: str, expected: int) -> list[Received]:
        """Sign on, take what waits, and make sure that nothing more comes."""
        driver = await self.on(daemon, door, name)
        await driver.until(f"{expected} messages", lambda: len(driver.received) >= expected)
        for _ in range(3):
            await driver.barrier()
        await driver.quit()
        return driver.received

    async def kill_in_the_middle(self, sending_door: str, receiving_door: str) -> None:
        """Ten thousand messages to a hundred offline people; the daemon is killed when half of them are accepted."""
        daemon = await self.house("offline.max_messages=0").start()
        names = [f"person{number}" for number in range(PEOPLE)]
        await self.people(daemon, "sender", *names)
        sender = await self.on(daemon, sending_door, "sender")
        ledger = Ledger()
        for number in range(EACH):
            for name in names:
                ledger.send(sender, name, f"{name} {number}")
        await sender.until("half of it accepted", lambda: len(ledger.told) >= PEOPLE * EACH // 2)
        await daemon.kill()
        await sender.lost
        promised = {name: len(ledger.promised(name)) for name in names}
        total = sum(promised.values())
        self.assertGreaterEqual(total, PEOPLE * EACH // 2)
        await daemon.start()
        shown = 0
        for name in names:
            received = await self.inbox(daemon, receiving_door, name, promised[name])
            shown += len(received)
            self.check(ledger, name, received)
        print(
            f"\n{sending_door} to {receiving_door} on {self.store}: {PEOPLE * EACH} sent, killed; "
            f"{total} were accepted, {shown} shown, 0 lost, 0 doubled",
            file=sys.stderr,
        )

    async def test_killed_native_to_irc(self) -> None:
        """``kill -9`` in the middle of 10,000 messages, sent at the native door, read at the IRC door."""
        await self.kill_in_the_middle("native", "irc")

    async def test_killed_irc_to_native(self) -> None:
        """``kill -9`` in the middle of 10,000 messages, sent at the IRC door, read at the native door."""
        await self.kill_in_the_middle("irc", "native")

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


class RedisLossTests(PromiseTestCase):
    """Redis killed and started again under load; the daemon lives."""

    store = "redis"
    timeout = 600

    async def test_redis_killed_under_load(self) -> None:
        """``kill -9`` of Redis while messages to offline people are written: what was accepted is there, once, in
        order; while it is away senders are told so; afterwards all goes on."""
        daemon = await self.house("offline.max_messages=0").start()
        assert self.server is not None
        names = [f"person{number}" for number in range(20)]
        await self.people(daemon, "sender", "warm", *names)
        sender = await self.on(daemon, "native", "sender")
        told: dict[tuple[str, int], Outcome] = {}
        sent: list[tuple[str, int]] = []

        def send(name: str, number: int) -> None:
            sent.append((name, number))
            sender.send(name, f"{name} {number}").addCallback(lambda answer: told.__setitem__((name, number), answer))

        for number in range(150):
            for name in names:
                send(name, number)
        await sender.until("some accepted", lambda: len(told) >= 1000)
        self.server.kill()
        for name in names:
            send(name, 150)
        await sender.until("told of the dead store", lambda: (names[-1], 150) in told)
        self.assertEqual(told[names[-1], 150].how, "refused")
        self.assertIn("store", told[names[-1], 150].reason)
        self.server.start()
        await self.store_back(daemon)
        for name in names:
            send(name, 151)
        await sender.until("all told", lambda: len(told) == len(sent))
        hows = collections.Counter(outcome.how for outcome in told.values())
        for name in names:
            self.assertEqual(told[name, 151].how, "kept")
            promised = [n for n in range(152) if told[name, n].how in ("accepted", "kept")]
            refused = {f"{name} {n}" for n in range(152) if told[name, n].how == "refused"}
            reader = await self.on(daemon, "irc", name)
            await reader.until("the last message", lambda r=reader, n=name: f"{n} 151" in [m.body for m in r.received])
            await reader.barrier()
            await reader.barrier()
            bodies = [received.body for received in reader.received]
            self.assertEqual(len(bodies), len(set(bodies)))
            self.assertEqual([f"{name} {n}" for n in promised if f"{name} {n}" not in bodies], [])
            self.assertEqual(refused.intersection(bodies), set(), "refused, and shown all the same")
            numbers = [int(body.split()[1]) for body in bodies]
            self.assertEqual(numbers, sorted(numbers))
            self.assertEqual(
                [m.id for m in reader.received if int(m.body.split()[1]) in promised],
                [told[name, n].id for n in promised],
            )
            await reader.quit()
        print(f"\nRedis killed under load: {dict(hows)}; 0 lost, 0 doubled", file=sys.stderr)

    async def store_back(self, daemon: Any) -> None:
        """Wait until the daemon has its store again."""
        for _ in range(200):
            status = await daemon.ask("status")
            if status["store"]["available"]:
                return
            pause: Deferred[None] = Deferred()
            reactor.callLater(0.1, pause.callback, None)
            await pause
        self.fail("the daemon did not find Redis again")

    async def test_live_while_redis_is_away(self) -> None:
        """People who are on talk on while Redis is away; sign-on says honestly that it is not possible."""
        daemon = await self.house().start()
        assert self.server is not None
        await self.people(daemon, "one", "two")
        one = await self.on(daemon, "native", "one")
        two = await self.on(daemon, "irc", "two")
        self.assertEqual((await one.send("two", "caught up")).how, "accepted")
        await two.until("the first message", lambda: len(two.received) == 1)
        self.server.kill()
        outcome = await one.send("two", "still here")
        self.assertEqual(outcome.how, "accepted")
        await two.until("the message", lambda: len(two.received) == 2)
        self.server.start()
        await self.store_back(daemon)
        self.assertEqual((await two.send("one", "back")).how, "accepted")


globals().update(on_both_stores(NoLossPromise))
del NoLossPromise
