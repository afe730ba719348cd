"""A whole daemon in memory: the real core, the real store's SQL, the real user database, and IRC clients.

Time stands still unless a test advances it. A `User` answers PINGs as every client does, unless told not to.
"""

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from imd.core.accounts import Accounts
from imd.core.hub import Hub, Policy
from imd.core.session import Account
from imd.core.stores import Store
from imd.credentials.front import CredentialsFront
from imd.credentials.hashing import Hashing
from imd.credentials.rules import CredentialRules
from imd.net.reactor_clock import ReactorClock, Spawner
from imd.net.scram import salted_password
from imd.protocols.irc.gateway import IrcGateway
from imd.protocols.irc.session import IrcSession
from imd.protocols.irc.settings import IrcLimits, IrcSettings
from imd.storage.memory.store import MemoryStore
from tests.protocols.irc.memory_store import InstantDatabase, memory_store

#: 2026-11-22 10:15:00 UTC.
NOW = 1_795_342_500.0


class InstantHashing(Hashing):
    """Hashes at once: few rounds, no thread."""

    def __init__(self) -> None: ...

    async def salted(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        return salted_password(password, salt, iterations)


class Environment:
    def __init__(self, clock: Clock) -> None:
        self.clock = ReactorClock(clock)
        self.log = Logger()
        self.spawn = Spawner(self.log)

    def future(self) -> Any:
        return Deferred()


class Transport(StringTransport):
    """A connection whose far end is `User`."""

    def abortConnection(self) -> None:
        self.loseConnection()


class World:
    """The daemon. `settings` and `policy` may be given other values than the defaults."""

    def __init__(
        self,
        settings: IrcSettings | None = None,
        policy: Policy | None = None,
        *,
        rules: CredentialRules | None = None,
        store: MemoryStore | None = None,
    ) -> None:
        self.time = Clock()
        self.time.advance(NOW)
        self.environment = Environment(self.time)
        self.database: InstantDatabase
        self.store: Store
        if store is None:
            self.store, self.database = memory_store()
        else:
            self.store = store
        self.settings = settings or IrcSettings(created=NOW, limits=IrcLimits(sign_on_delay=0))
        self.policy = policy or Policy()
        self.rules = rules or CredentialRules(domain="localhost", scram_iterations=4096, sign_on_delay=0)
        self.users: list[User] = []
        self._begin()

    def _begin(self) -> None:
        """A daemon on the store there is."""
        environment = self.environment
        self.accounts = Accounts(self.store.accounts, international=self.policy.international)
        self.hub = Hub(environment, self.store, self.accounts, self.policy)
        self.credentials = CredentialsFront(
            self.store, self.accounts, InstantHashing(), environment.clock, self.rules, visitors=self.hub.visitors
        )
        self.gateway = IrcGateway(self.hub, self.credentials, self.settings, environment.spawn, environment.log)
        self.run(self.hub.start())

    def restart(self) -> None:
        """Everybody is cut off, and a new daemon takes up the store."""
        for user in self.users:
            user.lose()
        self.users.clear()
        self._begin()

    def reload(self, settings: IrcSettings, policy: Policy, rules: CredentialRules) -> None:
        """As `imd.assembly.Daemon.reload` does."""
        self.settings, self.policy, self.rules = settings, policy, rules
        self.hub.change_policy(policy)
        self.credentials.apply(rules)
        self.gateway.reload(settings)
        self.turn()

    def run(self, coroutine: Any) -> Any:
        """The result of something that needs no waiting, or no more than turns."""
        results: list[Any] = []
        running = Deferred.fromCoroutine(coroutine)
        running.addBoth(results.append)
        self.turn()
        if not results:
            raise AssertionError("it still waits")
        if isinstance(results[0], Failure):
            results[0].raiseException()
        return results[0]

    def account(self, name: str, password: str = "secret") -> Account:
        account: Account = self.run(self.credentials.create_account(name, password))
        return account

    def turn(self, turns: int = 1) -> None:
        """End this reactor turn, and then as many more as the clients' PONGs take."""
        for _ in range(20 * turns):
            self.time.advance(0)
            if not [user for user in self.users if user.heard()]:
                return

    def advance(self, seconds: float) -> None:
        self.time.advance(seconds)
        self.turn()

    def user(self, address: str = "127.0.0.1") -> "User":
        """Somebody connects."""
        user = User(self, address)
        self.users.append(user)
        return user

    def guest(self, nick: str, *caps: str) -> "User":
        """A guest who has been welcomed; what was said before is forgotten."""
        user = self.user()
        if caps:
            user.send(f"CAP REQ :{' '.join(caps)}")
        user.send(f"NICK {nick}", f"USER {nick} 0 * :{nick.title()}")
        if caps:
            user.send("CAP END")
        user.take()
        return user

    def member(self, name: str, *caps: str, confirms: bool = True) -> "User":
        """A session of an account (made when it does not exist), welcomed; what was said before is forgotten."""
        user = self.member_lines(name, *caps, confirms=confirms)
        user.take()
        return user

    def member_lines(self, name: str, *caps: str, confirms: bool = True) -> "User":
        """The same, with the welcome and what waited still to be taken."""
        if self.run(self.accounts.by_name(name.lower())) is None:
            self.account(name)
        user = self.user()
        user.confirms = confirms
        user.send(*([f"CAP REQ :{' '.join(caps)}"] if caps else []))
        user.send("PASS secret", f"NICK {name}", f"USER {name} 0 * :{name.title()}")
        user.send(*(["CAP END"] if caps else []))
        return user


class User:
    """A person at an IRC client."""

    def __init__(self, world: World, address: str) -> None:
        self.world = world
        self.transport = Transport(peerAddress=IPv4Address("TCP", address, 40_000))
        self.connection = world.gateway.buildProtocol(None)
        self.confirms = True
        #: Whether PINGs are among the lines.
        self.shows_pings = False
        self._rest = b""
        self._lines: list[str] = []
        self.pings: list[str] = []
        self.gone = False
        self.connection.makeConnection(self.transport)

    @property
    def session(self) -> IrcSession:
        return self.connection.session

    def send(self, *lines: str) -> None:
        """All lines arrive in one piece; the turn ends."""
        if lines:
            self.send_bytes("".join(f"{line}\r\n" for line in lines).encode())

    def send_bytes(self, data: bytes) -> None:
        self.connection.dataReceived(data)
        self.world.turn()

    def heard(self) -> bool:
        """Read what has arrived; whether something was answered."""
        data = self._rest + self.transport.value()
        self.transport.clear()
        *lines, self._rest = data.split(b"\r\n")
        answered = False
        for line in (each.decode() for each in lines):
            if not line.startswith("PING "):
                self._lines.append(line)
                continue
            self.pings.append(line)
            if self.shows_pings:
                self._lines.append(line)
            if self.confirms:
                self.connection.dataReceived(f"PONG {line.partition(' ')[2]}\r\n".encode())
                answered = True
        if self.transport.disconnecting and not self.gone:
            self.lose()
        return answered

    def take(self) -> list[str]:
        """The lines that have come since the last `take`, PINGs left out."""
        self.world.turn()
        lines, self._lines = self._lines, []
        return lines

    def lose(self) -> None:
        """The connection breaks."""
        if not self.gone:
            self.gone = True
            self.connection.connectionLost(Failure(ConnectionDone()))
            self.world.turn()

    def said(self, *lines: str) -> list[str]:
        """Send, and take what comes."""
        self.take()
        self.send(*lines)
        return self.take()


class IrcTestCase(SynchronousTestCase):
    """A test with a `World` of its own."""

    def setUp(self) -> None:
        self.world = World()

    def tearDown(self) -> None:
        self.assertEqual(self.flushLoggedErrors(), [], "something was logged as an error")


def numerics(lines: list[str]) -> list[str]:
    """The commands of these lines."""
    return [line.split(" ")[2 if line.startswith("@") else 1] for line in lines]
