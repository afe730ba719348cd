"""Requests that become WebSockets, and what is carried by those."""

import msgspec
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from imd.net.web import connection as web_connection
from tests.net.web.site_case import SiteCase, ask
from tests.net.websocket.client import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame, frames


class WebSocketTests(SiteCase):
    """Requests that become WebSockets."""

    def test_doors(self) -> None:
        """Which door, and in which kind of messages, by path and subprotocol."""
        for path, offered, via, chosen in (
            ("/", "", "one", ""),
            ("/", "text", "one", "text"),
            ("/", "native", "two", "native"),
            ("/", "unknown, native, text", "two", "native"),
            ("/irc", "binary", "one", "binary"),
            ("/irc/", "", "one", ""),
            ("/irc?x=y", "unknown", "one", ""),
            ("/native", "", "two", ""),
            ("/native", "text", "two", ""),
        ):
            self.come(ask(path, *([f"Sec-WebSocket-Protocol: {offered}"] if offered else [])))
            head, _, rest = self.said().partition(b"\r\n\r\n")
            self.assertEqual(self.made[-1].via, via, (path, offered))
            named = b"Sec-WebSocket-Protocol: " + chosen.encode() in head.split(b"\r\n")
            self.assertEqual((named, b"Sec-WebSocket-Protocol" in head), (bool(chosen), bool(chosen)))
            self.assertEqual(frames(rest), [(BINARY if chosen == "binary" else TEXT, b"hello")])
        self.assertEqual(self.site.upgraded, 9)

    def test_refused(self) -> None:
        """A handshake that is wrong, and pages from elsewhere."""
        for request, status in (
            (ask().replace(b": 13", b": 8"), 426),
            (ask().replace(b"dGhl", b"!!!!"), 400),
            (ask("/", "Origin: https://elsewhere.example"), 403),
        ):
            self.come(request)
            self.assertTrue(self.said().startswith(b"HTTP/1.1 %d " % status))
            self.assertFalse(self.transport.connected)
        self.site.settings = msgspec.structs.replace(
            self.site.settings, origins=frozenset({"https://elsewhere.example"})
        )
        self.upgraded("/", "Origin: https://elsewhere.example")

    def test_embedded(self) -> None:
        """Pages of the configured sites may open the embedded door, and no other; the door hears which page it was."""
        origin = "Origin: https://shop.example"
        self.come(ask("/embed/socket", origin))
        self.assertTrue(self.said().startswith(b"HTTP/1.1 403 "))
        self.site.settings = msgspec.structs.replace(self.site.settings, embedders=frozenset({"https://shop.example"}))
        _, door = self.upgraded("/embed/socket", origin, "Sec-WebSocket-Protocol: native")
        self.assertEqual((door.via, door.origin), ("three", "https://shop.example"))
        _, door = self.upgraded("/embed/socket")
        self.assertEqual((door.via, door.origin), ("three", ""))
        for path in ("/", "/native"):
            self.come(ask(path, origin, "Sec-WebSocket-Protocol: native"))
            self.assertTrue(self.said().startswith(b"HTTP/1.1 403 "))
        self.come(b"GET /embed/nothing HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertTrue(self.said().startswith(b"HTTP/1.1 404 "))

    def test_messages(self) -> None:
        """Heard and said, also with what came together with the request."""
        connection = self.come(ask() + frame(TEXT, b"at once"))
        self.assertEqual(frames(self.said().partition(b"\r\n\r\n")[2]), [(TEXT, b"hello"), (TEXT, b"at once")])
        self.say(connection, frame(TEXT, b"a") + frame(TEXT, b"b", final=False), frame(CONTINUATION, b"c"))
        self.assertEqual(frames(self.said()), [(TEXT, b"a"), (TEXT, b"bc")])

    def test_kind_of_who_names_none(self) -> None:
        """Who names no subprotocol gets messages of the kind it begins with (IRCv3 WebSocket, last section)."""
        connection, _ = self.upgraded()
        self.say(connection, frame(BINARY, b"a"), frame(TEXT, b"b"))
        self.assertEqual(frames(self.said()), [(BINARY, b"a"), (BINARY, b"b")])
        connection, _ = self.upgraded("/", "Sec-WebSocket-Protocol: text")
        self.say(connection, frame(BINARY, b"a"))
        self.assertEqual(frames(self.said()), [(TEXT, b"a")])

    def test_kind_that_is_not_taken(self) -> None:
        """1003, after what was said before."""
        connection, door = self.upgraded("/native")
        self.say(connection, frame(TEXT, b"a") + frame(BINARY, b"b") + frame(TEXT, b"c"))
        first, (opcode, last) = frames(self.said())
        self.assertEqual((first, opcode, last[:2]), ((TEXT, b"a"), CLOSE, (1003).to_bytes(2)))
        self.assertTrue(door.has_left)

    def test_pings(self) -> None:
        """Answered with what they hold, the last of several; a pong is a sign of life (RFC 6455 section 5.5)."""
        connection, door = self.upgraded()
        self.say(connection, frame(PING, b"1") + frame(PING, b"2"))
        self.assertEqual(frames(self.said()), [(PONG, b"2")])
        self.say(connection, frame(PONG, b""))
        self.assertEqual((frames(self.said()), door.heard_of), ([], 2))

    def test_close(self) -> None:
        """Answered with the same code; what follows is not read (RFC 6455 section 5.5.1)."""
        for payload, code in ((b"\x03\xe8bye", 1000), (b"\x0f\xa1", 4001), (b"", 1000)):
            connection, door = self.upgraded()
            self.say(connection, frame(TEXT, b"last") + frame(CLOSE, payload) + frame(TEXT, b"more"))
            self.assertEqual(frames(self.said()), [(TEXT, b"last"), (CLOSE, code.to_bytes(2))])
            self.assertTrue(door.has_left)
            self.say(connection, frame(TEXT, b"more"), b"\xff" * 100)
            self.assertEqual(self.said(), b"")

    def test_violation(self) -> None:
        """The code and the reason come last, after answers to what was right."""
        for data, code in ((b"\x81\x01x", 1002), (frame(TEXT, b"\xff"), 1007), (frame(TEXT, b"x" * 3000), 1009)):
            connection, door = self.upgraded()
            self.say(connection, frame(TEXT, b"good") + data + frame(TEXT, b"more"))
            first, (opcode, last) = frames(self.said())
            self.assertEqual((first, opcode), ((TEXT, b"good"), CLOSE))
            self.assertEqual(int.from_bytes(last[:2]), code)
            self.assertTrue(last[2:].decode())
            self.assertTrue(door.has_left)
        self.assertEqual(self.tally.met["websocket_message"], 1)

    def test_too_long(self) -> None:
        """The door answers, in order, and the connection goes on."""
        connection, door = self.upgraded()
        self.say(connection, frame(TEXT, b"a") + frame(TEXT, b"x" * 300) + frame(TEXT, b"b"))
        self.assertEqual((frames(self.said()), door.long), ([(TEXT, b"a"), (TEXT, b"b")], [200]))

    def test_books(self) -> None:
        """The door is told what the carrier keeps of messages that are not complete."""
        connection, door = self.upgraded()
        data = frame(TEXT, b"x" * 150)
        self.say(connection, data[:100])
        self.assertEqual(door.carried, 100)
        self.say(connection, data[100:])
        self.assertEqual(door.carried, 0)

    def test_too_many_frames(self) -> None:
        """That are no messages: 1008. A client that pings now and then never meets it."""
        connection, _ = self.upgraded()
        for _ in range(30):
            self.say(connection, *[frame(PING)] * 50)
            self.reactor.advance(1)
        self.assertEqual({opcode for opcode, _ in frames(self.said())}, {PONG})
        self.say(connection, frame(PING) * 1100)
        ((opcode, last),) = frames(self.said())
        self.assertEqual((opcode, int.from_bytes(last[:2])), (CLOSE, 1008))
        self.assertEqual(self.tally.met["frames_per_second"], 1)

    def test_too_slow(self) -> None:
        """Whoever takes too long to sign on hears it from the door."""
        connection, _ = self.upgraded()
        connection.admission_expired()
        self.assertEqual(frames(self.said()), [(TEXT, b"too late"), (CLOSE, (1000).to_bytes(2))])

    def test_stopping(self) -> None:
        """The daemon goes away: 1001."""
        _, door = self.upgraded()
        self.site.stop()
        door.outbox.close()
        self.assertEqual(frames(self.said()), [(CLOSE, (1001).to_bytes(2))])

    def test_lost(self) -> None:
        """The door hears of it."""
        connection, door = self.upgraded()
        connection.connectionLost(Failure(connectionDone.value))
        self.assertTrue(door.is_lost)

    def test_gone_before_the_answer(self) -> None:
        """Whoever does not even take the answer gets no door; what came with the request is not read."""
        self.patch(web_connection, "say_at_once", lambda transport, data: False)
        connection = self.come()
        # A socket tells of its end in the next turn.
        aborted: list[str] = []
        self.transport.abortConnection = lambda: aborted.append("now")  # type: ignore[method-assign]
        self.say(connection, ask() + frame(TEXT, b"at once"), frame(TEXT, b"more"))
        self.transport.loseConnection()
        self.assertEqual(aborted, ["now"])
        self.assertEqual((self.made, self.site.upgraded, self.site.requesting), ([], 0, set()))
        self.assertEqual((self.memory.total, self.reactor.getDelayedCalls()), (0, []))
