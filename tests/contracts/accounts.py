"""What every `AccountStore` and `TokenStore` must do."""

import msgspec

from imd.core.address import Address
from imd.core.contact import Contact
from imd.core.session import Visibility
from imd.core.stores import Queueing, Verifier
from tests.contracts.contract import DAY, NOW, TRICKY, VERIFIER, StoreContract, account, queued


class AccountsContract(StoreContract):
    async def test_created_account_is_found(self) -> None:
        """An account comes back whole by name, by id and by certificate, also after a restart."""
        store = await self.make_store()
        alice = account(
            "id-alice",
            "Alice",
            visible_to=Visibility.CONTACTS,
            share_location=True,
            suspended=True,
            certificates=("ab" * 32, "0123" * 16),
            devices=("007", 'phone "☃"'),
            visitor=True,
            site="shop-1",
        )
        self.assertIs(await store.accounts.create(alice, "alice", VERIFIER), True)
        for _ in range(2):
            self.assertEqual(await store.accounts.by_name("alice"), alice)
            self.assertEqual(await store.accounts.by_id(["id-alice", "id-nobody"]), {"id-alice": alice})
            self.assertEqual(await store.accounts.by_certificate("0123" * 16), alice)
            self.assertEqual(await store.accounts.verifier("id-alice"), VERIFIER)
            store = await self.reopen(store)

    async def test_unknown(self) -> None:
        """What is not there is None, and changing it is refused or without effect."""
        accounts = (await self.make_store()).accounts
        self.assertIsNone(await accounts.by_name("nobody"))
        self.assertEqual(await accounts.by_id([]), {})
        self.assertEqual(await accounts.by_id(["nobody"]), {})
        self.assertIsNone(await accounts.by_certificate("ff"))
        self.assertIsNone(await accounts.verifier("nobody"))
        self.assertIs(await accounts.update(account("nobody")), False)
        self.assertIs(await accounts.rename("nobody", "Somebody", "somebody"), False)
        await accounts.set_verifier("nobody", VERIFIER)
        await accounts.remove("nobody")
        self.assertIsNone(await accounts.by_name("somebody"))
        self.assertIsNone(await accounts.verifier("nobody"))
        self.assertEqual(await accounts.count(), 0)

    async def test_create_is_idempotent(self) -> None:
        """Creating the same id again succeeds and changes nothing; another id may not take the name."""
        accounts = (await self.make_store()).accounts
        first = account("1", "Alice")
        self.assertIs(await accounts.create(first, "alice", VERIFIER), True)
        self.assertIs(await accounts.create(first, "alice", None), True)
        self.assertIs(await accounts.create(account("2", "ALICE"), "alice", None), False)
        self.assertEqual(await accounts.by_name("alice"), first)
        self.assertEqual(await accounts.verifier("1"), VERIFIER)
        self.assertEqual(await accounts.by_id(["2"]), {})
        self.assertEqual(await accounts.count(), 1)

    async def test_one_name_many_takers(self) -> None:
        """Of many that ask for one name in the same turn exactly the first gets it."""
        accounts = (await self.make_store()).accounts
        calls = [accounts.create(account(f"id-{n}", "Alice"), "alice", None) for n in range(20)]
        self.assertEqual([await call for call in calls], [True] + [False] * 19)
        found = await accounts.by_name("alice")
        self.assertEqual(found and found.id, "id-0")

    async def test_looks(self) -> None:
        """No two accounts look alike that are told apart by a skeleton; it goes with the name and the account."""
        store = await self.make_store()
        accounts = store.accounts
        alice = account("1", "alice")
        self.assertIsNone(await accounts.by_skeleton("alice"))
        self.assertIs(await accounts.create(alice, "alice", None, "alice"), True)
        self.assertIs(await accounts.create(alice, "alice", None, "alice"), True)
        self.assertIs(await accounts.create(account("2", "a1ice"), "a1ice", VERIFIER, "alice"), False)
        self.assertEqual((await accounts.by_id(["2"]), await accounts.by_name("a1ice")), ({}, None))
        # Without one it may look like any, and nobody looks like it.
        self.assertIs(await accounts.create(account("3", "a1ice"), "a1ice", None), True)
        self.assertIs(await accounts.create(account("4", "bob"), "bob", None, "bob"), True)
        self.assertEqual(await accounts.by_skeleton("alice"), alice)
        self.assertIs(await accounts.rename("4", "al1ce", "al1ce", "alice"), False)
        self.assertEqual(await accounts.by_name("bob"), account("4", "bob"))
        self.assertIs(await accounts.rename("1", "ALICE", "alice", "alice"), True)
        self.assertIs(await accounts.rename("1", "carol", "carol", "carol"), True)
        self.assertIs(await accounts.rename("4", "alice", "alice", "alice"), True)
        store = await self.reopen(store)
        found = await store.accounts.by_skeleton("alice")
        self.assertEqual(found and found.id, "4")
        await store.accounts.remove("4")
        self.assertIsNone(await store.accounts.by_skeleton("alice"))
        self.assertIsNone(await store.accounts.by_skeleton("bob"))
        self.assertIs(await store.accounts.create(account("5", "alice"), "alice", None, "alice"), True)

    async def test_without_password(self) -> None:
        """An account may have no verifier, and get one later, and another one after that."""
        accounts = (await self.make_store()).accounts
        await accounts.create(account("1", "alice"), "alice", None)
        self.assertIsNone(await accounts.verifier("1"))
        await accounts.set_verifier("1", VERIFIER)
        self.assertEqual(await accounts.verifier("1"), VERIFIER)
        other = Verifier(salt=b"007", iterations=4096, stored_key=b"1e5", server_key=b"\x00")
        await accounts.set_verifier("1", other)
        await accounts.set_verifier("1", other)
        self.assertEqual(await accounts.verifier("1"), other)

    async def test_update(self) -> None:
        """Everything but name and verifier is replaced; certificates no longer listed no longer sign on."""
        accounts = (await self.make_store()).accounts
        before = account("1", "alice", certificates=("aa", "bb"))
        await accounts.create(before, "alice", VERIFIER)
        after = msgspec.structs.replace(
            before,
            visible_to=Visibility.NOBODY,
            share_location=True,
            suspended=True,
            certificates=("cc", "bb"),
            devices=("phone", "irc"),
            site="shop",
        )
        self.assertIs(await accounts.update(msgspec.structs.replace(after, name="mallory")), True)
        self.assertIs(await accounts.update(after), True)
        self.assertEqual(await accounts.by_name("alice"), after)
        self.assertIsNone(await accounts.by_name("mallory"))
        self.assertIsNone(await accounts.by_certificate("aa"))
        self.assertEqual(await accounts.by_certificate("bb"), after)
        self.assertEqual(await accounts.by_certificate("cc"), after)
        self.assertEqual(await accounts.verifier("1"), VERIFIER)

    async def test_rename(self) -> None:
        """The old name is free at once, the new one taken; a name that is another's is refused."""
        store = await self.make_store()
        accounts = store.accounts
        await self.people(store, "alice", "bob")
        self.assertIs(await accounts.rename("id-alice", "Bob", "bob"), False)
        self.assertEqual((await accounts.by_id(["id-alice"]))["id-alice"].name, "alice")
        for _ in range(2):
            self.assertIs(await accounts.rename("id-alice", "Carol", "carol"), True)
        self.assertIs(await accounts.rename("id-alice", "CAROL", "carol"), True)
        self.assertIsNone(await accounts.by_name("alice"))
        carol = await accounts.by_name("carol")
        self.assertEqual(carol, account("id-alice", "CAROL"))
        self.assertIs(await accounts.create(account("3", "alice"), "alice", None), True)

    async def test_remove(self) -> None:
        """With an account go its verifier, tokens, inbox and roster on both sides; its name is free."""
        store = await self.make_store()
        await self.people(store, "alice", "bob")
        await store.accounts.update(account("id-alice", "alice", certificates=("aa",)))
        here = Contact("id-alice", Address("alice", "example.org"), to=True)
        there = Contact("id-bob", Address("bob", "example.org"), from_=True)
        await store.rosters.put([("id-bob", here), ("id-alice", there)])
        await store.tokens.add(b"t" * 32, "id-alice", "phone", NOW + DAY)
        await store.inbox.append([("id-alice", queued("m1", 1)), ("id-alice", queued("m2", 2))], 0)
        await store.inbox.acknowledge([("id-alice", "m1")], NOW)
        await store.accounts.remove("id-alice")
        await store.accounts.remove("id-alice")
        self.assertIsNone(await store.accounts.by_name("alice"))
        self.assertEqual(await store.accounts.by_id(["id-alice"]), {})
        self.assertIsNone(await store.accounts.by_certificate("aa"))
        self.assertIsNone(await store.accounts.verifier("id-alice"))
        self.assertIsNone(await store.tokens.take(b"t" * 32, NOW))
        self.assertEqual(await store.rosters.load(["id-alice", "id-bob"]), {"id-alice": [], "id-bob": []})
        self.assertEqual(await store.inbox.count("id-alice"), 0)
        self.assertEqual(await store.inbox.read("id-alice", 0, 10, 10), [])
        self.assertEqual(await store.accounts.count(), 1)
        self.assertEqual([found.id for found in await store.accounts.page("", 10)], ["id-bob"])
        # Whoever has the id next inherits nothing.
        self.assertIs(await store.accounts.create(account("id-alice", "alice"), "alice", None), True)
        self.assertIsNone(await store.accounts.verifier("id-alice"))
        self.assertEqual(await store.inbox.append([("id-alice", queued("m1", 1))], 1), [Queueing.KEPT])

    async def test_page(self) -> None:
        """Pages in order of folded name, each beginning behind the one before, cover all accounts once."""
        accounts = (await self.make_store()).accounts
        names = [f"user{n:02}" for n in range(23)]
        for name in reversed(names):
            await accounts.create(account("id-" + name, name.upper()), name, None)
        seen: list[str] = []
        after = ""
        while page := await accounts.page(after, 5):
            self.assertLessEqual(len(page), 5)
            seen += [found.id for found in page]
            after = page[-1].name.lower()
        self.assertEqual(seen, ["id-" + name for name in names])
        self.assertEqual(await accounts.page("zzz", 5), [])
        self.assertEqual(await accounts.count(), 23)

    async def test_tricky_names(self) -> None:
        """Names and ids come back letter for letter, whatever they look like."""
        accounts = (await self.make_store()).accounts
        texts = [text for text in TRICKY if text and len(text) < 100]
        for text in texts:
            self.assertIs(await accounts.create(account("i" + text, text), text, VERIFIER), True)
        for text in texts:
            self.assertEqual(await accounts.by_name(text), account("i" + text, text))
        found = await accounts.by_id(["i" + text for text in texts])
        self.assertEqual(found, {"i" + text: account("i" + text, text) for text in texts})
        self.assertEqual(await accounts.count(), len(texts))

    async def test_many_by_id(self) -> None:
        """Hundreds of accounts can be asked for at once."""
        accounts = (await self.make_store()).accounts
        calls = [accounts.create(account(str(n), f"u{n}"), f"u{n}", None) for n in range(700)]
        for call in calls:
            self.assertIs(await call, True)
        found = await accounts.by_id([str(n) for n in range(700)])
        self.assertEqual({id: one.name for id, one in found.items()}, {str(n): f"u{n}" for n in range(700)})


