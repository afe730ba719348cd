"""Limits on connections, and one listener for TLS and plain."""

from typing import cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from imd.core.refusal import Refusal, TooMany
from imd.net.admitting import FAREWELL, AdmittingFactory, Security
from imd.net.connections import ConnectionLimits, Connections, TicketHolder


def address(host: str) -> IAddress:
    return (IPv6Address if ":" in host else IPv4Address)("TCP", host, 1234)


class Simple(Protocol):
    """A door that does not tell of sign-ons; answers with what it gets."""

    made = lost = 0

    def connectionMade(self) -> None:
        self.made += 1

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(data.upper())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost += 1


class Door(Simple, TicketHolder):
    """A door that tells."""

    def admission_expired(self) -> None:
        assert self.transport is not None
        self.transport.write(b"too late")
        super().admission_expired()


class Making(Factory):
    def __init__(self, protocol: type[Simple]) -> None:
        self.kind = protocol
        self.made: list[Simple] = []

    def buildProtocol(self, addr: IAddress | None) -> Simple:
        self.made.append(self.kind())
        return self.made[-1]


def answer(refusal: Refusal) -> bytes:
    return f"ERROR {refusal.code}".encode()


class AdmittingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.doors = Making(Door)

    def listen(self, limits: ConnectionLimits, doors: Making | None = None) -> None:
        self.connections = Connections(self.clock, limits)
        self.factory = AdmittingFactory(doors or self.doors, self.connections, answer=answer)

    def connect(self, host: str = "192.0.2.1") -> tuple[Protocol, StringTransport]:
        protocol = cast(Protocol, self.factory.buildProtocol(address(host)))
        transport = StringTransport(peerAddress=address(host))
        protocol.makeConnection(transport)
        return protocol, transport

    def test_let_in(self) -> None:
        """A connection within the limits is the door's, and counted until it is lost."""
        self.listen(ConnectionLimits())
        protocol, transport = self.connect()
        protocol.dataReceived(b"hello")
        self.assertEqual(transport.value(), b"HELLO")
        self.assertEqual(self.connections.counts().open, 1)
        protocol.connectionLost()
        self.assertEqual(self.doors.made[0].lost, 1)
        counts = self.connections.counts()
        self.assertEqual((counts.open, counts.handshakes, counts.accepted), (0, 0, 1))
        self.assertEqual(self.connections.places, {})
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_too_many(self) -> None:
        """Over the limit the client gets an answer in the door's words; a place that is given back is free."""
        self.listen(ConnectionLimits(connections=2))
        first, _ = self.connect()
        self.connect()
        _, transport = self.connect()
        self.assertEqual(transport.value(), b"ERROR too-many")
        self.assertTrue(transport.disconnecting)
        self.assertEqual(len(self.doors.made), 2)
        first.connectionLost()
        self.connect()
        self.assertEqual(len(self.doors.made), 3)
        self.assertEqual(self.connections.counts().refused, {"connections": 1})

    def test_per_address(self) -> None:
        """Each address has its share; the addresses of one IPv6 household share one."""
        self.listen(ConnectionLimits(per_address=1))
        self.connect("192.0.2.1")
        self.connect("192.0.2.2")
        self.connect("2001:db8::1")
        _, transport = self.connect("2001:db8::2")
        self.assertEqual(transport.value(), b"ERROR too-many")
        self.assertEqual(len(self.doors.made), 3)

    def test_handshakes(self) -> None:
        """Only so many may be signing on at one time; who has signed on makes room."""
        self.listen(ConnectionLimits(handshakes=1))
        self.connect()
        self.connect()
        self.assertEqual(len(self.doors.made), 1)
        door = self.doors.made[0]
        assert isinstance(door, Door)
        door.settle()
        door.settle()
        self.connect()
        self.assertEqual(len(self.doors.made), 2)
        self.assertEqual(self.connections.counts().handshakes, 1)

    def test_timeout(self) -> None:
        """Who does not sign on in time is told so and dropped, even if it does not read."""
        self.listen(ConnectionLimits(handshake_timeout=30))
        protocol, transport = self.connect()
        self.clock.advance(30)
        self.assertEqual(transport.value(), b"too late")
        self.assertTrue(transport.disconnecting)
        self.clock.advance(FAREWELL)
        self.assertTrue(transport.disconnected)
        protocol.connectionLost()
        self.assertEqual(self.connections.counts().refused, {"timeout": 1})
        self.assertEqual(self.connections.counts().handshakes, 0)

    def test_signed_on_in_time(self) -> None:
        """Who has signed on stays."""
        self.listen(ConnectionLimits(handshake_timeout=30))
        _, transport = self.connect()
        door = self.doors.made[0]
        assert isinstance(door, Door)
        door.settle()
        self.clock.advance(1000)
        self.assertFalse(transport.disconnecting or transport.disconnected)

    def test_door_without_sign_on(self) -> None:
        """For a door that does not tell of sign-ons a plain connection is settled at once."""
        self.listen(ConnectionLimits(handshakes=1), Making(Simple))
        for _ in range(3):
            self.connect()
        self.assertEqual(self.connections.counts().open, 3)

    def test_unlimited(self) -> None:
        """0 means unlimited, and never."""
        self.listen(ConnectionLimits(connections=0, per_address=0, handshakes=0, handshake_timeout=0))
        for _ in range(50):
            self.connect()
        self.assertEqual(len(self.doors.made), 50)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_failing_door(self) -> None:
        """A door that fails to make its protocol costs no place."""

        class Failing(Factory):
            def buildProtocol(self, addr: IAddress | None) -> Protocol | None:
                raise ValueError("no")

        self.connections = Connections(self.clock, ConnectionLimits())
        factory = AdmittingFactory(Failing(), self.connections)
        with self.assertRaises(ValueError):
            factory.buildProtocol(address("192.0.2.1"))
        self.assertEqual(self.connections.counts().open, 0)

    def test_tls_needs_a_certificate(self) -> None:
        """A TLS listener without a certificate is a mistake found at start-up."""
        with self.assertRaises(ValueError):
            AdmittingFactory(self.doors, Connections(self.clock, ConnectionLimits()), Security.TLS)


