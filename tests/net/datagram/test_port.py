"""One socket for all peers, on a clock and a transport in memory."""

import random
import weakref
from typing import Any

from OpenSSL import SSL
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from imd.net.connections import ConnectionLimits, Connections
from imd.net.datagram import packet as wire
from imd.net.datagram.connection import Connection, Role, State
from imd.net.datagram.dtls import Association, connecting, context
from imd.net.datagram.link import HANDSHAKE, Address, Link
from imd.net.datagram.port import DatagramPort
from imd.net.datagram.terms import Counts, Terms
from imd.net.reactor_clock import ReactorClock
from tests.net.datagram.test_dtls import server_context

NEAR: Address = ("127.0.0.1", 5000)
FAR: Address = ("192.0.2.1", 5000)


class Transport:
    """Keeps what is sent."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.sent: list[tuple[bytes, Address]] = []

    def getHost(self) -> IPv4Address:
        return IPv4Address("UDP", self.host, 4000)

    def write(self, datagram: bytes, address: Address) -> None:
        self.sent.append((datagram, address))

    def stopListening(self) -> None: ...

    def taken(self) -> list[tuple[bytes, Address]]:
        sent, self.sent = self.sent, []
        return sent


class Echo:
    """A door that says everything again."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.why = ""
        self.heard: list[bytes] = []
        self.late = 0

    def received(self, message: bytes) -> None:
        self.heard.append(message)
        self.link.send(message)

    def lost(self, reason: str) -> None:
        assert not self.why, "told twice"
        self.why = reason

    def admission_expired(self) -> None:
        self.late += 1
        self.link.close("timeout")


class World:
    """A port and its peers."""

    def __init__(self, host: str = "127.0.0.1", **limits: Any) -> None:
        self.reactor = Clock()
        self.reactor.advance(1000.0)
        self.connections = Connections(self.reactor, ConnectionLimits(**limits))
        self.doors: list[Echo] = []
        secured = server_context()
        terms = Terms(keep_alive=0.0)
        self.port = DatagramPort(ReactorClock(self.reactor), self.connections, lambda: secured, self._make, terms)
        self.transport = Transport(host)
        self.port.makeConnection(self.transport)  # type: ignore[arg-type]

    def _make(self, link: Link) -> Echo:
        self.doors.append(Echo(link))
        return self.doors[-1]

    def says(self, datagram: bytes, address: Address) -> list[bytes]:
        """A datagram for the port, and what it answers there by the end of the turn."""
        self.port.datagramReceived(datagram, address)
        self.reactor.advance(0)
        return [answer for answer, to in self.transport.taken() if to == address]

    def plain(self, id: int, address: Address = NEAR) -> Connection:
        """A connected plain client."""
        client = Connection(Role.CLIENT, id, None, Terms(), self.reactor.seconds(), Counts())
        self.exchange(client, address)
        assert client.state is State.OPEN
        return client

    def exchange(self, client: Connection, address: Address = NEAR, rounds: int = 4) -> list[bytes]:
        """Datagrams to and fro; the messages the client gets."""
        messages = []
        for _ in range(rounds):
            now = self.reactor.seconds()
            for datagram, _ in client.datagrams_to_send(now):
                for answer in self.says(datagram, address):
                    client.receive_datagram(answer, None, now)
            while (message := client.take()) is not None:
                messages.append(message)
        return messages

    def secure(self, address: Address = FAR) -> Association:
        """A DTLS client after its handshake."""
        client = connecting(context(SSL.DTLS_CLIENT_METHOD))
        client.begin()
        for _ in range(5):
            for datagram in client.take():
                for answer in self.says(datagram, address):
                    client.receive(answer)
        return client


