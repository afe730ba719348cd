"""Requests, good and bad."""

import msgspec
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from tests.net.web.site_case import SiteCase, ask


class RequestTests(SiteCase):
    """HTTP."""

    def test_page(self) -> None:
        """What is here, for who looks in with a browser; one request for each connection."""
        self.come(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        said = self.said()
        self.assertTrue(said.startswith(b"HTTP/1.1 200 OK\r\n"))
        for header in (b"Connection: close", b"X-Content-Type-Options: nosniff", b"text/html; charset=utf-8"):
            self.assertIn(header, said)
        self.assertFalse(self.transport.connected)
        self.assertEqual(self.site.requesting, set())

    def test_health(self) -> None:
        """200, or 503 and why."""
        request = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
        self.come(request)
        head, _, body = self.said().partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 200 OK"))
        self.assertEqual(msgspec.json.decode(body), {"status": "ok"})
        self.wrong = "store unavailable"
        self.come(request)
        head, _, body = self.said().partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 503 Service Unavailable"))
        self.assertEqual(msgspec.json.decode(body), {"status": "store unavailable"})

    def test_others(self) -> None:
        """What is not here, what may not be done, and what only a WebSocket can have."""
        for request, status in (
            (b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404),
            (b"GET /irc HTTP/1.1\r\nHost: a\r\n\r\n", 426),
            (b"GET /health/more HTTP/1.1\r\nHost: a\r\n\r\n", 404),
            (b"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
            (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 413),
            (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 413),
            (b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", 413),
            (b"nonsense\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nno header\r\n\r\n", 400),
            (b"\x16\x03\x01\r\n\r\n", 400),
        ):
            self.come(request)
            self.assertTrue(self.said().startswith(b"HTTP/1.1 %d " % status), request)
            self.assertFalse(self.transport.connected, request)
        self.assertEqual(self.site.requesting, set())
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_head_in_pieces(self) -> None:
        """The head may come byte by byte; what is kept of it is in the books until it is whole."""
        request = ask("/")
        connection = self.come(*(request[at : at + 1] for at in range(len(request) - 1)))
        self.assertEqual(self.memory.total, len(request) - 1)
        self.assertEqual(self.said(), b"")
        self.say(connection, request[-1:])
        self.assertEqual(self.memory.total, 0)
        self.assertTrue(self.said().startswith(b"HTTP/1.1 101 "))

    def test_long_head(self) -> None:
        """More is not kept (RFC 6585 section 5), whether it comes at once or bit by bit."""
        for count in (1, 50):
            data = b"GET / HTTP/1.1\r\nX: " + b"x" * 1000
            size = len(data) // count + 1
            self.come(*(data[at : at + size] for at in range(0, len(data), size)))
            self.assertTrue(self.said().startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n"))
            self.assertFalse(self.transport.connected)
        self.come(b"GET / HTTP/1.1\r\nX: " + b"x" * 1000 + b"\r\n\r\n")
        self.assertTrue(self.said().startswith(b"HTTP/1.1 431 "))
        self.assertEqual((self.memory.total, self.tally.met["request_size"]), (0, 3))

    def test_slow_head(self) -> None:
        """Whose request is not there in time is told so (RFC 9110 section 15.5.9)."""
        self.come(b"GET / HT").admission_expired()
        self.assertTrue(self.said().startswith(b"HTTP/1.1 408 Request Timeout\r\n"))
        self.assertEqual(self.memory.total, 0)

    def test_short_of_memory(self) -> None:
        """A head that is let go is answered, too."""
        self.come(b"GET / HT")
        self.memory.shed(0)
        self.assertTrue(self.said().startswith(b"HTTP/1.1 503 "))
        self.assertEqual(self.memory.total, 0)

    def test_lost(self) -> None:
        """Gone before it has asked."""
        connection = self.come(b"GET / HT")
        connection.connectionLost(Failure(connectionDone.value))
        self.assertEqual((self.memory.total, self.site.requesting), (0, set()))

    def test_stopping(self) -> None:
        """Requests end with the daemon."""
        self.come(b"GET / HT")
        self.site.stop()
        self.assertFalse(self.transport.connected)
