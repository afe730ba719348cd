"""Connections that bring one request after the other."""

from typing import Any

import msgspec

from imd.net.connections import ConnectionLimits, Connections
from imd.net.web.pages import Branch, keep
from tests.net.web.site_case import SiteCase, ask

GET = b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n"


class Kept(Branch):
    """A resource that lets its connections stay."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.text = b"page"

    def render_GET(self, request: Any) -> bytes:
        self.asked += 1
        keep(request)
        return self.text


class KeptTests(SiteCase):
    def setUp(self) -> None:
        super().setUp()
        self.page = Kept()
        self.site.put("page", self.page)

    def test_kept(self) -> None:
        """As long as requests come in time; a resource that does not say so closes (RFC 9112 section 9.3)."""
        connection = self.come(GET)
        for _ in range(5):
            said = self.said()
            self.assertTrue(said.startswith(b"HTTP/1.1 200 OK\r\n"))
            self.assertNotIn(b"Connection:", said)
            self.assertTrue(self.transport.connected)
            self.reactor.advance(4.9)
            self.say(connection, GET[:5])
            self.reactor.advance(24)
            self.say(connection, GET[5:])
        self.said()
        self.say(connection, b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertIn(b"Connection: close", self.said())
        self.assertFalse(self.transport.connected)
        self.assertEqual((self.reactor.getDelayedCalls(), self.site.requesting), ([], set()))

    def test_not_wanted(self) -> None:
        """A client may say that it was the last (RFC 9112 section 9.6), and an old one knows no other way."""
        for request in (
            b"GET /page HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n",
            b"GET /page HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n",
            b"GET /page HTTP/1.0\r\nHost: a\r\n\r\n",
        ):
            self.come(request)
            self.assertIn(b"Connection: close", self.said())
            self.assertFalse(self.transport.connected)

    def test_silence(self) -> None:
        """Who asks no more is let go without a word; who stops in the middle is told."""
        self.come(GET)
        self.said()
        self.reactor.advance(4.9)
        self.assertTrue(self.transport.connected)
        self.reactor.advance(0.1)
        self.assertEqual((self.said(), self.transport.connected), (b"", False))
        connection = self.come(GET)
        self.said()
        self.say(connection, GET[:-1])
        self.assertEqual(self.memory.total, len(GET) - 1)
        self.reactor.advance(5)
        self.reactor.advance(24.9)
        self.assertEqual(self.said(), b"")
        self.reactor.advance(0.1)
        self.assertTrue(self.said().startswith(b"HTTP/1.1 408 "))
        self.assertEqual((self.memory.total, self.tally.met["handshake_timeout"]), (0, 1))

    def test_many_at_once(self) -> None:
        """Requests that come together are answered in their order, a few in each turn of the reactor."""
        self.site.settings = msgspec.structs.replace(self.site.settings, request_size=10_000)
        connection = self.come()
        connection.dataReceived(GET * 100)
        self.assertEqual(self.page.asked, 1)
        self.assertEqual(self.memory.total, 99 * len(GET))
        self.clock.end_turn()
        self.assertLess(self.page.asked, 15)
        self.turn()
        self.assertEqual(self.said().count(b"HTTP/1.1 200 OK"), 100)
        self.assertEqual(self.memory.total, 0)

    def test_too_many_at_once(self) -> None:
        """More than a head may have is not kept."""
        connection = self.come()
        connection.dataReceived(GET * 100)
        self.turn()
        self.assertFalse(self.transport.connected)
        self.assertEqual((self.memory.total, self.page.asked), (0, 1))
        self.assertEqual(self.tally.met["request_size"], 1)

    def test_becomes_a_websocket(self) -> None:
        """Also on a connection that has served requests, and with a message right behind."""
        connection = self.come(GET)
        self.said()
        self.say(connection, ask("/native"))
        self.assertTrue(self.said().startswith(b"HTTP/1.1 101 "))
        self.reactor.advance(60)
        self.assertTrue(self.transport.connected)
        self.assertIsNone(self.made[-1].ticket)

    def test_one_handshake_more(self) -> None:
        """A WebSocket on a connection that has served requests counts as a sign-on that begins, and must be finished in
        time; where too many are under way it is refused."""
        connections = Connections(self.reactor, ConnectionLimits(handshakes=1, handshake_timeout=20))
        connection = self.come(GET)
        self.said()
        connection.ticket = ticket = connections.admit(self.transport.getPeer())
        late: list[str] = []
        ticket.wait_for_sign_on()
        ticket.expect(lambda: late.append("late"))
        ticket.settle()
        other = connections.admit(self.transport.getPeer())
        self.say(connection, ask("/native"))
        self.assertTrue(self.said().startswith(b"HTTP/1.1 503 "))
        self.assertFalse(self.transport.connected)
        other.give_back()
        connection = self.come(GET)
        self.said()
        connection.ticket = ticket
        self.say(connection, ask("/native"))
        self.assertTrue(self.said().startswith(b"HTTP/1.1 101 "))
        self.assertEqual((connections.handshakes, late), (1, []))
        self.reactor.advance(20)
        self.assertEqual(late, ["late"])

    def test_stopping(self) -> None:
        """What is not asked yet is not answered any more; who has had an answer may ask for the last words of what is
        there, for so long."""
        self.site.bodies.add(b"/page")
        kept = self.come(GET)
        self.said()
        self.site.stop()
        self.say(kept, b"GET /page/there HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertTrue(self.said().startswith(b"HTTP/1.1 404 "))
        self.assertFalse(self.transport.connected)
        for path in ("/", "/page", "/pages/there"):
            self.come(ask(path))
            self.assertTrue(self.said().startswith(b"HTTP/1.1 503 "))
            self.assertFalse(self.transport.connected)
        self.site.stopping = False
        self.come(GET)
        self.site.stop()
        self.assertTrue(self.transport.connected)
        self.site.close()
        self.assertFalse(self.transport.connected)

    def test_short_of_memory(self) -> None:
        """One that is let go between two requests is told so."""
        self.come(GET, GET[:9])
        self.said()
        self.memory.shed(0)
        self.assertTrue(self.said().startswith(b"HTTP/1.1 503 "))
        self.assertEqual((self.memory.total, self.reactor.getDelayedCalls()), (0, []))

    def test_lengths_beyond_reason(self) -> None:
        """A length with thousands of digits is a bad request, and no fault of ours."""
        self.come(b"POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 900 + b"\r\n\r\n")
        self.assertTrue(self.said().startswith(b"HTTP/1.1 413 "))
        self.site.settings = msgspec.structs.replace(self.site.settings, request_size=10_000)
        self.come(b"POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n")
        self.assertTrue(self.said().startswith(b"HTTP/1.1 400 "))
        self.assertFalse(self.transport.connected)
