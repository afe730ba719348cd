"""Group commit, order, failures, and a reactor that never waits."""

import sqlite3
import threading
from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from imd.core.message import Message
from imd.core.refusal import StoreUnavailable
from imd.core.stores import Queueing
from imd.storage.sqlite import database as module
from tests.contracts.contract import NOW, message, queued
from tests.storage.sqlite.case import SQLiteCase, clock, threads


class Commits(SQLiteCase):
    async def statements(self) -> list[str]:
        """Begin to record what SQLite does."""
        self.store = await self.make_store()
        seen: list[str] = []
        await self.store.database.write(lambda connection: connection.set_trace_callback(seen.append))
        seen.clear()
        return seen

    async def test_one_turn_is_one_commit(self) -> None:
        """Whatever is called in one reactor turn is committed once, in few statements."""
        seen = await self.statements()
        calls: list[Deferred[object]] = []
        for number in range(1, 501):
            calls.append(self.store.inbox.append([("a", queued(f"m{number}", number))], 1000))  # type: ignore[arg-type]
        await self.store.ledger.ended("s", NOW, "quit")
        self.assertEqual([await call for call in calls], [[Queueing.KEPT]] * 500)
        self.assertEqual(sum(one.startswith("COMMIT") for one in seen), 1)
        self.assertLess(len(seen), 60)

    async def test_turns_that_wait_share_a_commit(self) -> None:
        """What is called while the disk is busy is committed together, however many turns it took."""
        seen = await self.statements()
        busy = threading.Event()
        self.addCleanup(busy.set)
        begun: Deferred[None] = Deferred()

        def hold(connection: sqlite3.Connection) -> bool:
            threads.callFromThread(begun.callback, None)
            return busy.wait(60)

        first = self.store.database.write(hold)
        await begun
        calls = []
        for number in range(1, 21):
            calls.append(self.store.inbox.append([("a", queued(f"m{number}", number))], 0))
            await deferLater(clock, 0)
        self.assertEqual([one for one in seen if one.startswith("COMMIT")], [])
        busy.set()
        await first
        self.assertEqual([await call for call in calls], [[Queueing.KEPT]] * 20)
        self.assertEqual(sum(one.startswith("COMMIT") for one in seen), 2)

    async def test_reads_commit_nothing(self) -> None:
        """Reads alone take no transaction and no fsync."""
        seen = await self.statements()
        await self.store.inbox.count("a")
        await self.store.accounts.by_name("alice")
        self.assertEqual([one for one in seen if not one.startswith("SELECT")], [])

    async def test_the_reactor_goes_on(self) -> None:
        """While the database's thread is stuck, calls return at once and the reactor serves others."""
        store = await self.make_store()
        stuck = threading.Event()
        self.addCleanup(stuck.set)
        first = store.database.write(lambda connection: stuck.wait(60))
        calls = [
            store.accounts.by_name("alice"),
            store.inbox.append([("a", queued("m1", 1))], 0),
            store.history.latest("#a", 10, 10),
            store.close(),
        ]
        for _ in range(10):
            await deferLater(clock, 0)
        self.assertFalse(any(isinstance(call, Deferred) and call.called for call in [first, *calls]))
        stuck.set()
        self.assertEqual([await call for call in calls], [None, [Queueing.KEPT], [], None])


