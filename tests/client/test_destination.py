"""NAME@HOST[:PORT], and which security goes with it."""

from twisted.trial.unittest import SynchronousTestCase

from imd.client.destination import Destination, Way, parse, ways
from imd.client.errors import UsageError


class ParseTests(SynchronousTestCase):
    def test_forms(self) -> None:
        """Names, addresses, and IPv6 in brackets, each with and without a port."""
        for text, expected in {
            "alice@example.org": Destination("alice", "example.org"),
            "alice@example.org:4321": Destination("alice", "example.org", 4321),
            "alice@127.0.0.1": Destination("alice", "127.0.0.1"),
            "alice@[::1]": Destination("alice", "::1"),
            "alice@[2001:db8::7]:4001": Destination("alice", "2001:db8::7", 4001),
        }.items():
            with self.subTest(text):
                self.assertEqual(parse(text), expected)
                self.assertEqual(str(expected), text)

    def test_mistakes(self) -> None:
        """Each is refused with a word that helps."""
        for text, hint in {
            "alice": "alice@localhost",
            "": "alice@localhost",
            "@example.org": "alice@example.org",
            "alice@example.org@host": "more than one @",
            "alice@": "NAME@HOST",
            "alice@::1": "alice@[::1]",
            "alice@2001:db8::7": "brackets",
            "alice@[1.2.3.4]": "not an IPv6 address",
            "alice@[::1": "NAME@HOST",
            "alice@host:": "not a port",
            "alice@host:0": "not a port",
            "alice@host:65536": "not a port",
            "alice@host:http": "not a port",
            "al ice@host": "NAME@HOST",
        }.items():
            with self.subTest(text):
                problem = self.assertRaises(UsageError, parse, text)
                self.assertIn(hint, str(problem))


class WaysTests(SynchronousTestCase):
    def test_ways(self) -> None:
        """Plain only on loopback; TLS wherever else, whatever was asked for."""
        tls, plain = Way(4001, True), Way(4000, False)
        for text, insecure, expected in [
            ("a@example.org", False, [tls]),
            ("a@example.org", True, [tls]),
            ("a@example.org:4000", False, [Way(4000, True)]),
            ("a@192.0.2.1:4000", True, [Way(4000, True)]),
            ("a@localhost.example.org:4000", True, [Way(4000, True)]),
            ("a@127.0.0.1", False, [plain]),
            ("a@127.9.9.9", False, [plain]),
            ("a@localhost", False, [plain]),
            ("a@[::1]", True, [plain]),
            ("a@localhost:4000", False, [plain, Way(4000, True)]),
            ("a@localhost:4001", False, [tls]),
            ("a@localhost:5000", False, [Way(5000, False), Way(5000, True)]),
            ("a@localhost:5000", True, [Way(5000, True)]),
        ]:
            with self.subTest(text, insecure=insecure):
                self.assertEqual(list(ways(parse(text), insecure)), expected)
