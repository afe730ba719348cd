"""P1, no loss: what was accepted is there, whatever dies; with it P2 and P3, by the same audit."""

import collections
import sys
from typing import Any

from twisted.internet.defer import Deferred

from tests.doors import Outcome
from tests.doors.driver import reactor
from tests.promises.audit import AuditedTestCase, Ledger
from tests.promises.house import PromiseTestCase, on_both_stores

#: Offline people, and messages to each.
PEOPLE = 100
EACH = 100


class NoLossPromise(AuditedTestCase):
    __test__ = False

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