class FirstByteTests(SynchronousTestCase):
    """Plain connections to a listener that waits for the first byte; TLS ones are in test_listening."""

    connect = AdmittingTests.connect

    def setUp(self) -> None:
        self.doors = Making(Door)
        self.connections = Connections(Clock(), ConnectionLimits(per_address=1))
        self.factory = AdmittingFactory(self.doors, self.connections, Security.DETECT, answer=answer)

    def test_plain(self) -> None:
        """The door hears of the connection at the first byte, and gets that byte, too."""
        protocol, transport = self.connect()  # type: ignore[misc]
        self.assertEqual(self.doors.made[0].made, 0)
        protocol.dataReceived(b"h")
        self.assertEqual(self.doors.made[0].made, 1)
        protocol.dataReceived(b"ello")
        self.assertEqual(transport.value(), b"HELLO")
        protocol.connectionLost()
        self.assertEqual(self.doors.made[0].lost, 1)

    def test_silent(self) -> None:
        """A connection lost before its first byte is none to the door."""
        protocol, _ = self.connect()  # type: ignore[misc]
        protocol.connectionLost()
        self.assertEqual((self.doors.made[0].made, self.doors.made[0].lost), (0, 0))
        self.assertEqual(self.connections.counts().open, 0)

    def test_silent_timeout(self) -> None:
        """A client that never says a byte is dropped in time."""
        protocol, transport = self.connect()  # type: ignore[misc]
        clock = self.connections.clock
        assert isinstance(clock, Clock)
        clock.advance(30)
        self.assertTrue(transport.disconnected)
        protocol.connectionLost()

    def test_behind_a_proxy(self) -> None:
        """With a PROXY header the limit counts the client's address, not the proxy's."""
        for host, let_in in (("198.51.100.1", True), ("198.51.100.2", True), ("198.51.100.1", False)):
            self.connections.limits = ConnectionLimits()
            protocol, transport = self.connect("127.0.0.1")  # type: ignore[misc]
            self.connections.limits = ConnectionLimits(per_address=1)
            transport.peerAddr = address(host)
            protocol.dataReceived(b"hello")
            self.assertEqual(transport.value(), b"HELLO" if let_in else b"ERROR too-many")
            if not let_in:
                self.assertTrue(transport.disconnecting)
                protocol.connectionLost()
        self.assertEqual(self.connections.places, {"198.51.100.1": 1, "198.51.100.2": 1})


class MovedTests(SynchronousTestCase):
    def test_limits_after_a_reload(self) -> None:
        """New limits hold for new connections."""
        connections = Connections(Clock(), ConnectionLimits(connections=1))
        connections.admit(address("192.0.2.1"))
        with self.assertRaises(TooMany):
            connections.admit(address("192.0.2.1"))
        connections.limits = ConnectionLimits(connections=2)
        connections.admit(address("192.0.2.1"))
