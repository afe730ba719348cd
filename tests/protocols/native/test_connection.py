"""One connection on a transport in memory, and the gateway."""

from typing import Any, cast

import msgspec
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransportWithDisconnection
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from imd.core.message import Outcome
from imd.core.ports import Credentials, Hub
from imd.core.refusal import TooMany
from imd.messages import connection
from imd.messages.signon import Hello, Welcome
from imd.net.sending import LINGER
from imd.protocols.native.connection import NativeConnection
from imd.protocols.native.gateway import FAREWELL, NativeGateway
from imd.protocols.native.session import MAX_OPEN
from imd.protocols.native.wire.codec import decode_server
from tests.protocols.native.world import World

SIGN_ON = (
    b'{"type":"authenticate","ref":1,"mechanism":"PLAIN","data":"AGFsaWNlAHNlc2FtZQ=="}\r\n{"type":"session","ref":2}\n'
)


class Transport(StringTransportWithDisconnection):
    """Aborts as TCP does: `connectionLost` follows in a later turn."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True


class Wire:
    """A gateway's connection on a transport that shows what was written."""

    def __init__(self, world: World, gateway: NativeGateway) -> None:
        self.world = world
        self.protocol: NativeConnection = gateway.factory.buildProtocol(None)
        self.transport = Transport(peerAddress=IPv4Address("TCP", "127.0.0.1", 50000))
        self.transport.protocol = self.protocol
        self.protocol.makeConnection(self.transport)

    def heard(self) -> list[Any]:
        """What was written up to the end of this turn."""
        self.world.hub.reactor.advance(0)
        written = self.transport.value()
        self.transport.clear()
        assert not written or written.endswith(b"\n")
        return [decode_server(line) for line in written.splitlines()]

    def say(self, data: bytes) -> list[Any]:
        self.protocol.dataReceived(data)
        return self.heard()

    def lose(self) -> None:
        self.protocol.connectionLost(Failure(ConnectionDone()))


class ConnectionTestCase(SynchronousTestCase):
    def make(self, **settings: Any) -> None:
        self.world = World(**settings)
        self.gateway = NativeGateway(
            cast(Hub, self.world.hub),
            cast(Credentials, self.world.credentials),
            self.world.settings,
            self.world.spawn,
            self.world.log,
        )
        self.wire = Wire(self.world, self.gateway)

    def setUp(self) -> None:
        self.make()


