"""Who is at the far end."""

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from imd.core.session import place_of
from imd.net.peer import host_and_port, is_loopback, peer_of


class PeerTests(SynchronousTestCase):
    def test_plain_connection(self) -> None:
        """Address, port, and whether a password may be sent in the clear."""
        near = peer_of(StringTransport(peerAddress=IPv4Address("TCP", "127.0.0.1", 1234)), "irc")
        self.assertEqual((near.door, near.address, near.port, near.loopback), ("irc", "127.0.0.1", 1234, True))
        self.assertTrue(near.confidential)
        far = peer_of(StringTransport(peerAddress=IPv6Address("TCP", "2001:db8::1", 1234)), "irc")
        self.assertFalse(far.confidential)

    def test_spelling(self) -> None:
        """An IPv4 client of an IPv6 listener has its IPv4 address; a Unix socket has none."""
        for address, expected in (
            (IPv6Address("TCP", "::ffff:192.0.2.1", 5), ("192.0.2.1", 5)),
            (IPv6Address("TCP", "::ffff:127.0.0.1", 5), ("127.0.0.1", 5)),
            (IPv6Address("TCP", "2001:DB8:0:0::1", 5), ("2001:db8::1", 5)),
            (IPv6Address("TCP", "fe80::1%eth0", 5), ("fe80::1%eth0", 5)),
            (UNIXAddress("/run/imd"), ("", 0)),
            (None, ("", 0)),
        ):
            self.assertEqual(host_and_port(address), expected)
        self.assertFalse(is_loopback("192.0.2.1"))
        self.assertFalse(is_loopback("not an address"))

    def test_networks(self) -> None:
        """An IPv6 /64 counts as one place, an IPv4 address as itself."""
        self.assertEqual(place_of("2001:db8:0:1::1"), place_of("2001:db8:0:1:ffff::2"))
        self.assertNotEqual(place_of("2001:db8:0:1::1"), place_of("2001:db8:0:2::1"))
        self.assertNotEqual(place_of("192.0.2.1"), place_of("192.0.2.2"))
        self.assertEqual(place_of("fe80::1%eth0"), place_of("fe80::2%eth0"))
