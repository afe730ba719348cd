"""Everything imd asks of Redis fits a Redis Cluster: each command uses keys of one slot only."""

from typing import Any

from imd.core.address import Address
from imd.core.contact import Contact
from imd.core.stores import LedgerEntry, RoomRecord
from imd.storage.redis import scripts
from imd.storage.redis.accounts import Accounts
from imd.storage.redis.connection import Connection
from tests.contracts.contract import NOW, VERIFIER, account, message, queued
from tests.storage.redis.case import RedisCase

#: Redis Cluster specification, "Key distribution model".
SLOTS = 16384


def slot(key: bytes) -> int:
    """Redis Cluster specification, "Hash tags", and appendix A: CRC16 of the XMODEM kind."""
    start = key.find(b"{")
    if start >= 0 and (end := key.find(b"}", start + 1)) > start + 1:
        key = key[start + 1 : end]
    crc = 0
    for byte in key:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
        crc &= 0xFFFF
    return crc % SLOTS


def words(command: bytes) -> list[bytes]:
    """The words of one encoded command."""
    found, at = [], command.index(b"\r\n") + 2
    while at < len(command):
        end = command.index(b"\r\n", at)
        size = int(command[at + 1 : end])
        found.append(command[end + 2 : end + 2 + size])
        at = end + 4 + size
    return found


def keys_of(parts: list[bytes]) -> list[bytes]:
    """Keys of one of the commands that imd uses."""
    name = parts[0].upper()
    if name in (b"EVAL", b"EVALSHA"):
        return parts[3 : 3 + int(parts[2])]
    if name in (b"CONFIG", b"INFO", b"SCRIPT", b"ACL", b"AUTH", b"SELECT", b"ROLE"):
        return []
    return [parts[1]]


class SlotTests(RedisCase):
    async def test_one_slot_each(self) -> None:
        """No command and no script, of all the store has, uses keys of two slots; nor do the keys scripts make up."""
        seen: list[list[bytes]] = []
        send = Connection.send

        def record(connection: Connection, command: Any) -> Any:
            seen.append(words(command if isinstance(command, bytes) else command.encode()))
            return send(connection, command)

        self.patch(Connection, "send", record)
        await self._use_everything()
        used = {parts[1] for parts in seen if parts[0] == b"EVALSHA"} | {
            scripts.OPEN.digest for parts in seen if parts[1] == scripts.OPEN.body
        }
        self.assertEqual([one.name for one in (*scripts.ALL, scripts.OPEN) if one.digest not in used], [])
        for parts in seen:
            slots = {slot(key) for key in keys_of(parts)}
            self.assertLessEqual(len(slots), 1, parts)
        # Each tag keeps its fence with it: what scripts made up beside their keys has none but those tags.
        keys = self.server.command("KEYS", "*")
        tags = {key.split(b"}")[0] for key in keys}
        self.assertGreater(len(tags), 8)
        for key in keys:
            self.assertTrue(key.startswith(b"imd:{"), key)

    async def _use_everything(self) -> None:
        store = await self.make_store()
        for name in ("alice", "bob"):
            await store.accounts.create(account("id-" + name, name, certificates=("ab",)), name, VERIFIER)
        assert isinstance(store.accounts, Accounts)
        await store.accounts.enter_skeletons()
        await store.accounts.by_skeleton("alice")
        await store.accounts.by_name("alice")
        await store.accounts.by_certificate("ab")
        await store.accounts.page("", 10)
        await store.accounts.update(account("id-alice", "alice", certificates=("cd",)))
        await store.accounts.rename("id-alice", "Al", "al")
        await store.accounts.set_verifier("id-alice", VERIFIER)
        await store.tokens.add(b"1", "id-alice", "", NOW)
        await store.tokens.add(b"2", "id-alice", "", NOW)
        await store.tokens.take(b"1", NOW)
        await store.rosters.put(
            [
                ("id-alice", Contact("id-bob", Address("bob", "example.org"))),
                ("id-bob", Contact("id-alice", Address("alice", "example.org"))),
            ]
        )
        await store.rosters.load(["id-alice", "id-bob"])
        await store.rosters.remove([("id-bob", "id-alice")])
        for session in ("s1", "s2"):
            await store.ledger.began(LedgerEntry(session, "id-bob", "bob", "irc", "", 0, 0, 0, "", "", "", NOW))
        await store.ledger.named("s1", "irssi", "1.4")
        await store.ledger.ended("s1", NOW, "quit")
        await store.ledger.close_open(NOW)
        await store.ledger.page("id-bob", NOW + 1, 10)
        await store.ledger.expire(NOW + 1)
        await store.rooms.put("#a", RoomRecord("#a", NOW, "id-bob"))
        await store.rooms.put("#b", RoomRecord("#b", NOW, "id-bob"))
        await store.rooms.remove("#a")
        entries = [(owner, queued(f"m{n}", n)) for n in range(1, 9) for owner in ("id-alice", "id-bob")]
        await store.inbox.append(entries, 100)
        await store.inbox.read("id-bob", 0, 10, 10)
        await store.inbox.attempted("id-bob", ["m1"])
        await store.inbox.retry("id-bob")
        await store.inbox.acknowledge([("id-bob", "m1"), ("id-alice", "m2")], NOW)
        await store.inbox.find("m3")
        await store.inbox.append([("carol", queued("m1", 1, NOW))], 0)
        await store.inbox.expire(NOW + 1)
        await store.history.append([("#a", message("m1", 1)), ("#b}{x", message("m1", 1)), ("#b", message("m2", 2))])
        await store.history.latest("#b}{x", 10, 10)
        await store.history.append([("id-alice id-bob", message("m1", 1))], 1)
        await store.history.find("#a", "m1")
        await store.history.newest(["#a", "#b"])
        await store.history.talks("id-alice", 0, 9, 9, newest=True)
        await store.history.written("id-alice", "", 9)
        await store.history.remove([("#b", "m2"), ("id-alice id-bob", "m1")])
        await store.history.drop(["#a", "id-alice id-bob"])
        await store.history.expire(NOW)
        await store.accounts.remove("id-alice")
        await store.history.expire(NOW + 0.5)
        await store.history.append([("#b", message("m2", 2))])

    def test_slot(self) -> None:
        """The function above is Redis's own: values of the specification and of CLUSTER KEYSLOT."""
        self.assertEqual(slot(b"123456789"), 0x31C3)
        self.assertEqual(slot(b"{user1000}.following"), slot(b"user1000"))
        self.assertEqual(slot(b"foo{}{bar}"), 8363)
        self.assertEqual(slot(b"foo{{bar}}zap"), slot(b"{bar"))
        self.assertEqual(slot(b"foo{bar}{zap}"), slot(b"bar"))
