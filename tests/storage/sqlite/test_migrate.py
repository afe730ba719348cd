"""Old databases come to today's schema, copied aside first; newer ones are left alone."""

import sqlite3
import stat
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import msgspec

from imd.core.address import Address
from imd.core.contact import Contact
from imd.core.refusal import StoreUnavailable
from imd.core.session import Visibility
from imd.core.stores import Queueing, RoomRecord, SchemaTooNew, Verifier
from imd.core.talk import BanEntry, ListKind, RoomFlag, Topic
from imd.storage.sqlite.migrate import Step, steps
from imd.storage.sqlite.store import SQLiteStore
from tests.contracts.contract import DAY, account, queued
from tests.contracts.ledger import entry
from tests.storage.sqlite.case import SQLiteCase, threads

#: When the frozen databases under ``frozen/`` were written.
THEN = 1_795_000_000.0

WAITING = queued("m1", 9_007_199_254_740_993, THEN + 30 * DAY, time=THEN, body="007 ☃", attempts=2, tags={"k": "1e5"})
ALICE = msgspec.structs.replace(
    account("id-alice", "Alice", visible_to=Visibility.CONTACTS, certificates=("ab" * 32,), devices=("laptop", "irc")),
    created=THEN,
)
BOB = msgspec.structs.replace(account("id-bob", "bob"), created=THEN)
ROOM = RoomRecord(
    name="#Room",
    created=THEN,
    founder="id-alice",
    operators=frozenset({"id-bob"}),
    topic=Topic("welcome", "alice", THEN),
    flags=frozenset({RoomFlag.SECRET}),
    key="007",
    limit=7,
    lists={ListKind.BAN: [BanEntry("*!*@bad", "alice", THEN)]},
    used=THEN + 1,
)
SIGN_ON = entry("s1", THEN, ended=THEN + 60, reason="quit")
CONTACT = Contact("id-bob", Address("bob", "example.org"), label="B", groups=("work",), to=True, asked=True)
VERIFIER = Verifier(b"salt", 4096, b"s" * 32, b"k" * 32)


async def fill(store: SQLiteStore) -> None:
    """Something in every table. Kept to show how the frozen databases were made; a new one begins here."""
    await store.accounts.create(ALICE, "alice", VERIFIER)
    await store.accounts.create(BOB, "bob", None)
    await store.tokens.add(b"t" * 32, "id-alice", "phone", THEN + DAY)
    await store.rosters.put([("id-alice", CONTACT)])
    await store.ledger.began(SIGN_ON)
    await store.rooms.put("#room", ROOM)
    gone = queued("m0", 1, THEN + 30 * DAY, time=THEN)
    await store.inbox.append([("id-bob", WAITING), ("id-bob", gone)], 10)
    await store.inbox.acknowledge([("id-bob", "m0")], THEN)
    await store.history.append([("#room", WAITING.message)])
    await store.read_marks.put([("id-alice", "#room", b"\x01")])


#: The schema of this imd.
TODAY = steps()[-1].number


