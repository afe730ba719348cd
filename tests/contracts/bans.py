"""What every `BanStore` must do."""

import msgspec

from imd.core.ban import Ban, BanKind
from tests.contracts.contract import NOW, TRICKY, StoreContract

ONE = Ban(kind=BanKind.MASK, target="*!*@bad.example", by="root", reason="spam", note="ticket 7", since=NOW)
TWO = Ban(kind=BanKind.ADDRESS, target="192.0.2.0/24", since=NOW + 0.5, expires=NOW + 60.25)
THREE = Ban(kind=BanKind.ACCOUNT, target="id-mallory", name="mallory", since=NOW)


def by_key(bans: list[Ban]) -> dict[tuple[BanKind, str], Ban]:
    return {(ban.kind, ban.target): ban for ban in bans}


class BansContract(StoreContract):
    async def test_put_and_load(self) -> None:
        """What was set is there after a restart, with all its fields; setting it again changes nothing."""
        store = await self.make_store()
        self.assertEqual(await store.bans.load(), [])
        for ban in (ONE, TWO, THREE, ONE):
            await store.bans.put(ban)
        self.assertEqual(by_key(await store.bans.load()), by_key([ONE, TWO, THREE]))
        store = await self.reopen(store)
        found = await store.bans.load()
        self.assertEqual((len(found), by_key(found)), (3, by_key([ONE, TWO, THREE])))

    async def test_replace(self) -> None:
        """One of the same kind and target takes its place; another kind does not."""
        bans = (await self.make_store()).bans
        await bans.put(ONE)
        longer = msgspec.structs.replace(ONE, expires=NOW + 5, by="guard")
        await bans.put(longer)
        other = msgspec.structs.replace(ONE, kind=BanKind.ACCOUNT)
        await bans.put(other)
        self.assertEqual(by_key(await bans.load()), by_key([longer, other]))

    async def test_remove(self) -> None:
        """Removed is gone, once and for all; what never was can be removed."""
        store = await self.make_store()
        await store.bans.put(ONE)
        await store.bans.put(TWO)
        await store.bans.remove(ONE.kind, ONE.target)
        await store.bans.remove(ONE.kind, ONE.target)
        await store.bans.remove(BanKind.ACCOUNT, TWO.target)
        store = await self.reopen(store)
        self.assertEqual(await store.bans.load(), [TWO])

    async def test_tricky_text(self) -> None:
        """Targets and reasons are kept letter for letter."""
        bans = (await self.make_store()).bans
        wanted = [Ban(kind=BanKind.MASK, target=text, reason=text, by=text, name=text) for text in TRICKY]
        for ban in wanted:
            await bans.put(ban)
        self.assertEqual(by_key(await bans.load()), by_key(wanted))
