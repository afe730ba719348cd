"""The datagram half of the native door, with everything around it made up and no socket."""

from typing import Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from imd.core.session import ClientInfo
from imd.messages import connection
from imd.messages.signon import Hello, Welcome
from imd.net.connections import ConnectionLimits, Connections
from imd.net.datagram.connection import Connection, Role, State
from imd.net.datagram.terms import Counts, Terms
from imd.protocols.native.datagram import NativeDatagrams
from imd.protocols.native.wire.codec import decode_server
from tests.net.datagram.test_dtls import server_context
from tests.net.datagram.test_port import NEAR, Transport
from tests.protocols.native.world import World


class Reactor(Clock):
    """Binds sockets in memory."""

    def listenUDP(self, port: int, protocol: Any, interface: str = "", maxPacketSize: int = 8192) -> Transport:
        transport = Transport(interface)
        protocol.makeConnection(transport)
        return transport


class Udp:
    """A gateway and one plain client of it."""

    def __init__(self, limits: ConnectionLimits | None = None, **settings: Any) -> None:
        self.world = World(**settings)
        self.reactor = self.world.hub.reactor
        context = server_context()
        admissions = Connections(self.reactor, limits or ConnectionLimits())
        self.gateway = NativeDatagrams(self.world.door, admissions, lambda: context)
        self.port = self.gateway.listen(Reactor(), "127.0.0.1", 4000).port
        self.transport: Transport = self.port.transport
        terms = Terms(keep_alive=0, queue=0, idle=1e6, patience=1e6)
        self.client = Connection(Role.CLIENT, 7, None, terms, self.reactor.seconds(), Counts())
        #: Whether the network works.
        self.working = True

    def heard(self) -> list[Any]:
        """Exchange datagrams for a moment; what the client was told."""
        messages = []
        for _ in range(40):
            self.reactor.advance(0.01)
            now = self.reactor.seconds()
            if 0 < self.client.get_timer() <= now:
                self.client.handle_timer(now)
            for datagram, _ in self.client.datagrams_to_send(now):
                if self.working:
                    self.port.datagramReceived(datagram, NEAR)
            self.reactor.advance(0)
            for datagram, _ in self.transport.taken():
                if self.working:
                    self.client.receive_datagram(datagram, None, now)
            while (message := self.client.take()) is not None:
                messages.append(decode_server(message))
        return messages

    def say(self, type: str, **fields: Any) -> list[Any]:
        self.client.send(msgspec.json.encode({"type": type, **fields}))
        return self.heard()

    def sign_on(self) -> "Udp":
        self.heard()
        self.say("authenticate", ref=1, mechanism="PLAIN", data="AGFsaWNlAHNlc2FtZQ==")
        (welcome,) = self.say("session", ref=2)
        assert isinstance(welcome, Welcome)
        return self


class DatagramTests(SynchronousTestCase):
    def test_greeting_and_sign_on(self) -> None:
        """A connection is greeted; the session's peer shows the door, and the UDP port is the one it spoke from."""
        udp = Udp()
        (hello,) = udp.heard()
        self.assertIsInstance(hello, Hello)
        udp.sign_on()
        (session,) = (each.session for each in udp.gateway.connections)
        self.assertEqual((session.peer.door, session.peer.address, session.peer.port), ("native-udp", *NEAR))
        info: ClientInfo = session.me.info
        self.assertEqual(info.udp_port, NEAR[1])

    def test_messages_that_are_too_long(self) -> None:
        """In their place among the others a refusal, and the session goes on."""
        udp = Udp(line_before_sign_on=4096)
        udp.heard()
        (error,) = udp.say("ping", ref=1, more="x" * 5000)
        self.assertEqual(error.code, "too-long")
        (pong,) = udp.say("ping", ref=2)
        self.assertEqual(pong.ref, 2)

    def test_a_slow_reader(self) -> None:
        """More than the queue holds and nothing acknowledged: dropped, and signed off as too slow."""
        udp = Udp(send_queue=20_000).sign_on()
        (one,) = udp.gateway.connections
        udp.working = False
        for _ in range(30):
            one.session.answer(connection.Error(ref=0, code="x", text="y" * 1000))
        udp.heard()
        self.assertEqual(udp.gateway.connections, set())
        self.assertEqual(one.session.leaving, "too-slow")
        self.assertIsNone(one.session.core)

    def test_silence(self) -> None:
        """A client that does not answer is asked, and then gone; one that answers stays."""
        udp = Udp(ping_interval=10, ping_timeout=10).sign_on()
        for _ in range(10):
            udp.reactor.advance(10.5)
            udp.heard()
        (one,) = udp.gateway.connections
        udp.working = False
        for _ in range(25):
            udp.reactor.advance(1)
            udp.heard()
        self.assertEqual((udp.gateway.connections, one.session.leaving), (set(), "timeout"))
        self.assertEqual(self.port_is_empty(udp), (0, 0))

    def test_too_late(self) -> None:
        """Who does not sign on in time is told so."""
        udp = Udp(ConnectionLimits(handshake_timeout=10))
        udp.heard()
        udp.reactor.advance(11)
        (bye,) = udp.heard()
        self.assertEqual(bye.code, "timeout")
        self.assertEqual(udp.client.ended, "timeout")

    def test_stopping(self) -> None:
        """Clients are told why, and it is over when they have heard it."""
        udp = Udp().sign_on()
        stopping = self.world_stops(udp)
        (bye,) = udp.heard()
        self.assertEqual(bye.code, "shutting-down")
        self.successResultOf(stopping)
        self.assertIs(udp.client.state, State.ENDED)

    def test_stopping_with_the_deaf(self) -> None:
        """Who does not answer does not hold it up."""
        udp = Udp().sign_on()
        udp.working = False
        stopping = self.world_stops(udp)
        udp.heard()
        self.assertNoResult(stopping)
        udp.reactor.advance(2.1)
        udp.heard()
        self.successResultOf(stopping)

    def world_stops(self, udp: Udp) -> Any:
        return Deferred.fromCoroutine(udp.gateway.stop())

    def port_is_empty(self, udp: Udp) -> tuple[int, int]:
        return udp.port.status().links, len(udp.gateway.connections)
