"""The opening handshake: RFC 6455 section 4.2, and who may ask."""

from twisted.trial.unittest import SynchronousTestCase

from imd.net.websocket.handshake import Accepted, Refused, accept, check

GOOD = {
    "Host": ["example.org"],
    "Upgrade": ["websocket"],
    "Connection": ["Upgrade"],
    "Sec-WebSocket-Key": ["dGhlIHNhbXBsZSBub25jZQ=="],
    "Sec-WebSocket-Version": ["13"],
}
KNOWN = ("text.ircv3.net", "binary.ircv3.net")


def asked(
    *origins: str, method: bytes = b"GET", version: bytes = b"HTTP/1.1", **fields: "list[str] | None"
) -> Accepted:
    """A good request with other fields."""
    given = {**GOOD, **{name.replace("_", "-"): value or [] for name, value in fields.items()}}
    return check(method, version, lambda name: given.get(name, []), KNOWN, frozenset(origins))


class HandshakeTests(SynchronousTestCase):
    """Requests, good and bad."""

    def refused(self, status: int, *origins: str, **fields: "list[str] | None") -> Refused:
        failure: Refused = self.assertRaises(Refused, asked, *origins, **fields)
        self.assertEqual(failure.status, status)
        return failure

    def test_accept(self) -> None:
        """The example of RFC 6455 section 1.3."""
        self.assertEqual(accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")

    def test_good(self) -> None:
        """Tokens in any case, in lists, and several fields (section 4.2.1)."""
        said = asked(Upgrade=["h2c, WebSocket"], Connection=["keep-alive", "x, upgrade"]).response()
        self.assertIn(b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", said)
        self.assertTrue(said.startswith(b"HTTP/1.1 101 "))
        self.assertTrue(said.endswith(b"\r\n\r\n"))
        self.assertNotIn(b"Sec-WebSocket-Protocol", said)

    def test_extensions(self) -> None:
        """None is agreed upon, so none is named (section 9.1)."""
        said = asked(Sec_WebSocket_Extensions=["permessage-deflate; client_max_window_bits"]).response()
        self.assertNotIn(b"Extensions", said)

    def test_subprotocols(self) -> None:
        """The client's order decides (IRCv3 WebSocket); of what is unknown none is taken."""
        for offered, taken in (
            (["binary.ircv3.net, text.ircv3.net"], "binary.ircv3.net"),
            (["other", "text.ircv3.net", "binary.ircv3.net"], "text.ircv3.net"),
            (["other"], ""),
            ([], ""),
        ):
            accepted = asked(Sec_WebSocket_Protocol=offered)
            self.assertEqual(accepted.subprotocol, taken)
        self.assertIn(
            b"\r\nSec-WebSocket-Protocol: text.ircv3.net\r\n",
            asked(Sec_WebSocket_Protocol=["text.ircv3.net"]).response(),
        )

    def test_bad(self) -> None:
        """Everything that section 4.2.1 asks for is asked for."""
        self.refused(405, method=b"POST")  # type: ignore[arg-type]
        self.refused(400, version=b"HTTP/1.0")  # type: ignore[arg-type]
        self.refused(426, Upgrade=None)
        self.refused(426, Upgrade=["h2c"])
        self.refused(400, Connection=None)
        self.refused(400, Connection=["close"])
        self.refused(400, Host=None)
        self.refused(400, Host=["a", "b"])
        for key in ([], ["dGhlIHNhbXBsZQ=="], ["no base64 at all !!!!!!!"], ["dGhlIHNhbXBsZSBub25jZQ=="] * 2):
            self.refused(400, Sec_WebSocket_Key=key)
        for version in ([], ["8"], ["13", "8"]):
            refused = self.refused(426, Sec_WebSocket_Version=version)
            # Section 4.4.
            self.assertIn(("Sec-WebSocket-Version", "13"), refused.headers)

    def test_origins(self) -> None:
        """Pages of this site, those on the list, and what is no browser."""
        own = "http://example.org"
        for origin in (None, [own], ["https://example.org"], ["https://EXAMPLE.org:443"]):
            asked(Origin=origin)
        asked(Host=["example.org:8080"], Origin=["http://example.org:8080"])
        asked(Host=["[::1]:8080"], Origin=["http://[::1]:8080"])
        asked("https://other.example", Origin=["https://other.example"])
        asked("*", Origin=["null"])
        for origin in (
            ["https://other.example"],
            ["https://example.org.evil.example"],
            ["https://example.org:8443"],
            ["null"],
            [""],
            ["http://[broken"],
            ["http://example.org:port"],
            [own, own],
        ):
            self.refused(403, "https://listed.example", Origin=origin)
        self.refused(403, "https://other.example", Origin=["https://other.example:444"])
