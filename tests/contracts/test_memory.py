"""The store contract, on the store in memory.

Two things make no sense for it, and their tests say so instead: it has no lease, because nobody else can reach the
memory of this process; and it needs no opening and promises no durability. A restart of the daemon is a new core on
the same `MemoryStore`, so `reopen` gives the same object.
"""

from twisted.trial.unittest import TestCase

from imd.core.stores import Durability, OutcomeUnknown, Store
from imd.storage.memory.store import MemoryStore
from tests.contracts.accounts import AccountsContract, TokensContract
from tests.contracts.bans import BansContract
from tests.contracts.contract import NOW, StoreContract, queued
from tests.contracts.history import HistoryContract
from tests.contracts.inbox import InboxContract
from tests.contracts.inbox_model import InboxModelContract
from tests.contracts.ledger import LedgerContract
from tests.contracts.rooms import RoomsContract
from tests.contracts.rosters import RostersContract
from tests.contracts.shelves import ShelvesContract
from tests.contracts.store import WholeStoreContract


class _Memory(StoreContract):
    def setUp(self) -> None:
        self.store = MemoryStore("example.org")

    def new_store(self) -> Store:
        return self.store


class MemoryAccounts(_Memory, AccountsContract, TestCase):
    pass


class MemoryTokens(_Memory, TokensContract, TestCase):
    pass


class MemoryHistory(_Memory, HistoryContract, TestCase):
    pass


class MemoryInbox(_Memory, InboxContract, TestCase):
    pass


class MemoryInboxModel(_Memory, InboxModelContract, TestCase):
    pass


class MemoryLedger(_Memory, LedgerContract, TestCase):
    pass


class MemoryBans(_Memory, BansContract, TestCase):
    pass


class MemoryRooms(_Memory, RoomsContract, TestCase):
    pass


class MemoryRosters(_Memory, RostersContract, TestCase):
    pass


class MemoryShelves(_Memory, ShelvesContract, TestCase):
    pass


class MemoryWholeStore(_Memory, WholeStoreContract, TestCase):
    async def test_available_while_open(self) -> None:
        """Usable from the start, away once closed, and honest about what it survives: nothing."""
        store = self.new_store()
        self.assertIs(store.available, True)
        self.assertIs(store.durability, Durability.WEAK)
        self.assertTrue(store.description)
        await store.close()
        self.assertIs(store.available, False)

    async def test_lease(self) -> None:
        """There is no lease: another store is another memory, and neither knows of the other."""
        first = await self.make_store()
        await self.people(first, "alice")
        self.assertEqual(await MemoryStore().accounts.count(), 0)
        self.assertEqual(await first.accounts.count(), 1)

    async def test_order_when_deferring(self) -> None:
        """Calls that wait are done in their order, also when the store dies in the middle of them."""
        store = self.store
        store.deferring = True
        first = store.inbox.append([("a", queued("m1", 1))], 0)
        second = store.inbox.append([("a", queued("m2", 2))], 0)
        number = store.inbox.count("a")
        self.assertEqual(store.work(1), 1)
        self.assertEqual(store.waiting, 2)
        store.die(effective=1)
        await first
        for lost in (second, number):
            with self.assertRaises(OutcomeUnknown):
                await lost
        store.available, store.deferring = True, False
        self.assertEqual(await store.inbox.count("a"), 2)
        await store.inbox.acknowledge([("a", "m1")], NOW)
        store.deferring = True
        store.inbox.append([("a", queued("m3", 3))], 0)
        store.inbox.append([("a", queued("m4", 4))], 0)
        store.abandon(effective=1)
        store.deferring = False
        found = await store.inbox.read("a", 0, 10, 10)
        self.assertEqual([entry.message.id for entry in found], ["m2", "m3"])
