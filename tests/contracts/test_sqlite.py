"""The store contract, on SQLite."""

from pathlib import Path

from twisted.internet import reactor
from twisted.internet.interfaces import IReactorFromThreads
from twisted.trial.unittest import TestCase

from imd.core.stores import Store
from imd.storage.sqlite.store import SQLiteStore
from tests.contracts.accounts import AccountsContract, TokensContract
from tests.contracts.bans import BansContract
from tests.contracts.contract import StoreContract
from tests.contracts.history import HistoryContract
from tests.contracts.inbox import InboxContract
from tests.contracts.inbox_model import InboxModelContract
from tests.contracts.ledger import LedgerContract
from tests.contracts.rooms import RoomsContract
from tests.contracts.rosters import RostersContract
from tests.contracts.shelves import ShelvesContract
from tests.contracts.store import WholeStoreContract


class _SQLite(StoreContract):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp())

    def new_store(self) -> Store:
        assert IReactorFromThreads.providedBy(reactor)
        return SQLiteStore(self.folder, reactor)


class SQLiteAccounts(_SQLite, AccountsContract, TestCase):
    pass


class SQLiteTokens(_SQLite, TokensContract, TestCase):
    pass


class SQLiteHistory(_SQLite, HistoryContract, TestCase):
    pass


class SQLiteInbox(_SQLite, InboxContract, TestCase):
    pass


class SQLiteInboxModel(_SQLite, InboxModelContract, TestCase):
    pass


class SQLiteLedger(_SQLite, LedgerContract, TestCase):
    pass


class SQLiteBans(_SQLite, BansContract, TestCase):
    pass


class SQLiteRooms(_SQLite, RoomsContract, TestCase):
    pass


class SQLiteShelves(_SQLite, ShelvesContract, TestCase):
    pass


class SQLiteRosters(_SQLite, RostersContract, TestCase):
    pass


class SQLiteWholeStore(_SQLite, WholeStoreContract, TestCase):
    pass