class Migration(SQLiteCase):
    def with_steps(self, *later: str) -> SQLiteStore:
        """A store of an imd that knows schema files after today's."""
        today = steps()
        plan = today + [Step(today[-1].number + n, sql) for n, sql in enumerate(later, 1)]
        return SQLiteStore(self.folder, threads, plan=plan)

    def version(self) -> int:
        with closing(sqlite3.connect(self.folder / "imd.db")) as connection:
            number: int = connection.execute("PRAGMA user_version").fetchone()[0]
            return number

    def names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}

    def test_steps_are_numbered_without_gaps(self) -> None:
        """Schema files count from one."""
        numbers = [step.number for step in steps()]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))

    async def test_every_old_schema(self) -> None:
        """Each schema ever released, with data in it, comes to today's, and nothing is lost."""
        dumps = sorted((path for path in files(__package__).joinpath("frozen").iterdir()), key=lambda path: path.name)
        self.assertEqual([path.name for path in dumps], [f"schema-{step.number}.sql" for step in steps()])
        for dump in dumps:
            self.folder = Path(self.mktemp())
            self.folder.mkdir()
            with closing(sqlite3.connect(self.folder / "imd.db")) as connection:
                connection.executescript(dump.read_text("utf-8"))
            store = await self.make_store()
            self.assertEqual(len(store.secret), 32)
            self.assertEqual(store.secret, bytes(range(32)))
            self.assertEqual(await store.accounts.page("", 10), [ALICE, BOB])
            self.assertEqual(await store.accounts.by_certificate("ab" * 32), ALICE)
            self.assertEqual(await store.accounts.by_skeleton("alice"), ALICE)
            self.assertEqual(await store.accounts.verifier("id-alice"), VERIFIER)
            self.assertIsNone(await store.accounts.verifier("id-bob"))
            self.assertEqual(await store.tokens.take(b"t" * 32, THEN), ("id-alice", "phone"))
            self.assertEqual(await store.rosters.load(["id-alice"]), {"id-alice": [CONTACT]})
            self.assertEqual(await store.ledger.page("", THEN + 1, 10), [SIGN_ON])
            self.assertEqual(await store.rooms.load(), [ROOM])
            self.assertEqual(await store.inbox.read("id-bob", 0, 2**62, 10), [WAITING])
            self.assertEqual(await store.inbox.append([("id-bob", queued("m0", 9))], 10), [Queueing.DONE])
            self.assertEqual(await store.history.latest("#room", 2**62, 10), [WAITING.message])
            self.assertEqual(await store.history.written("id-alice", "", 10), ([("#room", WAITING.message)], ""))
            marks = {"#room": b"\x01"} if dump.name > "schema-2.sql" else {}
            self.assertEqual(await store.read_marks.of("id-alice"), marks)
            await store.close()
            self.assertEqual(self.version(), steps()[-1].number)

    async def test_copied_aside(self) -> None:
        """Before a step the database is copied aside, readable by its owner only; the copy opens as it was."""
        store = await self.make_store()
        await fill(store)
        await store.close()
        self.assertEqual(self.names(), {"imd.db", "imd.lock"})
        later = self.with_steps("ALTER TABLE rooms ADD COLUMN mood TEXT;", "CREATE TABLE moods (mood TEXT) STRICT;")
        await later.open()
        self.assertEqual(await later.accounts.count(), 2)
        await later.close()
        self.assertEqual(self.version(), TODAY + 2)
        self.assertEqual(self.names(), {"imd.db", "imd.lock", f"imd.db.schema-{TODAY}"})
        copy = self.folder / f"imd.db.schema-{TODAY}"
        self.assertEqual(stat.S_IMODE(copy.stat().st_mode), 0o600)
        copy.replace(self.folder / "imd.db")
        store = await self.make_store()
        self.assertEqual(await store.inbox.read("id-bob", 0, 2**62, 10), [WAITING])

    async def test_too_new(self) -> None:
        """A database of a newer imd is refused, byte for byte untouched, and the lease given back."""
        later = self.with_steps("CREATE TABLE moods (mood TEXT) STRICT;")
        await later.open()
        await fill(later)
        await later.close()
        before = (self.folder / "imd.db").read_bytes()
        for _ in range(2):
            with self.assertRaises(SchemaTooNew) as caught:
                await self.new_store().open()
            self.assertIn(f"schema {TODAY + 1}; this imd knows schemas up to {TODAY}", str(caught.exception))
        self.assertEqual((self.folder / "imd.db").read_bytes(), before)
        self.assertNotIn(f"imd.db.schema-{TODAY + 1}", self.names())
        later = self.with_steps("CREATE TABLE moods (mood TEXT) STRICT;")
        await later.open()
        await later.close()

    async def test_failed_step(self) -> None:
        """A step that fails leaves nothing of itself; those before it stay done."""
        store = await self.make_store()
        await fill(store)
        await store.close()
        broken = self.with_steps("CREATE TABLE one (a TEXT);", "CREATE TABLE two (a TEXT); CREATE TABLE two (a TEXT);")
        with self.assertRaises(StoreUnavailable):
            await broken.open()
        self.assertEqual(self.version(), TODAY + 1)
        with closing(sqlite3.connect(self.folder / "imd.db")) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        self.assertIn("one", tables)
        self.assertNotIn("two", tables)
        repaired = self.with_steps("CREATE TABLE one (a TEXT);", "CREATE TABLE two (a TEXT);")
        await repaired.open()
        self.assertEqual(await repaired.history.latest("#room", 2**62, 10), [WAITING.message])
        await repaired.close()
        self.assertEqual(self.version(), TODAY + 2)
