"""The store contract, on a real redis-server with ``appendonly yes`` and ``appendfsync always``."""

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from imd.core.stores import Store
from imd.storage.redis.store import RedisStore
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
from tests.redis_server import shared_server


class _Redis(StoreContract):
    def setUp(self) -> None:
        self.server = shared_server()

    def new_store(self) -> Store:
        return RedisStore(self.server.url, reactor)


class RedisAccounts(_Redis, AccountsContract, TestCase):
    pass


class RedisTokens(_Redis, TokensContract, TestCase):
    pass


class RedisHistory(_Redis, HistoryContract, TestCase):
    pass


class RedisInbox(_Redis, InboxContract, TestCase):
    pass


class RedisInboxModel(_Redis, InboxModelContract, TestCase):
    pass


class RedisLedger(_Redis, LedgerContract, TestCase):
    pass


class RedisBans(_Redis, BansContract, TestCase):
    pass


class RedisRooms(_Redis, RoomsContract, TestCase):
    pass


class RedisShelves(_Redis, ShelvesContract, TestCase):
    pass


class RedisRosters(_Redis, RostersContract, TestCase):
    pass


class RedisWholeStore(_Redis, WholeStoreContract, TestCase):
    pass
