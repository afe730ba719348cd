"""A server in memory for the client's tests: the real native door over the real core, joined by pipes in memory.

Time stands still unless a test advances it; `World.turn` carries bytes until nobody has any left.
"""

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.test.iosim import FakeTransport, IOPump
from twisted.trial.unittest import SynchronousTestCase

from imd.client.errors import CannotConnect, ClientError
from imd.client.library import Client
from imd.client.signing_on import Details, Identity
from imd.client.wire import WireProtocol
from imd.core.hub import Policy
from imd.credentials.front import CredentialsFront
from imd.credentials.hashing import Hashing
from imd.credentials.rules import CredentialRules
from imd.messages.catalogue import FromServer
from imd.messages.messaging import Message
from imd.messages.signon import Welcome
from imd.net.scram import salted_password
from imd.protocols.native.gateway import NativeGateway
from imd.protocols.native.settings import NativeSettings
from tests.house import House


class InstantHashing(Hashing):
    """Hashes at once: no thread."""

    def __init__(self) -> None: ...

    async def salted(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        return salted_password(password, salt, iterations)


class Link:
    """One connection: the client's end, the server's end, and the pipe between."""

    def __init__(self, world: "World") -> None:
        server = world.gateway.factory.buildProtocol(None)
        loopback = IPv4Address("TCP", "127.0.0.1", 50000)
        self.wire = WireProtocol(world.house.reactor, plain=True)
        self.server_io = FakeTransport(server, isServer=True, peerAddress=loopback)
        self.client_io = FakeTransport(self.wire, isServer=False, peerAddress=loopback)
        self.pump = IOPump(self.wire, server, self.client_io, self.server_io, debug=False)
        #: Whether what the server says is lost on the way.
        self.deaf = False
        self.dead = False
        server.makeConnection(self.server_io)
        self.wire.makeConnection(self.client_io)

    def carry(self) -> bool:
        if self.dead:
            return False
        if self.deaf:
            self.server_io.stream.clear()
        return bool(self.pump.pump())

    def cut(self) -> None:
        """Both ends find the connection broken."""
        self.dead = True
        for end in (self.client_io, self.server_io):
            if not end.disconnected:
                end.disconnected = True
                end.protocol.connectionLost(Failure(ConnectionError("cut")))


class World:
    """The server, and those connected to it."""

    def __init__(self, policy: Policy | None = None, **settings: Any) -> None:
        self.house = House(policy)
        self.settings = NativeSettings(**{"sign_on_delay": 0, **settings})
        self.links: list[Link] = []
        #: While set, nobody gets through.
        self.closed = ""
        self.registration = "open"
        self.checker: Any = None
        self.open()

    def open(self) -> None:
        """Behind the core there is now, the user database and the door."""
        house = self.house
        self.credentials = CredentialsFront(
            house.store,
            house.accounts,
            InstantHashing(),
            house.environment.clock,
            CredentialRules(
                domain=house.hub.people.domain, registration=self.registration, scram_iterations=4096, sign_on_delay=0
            ),
            self.checker,
        )
        self.gateway = NativeGateway(
            house.hub, self.credentials, self.settings, house.environment.spawn, Logger(namespace="test")
        )

    def account(self, name: str, password: str = "sesame") -> None:
        self.house.wait(self.credentials.create_account(name, password))

    async def reach(self) -> WireProtocol:
        """`imd.client.reaching.Reach`, without a network."""
        if self.closed:
            raise CannotConnect(self.closed)
        link = Link(self)
        self.links.append(link)
        await link.wire.greeting
        return link.wire

    def turn(self, seconds: float = 0) -> None:
        self.house.reactor.advance(seconds)
        for _ in range(200):
            self.house.reactor.advance(0)
            if not any([link.carry() for link in self.links]):
                self.house.reactor.advance(0)
                if not any([link.carry() for link in self.links]):
                    return

    def settle(self) -> None:
        """Time for the core to store what nobody acknowledges: up to twice `ack_wait`."""
        for _ in range(4):
            self.turn(0.005)

    def restart(self) -> None:
        """``kill -9`` and a new daemon on the same store."""
        for link in self.links:
            link.cut()
        self.house.restart()
        self.open()


class Person:
    """A client and its application, which writes down what it hears and shows messages when told."""

    def __init__(self, world: World, name: str, password: str = "sesame", *, prompt: bool = True, **more: Any) -> None:
        self.world = world
        #: Acknowledge at once.
        self.prompt = prompt
        self.welcomes: list[Welcome] = []
        self.messages: list[Message] = []
        self.events: list[FromServer] = []
        self.losses: list[str] = []
        self.over: ClientError | None = None
        self.identity = Identity(name, password, **more)
        self.client = Client(world.reach, self.identity, Details(), self, world.house.reactor, at_once, patience=100)

    def on(self) -> "Person":
        """Sign on."""
        self.outcome(Deferred.fromCoroutine(self.client.start()))
        return self

    def outcome(self, deferred: Any) -> Any:
        results: list[Any] = []
        deferred.addBoth(results.append)
        self.world.turn()
        if not results:
            raise AssertionError("still waiting")
        if isinstance(results[0], Failure):
            results[0].raiseException()
        return results[0]

    def do(self, coroutine: Any) -> Any:
        return self.outcome(Deferred.fromCoroutine(coroutine))

    @property
    def bodies(self) -> list[str]:
        return [message.body for message in self.messages]

    # library.Listener

    def welcomed(self, welcome: Welcome) -> None:
        self.welcomes.append(welcome)

    def disconnected(self, why: str, retry_in: float) -> None:
        self.losses.append(why)

    def ended(self, why: ClientError) -> None:
        self.over = why

    def message(self, message: Message) -> None:
        self.messages.append(message)
        if self.prompt:
            self.client.acknowledge(message.id)

    def heard(self, event: FromServer) -> None:
        self.events.append(event)


async def at_once(call: Any) -> Any:
    return call()


class WorldTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World()
        self.world.account("alice")
        self.world.account("bob")

    def alice(self, **more: Any) -> Person:
        return Person(self.world, "alice", **more).on()

    def bob(self, **more: Any) -> Person:
        return Person(self.world, "bob", **more).on()
