"""How a contract test gets its store, and the values it stores."""

import time
from typing import TYPE_CHECKING, Any

from twisted.trial.unittest import TestCase

from imd.core.address import Address, fold
from imd.core.message import Message
from imd.core.session import Account
from imd.core.stores import Queued, Store, Verifier

if TYPE_CHECKING:
    _Base = TestCase
else:
    # A mixin that derived from TestCase would be run by itself.
    _Base = object

#: Times in these tests are near the real time, because a store may let things expire by its own clock.
NOW = float(int(time.time()))
DAY = 86_400.0

#: Text that careless stores alter: numbers, NUL, line ends, separators, other scripts, the empty string.
TRICKY = [
    "007",
    "1e5",
    "-0",
    "1_000",
    "0x10",
    "inf",
    "None",
    "true",
    " 12 ",
    "a\0b",
    "\0",
    "line\r\nline\n",
    "tab\tcolon:space ,*%_?",
    "naïve Ünïcødé",
    "雪だるま☃",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "\ufeff\u202e\u2028",
    "'; DROP TABLE inbox; --",
    "",
    "x" * 60_000,
]

VERIFIER = Verifier(salt=b"\x00salt\xff\n", iterations=10_000, stored_key=b"0" * 32, server_key=bytes(range(32)))


def account(id: str, name: str = "", **more: Any) -> Account:
    return Account(id=id, name=name or id, created=NOW, **more)


def message(id: str, seq: int, body: str = "hello", **more: Any) -> Message:
    fields: dict[str, Any] = {
        "time": NOW,
        "sender": Address("alice", "example.org"),
        "sender_account": "id-alice",
        "recipient": Address("bob", "example.org"),
    }
    return Message(id=id, seq=seq, body=body, **(fields | more))


def queued(id: str, seq: int, expires: float = NOW + 30 * DAY, **more: Any) -> Queued:
    """A queued message whose sender could send it again (it has a client id), unless told otherwise."""
    outer = {key: more.pop(key) for key in ("attempts", "origin", "origin_limit") if key in more}
    return Queued(message(id, seq, **({"client_id": "c-" + id} | more)), expires, **outer)


class StoreContract(_Base):
    """Base of all contract mixins. Deriving tests give `new_store`; each test begins with no data."""

    timeout = 120.0

    def new_store(self) -> Store:
        """A store, not opened, on this test's data. Called again it is another store on the same data."""
        raise NotImplementedError

    async def make_store(self) -> Store:
        """An open store; closed when the test is over."""
        store = self.new_store()
        await store.open()
        self.addCleanup(store.close)
        return store

    async def reopen(self, store: Store) -> Store:
        """Close `store` and open another one on the same data, as a restart of the daemon does."""
        await store.close()
        return await self.make_store()

    async def people(self, store: Store, *names: str) -> None:
        """Accounts ``id-NAME`` called NAME."""
        for name in names:
            self.assertTrue(await store.accounts.create(account("id-" + name, name), fold(name), VERIFIER))
