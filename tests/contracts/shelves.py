"""What every `ShelfStore` must do: read marks, cursors, memberships, metadata, visits, conversations are kept alike."""

from imd.core.stores import ShelfStore, Store
from tests.contracts.contract import TRICKY, StoreContract


def shelves(store: Store) -> list[ShelfStore]:
    return [
        store.read_marks,
        store.cursors,
        store.memberships,
        store.metadata,
        store.visits,
        store.conversations,
    ]


class ShelvesContract(StoreContract):
    async def test_put_replaces_and_remove(self) -> None:
        """A name has one value, the last; what is not there can be taken away."""
        for shelf in shelves(await self.make_store()):
            self.assertEqual(await shelf.of("a"), {})
            await shelf.put([("a", "x", b"1"), ("a", "y", b"2"), ("b", "x", b"3"), ("a", "x", b"4")])
            self.assertEqual(await shelf.of("a"), {"x": b"4", "y": b"2"})
            self.assertEqual(await shelf.everyone(), {"a": {"x": b"4", "y": b"2"}, "b": {"x": b"3"}})
            for _ in range(2):
                await shelf.remove([("a", "x"), ("b", "x"), ("c", "z")])
            self.assertEqual(await shelf.everyone(), {"a": {"y": b"2"}})
            await shelf.put([])
            await shelf.remove([])

    async def test_apart(self) -> None:
        """One shelf knows nothing of another, and all are there after a restart."""
        store = await self.make_store()
        for number, shelf in enumerate(shelves(store)):
            await shelf.put([("a", "x", str(number).encode())])
        store = await self.reopen(store)
        self.assertEqual([await shelf.of("a") for shelf in shelves(store)], [{"x": b"%d" % at} for at in range(6)])

    async def test_tricky(self) -> None:
        """Names and values come back letter for letter, byte for byte."""
        shelf = (await self.make_store()).cursors
        wanted = {text: text.encode() + bytes(range(256)) for text in TRICKY}
        await shelf.put([("a", name, value) for name, value in wanted.items()])
        self.assertEqual(await shelf.of("a"), wanted)

    async def test_removed_with_the_account(self) -> None:
        """What an account kept goes with it, and nobody else's."""
        store = await self.make_store()
        await self.people(store, "alice", "bob")
        for shelf in shelves(store):
            await shelf.put([("id-alice", "x", b"1"), ("id-bob", "x", b"2")])
        await store.accounts.remove("id-alice")
        for shelf in shelves(store):
            self.assertEqual(await shelf.everyone(), {"id-bob": {"x": b"2"}})