class Plain(SynchronousTestCase):
    def test_many_on_one_socket(self) -> None:
        """Peers are told apart by connection id, even at one address."""
        world = World()
        clients = [world.plain(number) for number in range(1, 11)]
        for number, client in enumerate(clients):
            client.send(b"I am %d" % number)
            self.assertEqual(world.exchange(client), [b"I am %d" % number])
        self.assertEqual(len(world.doors), 10)
        self.assertEqual(world.connections.open, 10)

    def test_only_on_loopback(self) -> None:
        """From elsewhere, or to a socket that is open to the world, plain packets are nothing."""
        hello = wire.header(1, 0) + wire.hello(b"")
        self.assertEqual(World().says(hello, FAR), [])
        for address in (NEAR, FAR):
            world = World("0.0.0.0")
            self.assertEqual(world.says(hello, address), [])
            self.assertEqual(world.port.status().garbage, 1)

    def test_half_open(self) -> None:
        """Hellos without an answer to the challenge leave nothing behind."""
        world = World()
        for number in range(2000):
            (answer,) = world.says(wire.header(number, 0) + wire.hello(b""), ("127.0.0.1", 1024 + number))
            self.assertLessEqual(len(answer), 3 * (wire.HEADER_SIZE + 2))
        self.assertEqual((world.port.status().links, world.connections.open), (0, 0))

    def test_silence(self) -> None:
        """A peer that falls silent is lost, and its ticket given back; nothing wakes up for it any more."""
        world = World()
        world.plain(1)
        world.reactor.pump([1.0] * 120)
        self.assertEqual(world.doors[0].why, "timeout")
        self.assertEqual((world.port.status().links, world.connections.open), (0, 0))
        self.assertEqual(world.reactor.getDelayedCalls(), [])

    def test_too_slow_to_sign_on(self) -> None:
        """The door hears of it, and says so."""
        world = World(handshake_timeout=10.0)
        client = world.plain(1)
        world.reactor.advance(11.0)
        self.assertEqual(world.doors[0].late, 1)
        for datagram, _ in world.transport.taken():
            client.receive_datagram(datagram, None, world.reactor.seconds())
        self.assertEqual(client.ended, "timeout")

    def test_over_the_limit(self) -> None:
        """Who is not let in is told why."""
        world = World(per_address=2)
        world.plain(1)
        world.plain(2)
        client = Connection(Role.CLIENT, 3, None, Terms(), world.reactor.seconds(), Counts())
        world.exchange(client)
        self.assertEqual(client.ended, "too-many")
        self.assertEqual(len(world.doors), 2)

    def test_timers_do_not_pile_up(self) -> None:
        """However much is said, a connection has a few entries in the timetable."""
        world = World()
        client = world.plain(1)
        for number in range(500):
            client.send(b"%d" % number)
            self.assertEqual(world.exchange(client, rounds=2), [b"%d" % number])
            world.reactor.advance(0.01)
            client.handle_timer(world.reactor.seconds())
        self.assertLess(len(world.port._timetable._entries), 6)

    def test_a_door_that_pauses(self) -> None:
        """Is handed nothing until it resumes, and then all of it, in order."""
        world = World()
        client = world.plain(1)
        door = world.doors[0]
        door.link.pause()
        for number in range(20):
            client.send(b"%d" % number)
        self.assertEqual(world.exchange(client), [])
        self.assertEqual(door.heard, [])
        door.link.resume()
        self.assertEqual(door.heard, [b"%d" % number for number in range(20)])

    def test_closing_time(self) -> None:
        """A port that closes takes no new peers, and says so."""
        world = World()
        world.port.closing = True
        client = Connection(Role.CLIENT, 3, None, Terms(), world.reactor.seconds(), Counts())
        world.exchange(client)
        self.assertEqual(client.ended, "shutting-down")