class Failures(SQLiteCase):
    async def test_a_failing_call_fails_alone(self) -> None:
        """One call that cannot be done leaves nothing behind; those before and after it in its commit are done."""
        store = await self.make_store()

        def bad(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM inbox")
            raise ZeroDivisionError

        calls = [store.inbox.append([("a", queued(f"m{n}", n))], 3) for n in (1, 2)]
        failing = [store.database.write(bad), store.inbox.append([("a", queued("m3", 3, body="\ud800"))], 3)]
        calls += [store.inbox.append([("a", queued(f"m{n}", n))], 3) for n in (4, 5)]
        number = store.inbox.count("a")
        answers = [await call for call in calls]
        self.assertEqual(answers, [[Queueing.KEPT], [Queueing.KEPT], [Queueing.KEPT], [Queueing.FULL]])
        with self.assertRaises(ZeroDivisionError):
            await failing[0]
        with self.assertRaises(UnicodeEncodeError):
            await failing[1]
        self.assertEqual(await number, 3)

    async def test_full(self) -> None:
        """A database that may not grow refuses what needs room, says so once in the log, and goes on with the rest."""
        store = await self.make_store()
        await store.inbox.append([("a", queued("m1", 1))], 0)

        def pages(connection: sqlite3.Connection, most: int = 0) -> int:
            now: int = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {most or now}")
            return now

        await store.database.read(pages)
        for _ in range(3):
            big = store.inbox.append([("a", queued("m2", 2, body="x" * 50_000))], 0)
            with self.assertRaises(StoreUnavailable):
                await big
        self.assertEqual(len(self.flushLoggedErrors(sqlite3.OperationalError)), 1)
        self.assertEqual(await store.inbox.count("a"), 1)
        await store.inbox.acknowledge([("a", "m1")], NOW)
        await store.database.read(lambda connection: pages(connection, 10**6))
        self.assertEqual(await store.inbox.append([("a", queued("m2", 2, body="x" * 50_000))], 1), [Queueing.KEPT])

    async def test_locked_by_a_foreigner(self) -> None:
        """While another program holds the database writes are refused, afterwards they go on."""
        self.patch(module, "BUSY_SECONDS", 0.01)
        store = await self.make_store()
        foreign = sqlite3.connect(store.path, isolation_level=None)
        self.addCleanup(foreign.close)
        foreign.execute("BEGIN IMMEDIATE")
        calls = [store.inbox.append([("a", queued(f"m{n}", n))], 2) for n in (1, 2)]
        for call in calls:
            with self.assertRaises(StoreUnavailable):
                await call
        self.assertEqual(len(self.flushLoggedErrors(sqlite3.OperationalError)), 1)
        self.assertEqual(await store.inbox.count("a"), 0)
        foreign.execute("ROLLBACK")
        entries = [("a", queued(f"m{n}", n)) for n in (1, 2, 3)]
        answers = [Queueing.KEPT, Queueing.KEPT, Queueing.FULL]
        self.assertEqual(await store.inbox.append(entries, 2), answers)

    async def test_damaged(self) -> None:
        """What stands in a damaged part of the file is refused, and the log says why once; the rest is served."""
        store = await self.make_store()
        await store.inbox.append([("a", queued("m1", 1))], 0)
        await store.history.append([("#a", message("m1", 1))])
        sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'lines_by_seq'"
        (page,) = await store.database.read(lambda connection: connection.execute(sql).fetchone())
        await store.close()
        with store.path.open("r+b") as file:
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4096)
        store = await self.make_store()
        for _ in range(2):
            with self.assertRaises(StoreUnavailable):
                await store.history.latest("#a", 10, 10)
        (logged,) = self.flushLoggedErrors(sqlite3.DatabaseError)
        self.assertIn("malformed", str(logged.value))
        self.assertEqual(await store.inbox.count("a"), 1)

    async def test_closed(self) -> None:
        """A store that is not open refuses everything as unavailable."""
        store = self.new_store()
        for _ in range(2):
            for call in (store.accounts.count(), store.inbox.append([("a", queued("m1", 1))], 0), store.rooms.load()):
                with self.assertRaises(StoreUnavailable):
                    await call
            opened = await self.make_store()
            await opened.close()
            store = opened

    async def test_closed_while_opening(self) -> None:
        """Closing a store that is being opened closes it; whoever closes again waits for the same end."""
        store = self.new_store()
        opened = store.open()
        first, second = store.close(), store.close()
        with self.assertRaises(StoreUnavailable):
            await opened
        await second
        self.assertTrue(first.called)
        self.assertFalse(store.available)
        await self.make_store()

    async def test_too_much_waiting(self) -> None:
        """When more waits than may, calls are refused instead of eating memory."""
        self.patch(module, "MAX_WAITING", 10)
        store = await self.make_store()
        stuck = threading.Event()
        self.addCleanup(stuck.set)
        calls: list[Deferred[object]] = [store.database.write(lambda connection: stuck.wait(60))]
        calls += [store.database.read(lambda connection: 1) for _ in range(9)]
        with self.assertRaises(StoreUnavailable):
            await store.inbox.count("a")
        stuck.set()
        self.assertEqual([await call for call in calls], [True] + [1] * 9)
        self.assertEqual(await store.inbox.count("a"), 0)


class Batches(SQLiteCase):
    async def test_every_size(self) -> None:
        """Batches of every size are cut into statements without losing a row."""
        store = await self.make_store()
        seq = 0
        for size in (*range(1, 50), 127, 128, 129, 300):
            entries: Sequence[tuple[str, Message]] = [
                ("#a", message(f"m{seq + n}", seq + n)) for n in range(1, size + 1)
            ]
            await store.history.append(entries)
            seq += size
        said = await store.history.after("#a", 0, 10_000)
        self.assertEqual([one.seq for one in said], list(range(1, seq + 1)))
