"""Listeners on real sockets: TLS, client certificates, either by the first byte, and renewal without a restart."""

import hashlib
import time
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString, connectProtocol, wrapClientTLS
from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import CertificateOptions, TLSVersion
from twisted.internet.task import Clock, deferLater
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from imd.core.refusal import NotAllowed, Refusal
from imd.core.session import Peer
from imd.net.admitting import no_answer
from imd.net.after_handshake import Securing
from imd.net.connections import ConnectionLimits, Connections
from imd.net.listening import listen, port_number, shown
from imd.net.peer import peer_of
from imd.net.reactor_clock import ReactorClock
from imd.net.self_signed import ensure_pair, make_pair
from imd.net.sending import Outbox
from imd.net.tls import INTERVAL, Certificates
from tests.net.at_once import at_once
from tests.net.test_proxy_header import addresses, value, version_2

reactor: Any = installed
_T = TypeVar("_T")


class Door(Protocol):
    """Says who has come, and answers."""

    factory: "Doors"

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.factory.peers.append(peer_of(self.transport, "test"))
        self.overflowed: Deferred[None] = Deferred()
        self.outbox = Outbox(
            self.transport, ReactorClock(reactor), self.factory.limit, lambda: self.overflowed.callback(None)
        )
        self.outbox.write(b"welcome ")
        self.factory.doors.append(self)

    def flood(self) -> None:
        """Send what no buffer holds for long."""
        self.outbox.write(b"x" * 60_000)

    def dataReceived(self, data: bytes) -> None:
        self.outbox.write(data.upper())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.factory.lost += 1
        self.outbox.lost()


class Doors(Factory[Door]):
    def __init__(self) -> None:
        self.peers: list[Peer] = []
        self.doors: list[Door] = []
        self.limit = 1 << 20
        self.lost = 0

    def buildProtocol(self, addr: IAddress | None) -> Door:
        door = Door()
        door.factory = self
        return door


class Caller(Protocol):
    """Waits until it has read what is expected."""

    def __init__(self) -> None:
        self.read = b""
        self.expected = b""
        self.done: Deferred[None] = Deferred()
        self.ended: Deferred[None] = Deferred()

    def until(self, expected: bytes) -> Deferred[None]:
        self.expected = expected
        self.dataReceived(b"")
        return self.done

    def dataReceived(self, data: bytes) -> None:
        self.read += data
        if self.expected and self.expected in self.read and not self.done.called:
            self.done.callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.ended.callback(None)
        if not self.done.called:
            self.done.errback(reason)


class Beginning(Protocol):
    """Says something first, and makes room for `inner`."""

    inner: Any

    def __init__(self, first: bytes) -> None:
        self.first = first

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.write(self.first)
        self.inner.makeConnection(self.transport)

    def dataReceived(self, data: bytes) -> None:
        self.inner.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.inner.connectionLost(reason)


