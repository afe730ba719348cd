"""Endpoint strings of the settings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.endpoints import serverFromString
from twisted.internet.testing import MemoryReactor
from twisted.trial.unittest import SynchronousTestCase

from imd.config.listeners import parse_datagram_address, parse_listener
from imd.config.model import Settings

GOOD = {
    # text: kind, port, interface, loopback
    "tcp:4000": ("tcp", 4000, "127.0.0.1", True),
    "tls:4001": ("tls", 4001, "127.0.0.1", True),
    "tcp:0": ("tcp", 0, "127.0.0.1", True),
    "tcp:port=4000": ("tcp", 4000, "127.0.0.1", True),
    "tcp:65535:interface=0.0.0.0": ("tcp", 65535, "0.0.0.0", False),
    "tls:6697:interface=192.0.2.7": ("tls", 6697, "192.0.2.7", False),
    "tcp:6667:interface=127.8.9.1": ("tcp", 6667, "127.8.9.1", True),
    "tcp:6667:interface=localhost": ("tcp", 6667, "127.0.0.1", True),
    "tcp:6667:interface=\\:\\:1": ("tcp", 6667, "::1", True),
    "tcp:6667:interface=\\:\\:": ("tcp", 6667, "::", False),
    "tls:6667:interface=2001\\:db8\\:\\:7": ("tls", 6667, "2001:db8::7", False),
    "tcp:6667:127.0.0.1:50": ("tcp", 6667, "127.0.0.1", True),
    "tcp:4000:backlog=1": ("tcp", 4000, "127.0.0.1", True),
    "tcp:4000:backlog=65535": ("tcp", 4000, "127.0.0.1", True),
    "unix:/run/imd.sock": ("other", None, None, True),
    "systemd:domain=INET:index=0": ("other", None, None, False),
    "haproxy:tcp\\:4000": ("other", None, None, False),
    "onion:6667": ("other", None, None, False),
}

BAD = {
    "": "is not of the form",
    "4000": "is not of the form",
    ":4000": "is not of the form",
    "tcp": "is not of the form",
    "tcp:": "is no port",
    "tcp:irc": '"irc" in "tcp:irc" is no port',
    "tcp:65536": "is no port",
    "tcp:-1": "is no port",
    "tcp:٤": "is no port",
    "tpc:4000": 'did you mean "tcp:"?',
    "TCP:4000": 'did you mean "tcp:"?',
    "tsl:4000": 'did you mean "tls:"?',
    "ssl:6697:privateKey=k.pem": "write tls:PORT",
    "tcp:4000:interface=example.org": "is no IP address",
    "tcp:4000:interface=": "is no IP address",
    "tcp:4000:interface=::1": 'write "\\:" for each colon',
    "tcp:4000:iface=127.0.0.1": '"iface=" is unknown',
    "tcp:4000:port=4001": "gives port twice",
    "tcp:4000:interface=127.0.0.1:interface=0.0.0.0": "gives interface twice",
    "tcp:4000:backlog=0": "is no backlog",
    "tcp:4000:backlog=65536": "is no backlog",
    "tcp:4000:backlog=many": "is no backlog",
    "tcp:004000": "is no port",
    "tcp:4000:127.0.0.1:50:1": "has more than",
    "unix:": 'says nothing after "unix:"',
}


class ListenerTests(SynchronousTestCase):
    """Stream listeners."""

    def test_reads(self) -> None:
        """Kind, port and interface are found, and loopback is what is meant without an interface."""
        for text, expected in GOOD.items():
            listener = parse_listener(text)
            self.assertEqual((listener.kind, listener.port, listener.interface, listener.loopback), expected, text)

    def test_says_what_is_wrong(self) -> None:
        """Each wrong string is refused with its own reason."""
        for text, reason in BAD.items():
            with self.assertRaises(ValueError, msg=text) as caught:
                parse_listener(text)
            self.assertIn(reason, str(caught.exception), text)

    def test_twisted_binds_what_the_description_says(self) -> None:
        """Twisted reads our description of a TCP listener and binds the same port and interface."""
        for text, (kind, port, interface, _) in GOOD.items():
            if kind != "tcp":
                continue
            reactor = MemoryReactor()
            # MemoryReactor refuses to listen on IPv6 for want of a socket, but keeps the endpoint's wishes.
            endpoint = serverFromString(reactor, parse_listener(text).description)
            self.assertEqual((endpoint._port, endpoint._interface), (port, interface), text)

    def test_other_descriptions_are_untouched(self) -> None:
        """What we do not read ourselves reaches Twisted as it was written."""
        self.assertEqual(parse_listener("systemd:domain=INET:index=0").description, "systemd:domain=INET:index=0")

    def test_sign_on_storms_find_a_long_queue(self) -> None:
        """The backlog is 4096 unless the string says another."""
        self.assertIn(":backlog=4096", parse_listener("tcp:4000").description)
        self.assertIn(":backlog=50", parse_listener("tls:4000:backlog=50").description)

    @given(st.text(alphabet="tcplsunix:=\\0123456789.[]abinterface "))
    def test_any_text_is_a_listener_or_a_reason(self, text: str) -> None:
        """Whatever is written gives a listener or ValueError, and a description reads back as the same."""
        try:
            listener = parse_listener(text)
        except ValueError:
            return
        self.assertEqual(parse_listener(listener.description), listener)


class DatagramTests(SynchronousTestCase):
    """Addresses of datagram listeners."""

    def test_reads(self) -> None:
        """IPv4, IPv6 in brackets, and localhost."""
        for text, expected in {
            "127.0.0.1:4000": (4000, "127.0.0.1", "127.0.0.1:4000", True),
            "localhost:0": (0, "127.0.0.1", "127.0.0.1:0", True),
            "0.0.0.0:4000": (4000, "0.0.0.0", "0.0.0.0:4000", False),
            "[::1]:4000": (4000, "::1", "[::1]:4000", True),
            "[::]:4000": (4000, "::", "[::]:4000", False),
        }.items():
            listener = parse_datagram_address(text)
            found = (listener.port, listener.interface, listener.description, listener.loopback)
            self.assertEqual(found, expected)
            self.assertEqual(listener.kind, "udp")

    def test_says_what_is_wrong(self) -> None:
        """Each wrong address is refused with its own reason."""
        for text, reason in {
            "4000": "is not of the form ADDRESS:PORT",
            ":4000": "is not of the form ADDRESS:PORT",
            "[::1:4000": "needs brackets",
            "::1]:4000": "needs brackets",
            "::1:4000": 'needs brackets around the IPv6 address: "[::1]:4000"',
            "127.0.0.1:x": "is no port",
            "127.0.0.1:65536": "is no port",
            "example.org:4000": "is no IP address",
        }.items():
            with self.assertRaises(ValueError, msg=text) as caught:
                parse_datagram_address(text)
            self.assertIn(reason, str(caught.exception), text)


class DefaultsTests(SynchronousTestCase):
    """Where doors listen without a settings file."""

    def test_nothing_is_open_to_the_world(self) -> None:
        """All default listeners are on loopback, at the ports of the contract."""
        settings = Settings()
        self.assertTrue(settings.everything_on_loopback())
        ports = {
            door: [(listener.kind, listener.port) for listener in settings.listen.listeners(door)]
            for door in ("native", "irc", "web", "udp")
        }
        self.assertEqual(
            ports,
            {
                "native": [("tcp", 4000), ("tls", 4001)],
                "irc": [("tcp", 6667), ("tls", 6697)],
                "web": [("tcp", 8080)],
                "udp": [("udp", 4000)],
            },
        )
