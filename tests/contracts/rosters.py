"""What every `RosterStore` must do."""

from itertools import pairwise

import msgspec

from imd.core.address import Address
from imd.core.contact import Contact
from tests.contracts.contract import TRICKY, StoreContract, account


def contact(name: str, **more: bool | str | tuple[str, ...]) -> Contact:
    return msgspec.convert(
        {"account": "id-" + name, "address": {"name": name, "domain": "example.org"}} | more, Contact
    )


class RostersContract(StoreContract):
    async def test_load(self) -> None:
        """Contacts come back whole, also after a restart; every account asked for is there."""
        store = await self.make_store()
        await self.people(store, "alice", "bob", "carol")
        bob = contact("bob", label="Bobby", groups=("friends", "work"), to=True, asked=True, blocked=True)
        carol = contact("carol", from_=True, asking=True, approved=True)
        alice = contact("alice", to=True, from_=True)
        await store.rosters.put([("id-alice", bob), ("id-alice", carol), ("id-bob", alice)])
        store = await self.reopen(store)
        rosters = await store.rosters.load(["id-alice", "id-bob", "id-carol", "id-nobody"])
        self.assertEqual(set(rosters), {"id-alice", "id-bob", "id-carol", "id-nobody"})
        self.assertEqual(sorted(rosters["id-alice"], key=lambda one: one.account), [bob, carol])
        self.assertEqual(rosters["id-bob"], [alice])
        self.assertEqual(rosters["id-carol"] + rosters["id-nobody"], [])
        self.assertEqual(await store.rosters.load([]), {})

    async def test_every_flag(self) -> None:
        """Each flag of a contact is kept by itself."""
        store = await self.make_store()
        await self.people(store, "alice", "bob")
        for flag in ("to", "from_", "asking", "asked", "approved", "blocked"):
            one = contact("bob", **{flag: True})
            await store.rosters.put([("id-alice", one)])
            self.assertEqual(await store.rosters.load(["id-alice"]), {"id-alice": [one]})

    async def test_put_replaces(self) -> None:
        """Writing a contact again replaces it; the same twice changes nothing; in one call the last one counts."""
        rosters = (store := await self.make_store()).rosters
        await self.people(store, "alice", "bob")
        before = contact("bob", label="old", groups=("a", "b"), to=True)
        after = contact("bob", label="new", from_=True)
        await rosters.put([("id-alice", before)])
        for _ in range(2):
            await rosters.put([("id-alice", before), ("id-alice", after)])
            self.assertEqual(await rosters.load(["id-alice"]), {"id-alice": [after]})
        await rosters.put([])

    async def test_remove(self) -> None:
        """Pairs are dropped, each side by itself; those that are not there do no harm."""
        rosters = (store := await self.make_store()).rosters
        await self.people(store, "alice", "bob", "carol")
        await rosters.put([("id-alice", contact("bob")), ("id-bob", contact("alice")), ("id-alice", contact("carol"))])
        for _ in range(2):
            await rosters.remove([("id-alice", "id-bob"), ("id-alice", "id-nobody"), ("id-nobody", "id-alice")])
            self.assertEqual(
                await rosters.load(["id-alice", "id-bob"]),
                {"id-alice": [contact("carol")], "id-bob": [contact("alice")]},
            )
        await rosters.remove([])

    async def test_follows_a_rename(self) -> None:
        """A contact's address shows the name the account has now."""
        store = await self.make_store()
        await self.people(store, "alice", "bob")
        await store.rosters.put([("id-alice", contact("bob", label="B", to=True))])
        await store.accounts.rename("id-bob", "Robert", "robert")
        (found,) = (await store.rosters.load(["id-alice"]))["id-alice"]
        self.assertEqual(found, Contact("id-bob", Address("Robert", "example.org"), label="B", to=True))

    async def test_tricky_text(self) -> None:
        """Labels, groups and ids come back letter for letter."""
        store = await self.make_store()
        await self.people(store, "alice")
        wanted = []
        for number, text in enumerate(TRICKY):
            id = f"{number}:{text[:40]}"
            await store.accounts.create(account(id, f"user{number}"), f"user{number}", None)
            wanted.append(Contact(id, Address(f"user{number}", "example.org"), label=text, groups=(text, "007", text)))
        await store.rosters.put([("id-alice", one) for one in wanted])
        found = (await store.rosters.load(["id-alice"]))["id-alice"]
        self.assertEqual(sorted(found, key=lambda c: c.account), sorted(wanted, key=lambda c: c.account))

    async def test_many_rosters(self) -> None:
        """Hundreds of rosters can be loaded at once."""
        store = await self.make_store()
        names = [f"u{n}" for n in range(300)]
        await self.people(store, *names)
        await store.rosters.put([("id-" + one, contact(two)) for one, two in pairwise(names)])
        found = await store.rosters.load(["id-" + name for name in names])
        self.assertEqual(found, {"id-" + one: [contact(two)] for one, two in pairwise(names)} | {"id-u299": []})
