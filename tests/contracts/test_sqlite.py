"""The store contract, on SQLite."""

from pathlib import Path

from twisted.internet import reactor
from twisted.internet.interfaces import IReactorFromThreads
from twisted.trial.unittest import TestCase

from imd.core.stores import Store
from imd.storage.sqlite.store import SQLiteStore
from tests.contracts.accounts import AccountsContract, TokensContract
from tests.contracts.contract import StoreContract


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
