"""One connection, on a transport in memory."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransportWithDisconnection
from twisted.trial.unittest import SynchronousTestCase

from imd.client.wire import OPENING, ConnectionEnded, WireProtocol
from imd.messages.catalogue import FromServer
from imd.messages.connection import Ok

HELLO = (
    b'{"type":"hello","protocol":1,"server":"x","domain":"d","mechanisms":[],"registration":"open","limits":'
    b'{"line":9,"line_before_sign_on":9,"message":9,"ping_interval":9,"ping_timeout":9}}\n'
)


class Transport(StringTransportWithDisconnection):
    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True
        self.loseConnection()


class WireTests(SynchronousTestCase):
    def connect(self, host: str = "127.0.0.1", *, plain: bool = True) -> WireProtocol:
        self.clock = Clock()
        self.heard: list[FromServer] = []
        self.lost: list[str] = []
        wire = WireProtocol(self.clock, plain=plain)
        wire.on_message, wire.on_lost = self.heard.append, self.lost.append
        self.greeting = wire.greeting
        self.transport = Transport(peerAddress=IPv4Address("TCP", host, 4000))
        self.transport.protocol = wire
        wire.makeConnection(self.transport)
        return wire

    def test_plain_only_to_this_machine(self) -> None:
        """A name that leads elsewhere is left before anything is said."""
        wire = self.connect("192.0.2.1")
        self.assertTrue(self.transport.aborted)
        self.assertEqual(self.transport.value(), b"")
        self.assertFalse(wire.confidential)
        self.failureResultOf(self.greeting, ConnectionEnded)

    def test_opening(self) -> None:
        """Plain, the client speaks first, so that the listener knows it is plain; by TLS it waits."""
        self.assertTrue(self.connect().confidential)
        self.assertEqual(self.transport.value(), OPENING)
        self.connect("192.0.2.1", plain=False)
        self.assertEqual(self.transport.value(), b"")

    def test_ping_is_answered(self) -> None:
        """With the number it came with; the application hears nothing of it."""
        wire = self.connect()
        wire.dataReceived(HELLO + b'{"type":"ping","ref":7}\n')
        self.assertTrue(self.transport.value().endswith(b'{"type":"pong","ref":7}\n'))
        self.assertEqual(self.heard, [])

    def test_not_a_server_of_ours(self) -> None:
        """What speaks something else is left at once, and it says so."""
        wire = self.connect()
        wire.dataReceived(b"220 mail.example.org ESMTP\r\n")
        self.failureResultOf(self.greeting, ConnectionEnded)
        self.assertIn("does not speak this protocol", self.lost[0])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_later_server(self) -> None:
        """Messages of a later protocol are passed over."""
        wire = self.connect()
        wire.dataReceived(HELLO + b'{"type":"hologram","ref":1}\n{"type":"ok","ref":2}\n')
        self.assertEqual(self.heard, [Ok(ref=2)])

    def test_turned_away(self) -> None:
        """A server that only says goodbye is quoted."""
        wire = self.connect()
        wire.dataReceived(b'{"type":"bye","code":"too-many","text":"Too many connections."}\n')
        self.transport.loseConnection()
        self.assertEqual(str(self.failureResultOf(self.greeting, ConnectionEnded).value), "Too many connections.")

    def test_bounded(self) -> None:
        """A line without an end is not kept for ever."""
        wire = self.connect()
        wire.dataReceived(HELLO)
        for _ in range(9):
            wire.dataReceived(b"x" * 1024 * 1024)
        self.assertIn("longer than any message", self.lost[0])

    def test_paused(self) -> None:
        """While nobody reads, silence means nothing."""
        wire = self.connect()
        wire.dataReceived(HELLO)
        wire.pause()
        self.clock.pump([10.0] * 30)
        self.assertEqual((self.lost, self.transport.producerState), ([], "paused"))
        wire.resume()
        self.assertEqual(self.transport.producerState, "producing")
        self.clock.pump([10.0] * 30)
        self.assertIn("silent", self.lost[0])

    @given(st.lists(st.binary(max_size=60), max_size=8))
    def test_any_input(self, chunks: list[bytes]) -> None:
        """Whatever a server says, nothing breaks but the connection."""
        wire = self.connect()
        wire.dataReceived(HELLO)
        for chunk in chunks:
            if not wire.ended:
                wire.dataReceived(chunk)
        self.assertLessEqual(len(self.lost), 1)
