"""The pair of our own, for who has no certificate."""

import time
from pathlib import Path

from cryptography import x509
from twisted.trial.unittest import SynchronousTestCase

from imd.net.self_signed import ensure_pair, make_pair
from imd.net.tls import load_pair


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
