"""`imd.storage.redis.inbox` and the list of what expires: what only this store can get wrong."""

from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.trial.unittest import SynchronousTestCase

from imd.core.refusal import StoreUnavailable
from imd.core.stores import OutcomeUnknown, Queueing
from imd.storage.redis import keys
from imd.storage.redis.connection import Connection, Lazy
from imd.storage.redis.inbox import BATCH
from imd.storage.redis.link import together
from tests.contracts.contract import DAY, NOW, queued
from tests.storage.redis.case import RedisCase


class InboxTests(RedisCase):
    async def test_one_script_for_a_turn(self) -> None:
        """What is appended to inboxes of one tag in one turn travels in one command, until something else concerns
        one of them."""
        store = await self.make_store()
        sent: list[object] = []
        send = Connection.send

        def record(connection: Connection, command: bytes | Lazy) -> Deferred[Any]:
            sent.append(command)
            return send(connection, command)

        self.patch(Connection, "send", record)
        await store.inbox.append([("a", queued("m0", 1)), ("b", queued("m0", 1))], 0)
        sent.clear()
        calls = [store.inbox.append([(owner, queued(f"m{n}", n + 1))], 0) for n in range(1, 50) for owner in ("a", "b")]
        self.assertEqual(len(sent), 2)
        done = store.inbox.acknowledge([("a", "m7")], NOW)
        again = store.inbox.append([("a", queued("m7", 99)), ("b", queued("m50", 51))], 0)
        self.assertEqual(len(sent), 4)
        for call in calls:
            self.assertEqual(await call, [Queueing.KEPT])
        await done
        self.assertEqual(await again, [Queueing.DONE, Queueing.KEPT])
        more = [store.inbox.append([("c", queued(f"m{n}", n + 1))], 0) for n in range(BATCH + 1)]
        self.assertEqual([await call for call in more], [[Queueing.KEPT]] * (BATCH + 1))

    async def test_large_call(self) -> None:
        """A call with more messages for one inbox than a script takes is answered in the order of its entries."""
        store = await self.make_store()
        entries = [("a" if n % 3 else "b", queued(f"m{n}", n + 1)) for n in range(3 * BATCH)]
        answers = await store.inbox.append(entries, BATCH + 20)
        kept = [Queueing.KEPT] * len(entries)
        seen = {"a": 0, "b": 0}
        for index, (owner, _) in enumerate(entries):
            seen[owner] += 1
            if seen[owner] > BATCH + 20:
                kept[index] = Queueing.FULL
        self.assertEqual(answers, kept)

    async def test_nothing_is_left(self) -> None:
        """An inbox that is empty and remembers nothing takes no room, but for the fence."""
        store = await self.make_store()
        entries = [("a", queued(f"m{n}", 10 - n, NOW + 10, origin="::1", attempts=1)) for n in range(10)]
        await store.inbox.append(entries, 0)
        await store.inbox.acknowledge([("a", f"m{n}") for n in range(4)], NOW)
        self.assertEqual(await store.inbox.expire(NOW + DAY), 6)
        left = self.server.command("KEYS", "imd:{inboxes:*")
        self.assertEqual(set(left), {keys.inboxes(tag)[0] for tag in range(keys.INBOX_TAGS)})

    async def test_appended_while_expiring(self) -> None:
        """What comes into an inbox while it is being looked through for what has expired, expires in its time."""
        store = await self.make_store()
        for turn in range(1, 4):
            now = NOW + turn * DAY
            await store.inbox.append([("a", queued(f"old{turn}", turn * 10, now - 1))], 0)
            expiring = store.inbox.expire(now)
            calls = []
            for n in range(3):
                calls.append(store.inbox.append([("a", queued(f"new{turn}-{n}", turn * 10 + n + 1, now + 1))], 0))
                await store.inbox.count("a")
            self.assertEqual(await expiring, 1)
            for call in calls:
                await call
            self.assertEqual(await store.inbox.count("a"), 3)
            self.assertEqual(await store.inbox.expire(now + 2), 3)

    async def test_never_expires(self) -> None:
        """A message without end is found like any other."""
        store = await self.make_store()
        await store.inbox.append([("a", queued("m1", 1, float("inf")))], 0)
        self.assertEqual(await store.inbox.expire(NOW + 1e9), 0)
        self.assertEqual((await store.inbox.find("m1") or ("",))[0], "a")

    async def test_text_that_cannot_be_written(self) -> None:
        """A call with text that is no text fails by itself and holds up nothing behind it."""
        store = await self.make_store()
        with self.assertRaises(UnicodeEncodeError):
            await store.inbox.append([("a", queued("\ud800", 1))], 0)
        with self.assertRaises(UnicodeEncodeError):
            await store.inbox.append([("\ud800", queued("m1", 1))], 0)
        self.assertEqual(await store.inbox.append([("a", queued("m1", 1))], 0), [Queueing.KEPT])


class TogetherTests(SynchronousTestCase):
    def test_outcomes(self) -> None:
        """Of several commands: all done, none done, or in doubt; a fault of our own stays what it is."""
        away, doubt = StoreUnavailable(), OutcomeUnknown()

        def outcome(*results: object) -> Deferred[list[object]]:
            calls = [fail(one) if isinstance(one, Exception) else succeed(one) for one in results]
            return Deferred.fromCoroutine(together(calls))

        self.assertEqual(self.successResultOf(outcome()), [])
        self.assertEqual(self.successResultOf(outcome(1, 2)), [1, 2])
        self.failureResultOf(outcome(away), StoreUnavailable)
        self.failureResultOf(outcome(away, away), StoreUnavailable)
        self.failureResultOf(outcome(1, away), OutcomeUnknown)
        self.failureResultOf(outcome(away, doubt), OutcomeUnknown)
        self.failureResultOf(outcome(doubt, KeyError(), 1), KeyError)
