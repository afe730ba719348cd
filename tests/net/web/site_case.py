"""The site in memory, for tests of what it does."""

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import ITransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransportWithDisconnection
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from imd.core.tally import Tally
from imd.net.connections import Ticket
from imd.net.memory import Memory
from imd.net.reactor_clock import ReactorClock
from imd.net.sending import MakeOutbox, Outbox
from imd.net.web.connection import WebConnection
from imd.net.web.doors import WebDoor
from imd.net.web.site import WebSettings, WebSite
from imd.net.websocket.frames import Opcode
from tests.net.websocket.client import frames

ASK = (
    "GET {path} HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)


def ask(path: str = "/", *more: str) -> bytes:
    """A request for a WebSocket."""
    return ASK.format(path=path, more="".join(f"{each}\r\n" for each in more)).encode()


class Echo:
    """A door's connection that says back what it hears."""

    def __init__(self, via: str, framed: MakeOutbox, origin: str, clock: ReactorClock) -> None:
        self.via = via
        self.origin = origin
        self.ticket: Ticket | None = None
        self.outbox: Outbox
        self._framed = framed
        self._clock = clock
        self.heard_of = 0
        self.carried = 0
        self.long: list[int] = []
        self.has_left = self.is_lost = False
        self.over: Deferred[None] = Deferred()

    def makeConnection(self, transport: ITransport) -> None:
        self.outbox = self._framed(transport, self._clock, 0, lambda: None, lambda: None)
        self.outbox.lines(b"hello\r\n")

    def received(self, messages: list[bytes]) -> None:
        for message in messages:
            self.outbox.lines(message + b"\r\n")

    def too_long(self, limit: int) -> None:
        self.long.append(limit)

    def heard(self) -> None:
        self.heard_of += 1

    def carrier_keeps(self, size: int) -> None:
        self.carried = size

    def left(self) -> None:
        self.has_left = True
        self.outbox.close()

    def admission_expired(self) -> None:
        self.outbox.lines(b"too late\r\n")
        self.outbox.close()

    def connectionLost(self, reason: Failure) -> None:
        self.outbox.lost()
        self.is_lost = True
        self.over.callback(None)


class SiteCase(SynchronousTestCase):
    """A site with two doors that echo."""

    def setUp(self) -> None:
        self.reactor = Clock()
        self.clock = ReactorClock(self.reactor)
        self.tally = Tally()
        self.memory = Memory(self.clock)
        self.wrong = ""
        settings = WebSettings(request_size=1000, line_length=200, websocket_message=2000, tally=self.tally)
        self.site = WebSite(self.reactor, self.clock, self.memory, settings, lambda: self.wrong)
        self.made: list[Echo] = []

        def make(via: str, framed: MakeOutbox, origin: str) -> Echo:
            self.made.append(Echo(via, framed, origin, self.clock))
            return self.made[-1]

        text, binary = Opcode.TEXT, Opcode.BINARY
        self.doors = {
            "irc": WebDoor(
                "one", {"text": text, "binary": binary, "": text}, frozenset({text.value, binary.value}), make
            ),
            "native": WebDoor("two", {"native": text, "": text}, frozenset({text.value}), make),
            "embed/socket": WebDoor("three", {"native": text, "": text}, frozenset({text.value}), make, True),
        }
        self.site.attach(self.doors)

    def come(self, *pieces: bytes) -> WebConnection:
        """Connect, and say this."""
        address = IPv4Address("TCP", "192.0.2.1", 40_000)
        connection = self.site.factory.buildProtocol(address)
        self.transport = StringTransportWithDisconnection(peerAddress=address)
        self.transport.protocol = connection
        # What a socket has besides.
        self.transport.abortConnection = self.transport.loseConnection  # type: ignore[method-assign]
        connection.makeConnection(self.transport)
        self.say(connection, *pieces)
        return connection

    def say(self, connection: WebConnection, *pieces: bytes) -> None:
        for piece in pieces:
            connection.dataReceived(piece)
        self.turn()

    def turn(self) -> None:
        for _ in range(3):
            self.reactor.advance(0)

    def said(self) -> bytes:
        """What the site said since the last time."""
        self.turn()
        value: bytes = self.transport.value()
        self.transport.clear()
        return value

    def upgraded(self, path: str = "/", *more: str) -> tuple[WebConnection, Echo]:
        """A WebSocket that has been greeted."""
        connection = self.come(ask(path, *more))
        head, _, rest = self.said().partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 101 "), head)
        ((_, hello),) = frames(rest)
        self.assertEqual(hello, b"hello")
        return connection, self.made[-1]
