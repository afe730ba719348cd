"""PROXY headers, by tables and by property: `imd.net.proxy_header`."""

import ipaddress
import struct

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.net.proxy_header import LONGEST, BadHeader, Header, read

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def value(kind: int, octets: bytes) -> bytes:
    """A type-length-value."""
    return struct.pack("!BH", kind, len(octets)) + octets


def version_2(body: bytes, *, family: int = 0x11, command: int = 1, version: int = 2) -> bytes:
    return SIGNATURE + struct.pack("!BBH", version << 4 | command, family, len(body)) + body


def addresses(source: str, port: int) -> bytes:
    packed = ipaddress.ip_address(source).packed
    return packed + bytes(len(packed)) + struct.pack("!HH", port, 443)


TLS = value(0x20, b"\x01" + bytes(4) + value(0x21, b"TLSv1.3") + value(0x23, b"TLS_AES_128_GCM_SHA256"))

#: What is right → what it says.
RIGHT: dict[bytes, Header] = {
    b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 443\r\n": Header("192.0.2.7", 40000),
    b"PROXY TCP6 2001:DB8::7 ::1 1 65535\r\n": Header("2001:db8::7", 1),
    b"PROXY UNKNOWN\r\n": Header(),
    b"PROXY UNKNOWN " + b" ".join([b":".join([b"ffff"] * 8)] * 2) + b" 65535 65535\r\n": Header(),
    version_2(addresses("192.0.2.7", 40000)): Header("192.0.2.7", 40000),
    version_2(addresses("2001:db8::7", 1), family=0x21): Header("2001:db8::7", 1),
    version_2(b"", command=0, family=0): Header(),
    version_2(addresses("192.0.2.7", 1), command=0): Header(),
    version_2(b"", family=0): Header(),
    version_2(b"x" * 216, family=0x31): Header(),
    version_2(addresses("192.0.2.7", 1), family=0x12): Header(),
    version_2(addresses("192.0.2.7", 2) + value(0x04, b"") + TLS): Header(
        "192.0.2.7", 2, "TLSv1.3 TLS_AES_128_GCM_SHA256"
    ),
    # The client came in the clear, the balancer says.
    version_2(addresses("192.0.2.7", 2) + value(0x20, bytes(5))): Header("192.0.2.7", 2),
    version_2(addresses("192.0.2.7", 2) + value(0x20, b"\x01" + bytes(4))): Header("192.0.2.7", 2, "TLS"),
    version_2(addresses("192.0.2.7", 2) + value(0x20, b"\x01\0\0\0\0" + value(0x21, b"\r\n\x00\xff"))): Header(
        "192.0.2.7", 2, "????"
    ),
}

WRONG = (
    b"NICK alice\r\n",
    b"\x16\x03\x01",
    b"proxy TCP4 192.0.2.7 198.51.100.1 1 2\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n",
    b"PROXY TCP4  192.0.2.7 198.51.100.1 1 2\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2 \r\n",
    b"PROXY TCP4 2001:db8::7 ::1 1 2\r\n",
    b"PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n",
    b"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
    b"PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 -1 2\r\n",
    b"PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2" + b" " * 80,
    b"PROXY " + b"x" * 200,
    version_2(addresses("192.0.2.7", 1), version=1),
    version_2(addresses("192.0.2.7", 1), command=2),
    version_2(addresses("192.0.2.7", 1), family=0x41),
    version_2(addresses("192.0.2.7", 1)[:-1]),
    version_2(addresses("192.0.2.7", 1), family=0x21),
    version_2(addresses("192.0.2.7", 1) + b"\x20\x00"),
    version_2(addresses("192.0.2.7", 1) + b"\x20\x00\x09abc"),
    version_2(addresses("192.0.2.7", 1) + value(0x20, b"\x01" + bytes(4) + b"\x21\x00\x09a")),
    version_2(bytes(LONGEST)),
)


class HeaderTests(SynchronousTestCase):
    def test_right(self) -> None:
        """What the standard allows is read, and what follows is left."""
        for octets, header in RIGHT.items():
            self.assertEqual(read(octets), (header, len(octets)), repr(octets))
            self.assertEqual(read(octets + b"NICK alice\r\n"), (header, len(octets)), repr(octets))

    def test_wrong(self) -> None:
        """Anything else is refused."""
        for octets in WRONG:
            self.assertRaises(BadHeader, read, octets)

    def test_any_split(self) -> None:
        """As long as a part is missing there is neither header nor error."""
        for octets in RIGHT:
            for length in range(len(octets)):
                self.assertIsNone(read(octets[:length]), repr(octets[:length]))

    @given(
        st.binary(max_size=200), st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21\x11"])
    )
    def test_anything(self, octets: bytes, begin: bytes) -> None:
        """Any bytes give a header, nothing yet, or one kind of error; and more bytes do not mend what is wrong."""
        try:
            found = read(begin + octets)
        except BadHeader:
            self.assertRaises(BadHeader, read, begin + octets + b"x")
            return
        if found is not None:
            header, length = found
            self.assertLessEqual(length, len(begin + octets))
            self.assertTrue(header.tls.isprintable())

    @given(st.ip_addresses(), st.integers(0, 65_535), st.binary(max_size=50))
    def test_there_and_back(
        self, address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int, rest: bytes
    ) -> None:
        """Every address and port comes through both versions."""
        if getattr(address, "scope_id", None):
            return
        version, host = address.version, str(address)
        line = f"PROXY TCP{version} {host} {host} {port} 1\r\n".encode()
        self.assertEqual(read(line + rest), (Header(host, port), len(line)))
        binary = version_2(addresses(host, port), family=0x11 if version == 4 else 0x21)
        self.assertEqual(read(binary + rest), (Header(host, port), len(binary)))