class Secured(SynchronousTestCase):
    def test_talking(self) -> None:
        """From far away, inside DTLS; the door knows that it is secure."""
        world = World("0.0.0.0")
        tls = world.secure()
        client = Connection(Role.CLIENT, 1, None, Terms(datagram=tls.payload), world.reactor.seconds(), Counts())
        client.send(b"hello" * 1000)
        messages = []
        for _ in range(20):
            for datagram, _ in client.datagrams_to_send(world.reactor.seconds()):
                tls.send(datagram)
            for datagram in tls.take():
                for answer in world.says(datagram, FAR):
                    for payload in tls.receive(answer):
                        client.receive_datagram(payload, None, world.reactor.seconds())
            while (message := client.take()) is not None:
                messages.append(message)
        self.assertEqual(messages, [b"hello" * 1000])
        peer = world.doors[0].link.peer("native-udp")
        self.assertEqual((peer.secure, peer.address, peer.loopback), (True, FAR[0], False))
        self.assertTrue(peer.tls.startswith("DTLSv1.2 "))

    def test_cookie_flood(self) -> None:
        """Hellos from invented addresses cost an answer smaller than themselves, and no memory."""
        world = World("0.0.0.0")
        client = connecting(context(SSL.DTLS_CLIENT_METHOD))
        client.begin()
        (hello,) = client.take()
        for number in range(2000):
            answers = world.says(hello, ("192.0.2.1", 1024 + number))
            self.assertLess(sum(map(len, answers)), len(hello))
        self.assertEqual((world.port.status().links, world.connections.open), (0, 0))

    def test_handshakes_that_go_no_further(self) -> None:
        """Are bounded in number like all handshakes, and forgotten after a while."""
        world = World("0.0.0.0", handshakes=5, handshake_timeout=0)
        for number in range(8):
            client = world.secure(("192.0.2.1", 1024 + number))
            self.assertEqual(client.established, number < 5)
            # Who is not let in hears so at once.
            self.assertEqual("alert internal error" in client.ended, number >= 5)
        self.assertEqual(world.port.status().links, 5)
        world.reactor.advance(HANDSHAKE + 1)
        self.assertEqual((world.port.status().links, world.connections.open), (0, 0))

    def test_nothing_is_left(self) -> None:
        """What OpenSSL keeps of a client goes with it at once, though the timetable would have woken it later."""
        world = World("0.0.0.0", handshake_timeout=10.0)
        for _ in range(2):
            client = world.secure()
            association = weakref.ref(world.port._secure[FAR].association.tls)  # type: ignore[union-attr]
            client.close()
            for datagram in client.take():
                world.says(datagram, FAR)
            self.assertIsNone(association())
        world.secure()
        association = weakref.ref(world.port._secure[FAR].association.tls)  # type: ignore[union-attr]
        world.reactor.advance(10.1)
        self.assertIsNone(association())

    def test_a_client_that_begins_anew(self) -> None:
        """From the same address: the old association goes once the new one has shown that it is there."""
        world = World("0.0.0.0")
        first = world.secure()
        self.assertTrue(first.established)
        second = connecting(context(SSL.DTLS_CLIENT_METHOD))
        second.begin()
        (hello,) = second.take()
        (answer,) = world.says(hello, FAR)
        self.assertEqual(world.port.status().links, 1)
        second.receive(answer)
        for _ in range(4):
            for datagram in second.take():
                for each in world.says(datagram, FAR):
                    second.receive(each)
        self.assertTrue(second.established)
        self.assertEqual((world.port.status().links, world.connections.open), (1, 1))

    def test_lost_flights(self) -> None:
        """Whatever of the handshake is lost, the client says its flight again, and the server its own (RFC 6347 section
        4.2.4), though nobody's clock goes on."""
        for lost in range(4):
            world = World("0.0.0.0")
            client = connecting(context(SSL.DTLS_CLIENT_METHOD))
            client.begin()
            flight = client.take()
            for number in range(8):
                answers = [answer for datagram in flight for answer in world.says(datagram, FAR)]
                if number != lost:
                    for answer in answers:
                        client.receive(answer)
                if client.established:
                    break
                flight = client.take() or client.flight or []
            self.assertTrue(client.established, f"the answer to flight {lost} was lost")
            self.assertEqual(number, 2 if lost > 2 else 3, "one flight more for one that was lost")

    def test_copies_of_hellos(self) -> None:
        """Hellos that come again, late, do not disturb the association they belong to."""
        world = World("0.0.0.0")
        client = connecting(context(SSL.DTLS_CLIENT_METHOD))
        client.begin()
        said = []
        for _ in range(5):
            for datagram in client.take():
                said.append(datagram)
                for answer in world.says(datagram, FAR):
                    client.receive(answer)
        link = world.port._secure[FAR]
        for datagram in said * 2:
            for answer in world.says(datagram, FAR):
                client.receive(answer)
        self.assertIs(world.port._secure[FAR], link)
        self.assertEqual((client.ended, world.connections.open), ("", 1))


class Garbage(SynchronousTestCase):
    def test_twenty_thousand(self) -> None:
        """Whatever comes, those who are on are served, and nothing grows (seed kept)."""
        chance = random.Random(20261122)
        world = World()
        client = world.plain(1)
        samples = [
            wire.header(1, 5) + wire.PING,
            wire.header(1, 6) + wire.ack([(0, 3)], 0, 10, 1000),
            wire.header(2, 0) + wire.hello(b"x" * 24),
            wire.header(1, 7) + wire.fragment(5, 0, 2, bytes(wire.FRAGMENT)),
            b"\x16\xfe\xfd\0\0" + bytes(200),
            b"\x17\xfe\xfd\0\1" + bytes(200),
            b"",
        ]
        for _ in range(20_000):
            data = bytearray(chance.choice(samples))
            for _ in range(chance.randrange(4)):
                if data:
                    data[chance.randrange(len(data))] = chance.randrange(256)
            # Connection ids are secrets: nobody else knows the client's.
            if bytes(data[1:9]) == (1).to_bytes(8, "big"):
                data[1] = 9
            world.port.datagramReceived(bytes(data), ("127.0.0.1", chance.randrange(1024, 65536)))
        world.reactor.advance(0)
        world.transport.taken()
        client.send(b"still there?")
        self.assertEqual(world.exchange(client), [b"still there?"])
        self.assertEqual((world.port.status().links, world.connections.open), (1, 1))