class ListeningTests(TestCase):
    timeout = 20

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.certificate, self.key = ensure_pair(self.folder, "chat.example", time.time())
        self.certificates = Certificates(self.certificate, self.key, at_once)
        self.connections = Connections(reactor, ConnectionLimits())
        self.doors = Doors()

    async def listen(
        self, kind: str, description: str, detect: bool = False, answer: Callable[[Refusal], bytes] = no_answer
    ) -> IListeningPort:
        port = await listen(
            reactor,
            kind,
            description,
            self.doors,
            self.connections,
            securing=Securing(self.certificates, reactor),
            detect=detect,
            answer=answer,
        )
        self.addCleanup(port.stopListening)
        return port

    async def call(self, port: IListeningPort, options: Any = None) -> Caller:
        endpoint = clientFromString(reactor, f"tcp:127.0.0.1:{port_number(port)}")
        if options is not None:
            endpoint = wrapClientTLS(options, endpoint)
        caller: Caller = await connectProtocol(endpoint, Caller())
        return caller

    async def hang_up(self, caller: Caller) -> None:
        assert caller.transport is not None
        caller.transport.loseConnection()
        await caller.ended

    def shown_certificate(self, caller: Caller) -> bytes:
        transport: Any = caller.transport
        der: bytes = transport.getHandle().get_peer_certificate(as_cryptography=True).public_bytes(Encoding.DER)
        return der

    async def test_plain(self) -> None:
        """A plain listener has the port the system chose, and its clients are near."""
        port = await self.listen("tcp", "tcp:0:interface=127.0.0.1")
        self.assertGreater(port_number(port), 0)
        self.assertEqual(shown(port), f"127.0.0.1:{port_number(port)}")
        caller = await self.call(port)
        await caller.until(b"welcome")
        await self.hang_up(caller)
        (peer,) = self.doors.peers
        self.assertEqual((peer.secure, peer.loopback, peer.certificate), (False, True, ""))

    async def test_tls(self) -> None:
        """The door of a TLS listener is told version and cipher when it is connected."""
        port = await self.listen("tls", "tls:0:interface=127.0.0.1:backlog=1024")
        caller = await self.call(port, CertificateOptions())
        await caller.until(b"welcome")
        await self.hang_up(caller)
        (peer,) = self.doors.peers
        self.assertTrue(peer.secure)
        self.assertRegex(peer.tls, r"\ATLSv1\.3 TLS_")

    async def test_client_certificate(self) -> None:
        """A client's self-signed certificate is taken, and known by its SHA-256 fingerprint, with TLS 1.2 and 1.3."""
        port = await self.listen("tls", "tls:0:interface=127.0.0.1")
        pem, key = make_pair("client", time.time())
        client_key: Any = load_pem_private_key(key, None)
        client_certificate: Any = x509.load_pem_x509_certificate(pem)
        for newest in (TLSVersion.TLSv1_2, TLSVersion.TLSv1_3):
            options = CertificateOptions(
                privateKey=client_key,
                certificate=client_certificate,
                lowerMaximumSecurityTo=newest,
            )
            caller = await self.call(port, options)
            await caller.until(b"welcome")
            await self.hang_up(caller)
        fingerprint = hashlib.sha256(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)).hexdigest()
        self.assertEqual([peer.certificate for peer in self.doors.peers], [fingerprint, fingerprint])
        self.assertEqual([peer.tls[:7] for peer in self.doors.peers], ["TLSv1.2", "TLSv1.3"])

    async def test_no_handshake(self) -> None:
        """Who does not speak TLS to a TLS listener is no client of the door."""
        port = await self.listen("tls", "tls:0:interface=127.0.0.1")
        caller = await self.call(port)
        assert caller.transport is not None
        caller.done.addErrback(lambda _: None)
        caller.transport.write(b"NICK alice\r\n" * 10)
        await caller.ended
        self.assertEqual((self.doors.peers, self.doors.lost), ([], 0))

    async def test_either(self) -> None:
        """One listener takes TLS and plain clients, told apart by the first byte."""
        port = await self.listen("tcp", "tcp:0:interface=127.0.0.1", detect=True)
        for options in (None, CertificateOptions(), None):
            caller = await self.call(port, options)
            assert caller.transport is not None
            caller.transport.write(b'{"hello"}')
            await caller.until(b'welcome {"HELLO"}')
            await self.hang_up(caller)
        self.assertEqual([peer.secure for peer in self.doors.peers], [False, True, False])

    async def test_trusted_proxy(self) -> None:
        """From a balancer of the settings the header comes first, then TLS or what the listener speaks; it decides
        address and, where it says so, security."""
        self.connections.limits = ConnectionLimits(proxies=(ip_network("127.0.0.0/8"),))
        ssl = value(0x20, b"\x01" + bytes(4) + value(0x21, b"TLSv1.3"))
        clear = b"PROXY TCP6 2001:db8::7 ::1 5000 80\r\n"
        for kind, detect, options, header in (
            ("tcp", False, None, clear),
            ("tcp", False, None, version_2(addresses("192.0.2.7", 5000) + ssl)),
            ("tcp", True, None, clear),
            ("tcp", True, CertificateOptions(), clear),
            ("tls", False, CertificateOptions(), version_2(addresses("192.0.2.7", 5000))),
            ("tcp", False, None, version_2(b"", command=0, family=0)),
        ):
            port = await self.listen(kind, f"{kind}:0:interface=127.0.0.1", detect=detect)
            caller = await self.after_header(port, header, options)
            assert caller.transport is not None
            caller.transport.write(b"nick alice")
            await caller.until(b"welcome NICK ALICE")
            await self.hang_up(caller)
        seen = [(peer.address, peer.port, peer.secure, peer.loopback) for peer in self.doors.peers]
        self.assertEqual(
            [(host, number if host != "127.0.0.1" else 0, secure, near) for host, number, secure, near in seen],
            [
                ("2001:db8::7", 5000, False, False),
                ("192.0.2.7", 5000, True, False),
                ("2001:db8::7", 5000, False, False),
                ("2001:db8::7", 5000, True, False),
                ("192.0.2.7", 5000, True, False),
                ("127.0.0.1", 0, False, True),
            ],
        )
        self.assertEqual(self.doors.peers[1].tls, "TLSv1.3")
        self.assertEqual(self.connections.places, {})

    async def test_trusted_proxy_without_header(self) -> None:
        """A balancer that sends none is cut off, and so is one whose client is banned or over a limit."""

        def barred(host: str) -> Refusal | None:
            return NotAllowed("barred") if host == "192.0.2.66" else None

        self.connections.barred = barred
        self.connections.limits = ConnectionLimits(proxies=(ip_network("127.0.0.0/8"),), per_address=1)
        port = await self.listen("tcp", "tcp:0:interface=127.0.0.1", answer=lambda refusal: refusal.sentence.encode())
        for header, said in (
            (b"NICK alice\r\n", b""),
            (b"PROXY TCP4 192.0.2.66 127.0.0.1 1 2\r\n", b"barred"),
        ):
            caller = await self.after_header(port, header, None)
            caller.done.addErrback(lambda _: None)
            await caller.ended
            self.assertEqual(caller.read, said)
        one = await self.after_header(port, b"PROXY TCP4 192.0.2.7 127.0.0.1 1 2\r\n", None)
        await one.until(b"welcome ")
        other = await self.after_header(port, b"PROXY TCP4 192.0.2.7 127.0.0.1 1 2\r\n", None)
        await other.until(b"No more than 1 connections")
        await other.ended
        await self.hang_up(one)
        while self.connections.open:
            await deferLater(reactor, 0.005)
        self.assertEqual(self.connections.places, {})

    async def after_header(self, port: IListeningPort, header: bytes, options: CertificateOptions | None) -> Caller:
        """Connect, send the header, and then begin TLS if there are options."""
        caller, begun = Caller(), Beginning(header)
        factory: Factory[Protocol] = Factory()
        inner: Any = caller
        if options is not None:
            wrapping = TLSMemoryBIOFactory(options, True, factory)
            inner = TLSMemoryBIOProtocol(wrapping, caller)
        begun.inner = inner
        endpoint = clientFromString(reactor, f"tcp:127.0.0.1:{port_number(port)}")
        await connectProtocol(endpoint, begun)
        return caller

    async def test_proxy(self) -> None:
        """Behind a PROXY header the client's own address decides: a proxy on this machine brings nobody near."""
        port = await self.listen("other", "haproxy:tcp:0:interface=127.0.0.1")
        for source in ("192.0.2.7", "127.0.0.1"):
            caller = await self.call(port)
            assert caller.transport is not None
            caller.transport.write(f"PROXY TCP4 {source} 127.0.0.1 5000 80\r\nNICK alice\r\n".encode())
            await caller.until(b"NICK ALICE")
            await self.hang_up(caller)
        seen = [(peer.address, peer.loopback) for peer in self.doors.peers]
        self.assertEqual(seen, [("192.0.2.7", False), ("127.0.0.1", True)])

    async def test_slow_reader(self) -> None:
        """A client that does not read is dropped once its send queue is full, plain or TLS; the daemon lives on."""
        for kind, options in (("tcp", None), ("tls", CertificateOptions())):
            self.doors.limit = 100_000
            port = await self.listen(kind, f"{kind}:0:interface=127.0.0.1")
            caller = await self.call(port, options)
            transport: Any = caller.transport
            await caller.until(b"welcome")
            (getattr(transport, "transport", None) or transport).pauseProducing()
            door = self.doors.doors[-1]
            for _ in range(1000):
                door.flood()
                if door.overflowed.called:
                    break
                await deferLater(reactor, 0, lambda: None)
            await door.overflowed
            (getattr(transport, "transport", None) or transport).resumeProducing()
            await caller.ended

    async def test_renewed(self) -> None:
        """A renewed certificate is shown to the next client; one that is connected stays connected."""
        port = await self.listen("tls", "tls:0:interface=127.0.0.1")
        first = await self.call(port, CertificateOptions())
        await first.until(b"welcome")
        self.replace(*make_pair("renewed.example", time.time()))
        clock = Clock()
        self.certificates.start(clock)
        clock.advance(INTERVAL)
        second = await self.call(port, CertificateOptions())
        await second.until(b"welcome")
        self.certificates.stop()
        renewed = x509.load_pem_x509_certificate(self.certificate.read_bytes()).public_bytes(Encoding.DER)
        self.assertEqual(self.shown_certificate(second), renewed)
        self.assertNotEqual(self.shown_certificate(first), renewed)
        assert first.transport is not None
        first.transport.write(b"still here")
        first.done = Deferred()
        await first.until(b"STILL HERE")
        await self.hang_up(first)
        await self.hang_up(second)

    def replace(self, certificate: bytes, key: bytes) -> None:
        for path, content in ((self.key, key), (self.certificate, certificate)):
            new = path.with_suffix(".tmp")
            new.write_bytes(content)
            new.replace(path)
