"""Certificates: what happens to the pair in force when the files change."""

import contextlib
import time
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.trial.unittest import SynchronousTestCase

from imd.net.self_signed import ensure_pair, make_pair
from imd.net.tls import INTERVAL, Certificates, UnusablePair
from tests.net.at_once import at_once


class RenewalTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.certificate, self.key = ensure_pair(self.folder, "chat.example", time.time())
        self.certificates = Certificates(self.certificate, self.key, at_once)
        self.inside = self.in_force()

    def in_force(self) -> bytes:
        """The certificate a new handshake would show."""
        shown = self.shaken().get_peer_certificate(as_cryptography=True)
        assert shown is not None
        return shown.public_bytes(Encoding.PEM)

    def shaken(self, *offers: bytes) -> SSL.Connection:
        """The client's end after a handshake; `offers` are its protocols (RFC 7301)."""
        factory = TLSMemoryBIOFactory(self.certificates, False, Factory(), Clock())
        connection = self.certificates.serverConnectionForTLS(TLSMemoryBIOProtocol(factory, Protocol()))
        client = SSL.Connection(SSL.Context(SSL.TLS_METHOD))
        if offers:
            client.set_alpn_protos(list(offers))
        client.set_connect_state()
        connection.set_accept_state()
        for _ in range(10):
            for one, other in ((client, connection), (connection, client)):
                with contextlib.suppress(SSL.WantReadError):
                    one.do_handshake()
                with contextlib.suppress(SSL.WantReadError):
                    other.bio_write(one.bio_read(65536))
        return client

    def test_protocols_offered(self) -> None:
        """A client that offers protocols, as every browser does, is let in; none is selected (RFC 7301 section 3.2)."""
        client = self.shaken(b"h2", b"http/1.1")
        self.assertIsNotNone(client.get_peer_certificate())
        self.assertEqual(client.get_alpn_proto_negotiated(), b"")

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
