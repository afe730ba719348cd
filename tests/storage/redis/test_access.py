"""Who may use Redis, over which transport, and what is said of its durability."""

import re
from pathlib import Path

from twisted.logger import capturedLogs

from imd.core.refusal import StoreUnavailable
from imd.core.session import Account
from imd.core.stores import Durability, Queueing
from tests.contracts.contract import NOW, VERIFIER, queued
from tests.redis_server import RedisServer
from tests.storage.redis.case import RedisCase, available, texts
from tests.storage.redis.certificates import Authority

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "operations" / "redis.md"


def documented_users() -> list[str]:
    """The ACL rules that operators are told to use."""
    found = re.findall(r"^user .*$", DOCUMENTATION.read_text(), re.MULTILINE)
    assert len(found) == 2
    return [rule.replace(">PASSWORD", ">s3:cret@") for rule in found]


class UserTests(RedisCase):
    async def test_documented_rights_suffice(self) -> None:
        """A user with the rights of the documentation can do all the store does, also after a restart of Redis."""
        server = self.own_server(*documented_users())
        with capturedLogs() as events:
            store = await self.make_store(url=f"redis://imd:s3%3Acret%40@127.0.0.1:{server.port}/0")
            self.assertIs(store.durability, Durability.STRONG)
            again = available(store)
            server.restart()
            await again
            alice = Account("1", "alice", NOW, certificates=("ab",))
            await store.accounts.create(alice, "alice", VERIFIER)
            await store.accounts.page("", 10)
            await store.tokens.add(b"1", "1", "", NOW)
            await store.tokens.take(b"1", NOW)
            calls = [store.inbox.append([("1", queued(f"m{n}", n + 1))], 10) for n in range(10)]
            self.assertEqual([await call for call in calls], [[Queueing.KEPT]] * 10)
            self.assertEqual((await store.inbox.find("m3") or ("",))[0], "1")
            await store.inbox.acknowledge([("1", "m1")], NOW)
            self.assertEqual(await store.inbox.expire(NOW + 1e9), 9)
            await store.history.append([("#a", queued("m1", 1).message)])
            await store.history.expire(NOW + 1)
            await store.ledger.close_open(NOW)
            await store.accounts.remove("1")
            await store.close()
        self.assertEqual(texts(events, "error") + texts(events, "critical"), [])
        self.assertNotIn("cret", repr(events))

    async def test_wrong_password(self) -> None:
        """A wrong password is told as such, and does not get into the log."""
        server = self.own_server("user imd on >s3cret ~* +@all")
        with capturedLogs() as events, self.assertRaises(StoreUnavailable):
            await self.new_store(url=f"redis://imd:wr0ng@127.0.0.1:{server.port}").open()
        self.assertIn("WRONGPASS", " ".join(texts(events, "error")))
        self.assertNotIn("wr0ng", repr(events))

    async def test_requirepass(self) -> None:
        """The old way, one password for everybody, works too."""
        server = self.own_server("requirepass s3cret")
        store = await self.make_store(url=f"redis://:s3cret@127.0.0.1:{server.port}")
        self.assertEqual(await store.inbox.count("a"), 0)

    async def test_narrow_rights(self) -> None:
        """Without CONFIG, SCRIPT LOAD and MULTI the store works; what it cannot find out it warns of."""
        server = self.own_server("user imd on >x ~imd:* -@all +@read +@write +eval +evalsha +select")
        with capturedLogs() as events:
            store = await self.make_store(url=f"redis://imd:x@127.0.0.1:{server.port}")
        self.assertIs(store.durability, Durability.WEAK)
        self.assertIn("unknown", " ".join(texts(events, "warn")))
        calls = [store.inbox.append([(f"u{n}", queued(f"m{n}", n + 1))], 10) for n in range(10)]
        self.assertEqual([await call for call in calls], [[Queueing.KEPT]] * 10)
        self.assertEqual(len(await store.inbox.read("u3", 0, 100, 10)), 1)