class ConnectionTests(ConnectionTestCase):
    """`NativeConnection`."""

    def test_sign_on(self) -> None:
        """Greeted, a client may send all of its sign-on in one piece, or byte by byte."""
        (hello,) = self.wire.heard()
        self.assertIsInstance(hello, Hello)
        proved, welcome = self.wire.say(SIGN_ON)
        self.assertEqual((proved.ref, welcome.ref), (1, 2))
        other = Wire(self.world, self.gateway)
        said = [message for byte in SIGN_ON for message in other.say(bytes([byte]))]
        self.assertEqual([type(message).__name__ for message in said], ["Hello", "Authenticated", "Welcome"])

    def test_line_length(self) -> None:
        """Strangers may send short lines only; who has signed on, long ones."""
        self.wire.heard()
        long = b'{"type":"ping","ref":1,"x":"' + b"x" * 5000 + b'"}\n'
        (answer,) = self.wire.say(long)
        self.assertEqual(answer.code, "too-long")
        self.wire.say(SIGN_ON)
        self.assertEqual(self.wire.say(long), [connection.Pong(ref=1)])
        (answer,) = self.wire.say(b"x" * 70_000)
        self.assertEqual(answer.code, "too-long")

    def test_lost(self) -> None:
        """A lost connection signs its session off, and leaves no timer behind."""
        self.wire.say(SIGN_ON)
        self.wire.lose()
        self.assertEqual(self.world.record.named("sign_off"), [("s1", "lost", "")])
        self.assertEqual(self.world.hub.reactor.getDelayedCalls(), [])
        self.assertEqual(self.gateway.factory.connections, set())

    def test_quit(self) -> None:
        """The last word leaves before the connection is closed."""
        self.wire.say(SIGN_ON)
        (bye,) = self.wire.say(b'{"type":"quit"}\n')
        self.assertEqual(bye.code, "quit")
        self.assertFalse(self.transport_connected())

    def transport_connected(self) -> bool:
        return bool(self.wire.transport.connected)

    def test_keep_alive(self) -> None:
        """A silent client is asked, and one that does not answer is signed off."""
        self.wire.say(SIGN_ON)
        self.world.hub.reactor.advance(59)
        self.assertEqual(self.wire.heard(), [])
        self.world.hub.reactor.advance(1)
        self.assertEqual(self.wire.heard(), [connection.Ping()])
        self.world.hub.reactor.advance(30)
        self.wire.say(b'{"type":"pong"}\n')
        self.world.hub.reactor.advance(59)
        self.assertEqual(self.wire.heard(), [])
        self.world.hub.reactor.advance(2)
        self.assertEqual(self.wire.heard(), [connection.Ping()])
        self.world.hub.reactor.advance(60)
        (bye,) = self.wire.heard()
        self.assertEqual(bye.code, "timeout")
        self.assertEqual(self.world.record.named("sign_off"), [("s1", "timeout", "")])
        self.assertFalse(self.transport_connected())

    def test_slow_reader(self) -> None:
        """A client that does not read is signed off when too much waits for it, and told why if it reads after all; if
        not, the connection ends soon."""
        for read in (True, False):
            self.setUp()
            self.slow(read)

    def slow(self, read: bool) -> None:
        self.make(send_queue=10_000)
        self.wire.say(SIGN_ON)
        assert self.wire.transport.producer is not None
        producer = cast(Any, self.wire.transport.producer)
        producer.pauseProducing()
        for _ in range(100):
            self.wire.protocol.send(b'{"type":"ping","padding":"%s"}' % (b"x" * 100))
        self.assertEqual(self.world.record.named("sign_off"), [])
        self.world.hub.reactor.advance(0)
        self.assertEqual(self.world.record.named("sign_off"), [("s1", "too-slow", "")])
        self.assertLess(self.wire.protocol.held(), 200)
        if read:
            producer.resumeProducing()
            (bye,) = self.wire.heard()
            self.assertEqual((bye.code, self.transport_connected()), ("too-slow", False))
        else:
            self.world.hub.reactor.advance(LINGER)
            self.assertTrue(self.wire.transport.aborted)
        self.wire.lose()
        self.assertEqual(len(self.world.record.named("sign_off")), 1)

    def test_asks_without_reading(self) -> None:
        """A client that asks faster than it reads is asked nothing more while half of its queue waits for it; it gets
        every answer when it reads, and is not cut off."""
        self.make(send_queue=10_000, messages_per_second=0, commands_per_second=0)
        self.wire.say(SIGN_ON)
        transport = self.wire.transport
        assert transport.producer is not None
        producer = cast(Any, transport.producer)
        producer.pauseProducing()
        lines = b"".join(b'{"type":"whoami","ref":%d}\n' % (ref + 1) for ref in range(1000))
        self.wire.protocol.dataReceived(lines)
        self.assertEqual(transport.producerState, "paused")
        connection = self.wire.protocol
        self.assertLess(connection.backlog(), 5_500)
        self.assertGreater(connection.session.kept, 20_000)
        self.assertEqual(connection.memory.total, connection.backlog() + connection.session.kept)
        heard = []
        for _ in range(100):
            producer.resumeProducing()
            self.world.hub.reactor.advance(0)
            heard += [message.ref for message in self.wire.heard()]
        self.assertEqual(heard, [ref + 1 for ref in range(1000)])
        self.assertEqual(transport.producerState, "producing")
        self.assertEqual(connection.memory.total, 0)
        self.assertFalse(transport.aborted)

    def test_held_up(self) -> None:
        """With too many requests under way the transport is not read from, until there is room again."""
        self.make(messages_per_second=0, commands_per_second=0)
        self.wire.say(SIGN_ON)
        line = b'{"type":"send","to":"bob","client_id":"%d","body":"x"}\n'
        self.wire.say(b"".join(line % number for number in range(MAX_OPEN + 1)))
        self.assertEqual(self.wire.transport.producerState, "paused")
        self.world.hub.delivery.settle(0, Outcome.ACCEPTED)
        self.assertEqual(self.wire.transport.producerState, "producing")

    def test_admission_expired(self) -> None:
        """Who does not sign on in time is told so and closed."""
        self.wire.heard()
        self.wire.protocol.admission_expired()
        (bye,) = self.wire.heard()
        self.assertEqual(bye.code, "timeout")
        self.assertFalse(self.transport_connected())

    def test_settled(self) -> None:
        """The door's admission ends with the welcome."""
        settled: list[bool] = []
        self.wire.protocol.settle = lambda: settled.append(True)  # type: ignore[method-assign]
        self.wire.say(SIGN_ON.splitlines()[0] + b"\n")
        self.assertEqual(settled, [])
        (welcome,) = self.wire.say(SIGN_ON.splitlines()[1] + b"\n")
        self.assertIsInstance(welcome, Welcome)
        self.assertEqual(settled, [True])


class GatewayTests(ConnectionTestCase):
    """`NativeGateway`."""

    def test_stop(self) -> None:
        """Everybody is told why, signed on or not, and it ends when all connections are gone."""
        self.wire.say(SIGN_ON)
        other = Wire(self.world, self.gateway)
        other.heard()
        stopped = Deferred.fromCoroutine(self.gateway.stop())
        for wire in (self.wire, other):
            (bye,) = wire.heard()
            self.assertEqual(bye.code, "shutting-down")
            if wire.protocol in self.gateway.factory.connections:
                wire.lose()
        self.successResultOf(stopped)
        self.assertEqual(self.world.record.named("sign_off"), [("s1", "stopped", "")])
        self.assertEqual(self.world.hub.reactor.getDelayedCalls(), [])

    def test_stop_without_patience(self) -> None:
        """A client that does not read cannot hold the end up."""
        self.wire.heard()
        assert self.wire.transport.producer is not None
        cast(Any, self.wire.transport.producer).pauseProducing()
        stopped = Deferred.fromCoroutine(self.gateway.stop())
        self.assertNoResult(stopped)
        self.world.hub.reactor.advance(FAREWELL)
        self.assertTrue(self.wire.transport.aborted)
        self.wire.lose()
        self.successResultOf(stopped)

    def test_stop_when_empty(self) -> None:
        """Without connections there is nothing to wait for."""
        self.wire.lose()
        self.successResultOf(Deferred.fromCoroutine(self.gateway.stop()))

    def test_answer(self) -> None:
        """A connection over a limit is told so in the protocol's terms."""
        line = NativeGateway.answer(TooMany("connections", 5))
        self.assertEqual(msgspec.json.decode(line)["code"], "too-many")
        self.assertTrue(line.endswith(b"\n"))

    def test_reload(self) -> None:
        """New settings hold for new connections."""
        self.gateway.reload(msgspec.structs.replace(self.world.settings, server="imd 2"))
        (hello,) = Wire(self.world, self.gateway).heard()
        self.assertEqual(hello.server, "imd 2")
