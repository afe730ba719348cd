"""Whose pages are ours by their name; which may come otherwise: tests/net/websocket/test_handshake.py."""

from twisted.trial.unittest import SynchronousTestCase

from imd.net.origin import from_here


class OriginTests(SynchronousTestCase):
    def test_rebinding(self) -> None:
        """With a domain to go by, a page is not ours because its name was made to be this machine's; names that are
        this machine's own, and those of the domain, are."""

        def comes(host: str, *origins: str) -> bool:
            return from_here([f"http://{host}"], host, origins, "Example.org")

        for host in (
            "localhost",
            "LOCALHOST:8080",
            "localhost.:8080",
            "demo.localhost",
            "127.0.0.1:8080",
            "[::1]:8080",
            "192.0.2.1",
            "example.org",
            "chat.example.org:8080",
        ):
            self.assertTrue(comes(host), host)
        for host in (
            "evil.example",
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "evillocalhost",
            "notexample.org",
            "example.org.evil.example",
            "127.1.evil",
            "",
        ):
            self.assertFalse(comes(host), host)
        self.assertTrue(comes("chat.test", "http://chat.test"))
        self.assertTrue(from_here([], "evil.example", (), "example.org"))
