"""What every `LedgerStore` must do."""

import msgspec

from imd.core.stores import LedgerEntry
from tests.contracts.contract import DAY, NOW, TRICKY, StoreContract


def entry(session: str, began: float, account: str = "id-alice", **more: str | int | float) -> LedgerEntry:
    fields: dict[str, str | int | float] = {
        "session": session,
        "account": account,
        "name": "alice",
        "door": "irc",
        "address": "2001:db8::7",
        "port": 50_007,
        "tcp_port": 1024,
        "udp_port": 65_535,
        "client": "irssi",
        "version": "1.4",
        "tls": "TLSv1.3 TLS_AES_256_GCM_SHA384",
        "began": began,
    }
    return msgspec.convert(fields | more, LedgerEntry)


class LedgerContract(StoreContract):
    async def test_began_and_ended(self) -> None:
        """A session's entry is open, then has an end; neither call, repeated, changes anything."""
        store = await self.make_store()
        one = entry("s1", NOW + 0.25)
        await store.ledger.began(one)
        await store.ledger.began(one)
        self.assertEqual(await store.ledger.last("id-alice"), one)
        await store.ledger.ended("s1", NOW + 10.5, "quit")
        ended = msgspec.structs.replace(one, ended=NOW + 10.5, reason="quit")
        self.assertEqual(await store.ledger.last("id-alice"), ended)
        await store.ledger.ended("s1", NOW + 99, "lost")
        await store.ledger.began(one)
        store = await self.reopen(store)
        self.assertEqual(await store.ledger.last("id-alice"), ended)
        self.assertEqual(await store.ledger.page("", NOW + DAY, 10), [ended])

    async def test_named(self) -> None:
        """A client says what it is, before its session's end or after; of an unknown one nothing is kept."""
        store = await self.make_store()
        one = entry("s1", NOW, client="", version="")
        await store.ledger.began(one)
        await store.ledger.named("s1", "WeeChat", "4.1")
        await store.ledger.named("s2", "WeeChat", "4.1")
        named = msgspec.structs.replace(one, client="WeeChat", version="4.1")
        self.assertEqual(await store.ledger.page("", NOW + DAY, 10), [named])
        await store.ledger.ended("s1", NOW + 1, "quit")
        await store.ledger.named("s1", TRICKY[0], "")
        store = await self.reopen(store)
        ended = msgspec.structs.replace(named, client=TRICKY[0], version="", ended=NOW + 1, reason="quit")
        self.assertEqual(await store.ledger.last("id-alice"), ended)

    async def test_unknown(self) -> None:
        """Ending what never began is without effect; of a stranger nothing is known."""
        ledger = (await self.make_store()).ledger
        await ledger.ended("s1", NOW, "quit")
        self.assertIsNone(await ledger.last("id-alice"))
        self.assertEqual(await ledger.page("", NOW + DAY, 10), [])
        self.assertEqual(await ledger.page("id-alice", NOW + DAY, 10), [])
        self.assertEqual(await ledger.close_open(NOW), 0)

    async def test_close_open(self) -> None:
        """What a daemon that died left open ends as crashed, once."""
        ledger = (await self.make_store()).ledger
        await ledger.began(entry("s1", NOW))
        await ledger.began(entry("s2", NOW + 1))
        await ledger.began(entry("s3", NOW + 2))
        await ledger.ended("s2", NOW + 5, "quit")
        self.assertEqual(await ledger.close_open(NOW + 9), 2)
        self.assertEqual(await ledger.close_open(NOW + 10), 0)
        found = await ledger.page("", NOW + DAY, 10)
        self.assertEqual(
            [(one.session, one.ended, one.reason) for one in found],
            [("s3", NOW + 9, "crashed"), ("s2", NOW + 5, "quit"), ("s1", NOW + 9, "crashed")],
        )

    async def test_page(self) -> None:
        """Newest first, of one account or of all, in pages that fit together."""
        ledger = (await self.make_store()).ledger
        for n in range(20):
            await ledger.began(entry(f"s{n}", NOW + n, "id-bob" if n % 4 == 0 else "id-alice"))
        seen: list[str] = []
        before = NOW + DAY
        while page := await ledger.page("", before, 6):
            self.assertLessEqual(len(page), 6)
            seen += [one.session for one in page]
            before = page[-1].began
        self.assertEqual(seen, [f"s{n}" for n in reversed(range(20))])
        of_bob = await ledger.page("id-bob", NOW + 16, 3)
        self.assertEqual([one.session for one in of_bob], ["s12", "s8", "s4"])
        last = await ledger.last("id-bob")
        self.assertEqual(last and last.session, "s16")

    async def test_expire(self) -> None:
        """What ended before the time given is forgotten; what still lasts never is."""
        ledger = (await self.make_store()).ledger
        for n in range(10):
            await ledger.began(entry(f"s{n}", NOW + n))
            if n != 3:
                await ledger.ended(f"s{n}", NOW + 100 + n, "quit")
        self.assertEqual(await ledger.expire(NOW + 50), 0)
        self.assertEqual(await ledger.expire(NOW + 106.5), 6)
        self.assertEqual(await ledger.expire(NOW + 106.5), 0)
        found = await ledger.page("", NOW + DAY, 100)
        self.assertEqual([one.session for one in found], ["s9", "s8", "s7", "s3"])

    async def test_outlives_the_account(self) -> None:
        """A removed account's sign-ons stay until they expire."""
        store = await self.make_store()
        await self.people(store, "alice")
        await store.ledger.began(entry("s1", NOW))
        await store.accounts.remove("id-alice")
        self.assertEqual(await store.ledger.last("id-alice"), entry("s1", NOW))

    async def test_tricky_text(self) -> None:
        """What clients say of themselves is kept letter for letter; guests have no account id."""
        ledger = (await self.make_store()).ledger
        wanted = [
            entry(f"s{n}", NOW - n, account="", name=text, client=text, version=text, address=text, tls=text)
            for n, text in enumerate(TRICKY)
        ]
        for one in wanted:
            await ledger.began(one)
        self.assertEqual(await ledger.page("", NOW + 1, 100), wanted)