class TokensContract(StoreContract):
    async def test_taken_once(self) -> None:
        """A token gives its account and device once, also after a restart."""
        store = await self.make_store()
        await self.people(store, "alice")
        await store.tokens.add(b"\0" * 32, "id-alice", "007", NOW + DAY)
        await store.tokens.add(b"\0" * 32, "id-alice", "007", NOW + DAY)
        store = await self.reopen(store)
        calls = [store.tokens.take(b"\0" * 32, NOW) for _ in range(3)]
        self.assertEqual([await call for call in calls], [("id-alice", "007"), None, None])

    async def test_expired(self) -> None:
        """An expired token is as good as none; an unknown one too."""
        store = await self.make_store()
        await self.people(store, "alice")
        await store.tokens.add(b"1" * 32, "id-alice", "", NOW + DAY)
        self.assertIsNone(await store.tokens.take(b"1" * 32, NOW + DAY + 1))
        self.assertIsNone(await store.tokens.take(b"2" * 32, NOW))

    async def test_revoke(self) -> None:
        """Revoking takes all tokens of one account and nobody else's."""
        store = await self.make_store()
        await self.people(store, "alice", "bob")
        for digest, owner in ((b"1" * 32, "id-alice"), (b"2" * 32, "id-alice"), (b"3" * 32, "id-bob")):
            await store.tokens.add(digest, owner, "phone", NOW + DAY)
        await store.tokens.revoke("id-alice")
        await store.tokens.revoke("id-alice")
        self.assertIsNone(await store.tokens.take(b"1" * 32, NOW))
        self.assertIsNone(await store.tokens.take(b"2" * 32, NOW))
        self.assertEqual(await store.tokens.take(b"3" * 32, NOW), ("id-bob", "phone"))
