"""Listeners on real sockets: TLS, client certificates, either by the first byte, and renewal without a restart."""

import contextlib
import hashlib
import time
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from OpenSSL import SSL
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred, succeed
from twisted.internet.endpoints import clientFromString, connectProtocol, wrapClientTLS
from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import CertificateOptions, TLSVersion
from twisted.internet.task import Clock, deferLater
from twisted.logger import LogLevel, capturedLogs
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

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
from imd.net.tls import INTERVAL, Certificates, UnusablePair, load_pair
from tests.net.test_proxy_header import addresses, value, version_2

reactor: Any = installed
_T = TypeVar("_T")


def at_once(call: Any) -> Any:
    """Instead of a thread."""
    try:
        return succeed(call())
    except Exception:
        failed: Deferred[Any] = Deferred()
        failed.errback(Failure())
        return failed


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


class RenewalTests(SynchronousTestCase):
    """What happens to the pair in force when the files change."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.certificate, self.key = ensure_pair(self.folder, "chat.example", time.time())
        self.certificates = Certificates(self.certificate, self.key, at_once)
        self.inside = self.in_force()

    def in_force(self) -> bytes:
        """The certificate a new handshake would show."""
        factory = TLSMemoryBIOFactory(self.certificates, False, Factory(), Clock())
        connection = self.certificates.serverConnectionForTLS(TLSMemoryBIOProtocol(factory, Protocol()))
        client = SSL.Connection(SSL.Context(SSL.TLS_METHOD))
        client.set_connect_state()
        connection.set_accept_state()
        for _ in range(10):
            for one, other in ((client, connection), (connection, client)):
                with contextlib.suppress(SSL.WantReadError):
                    one.do_handshake()
                with contextlib.suppress(SSL.WantReadError):
                    other.bio_write(one.bio_read(65536))
        shown = client.get_peer_certificate(as_cryptography=True)
        assert shown is not None
        return shown.public_bytes(Encoding.PEM)

    def look(self) -> bool:
        return self.successResultOf(Deferred.fromCoroutine(self.certificates.look()))

    def test_unchanged(self) -> None:
        """Files that have not changed are not loaded again."""
        self.assertFalse(self.look())

    def test_renewed(self) -> None:
        """A changed pair is in force after the next look."""
        certificate, key = make_pair("chat.example", time.time())
        self.key.write_bytes(key)
        self.certificate.write_bytes(certificate)
        self.assertTrue(self.look())
        self.assertEqual(self.in_force(), certificate)

    def test_half_renewed(self) -> None:
        """While only one file is new the old pair serves; with the second file the new one does."""
        certificate, key = make_pair("chat.example", time.time())
        self.certificate.write_bytes(certificate)
        with capturedLogs() as events:
            self.assertFalse(self.look())
            self.assertFalse(self.look())
        (event,) = [each for each in events if each["log_level"] is LogLevel.error]
        self.assertIn("does not belong to the certificate", str(event["reason"]))
        self.assertEqual(self.in_force(), self.inside)
        self.key.write_bytes(key)
        self.assertTrue(self.look())
        self.assertEqual(self.in_force(), certificate)

    def test_broken(self) -> None:
        """Whatever is wrong with the new files, the old pair serves, and the log says what is wrong."""
        good_certificate, good_key = self.certificate.read_bytes(), self.key.read_bytes()
        armour = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        for path, content, complaint in (
            (self.certificate, b"", "holds no certificate"),
            (self.certificate, b"\x00\xff" * 50, "holds no certificate"),
            (self.certificate, armour, "holds a damaged certificate"),
            (self.key, b"", "holds no private key"),
            (self.key, good_certificate, "holds no private key"),
            (self.certificate, None, "cannot read"),
        ):
            if content is None:
                path.unlink()
            else:
                path.write_bytes(content)
            with capturedLogs() as events:
                self.assertFalse(self.look(), complaint)
            self.assertIn(complaint, str(events[0]["reason"]))
            self.assertEqual(self.in_force(), self.inside)
            self.certificate.write_bytes(good_certificate)
            self.key.write_bytes(good_key)
            self.look()

    def test_looking_goes_on(self) -> None:
        """Neither a broken pair nor an unforeseen error ends the looking."""
        clock = Clock()
        self.certificates.start(clock)
        self.patch(self.certificates, "_in_thread", lambda call: at_once(lambda: dict[str, str]()["unforeseen"]))
        clock.advance(INTERVAL)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.patch(self.certificates, "_in_thread", at_once)
        certificate, key = make_pair("chat.example", time.time())
        self.key.write_bytes(key)
        self.certificate.write_bytes(certificate)
        clock.advance(INTERVAL)
        self.assertEqual(self.in_force(), certificate)
        self.certificates.stop()
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_other_files(self) -> None:
        """A reload may name other files; if they cannot be used nothing changes."""
        with self.assertRaises(UnusablePair):
            self.certificates.use(self.folder / "none.pem", self.key)
        self.assertEqual(self.in_force(), self.inside)
        certificate, key = ensure_pair(self.folder / "other", "chat.example", time.time())
        self.assertTrue(self.certificates.use(certificate, key))
        self.assertFalse(self.certificates.use(certificate, key), "the same files, unaltered, are no change")
        self.assertEqual(self.in_force(), certificate.read_bytes())


class SelfSignedTests(SynchronousTestCase):
    def test_made_once(self) -> None:
        """The pair is made at the first start and kept; the key is the daemon's alone."""
        folder = Path(self.mktemp())
        certificate, key = ensure_pair(folder, "chat.example", time.time())
        before = certificate.read_bytes()
        ensure_pair(folder, "chat.example", time.time())
        self.assertEqual(certificate.read_bytes(), before)
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        self.assertEqual(sorted(each.name for each in folder.iterdir()), ["certificate.pem", "key.pem"])
        load_pair(certificate, key)

    def test_names(self) -> None:
        """It is for the domain and for this machine."""
        pem, _ = make_pair("chat.example", time.time())
        parsed = x509.load_pem_x509_certificate(pem)
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(names.get_values_for_type(x509.DNSName), ["chat.example", "localhost"])
        self.assertEqual([str(each) for each in names.get_values_for_type(x509.IPAddress)], ["127.0.0.1", "::1"])

    def test_made_again(self) -> None:
        """A pair that is worn out, damaged, incomplete, or for another domain is replaced."""
        folder = Path(self.mktemp())
        long_ago = time.time() - 20 * 365 * 86_400
        certificate, key = ensure_pair(folder, "chat.example", long_ago)
        for spoil in (lambda: None, lambda: certificate.write_bytes(b"x"), key.unlink):
            spoil()
            before = certificate.read_bytes()
            ensure_pair(folder, "chat.example", time.time())
            self.assertNotEqual(certificate.read_bytes(), before)
            load_pair(certificate, key)
        before = certificate.read_bytes()
        ensure_pair(folder, "other.example", time.time())
        self.assertNotEqual(certificate.read_bytes(), before)
