"""The WebSockets of the site against somebody else's client: autobahn's, which is strict about RFC 6455."""

from typing import Any

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from imd.core.tally import Tally
from imd.net.memory import Memory
from imd.net.reactor_clock import ReactorClock
from imd.net.sending import MakeOutbox
from imd.net.web.doors import WebDoor
from imd.net.web.site import WebSettings, WebSite
from imd.net.websocket.frames import Opcode
from tests.net.web.site_case import Echo

reactor: Any = installed


class Client(WebSocketClientProtocol):  # type: ignore[misc]
    """Writes down what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: Deferred[str] = Deferred()
        self.closed: Deferred[tuple[bool, int, str]] = Deferred()
        self.ponged: list[bytes] = []
        self.messages: list[tuple[bytes, bool]] = []
        self._wanted = 0
        self._there: Deferred[None] | None = None

    def onConnect(self, response: Any) -> None:
        self.chosen = response.protocol or ""

    def onOpen(self) -> None:
        self.opened.callback(self.chosen)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        self.messages.append((payload, isBinary))
        self._look()

    def onPong(self, payload: bytes) -> None:
        self.ponged.append(payload)
        self._look()

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:
        if not self.opened.called:
            self.opened.errback(AssertionError(reason))
        self.closed.callback((wasClean, code, reason))

    def _look(self) -> None:
        if self._there is not None and len(self.messages) + len(self.ponged) >= self._wanted:
            there, self._there = self._there, None
            there.callback(None)

    async def told(self, count: int) -> None:
        """Until there are so many messages and pongs."""
        if len(self.messages) + len(self.ponged) < count:
            self._wanted, self._there = count, Deferred()
            await self._there


class AutobahnTests(TestCase):
    timeout = 30

    def setUp(self) -> None:
        clock = ReactorClock(reactor)
        settings = WebSettings(line_length=300_000, websocket_message=1_000_000, tally=Tally())
        self.site = WebSite(reactor, clock, Memory(clock), settings, lambda: "")
        self.made: list[Echo] = []

        def make(via: str, framed: MakeOutbox, origin: str) -> Echo:
            self.made.append(Echo(via, framed, origin, clock))
            return self.made[-1]

        kinds = {"text.ircv3.net": Opcode.TEXT, "binary.ircv3.net": Opcode.BINARY, "": Opcode.TEXT}
        self.site.attach({"irc": WebDoor("irc", kinds, frozenset(kind.value for kind in kinds.values()), make)})
        self.port = reactor.listenTCP(0, self.site.factory, interface="127.0.0.1")
        self.addCleanup(self.port.stopListening)

    async def tearDown(self) -> None:  # type: ignore[override]
        for door in self.made:
            await door.over

    async def connect(self, *subprotocols: str, **options: Any) -> Client:
        url = f"ws://127.0.0.1:{self.port.getHost().port}/irc"
        factory = WebSocketClientFactory(url, protocols=list(subprotocols) or None, reactor=reactor)
        factory.noisy = False
        factory.setProtocolOptions(failByDrop=False, openHandshakeTimeout=10, closeHandshakeTimeout=10, **options)
        client = Client()
        factory.protocol = lambda: client
        reactor.connectTCP("127.0.0.1", self.port.getHost().port, factory)
        await client.opened
        await client.told(1)
        return client

    async def leave(self, client: Client, code: int = 1000) -> None:
        client.sendClose(code, "bye")
        self.assertEqual((await client.closed)[:2], (True, code))

    async def test_messages(self) -> None:
        """Of all lengths, in text and binary, whole and in fragments, with masks of its own."""
        for subprotocol, binary in (("text.ircv3.net", False), ("binary.ircv3.net", True)):
            for fragment in (0, 1000):
                client = await self.connect(subprotocol, autoFragmentSize=fragment)
                self.assertEqual(client.chosen, subprotocol)
                self.assertEqual(client.messages, [(b"hello", binary)])
                sent = [("☕" * (size // 3 + 1)).encode()[: size // 3 * 3] for size in (3, 126, 129, 65_535, 200_001)]
                for payload in sent:
                    client.sendMessage(payload, isBinary=binary)
                await client.told(1 + len(sent))
                self.assertEqual(client.messages[1:], [(payload, binary) for payload in sent])
                await self.leave(client)

    async def test_in_small_pieces(self) -> None:
        """Frames that arrive a few bytes at a time."""
        client = await self.connect(autoFragmentSize=7)
        for number in range(50):
            client.sendMessage(b"x" * number + b"!", isBinary=False, sync=True)
        await client.told(51)
        self.assertEqual([payload for payload, _ in client.messages[1:]], [b"x" * n + b"!" for n in range(50)])
        await self.leave(client)

    async def test_pings(self) -> None:
        """Pings are answered between fragments of a message."""
        client = await self.connect()
        client.beginMessage(isBinary=False)
        client.sendMessageFrame(b"a")
        client.sendPing(b"are you there?")
        await client.told(2)
        self.assertEqual(client.ponged, [b"are you there?"])
        client.sendMessageFrame(b"b")
        client.endMessage()
        await client.told(3)
        self.assertEqual(client.messages[-1], (b"ab", False))
        self.made[-1].outbox.ask()
        await self.leave(client, 4321)
        self.assertTrue(self.made[-1].has_left)

    async def test_we_close(self) -> None:
        """Its end of a close that begins here is clean."""
        client = await self.connect()
        self.made[-1].outbox.lines(b"last\r\n")
        self.made[-1].outbox.close()
        self.assertEqual((await client.closed)[:2], (True, 1000))
        self.assertEqual(client.messages[-1], (b"last", False))

    async def test_we_end_it(self) -> None:
        """What is wrong is told with code and reason: here a text that is none, and a message that is too long."""
        client = await self.connect()
        client.sendMessage(b"\xff", isBinary=False)
        self.assertEqual((await client.closed)[1], 1007)
        client = await self.connect()
        client.sendMessage(b"x" * 1_000_001, isBinary=True)
        clean, code, reason = await client.closed
        self.assertEqual((clean, code), (True, 1009))
        self.assertIn("at most 1000000 bytes", reason)

    async def test_deflate(self) -> None:
        """Who offers compression talks without (RFC 7692 section 5.1)."""
        from autobahn.websocket.compress import PerMessageDeflateOffer

        client = await self.connect(perMessageCompressionOffers=[PerMessageDeflateOffer()])
        client.sendMessage(b"x" * 10_000, isBinary=False)
        await client.told(2)
        self.assertEqual(client.messages[1], (b"x" * 10_000, False))
        await self.leave(client)

    async def test_unknown_subprotocol(self) -> None:
        """Nothing is agreed upon that is not known here; a client may go on without (IRCv3 WebSocket)."""
        client = await self.connect("something.else")
        self.assertEqual(client.chosen, "")
        await self.leave(client)