class DurabilityTests(RedisCase):
    async def _opened(self, server: RedisServer) -> tuple[Durability, list[str], list[str]]:
        with capturedLogs() as events:
            store = await self.make_store(url=server.url)
        return store.durability, texts(events, "warn"), texts(events, "critical")

    async def test_strong(self) -> None:
        """A Redis that syncs every write gives no cause for a warning."""
        self.assertEqual(await self._opened(self.server), (Durability.STRONG, [], []))

    async def test_nothing_on_disk(self) -> None:
        """A Redis that keeps nothing on disk is told of in the loudest way."""
        durability, _, critical = await self._opened(self.own_server("appendonly no", 'save ""'))
        self.assertIs(durability, Durability.WEAK)
        self.assertIn("NOTHING", critical[0])

    async def test_snapshots(self) -> None:
        """Snapshots alone are a warning."""
        durability, warnings, _ = await self._opened(self.own_server("appendonly no", "save 60 1"))
        self.assertIs(durability, Durability.WEAK)
        self.assertIn("snapshots", warnings[0])

    async def test_every_second(self) -> None:
        """So is a file that is synced once a second."""
        durability, warnings, _ = await self._opened(self.own_server("appendfsync everysec"))
        self.assertIs(durability, Durability.WEAK)
        self.assertIn("everysec", warnings[0])

    async def test_default_user_without_rights(self) -> None:
        """Where the default user has no rights Redis would not read its file back; imd says so if it may look."""
        server = self.own_server("user imd on >x ~* &* +@all", "user default on >y ~* &* -@all +@connection")
        with capturedLogs() as events:
            store = await self.make_store(url=f"redis://imd:x@127.0.0.1:{server.port}")
        self.assertIs(store.durability, Durability.WEAK)
        self.assertIn("user default off ~* &* +@all", texts(events, "critical")[0])

    async def test_looked_at_again(self) -> None:
        """Durability is looked at anew with each connection."""
        server = self.own_server("appendfsync everysec")
        store = await self.make_store(url=server.url)
        self.assertIs(store.durability, Durability.WEAK)
        again = available(store)
        with (server.folder / "redis.conf").open("a") as configuration:
            configuration.write("appendfsync always\n")
        server.restart()
        await again
        self.assertIs(store.durability, Durability.STRONG)


class TLSTests(RedisCase):
    def setUp(self) -> None:
        super().setUp()
        self.authority = Authority(Path(self.mktemp()).absolute(), "authority")

    def tls_server(self, *addresses: str, clients: str = "no") -> RedisServer:
        certificate, key = self.authority.issue("redis", *addresses)
        settings = (f"tls-cert-file {certificate}", f"tls-key-file {key}", f"tls-ca-cert-file {self.authority.ca}")
        return self.own_server(*settings, f"tls-auth-clients {clients}", tls=True)

    async def test_verified(self) -> None:
        """Over TLS, with an authority of one's own, all works as without, also after a restart."""
        server = self.tls_server("127.0.0.1")
        store = await self.make_store(url=server.url, ca=str(self.authority.ca))
        self.assertTrue(store.description.endswith("(TLS)"))
        await store.inbox.append([("a", queued("m1", 1))], 0)
        again = available(store)
        server.restart()
        await again
        self.assertEqual(await store.inbox.read("a", 0, 10, 10), [queued("m1", 1)])

    async def test_client_certificate(self) -> None:
        """A Redis that asks for one is shown the certificate of the settings."""
        server = self.tls_server("127.0.0.1", clients="yes")
        certificate, key = self.authority.issue("imd")
        store = await self.make_store(url=server.url, ca=self.authority.ca, certificate=certificate, key=key)
        self.assertEqual(await store.inbox.count("a"), 0)

    async def test_not_trusted(self) -> None:
        """A certificate of an unknown authority is refused: the system's, or another one of our own."""
        server = self.tls_server("127.0.0.1")
        other = Authority(Path(self.mktemp()).absolute(), "other")
        for ca in (None, other.ca):
            with capturedLogs() as events, self.assertRaises(StoreUnavailable):
                await self.new_store(url=server.url, ca=ca).open()
            self.assertIn("certificate verify failed", " ".join(texts(events, "error")))

    async def test_wrong_name(self) -> None:
        """A certificate for another host is refused (RFC 6125)."""
        server = self.tls_server("127.0.0.2")
        with capturedLogs() as events, self.assertRaises(StoreUnavailable):
            await self.new_store(url=server.url, ca=self.authority.ca).open()
        self.assertIn("127.0.0.1", " ".join(texts(events, "error")))
