"""What this store does beyond the contract: counting, forgetting, bounds."""

import sqlite3
from functools import partial

from imd.core.address import Address
from imd.core.contact import Contact
from imd.core.stores import Queueing, RoomRecord
from imd.storage.sqlite import inbox as inbox_module
from imd.storage.sqlite.store import SQLiteStore
from imd.storage.sqlite.tokens import MOST_PER_ACCOUNT
from tests.contracts.contract import DAY, NOW, VERIFIER, account, message, queued
from tests.contracts.ledger import entry
from tests.storage.sqlite.case import SQLiteCase

KEPT, FULL = Queueing.KEPT, Queueing.FULL


class Inbox(SQLiteCase):
    async def test_only_repeatable_ids_are_remembered(self) -> None:
        """The id of an acknowledged message is kept only if its sender could send it again."""
        store = await self.make_store()
        await store.inbox.append([("a", queued("with", 1)), ("a", queued("without", 2, client_id=""))], 0)
        await store.inbox.acknowledge([("a", "with"), ("a", "without")], NOW)
        ids = await store.database.read(lambda one: one.execute("SELECT id FROM acknowledged").fetchall())
        self.assertEqual(ids, [("with",)])

    async def test_counting_is_not_reading(self) -> None:
        """An append to a long inbox does not count it again."""
        store = await self.make_store()
        await store.inbox.append([("a", queued(f"m{n}", n)) for n in range(1, 1001)], 0)
        seen: list[str] = []
        await store.database.write(lambda connection: connection.set_trace_callback(seen.append))
        for n in range(2000, 2010):
            await store.inbox.append([("a", queued(f"m{n}", n))], 0)
        self.assertEqual([one for one in seen if "count(" in one], [])

    async def test_counts_that_did_not_fit_in_memory(self) -> None:
        """Limits hold when more inboxes are in use than are counted in memory."""
        self.patch(inbox_module, "MAX_COUNTED", 3)
        store = await self.make_store()
        for n in range(1, 4):
            answers = await store.inbox.append([(f"u{u}", queued(f"m{n}", n)) for u in range(10)], 2)
            self.assertEqual(answers, [KEPT if n < 3 else FULL] * 10)

    async def test_expiry_in_steps(self) -> None:
        """A long expiry lets other writes in between its steps."""
        store = await self.make_store()
        await store.inbox.append([("a", queued(f"m{n}", n, NOW - 1)) for n in range(1, 2001)], 0)
        expired = store.inbox.expire(NOW)
        await store.inbox.append([("b", queued("x", 1))], 0)
        left = await store.inbox.count("a")
        self.assertGreater(left, 0)
        self.assertEqual(await expired, 2000)
        self.assertEqual(await store.inbox.count("a"), 0)


class Tokens(SQLiteCase):
    async def test_bounded(self) -> None:
        """Of one account only so many tokens are kept, those that last longest; expired ones are swept away."""
        store = await self.make_store()
        for n in range(MOST_PER_ACCOUNT + 10):
            await store.tokens.add(b"%32d" % n, "a", "phone", NOW + DAY + n)
        await store.tokens.add(b"b" * 32, "b", "phone", NOW + 1)

        async def number() -> int:
            return await store.database.read(lambda one: int(one.execute("SELECT count(*) FROM tokens").fetchone()[0]))

        self.assertEqual(await number(), MOST_PER_ACCOUNT + 1)
        self.assertIsNone(await store.tokens.take(b"%32d" % 9, NOW + 2))
        self.assertEqual(await number(), MOST_PER_ACCOUNT)
        self.assertEqual(await store.tokens.take(b"%32d" % 10, NOW + 2), ("a", "phone"))


def _plan(sql: str, connection: sqlite3.Connection) -> list[tuple[int, int, int, str]]:
    return connection.execute("EXPLAIN QUERY PLAN " + sql).fetchall()


class Plans(SQLiteCase):
    async def test_no_table_is_read_whole(self) -> None:
        """Every statement of daily work finds its rows by an index."""
        store = await self.make_store()
        seen: list[str] = []
        await self._daily_work(seen, store)
        self.assertGreater(len(seen), 30)
        bad = []
        for sql in sorted(set(seen)):
            if sql.split()[0] in ("SELECT", "UPDATE", "DELETE", "INSERT"):
                plan = await store.database.read(partial(_plan, sql))
                bad += [(sql, row[3]) for row in plan if row[3].startswith("SCAN") and "CONSTANT" not in row[3]]
        allowed = ("FROM rooms", "count(*) FROM accounts")
        self.assertEqual([one for one in bad if not any(part in one[0] for part in allowed)], [])

    async def _daily_work(self, seen: list[str], store: SQLiteStore) -> None:
        alice = account("a", "alice", certificates=("aa",))
        await store.database.write(lambda connection: connection.set_trace_callback(seen.append))
        await store.accounts.create(alice, "alice", VERIFIER)
        await store.accounts.by_name("alice")
        await store.accounts.by_id(["a", "b"])
        await store.accounts.by_certificate("aa")
        await store.accounts.verifier("a")
        await store.accounts.set_verifier("a", VERIFIER)
        await store.accounts.update(alice)
        await store.accounts.rename("a", "Alice", "alice")
        await store.accounts.page("", 10)
        await store.accounts.count()
        await store.tokens.add(b"t" * 32, "a", "phone", NOW + DAY)
        await store.tokens.take(b"t" * 32, NOW)
        await store.tokens.revoke("a")
        await store.rosters.put([("b", Contact("a", Address("alice", "example.org")))])
        await store.rosters.load(["a", "b"])
        await store.rosters.remove([("b", "a")])
        await store.ledger.began(entry("s1", NOW))
        await store.ledger.ended("s1", NOW, "quit")
        await store.ledger.close_open(NOW)
        await store.ledger.page("a", NOW, 10)
        await store.ledger.page("", NOW, 10)
        await store.ledger.last("a")
        await store.ledger.expire(NOW)
        await store.rooms.put("#a", RoomRecord("#a", NOW, "a"))
        await store.rooms.load()
        await store.rooms.remove("#a")
        await store.inbox.append(
            [("a", queued("m1", 1, origin="192.0.2.1", origin_limit=9)), ("a", queued("m2", 2))], 9
        )
        await store.inbox.read("a", 0, 10, 10)
        await store.inbox.attempted("a", ["m1"])
        await store.inbox.retry("a")
        await store.inbox.acknowledge([("a", "m1")], NOW)
        await store.inbox.count("a")
        await store.inbox.find("m2")
        await store.inbox.expire(NOW)
        await store.history.append([("#a", message("m1", 1))])
        await store.history.latest("#a", 10, 10)
        await store.history.after("#a", 0, 10)
        await store.history.find("#a", "m1")
        await store.history.newest(["#a"])
        await store.history.talks("a", 0, 9, 9, newest=True)
        await store.history.talks("a", 0, 9, 9, newest=False)
        await store.history.written("id-alice", "", 9)
        await store.history.remove([("#a", "m1")])
        await store.history.append([("#a", message("m2", 2)), ("#a", message("m3", 3))], 1)
        await store.history.drop(["#a"])
        await store.history.expire(NOW)
        await store.accounts.remove("a")
        await store.database.write(lambda connection: connection.set_trace_callback(None))
