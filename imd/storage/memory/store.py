"""Every store in dictionaries: all parts, and how the store is: well, away, or dying."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, fail, succeed

from imd.core.refusal import StoreUnavailable
from imd.core.stores import Durability, OutcomeUnknown
from imd.storage.memory.accounts import Accounts
from imd.storage.memory.bans import Bans
from imd.storage.memory.history import History
from imd.storage.memory.inbox import Inbox
from imd.storage.memory.ledger import Ledger
from imd.storage.memory.rooms import Rooms
from imd.storage.memory.rosters import Rosters
from imd.storage.memory.shelves import Shelf
from imd.storage.memory.tokens import Tokens

T = TypeVar("T")


class MemoryStore:
    """`imd.core.stores.Store`; `domain` fills in the addresses of contacts."""

    def __init__(self, domain: str = "localhost", secret: bytes = bytes(range(32))) -> None:
        self.accounts = Accounts(self.call)
        self.tokens = Tokens(self.call)
        self.rosters = Rosters(self.call, domain, self.accounts.account)
        self.ledger = Ledger(self.call)
        self.rooms = Rooms(self.call)
        self.inbox = Inbox(self.call)
        self.history = History(self.call)
        self.shelves = [Shelf(self.call) for _ in range(6)]
        self.read_marks, self.cursors, self.memberships, self.metadata, self.visits, self.conversations = self.shelves
        self.bans = Bans(self.call)
        self.accounts.gone_with += [self.tokens.drop, self.rosters.drop, self.inbox.drop]
        self.accounts.gone_with += [shelf.drop for shelf in self.shelves]
        self.durability = Durability.WEAK
        self.description = "memory"
        self.secret = secret
        #: Set to False to be away: every call is then refused.
        self.available = True
        #: Set to True: every call takes effect, and its answer is lost.
        self.dying = False

        #: Set to True: calls wait until `work`, in their order.
        self.deferring = False
        self._waiting: deque[tuple[Callable[[], Any], Deferred[Any]]] = deque()

    def call(self, work: Callable[[], T]) -> Deferred[T]:
        """Do `work` as this store is now: well, away, or dying."""
        if not self.available:
            return fail(StoreUnavailable())
        if self.deferring or self._waiting:
            answer: Deferred[T] = Deferred()
            self._waiting.append((work, answer))
            return answer
        result = work()
        return fail(OutcomeUnknown()) if self.dying else succeed(result)

    @property
    def waiting(self) -> int:
        """How many calls wait for `work`."""
        return len(self._waiting)

    def work(self, most: int = 2**31) -> int:
        """Do and answer at most so many of the calls that wait; how many it did."""
        done = 0
        while self._waiting and done < most:
            work, answer = self._waiting.popleft()
            done += 1
            result = work()
            if self.dying:
                answer.errback(OutcomeUnknown())
            else:
                answer.callback(result)
        return done

    def die(self, effective: int) -> None:
        """Go away: so many of the calls that wait take effect, and nobody learns which."""
        self.available = False
        calls, self._waiting = self._waiting, deque()
        for number, (work, answer) in enumerate(calls):
            if number < effective:
                work()
            answer.errback(OutcomeUnknown())

    def abandon(self, effective: int) -> None:
        """The daemon was killed: so many of its calls take effect, and nobody is there to hear the answers."""
        calls, self._waiting = self._waiting, deque()
        for work, _ in list(calls)[:effective]:
            work()

    def open(self) -> Awaitable[None]:
        self.available = True
        return succeed(None)

    def close(self) -> Awaitable[None]:
        self.work()
        self.available = False
        return succeed(None)
