"""A house for tests of the IRC door: the real core over stores in memory, the real door without sockets.

`House.irc` brings in a client by lines, `House.native` a session of another door; `House.turn` ends the reactor turn.
"""

from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any, cast

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock as TwistedClock
from twisted.logger import Logger
from twisted.python.failure import Failure

from imd.core import ports
from imd.core.accounts import Accounts
from imd.core.address import Address, fold
from imd.core.contact import Contact, RosterChange
from imd.core.hub import Hub, Policy
from imd.core.message import Envelope, Message, Receipt
from imd.core.refusal import Refusal, SignOnFailed
from imd.core.session import Account, ClientInfo, Peer, Presence, PresenceView, Session, State
from imd.core.stores import (
    AccountStore,
    Durability,
    HistoryStore,
    InboxStore,
    LedgerEntry,
    LedgerStore,
    Queued,
    Queueing,
    RoomRecord,
    RoomStore,
    RosterStore,
    TokenStore,
)
from imd.core.talk import RoomEvent
from imd.protocols.irc.door import Door
from imd.protocols.irc.families import FAMILIES
from imd.protocols.irc.session import IrcSession
from imd.protocols.irc.settings import IrcSettings
from imd.protocols.irc.wire.line import Line, parse
from tests.core.memory_accounts import MemoryAccounts

DOMAIN = "example.org"
#: Imported, so that the command table is whole.
assert FAMILIES
#: Wall-clock time at which every house opens.
OPENED = 1_700_000_000.0
IMC = ClientInfo(name="imc", version="0")


# ---------------------------------------------------------------- surroundings


class HouseClock:
    """`imd.core.ports.Clock` over a Twisted clock; what is due at the end of the turn waits for `House.turn`."""

    def __init__(self) -> None:
        self.twisted = TwistedClock()
        self.due: list[Callable[[], None]] = []

    def time(self) -> float:
        return OPENED + self.twisted.seconds()

    def call_later(self, delay: float, call: Callable[[], None]) -> "HouseTimer":
        return HouseTimer(self.twisted.callLater(delay, call))

    def soon(self, call: Callable[[], None]) -> None:
        self.due.append(call)


class HouseTimer:
    def __init__(self, call: Any) -> None:
        self._call = call

    def cancel(self) -> None:
        if self._call.active():
            self._call.cancel()


class Environment:
    """`imd.core.ports.Environment`; what a spawned coroutine raises is kept in `failures`."""

    def __init__(self) -> None:
        self.clock = HouseClock()
        self.log = Logger()
        self.failures: list[Failure] = []

    def spawn(self, what: str, coroutine: Coroutine[Any, Any, object]) -> None:
        Deferred.fromCoroutine(_driven(coroutine)).addErrback(self.failures.append)

    def future(self) -> Any:
        return Deferred()


def _driven(coroutine: Coroutine[Any, Any, object]) -> Generator[Deferred[Any], Any, object]:
    return coroutine  # type: ignore[return-value]


# ---------------------------------------------------------------- stores in memory


class Rosters:
    def __init__(self) -> None:
        self.rosters: dict[str, dict[str, Contact]] = {}

    def load(self, accounts: Sequence[str]) -> Deferred[dict[str, list[Contact]]]:
        return succeed({id: list(self.rosters.get(id, {}).values()) for id in accounts})

    def put(self, changes: Sequence[tuple[str, Contact]]) -> Deferred[None]:
        for owner, contact in changes:
            self.rosters.setdefault(owner, {})[contact.account] = contact
        return succeed(None)

    def remove(self, pairs: Sequence[tuple[str, str]]) -> Deferred[None]:
        for owner, contact in pairs:
            self.rosters.get(owner, {}).pop(contact, None)
        return succeed(None)


class Ledger:
    def __init__(self) -> None:
        self.entries: list[LedgerEntry] = []

    def began(self, entry: LedgerEntry) -> Deferred[None]:
        self.entries.append(entry)
        return succeed(None)

    def ended(self, session: str, when: float, reason: str) -> Deferred[None]:
        return succeed(None)

    def close_open(self, when: float) -> Deferred[int]:
        return succeed(0)

    def page(self, account: str, before: float, limit: int) -> Deferred[list[LedgerEntry]]:
        return succeed(self.entries[-limit:])

    def last(self, account: str) -> Deferred[LedgerEntry | None]:
        return succeed(None)

    def expire(self, before: float) -> Deferred[int]:
        return succeed(0)


