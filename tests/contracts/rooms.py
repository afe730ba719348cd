"""What every `RoomStore` must do."""

from imd.core.stores import RoomRecord
from imd.core.talk import BanEntry, ListKind, Role, RoomFlag, Topic
from tests.contracts.contract import NOW, TRICKY, StoreContract


class RoomsContract(StoreContract):
    async def test_load(self) -> None:
        """A record comes back whole, also after a restart."""
        store = await self.make_store()
        full = RoomRecord(
            name="#Twisted",
            created=NOW + 0.125,
            founder="id-alice",
            operators=frozenset({"id-bob", "007"}),
            topic=Topic("1e5 ☃", "alice!a@host", NOW + 1),
            flags=frozenset(RoomFlag),
            key="007",
            limit=42,
            lists={kind: [BanEntry(f"*!*@{kind.value}", "bob", NOW + 2), BanEntry("b", "c", NOW)] for kind in ListKind},
            used=NOW + 3,
            access={"id-carol": Role.HALFOP, "1e5": Role.ADMIN},
            archive="#before,2",
            heir="007",
            topic_lock=True,
            mode_lock={RoomFlag.SECRET: False, RoomFlag.MODERATED: True},
            closed="spam ☃",
        )
        bare = RoomRecord(name="#bare", created=NOW, founder="")
        await store.rooms.put("#twisted", full)
        await store.rooms.put("#bare", bare)
        store = await self.reopen(store)
        self.assertEqual(sorted(await store.rooms.load(), key=lambda room: room.name), [full, bare])

    async def test_put_replaces_and_remove(self) -> None:
        """A folded name has one record, the last; removing it twice does no harm."""
        rooms = (await self.make_store()).rooms
        self.assertEqual(await rooms.load(), [])
        one = RoomRecord(name="#a", created=NOW, founder="x", key="k", limit=7, operators=frozenset({"y"}))
        two = RoomRecord(name="#A", created=NOW, founder="x")
        await rooms.put("#a", one)
        for _ in range(2):
            await rooms.put("#a", two)
            self.assertEqual(await rooms.load(), [two])
        for _ in range(2):
            await rooms.remove("#a")
            self.assertEqual(await rooms.load(), [])
        await rooms.remove("#never")

    async def test_renamed(self) -> None:
        """A room that is put under another name is no longer under the one before; once more does no harm."""
        rooms = (await self.make_store()).rooms
        await rooms.put("#before", RoomRecord(name="#before", created=NOW, founder="x"))
        await rooms.put("#other", RoomRecord(name="#other", created=NOW, founder="x"))
        renamed = RoomRecord(name="#After", created=NOW, founder="x", archive="#before")
        for _ in range(2):
            await rooms.put("#after", renamed, before="#before")
            self.assertEqual({room.name for room in await rooms.load()}, {"#After", "#other"})
        self.assertIn(renamed, await rooms.load())

    async def test_tricky_text(self) -> None:
        """Topics, keys, masks and names come back letter for letter."""
        rooms = (await self.make_store()).rooms
        wanted = {}
        for number, text in enumerate(TRICKY):
            ban = BanEntry(text, text, NOW)
            wanted[f"{number}#{text[:40]}"] = RoomRecord(
                name=f"{number}#{text}",
                created=NOW,
                founder=text,
                operators=frozenset({text}),
                access={text: Role.VOICE},
                topic=Topic(text, text, NOW),
                key=text,
                lists={ListKind.BAN: [ban, ban]},
            )
        for folded, record in wanted.items():
            await rooms.put(folded, record)
        found = {record.name: record for record in await rooms.load()}
        self.assertEqual(found, {record.name: record for record in wanted.values()})
