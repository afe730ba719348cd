"""What is noted beside histories: who has said something where. It must name everything, and not grow for ever."""

from typing import Any

from twisted.internet.defer import Deferred

from imd.storage.redis import keys
from imd.storage.redis.store import RedisStore
from tests.contracts.contract import NOW, message
from tests.storage.redis.case import RedisCase


class NotedTests(RedisCase):
    def noted(self, account: str) -> set[bytes]:
        found: list[bytes] = self.server.command("SMEMBERS", keys.authored(account).decode())
        return set(found)

    async def said(self, store: RedisStore, *targets: str, seq: int = 1) -> None:
        one = message(f"m{seq}", seq, time=NOW + seq, sender_account="ann")
        await store.history.append([(target, one) for target in targets])

    async def test_gone(self) -> None:
        """Of rooms and talks that expired, were dropped, or whose last message was taken back nothing is left."""
        store = await self.make_store()
        await self.said(store, *(f"#old{number}" for number in range(50)), "ann bob", "#dropped", "#redacted")
        await self.said(store, "#new", seq=100)
        self.assertEqual(len(self.noted("ann")), 54)
        await store.history.remove([("#redacted", "m1")])
        await store.history.drop(["#dropped"])
        self.assertEqual(len(self.noted("ann")), 52)
        await store.history.expire(NOW + 50)
        self.assertEqual(self.noted("ann"), {b"#new"})
        await store.history.expire(NOW + 200)
        self.assertEqual([key for key in self.server.command("KEYS", "*auth*") if b"{accounts}" not in key], [])

    async def test_said_meanwhile(self) -> None:
        """Whoever says something while what was there is forgotten is still known to have said it."""
        store = await self.make_store()
        await self.said(store, "#a", "#b", "#c")
        calls: list[Any] = [
            store.history.expire(NOW + 50),
            store.history.remove([("#b", "m1")]),
            store.history.drop(["#c"]),
            Deferred.fromCoroutine(self.said(store, "#a", "#b", "#c", seq=100)),
        ]
        for call in calls:
            await call
        self.assertEqual(self.noted("ann"), {b"#a", b"#b", b"#c"})
        for number in range(20):
            await self.said(store, "#a", seq=101 + 2 * number)
            forgetting = store.history.expire(NOW + 102 + 2 * number)
            await self.said(store, "#a", seq=102 + 2 * number)
            await forgetting
            found, _ = await store.history.written("ann", "", 500)
            self.assertEqual([one.seq for target, one in found if target == "#a"], [102 + 2 * number])

    async def test_upgrade(self) -> None:
        """Of histories that a daemon began which noted nothing beside them all is noted at the next start, once."""
        store = await self.make_store()
        one, two = (
            message(f"m{seq}", seq, time=NOW + seq, sender_account=who) for seq, who in ((1, "ann"), (2, "bob"))
        )
        await store.history.append([(target, each) for target in ("#a", "ann bob") for each in (one, two)])
        for key in ("#a", "ann bob"):
            self.server.command("DEL", keys.authors(key).decode())
        for account in ("ann", "bob"):
            self.server.command("DEL", keys.authored(account).decode())
        self.server.command("DEL", keys.talks("ann").decode())
        self.server.command("DEL", keys.HISTORIES_NOTED.decode())
        await store.close()
        store = await self.make_store()
        self.assertEqual(await store.history.talks("ann", 0, 100, 10, newest=True), {"ann bob": 2})
        for account in ("ann", "bob"):
            self.assertEqual(self.noted(account), {b"#a", b"ann bob"})
        self.server.command("DEL", keys.authored("bob").decode())
        await store.close()
        await self.make_store()
        self.assertEqual(self.noted("bob"), set())

    async def test_of_older_daemons(self) -> None:
        """They kept no list of who had said something in a history: what it did not free is freed when it is found."""
        store = await self.make_store()
        await self.said(store, "#a", "#b")
        self.server.command("DEL", keys.authors("#a").decode(), keys.authors("#b").decode())
        await store.history.remove([("#a", "m1")])
        self.assertEqual(self.noted("ann"), {b"#a", b"#b"})
        found, cursor = await store.history.written("ann", "", 10)
        self.assertEqual(found, [])
        found, _ = await store.history.written("ann", cursor, 10)
        self.assertEqual([target for target, _ in found], ["#b"])
        self.assertEqual(self.noted("ann"), {b"#b"})