class Rooms:
    def __init__(self) -> None:
        self.records: dict[str, RoomRecord] = {}

    def load(self) -> Deferred[list[RoomRecord]]:
        return succeed(list(self.records.values()))

    def put(self, folded: str, record: RoomRecord) -> Deferred[None]:
        self.records[folded] = record
        return succeed(None)

    def remove(self, folded: str) -> Deferred[None]:
        self.records.pop(folded, None)
        return succeed(None)


class Inbox:
    def __init__(self) -> None:
        self.waiting: dict[str, dict[str, Queued]] = {}

    def append(self, entries: Sequence[tuple[str, Queued]], limit: int) -> Deferred[list[Queueing]]:
        answers = []
        for account, queued in entries:
            mine = self.waiting.setdefault(account, {})
            answers.append(Queueing.ALREADY if queued.message.id in mine else Queueing.KEPT)
            mine.setdefault(queued.message.id, queued)
        return succeed(answers)

    def read(self, account: str, after: int, upto: int, limit: int) -> Deferred[list[Queued]]:
        found = [q for q in self.waiting.get(account, {}).values() if after < q.message.seq <= upto]
        return succeed(sorted(found, key=lambda queued: queued.message.seq)[:limit])

    def attempted(self, account: str, ids: Sequence[str]) -> Deferred[None]:
        return succeed(None)

    def retry(self, account: str) -> Deferred[None]:
        return succeed(None)

    def acknowledge(self, pairs: Sequence[tuple[str, str]], now: float) -> Deferred[None]:
        for account, id in pairs:
            self.waiting.get(account, {}).pop(id, None)
        return succeed(None)

    def count(self, account: str) -> Deferred[int]:
        return succeed(len(self.waiting.get(account, {})))

    def find(self, id: str) -> Deferred[tuple[str, Queued] | None]:
        return succeed(None)

    def expire(self, now: float) -> Deferred[int]:
        return succeed(0)


class History:
    def append(self, entries: Sequence[tuple[str, Message]]) -> Deferred[None]:
        return succeed(None)

    def latest(self, target: str, before: int, limit: int) -> Deferred[list[Message]]:
        return succeed([])

    def after(self, target: str, after: int, limit: int) -> Deferred[list[Message]]:
        return succeed([])

    def expire(self, before: float) -> Deferred[int]:
        return succeed(0)


class Tokens:
    def add(self, digest: bytes, account: str, device: str, expires: float) -> Deferred[None]:
        return succeed(None)

    def take(self, digest: bytes, now: float) -> Deferred[tuple[str, str] | None]:
        return succeed(None)

    def revoke(self, account: str) -> Deferred[None]:
        return succeed(None)


class MemoryStore:
    """`imd.core.stores.Store` that forgets everything with the house."""

    durability = Durability.STRONG
    description = "memory"
    secret = b"s" * 32
    available = True

    def __init__(self) -> None:
        self.accounts: AccountStore = MemoryAccounts()
        self.tokens: TokenStore = Tokens()
        self.rosters: RosterStore = Rosters()
        self.ledger: LedgerStore = Ledger()
        self.rooms: RoomStore = Rooms()
        self.inbox: InboxStore = Inbox()
        self.history: HistoryStore = History()

    def open(self) -> Deferred[None]:
        return succeed(None)

    def close(self) -> Deferred[None]:
        return succeed(None)


class HouseCredentials:
    """Everybody's password is ``sesame``."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def mechanisms(self, peer: Peer) -> tuple[str, ...]:
        return ()

    async def plain(self, name: str, password: str, peer: Peer) -> Account:
        account = await self._accounts.by_name(fold(name))
        if account is None or password != "sesame":
            raise SignOnFailed
        return account


# ---------------------------------------------------------------- those who come in


class Link:
    """`imd.protocols.irc.session.Link`; keeps what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def settle(self) -> None: ...


class IrcClient:
    """A client of the IRC door, by its lines."""

    def __init__(self, house: "House", peer: Peer) -> None:
        self._house = house
        self.link = Link()
        self.session = IrcSession(house.door, peer, self.link)
        house.door.sessions.add(self.session)

    def send(self, *lines: str) -> list[str]:
        """Send lines, end the turn; what came since the last look."""
        for line in lines:
            self.session.receive(line.encode() + b"\r\n")
        self._house.turn()
        return self.take()

    def take(self) -> list[str]:
        """The lines that came since the last look, without their ends; PINGs are answered and left out."""
        self._house.turn()
        data, self.link.written = self.link.written, b""
        lines = data.decode().split("\r\n")[:-1]
        for line in lines:
            if line.startswith("PING :"):
                self.session.receive(f"PONG :{line[6:]}\r\n".encode())
        return [line for line in lines if not line.startswith("PING :")]

    def parsed(self, *lines: str) -> list[Line]:
        return [parse(line.encode()) for line in self.send(*lines)]

    def lose(self) -> None:
        """The connection breaks."""
        self._house.door.sessions.discard(self.session)
        self.session.lost()
        self._house.turn()


