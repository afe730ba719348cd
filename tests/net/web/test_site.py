"""The site in memory: requests, good and bad, and what becomes of a connection."""

import msgspec
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import ITransport
from twisted.internet.protocol import connectionDone
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
from tests.net.websocket.client import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame, frames

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


class RequestTests(SiteCase):
    """HTTP."""

    def test_page(self) -> None:
        """What is here, for who looks in with a browser; one request for each connection."""
        self.come(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        said = self.said()
        self.assertTrue(said.startswith(b"HTTP/1.1 200 OK\r\n"))
        for header in (b"Connection: close", b"X-Content-Type-Options: nosniff", b"text/html; charset=utf-8"):
            self.assertIn(header, said)
        self.assertFalse(self.transport.connected)
        self.assertEqual(self.site.requesting, set())

    def test_health(self) -> None:
        """200, or 503 and why."""
        request = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
        self.come(request)
        head, _, body = self.said().partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 200 OK"))
        self.assertEqual(msgspec.json.decode(body), {"status": "ok"})
        self.wrong = "store unavailable"
        self.come(request)
        head, _, body = self.said().partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 503 Service Unavailable"))
        self.assertEqual(msgspec.json.decode(body), {"status": "store unavailable"})

    def test_others(self) -> None:
        """What is not here, what may not be done, and what only a WebSocket can have."""
        for request, status in (
            (b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404),
            (b"GET /irc HTTP/1.1\r\nHost: a\r\n\r\n", 426),
            (b"GET /health/more HTTP/1.1\r\nHost: a\r\n\r\n", 404),
            (b"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
            (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 413),
            (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 413),
            (b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", 413),
            (b"nonsense\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nno header\r\n\r\n", 400),
            (b"\x16\x03\x01\r\n\r\n", 400),
        ):
            self.come(request)
            self.assertTrue(self.said().startswith(b"HTTP/1.1 %d " % status), request)
            self.assertFalse(self.transport.connected, request)
        self.assertEqual(self.site.requesting, set())
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_head_in_pieces(self) -> None:
        """The head may come byte by byte; what is kept of it is in the books until it is whole."""
        request = ask("/")
        connection = self.come(*(request[at : at + 1] for at in range(len(request) - 1)))
        self.assertEqual(self.memory.total, len(request) - 1)
        self.assertEqual(self.said(), b"")
        self.say(connection, request[-1:])
        self.assertEqual(self.memory.total, 0)
        self.assertTrue(self.said().startswith(b"HTTP/1.1 101 "))

    def test_long_head(self) -> None:
        """More is not kept (RFC 6585 section 5), whether it comes at once or bit by bit."""
        for count in (1, 50):
            data = b"GET / HTTP/1.1\r\nX: " + b"x" * 1000
            size = len(data) // count + 1
            self.come(*(data[at : at + size] for at in range(0, len(data), size)))
            self.assertTrue(self.said().startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n"))
            self.assertFalse(self.transport.connected)
        self.come(b"GET / HTTP/1.1\r\nX: " + b"x" * 1000 + b"\r\n\r\n")
        self.assertTrue(self.said().startswith(b"HTTP/1.1 431 "))
        self.assertEqual((self.memory.total, self.tally.met["request_size"]), (0, 3))

    def test_slow_head(self) -> None:
        """Whose request is not there in time is told so (RFC 9110 section 15.5.9)."""
        self.come(b"GET / HT").admission_expired()
        self.assertTrue(self.said().startswith(b"HTTP/1.1 408 Request Timeout\r\n"))
        self.assertEqual(self.memory.total, 0)

    def test_short_of_memory(self) -> None:
        """A head that is let go is answered, too."""
        self.come(b"GET / HT")
        self.memory.shed(0)
        self.assertTrue(self.said().startswith(b"HTTP/1.1 503 "))
        self.assertEqual(self.memory.total, 0)

    def test_lost(self) -> None:
        """Gone before it has asked."""
        connection = self.come(b"GET / HT")
        connection.connectionLost(Failure(connectionDone.value))
        self.assertEqual((self.memory.total, self.site.requesting), (0, set()))

    def test_stopping(self) -> None:
        """Requests end with the daemon."""
        self.come(b"GET / HT")
        self.site.stop()
        self.assertFalse(self.transport.connected)


class WebSocketTests(SiteCase):
    """Requests that become WebSockets."""

    def test_doors(self) -> None:
        """Which door, and in which kind of messages, by path and subprotocol."""
        for path, offered, via, chosen in (
            ("/", "", "one", ""),
            ("/", "text", "one", "text"),
            ("/", "native", "two", "native"),
            ("/", "unknown, native, text", "two", "native"),
            ("/irc", "binary", "one", "binary"),
            ("/irc/", "", "one", ""),
            ("/irc?x=y", "unknown", "one", ""),
            ("/native", "", "two", ""),
            ("/native", "text", "two", ""),
        ):
            self.come(ask(path, *([f"Sec-WebSocket-Protocol: {offered}"] if offered else [])))
            head, _, rest = self.said().partition(b"\r\n\r\n")
            self.assertEqual(self.made[-1].via, via, (path, offered))
            named = b"Sec-WebSocket-Protocol: " + chosen.encode() in head.split(b"\r\n")
            self.assertEqual((named, b"Sec-WebSocket-Protocol" in head), (bool(chosen), bool(chosen)))
            self.assertEqual(frames(rest), [(BINARY if chosen == "binary" else TEXT, b"hello")])
        self.assertEqual(self.site.upgraded, 9)

    def test_refused(self) -> None:
        """A handshake that is wrong, and pages from elsewhere."""
        for request, status in (
            (ask().replace(b": 13", b": 8"), 426),
            (ask().replace(b"dGhl", b"!!!!"), 400),
            (ask("/", "Origin: https://elsewhere.example"), 403),
        ):
            self.come(request)
            self.assertTrue(self.said().startswith(b"HTTP/1.1 %d " % status))
            self.assertFalse(self.transport.connected)
        self.site.settings = msgspec.structs.replace(
            self.site.settings, origins=frozenset({"https://elsewhere.example"})
        )
        self.upgraded("/", "Origin: https://elsewhere.example")

    def test_embedded(self) -> None:
        """Pages of the configured sites may open the embedded door, and no other; the door hears which page it was."""
        origin = "Origin: https://shop.example"
        self.come(ask("/embed/socket", origin))
        self.assertTrue(self.said().startswith(b"HTTP/1.1 403 "))
        self.site.settings = msgspec.structs.replace(self.site.settings, embedders=frozenset({"https://shop.example"}))
        _, door = self.upgraded("/embed/socket", origin, "Sec-WebSocket-Protocol: native")
        self.assertEqual((door.via, door.origin), ("three", "https://shop.example"))
        _, door = self.upgraded("/embed/socket")
        self.assertEqual((door.via, door.origin), ("three", ""))
        for path in ("/", "/native"):
            self.come(ask(path, origin, "Sec-WebSocket-Protocol: native"))
            self.assertTrue(self.said().startswith(b"HTTP/1.1 403 "))
        self.come(b"GET /embed/nothing HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertTrue(self.said().startswith(b"HTTP/1.1 404 "))

    def test_messages(self) -> None:
        """Heard and said, also with what came together with the request."""
        connection = self.come(ask() + frame(TEXT, b"at once"))
        self.assertEqual(frames(self.said().partition(b"\r\n\r\n")[2]), [(TEXT, b"hello"), (TEXT, b"at once")])
        self.say(connection, frame(TEXT, b"a") + frame(TEXT, b"b", final=False), frame(CONTINUATION, b"c"))
        self.assertEqual(frames(self.said()), [(TEXT, b"a"), (TEXT, b"bc")])

    def test_kind_of_who_names_none(self) -> None:
        """Who names no subprotocol gets messages of the kind it begins with (IRCv3 WebSocket, last section)."""
        connection, _ = self.upgraded()
        self.say(connection, frame(BINARY, b"a"), frame(TEXT, b"b"))
        self.assertEqual(frames(self.said()), [(BINARY, b"a"), (BINARY, b"b")])
        connection, _ = self.upgraded("/", "Sec-WebSocket-Protocol: text")
        self.say(connection, frame(BINARY, b"a"))
        self.assertEqual(frames(self.said()), [(TEXT, b"a")])

    def test_kind_that_is_not_taken(self) -> None:
        """1003, after what was said before."""
        connection, door = self.upgraded("/native")
        self.say(connection, frame(TEXT, b"a") + frame(BINARY, b"b") + frame(TEXT, b"c"))
        first, (opcode, last) = frames(self.said())
        self.assertEqual((first, opcode, last[:2]), ((TEXT, b"a"), CLOSE, (1003).to_bytes(2)))
        self.assertTrue(door.has_left)

    def test_pings(self) -> None:
        """Answered with what they hold, the last of several; a pong is a sign of life (RFC 6455 section 5.5)."""
        connection, door = self.upgraded()
        self.say(connection, frame(PING, b"1") + frame(PING, b"2"))
        self.assertEqual(frames(self.said()), [(PONG, b"2")])
        self.say(connection, frame(PONG, b""))
        self.assertEqual((frames(self.said()), door.heard_of), ([], 2))

    def test_close(self) -> None:
        """Answered with the same code; what follows is not read (RFC 6455 section 5.5.1)."""
        for payload, code in ((b"\x03\xe8bye", 1000), (b"\x0f\xa1", 4001), (b"", 1000)):
            connection, door = self.upgraded()
            self.say(connection, frame(TEXT, b"last") + frame(CLOSE, payload) + frame(TEXT, b"more"))
            self.assertEqual(frames(self.said()), [(TEXT, b"last"), (CLOSE, code.to_bytes(2))])
            self.assertTrue(door.has_left)
            self.say(connection, frame(TEXT, b"more"), b"\xff" * 100)
            self.assertEqual(self.said(), b"")

    def test_violation(self) -> None:
        """The code and the reason come last, after answers to what was right."""
        for data, code in ((b"\x81\x01x", 1002), (frame(TEXT, b"\xff"), 1007), (frame(TEXT, b"x" * 3000), 1009)):
            connection, door = self.upgraded()
            self.say(connection, frame(TEXT, b"good") + data + frame(TEXT, b"more"))
            first, (opcode, last) = frames(self.said())
            self.assertEqual((first, opcode), ((TEXT, b"good"), CLOSE))
            self.assertEqual(int.from_bytes(last[:2]), code)
            self.assertTrue(last[2:].decode())
            self.assertTrue(door.has_left)
        self.assertEqual(self.tally.met["websocket_message"], 1)

    def test_too_long(self) -> None:
        """The door answers, in order, and the connection goes on."""
        connection, door = self.upgraded()
        self.say(connection, frame(TEXT, b"a") + frame(TEXT, b"x" * 300) + frame(TEXT, b"b"))
        self.assertEqual((frames(self.said()), door.long), ([(TEXT, b"a"), (TEXT, b"b")], [200]))

    def test_books(self) -> None:
        """The door is told what the carrier keeps of messages that are not complete."""
        connection, door = self.upgraded()
        data = frame(TEXT, b"x" * 150)
        self.say(connection, data[:100])
        self.assertEqual(door.carried, 100)
        self.say(connection, data[100:])
        self.assertEqual(door.carried, 0)

    def test_too_many_frames(self) -> None:
        """That are no messages: 1008. A client that pings now and then never meets it."""
        connection, _ = self.upgraded()
        for _ in range(30):
            self.say(connection, *[frame(PING)] * 50)
            self.reactor.advance(1)
        self.assertEqual({opcode for opcode, _ in frames(self.said())}, {PONG})
        self.say(connection, frame(PING) * 1100)
        ((opcode, last),) = frames(self.said())
        self.assertEqual((opcode, int.from_bytes(last[:2])), (CLOSE, 1008))
        self.assertEqual(self.tally.met["frames_per_second"], 1)

    def test_too_slow(self) -> None:
        """Whoever takes too long to sign on hears it from the door."""
        connection, _ = self.upgraded()
        connection.admission_expired()
        self.assertEqual(frames(self.said()), [(TEXT, b"too late"), (CLOSE, (1000).to_bytes(2))])

    def test_stopping(self) -> None:
        """The daemon goes away: 1001."""
        _, door = self.upgraded()
        self.site.stop()
        door.outbox.close()
        self.assertEqual(frames(self.said()), [(CLOSE, (1001).to_bytes(2))])

    def test_lost(self) -> None:
        """The door hears of it."""
        connection, door = self.upgraded()
        connection.connectionLost(Failure(connectionDone.value))
        self.assertTrue(door.is_lost)