class NativeClient:
    """A session of another door: the core's `Client`, recording."""

    session: Session

    def __init__(self) -> None:
        self.events: list[RoomEvent] = []
        self.views: list[PresenceView] = []
        self.changes: list[RosterChange] = []
        self.messages: list[Message] = []
        self.ended: Refusal | None = None

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        self.messages += [envelope.message for envelope in envelopes]

    def receipt(self, receipt: Receipt) -> None: ...

    def presence_changed(self, views: Sequence[PresenceView]) -> None:
        self.views += views

    def roster_changed(self, change: RosterChange) -> None:
        self.changes.append(change)

    def room_event(self, event: RoomEvent) -> None:
        self.events.append(event)

    def message_read(self, reader: Address, id: str) -> None: ...

    def end(self, reason: Refusal) -> None:
        self.ended = reason


class House:
    """One daemon's core and IRC door."""

    def __init__(self, settings: IrcSettings | None = None) -> None:
        self.environment = Environment()
        self.store = MemoryStore()
        self.accounts = Accounts(self.store.accounts)
        self.hub = Hub(self.environment, self.store, self.accounts, Policy(domain=DOMAIN))
        self.run(self.hub.start())
        self.door = Door(
            cast(ports.Hub, self.hub),
            cast(ports.Credentials, HouseCredentials(self.accounts)),
            settings or IrcSettings(domain=DOMAIN, network="Test", version="imd-0", created=OPENED),
            self.environment.spawn,
            self.environment.log,
        )

    def run(self, coroutine: Any) -> Any:
        """The result of a coroutine that need not wait for anything but turns."""
        done: list[Any] = []
        deferred = Deferred.fromCoroutine(coroutine)
        deferred.addCallbacks(done.append, lambda failure: done.append(failure))
        for _ in range(50):
            if done:
                break
            self.turn()
        if not done:
            raise AssertionError("the coroutine waits for something that does not come")
        if isinstance(done[0], Failure):
            done[0].raiseException()
        return done[0]

    def turn(self) -> None:
        """End the reactor turn, and those that it brings about."""
        clock = self.environment.clock
        while clock.due:
            due, clock.due = clock.due, []
            for call in due:
                call()
        for failure in self.environment.failures:
            failure.raiseException()

    def wait(self, seconds: float) -> None:
        self.environment.clock.twisted.advance(seconds)
        self.turn()

    def account(self, name: str) -> Account:
        found: Account = self.run(self.accounts.create(name, None, OPENED))
        return found

    def irc(
        self, nick: str, *, caps: str = "", password: str = "", address: str = "192.0.2.1", secure: bool = False
    ) -> IrcClient:
        """A client that has signed on and read its welcome."""
        peer = Peer("irc", address, 40000, secure=secure, loopback=not secure)
        client = IrcClient(self, peer)
        if caps:
            client.send(f"CAP REQ :{caps}", "CAP END")
        if password:
            client.send(f"PASS {password}")
        client.send(f"NICK {nick}", f"USER {nick} 0 * :{nick} the real")
        if not client.session.registered:
            raise AssertionError(f"{nick} was not let in")
        return client

    def native(self, name: str, *, info: ClientInfo = IMC, address: str = "192.0.2.2") -> NativeClient:
        """A session of an account by another door."""
        client = NativeClient()
        account = self.run(self.accounts.by_name(fold(name)))
        peer = Peer("native", address, 50000, secure=True)
        client.session = self.run(self.hub.people.sign_on(account, name, peer, info, client))
        self.hub.people.begin(client.session)
        self.turn()
        return client

    def befriend(self, one: str, other: str) -> None:
        """Two accounts see each other's presence; both must have a session on."""
        first, second = self.session_of(one), self.session_of(other)
        self.run(self.hub.rosters.ask(first, other))
        self.run(self.hub.rosters.approve(second, one))
        self.run(self.hub.rosters.ask(second, one))
        self.run(self.hub.rosters.approve(first, other))
        self.turn()

    def session_of(self, name: str) -> Session:
        person = self.hub.people.find(name)
        if person is None:
            raise AssertionError(f"{name} is not on")
        return person.sessions[0]

    def say_presence(self, client: NativeClient, state: State, text: str = "") -> None:
        self.hub.presence.update(client.session, Presence(state, text))
        self.turn()
