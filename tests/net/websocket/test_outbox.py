"""The write path with frames in it: what is left of a frame goes out, whatever is forgotten."""

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from imd.net.reactor_clock import ReactorClock
from imd.net.sending import CHUNK
from imd.net.websocket.frames import Framing, Opcode
from imd.net.websocket.outbox import WebSocketOutbox
from tests.net.websocket.client import CLOSE, PING, TEXT, frames


class Choking:
    """A transport that takes `room` bytes at a time, and then says that it is choked."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.taken = b""
        self.producer: Any = None
        self.closed = False

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None

    def write(self, data: bytes) -> None:
        self.taken += data
        self.room -= len(data)
        if self.room <= 0:
            self.producer.pauseProducing()

    def loseConnection(self) -> None:
        self.closed = True


class OutboxTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Clock()
        self.told: list[str] = []

    def outbox(self, transport: Choking, limit: int = 0) -> WebSocketOutbox:
        def overflow() -> None:
            self.told.append("too slow")
            box.lines(b"ERROR :too slow\r\n")
            box.close()

        box = WebSocketOutbox(
            Framing(Opcode.TEXT), transport, ReactorClock(self.reactor), limit, overflow, lambda: None
        )
        return box

    def test_each_line_its_own(self) -> None:
        """Several lines of one turn are one write, and messages of their own."""
        transport = Choking(10_000)
        box = self.outbox(transport)
        box.lines(b"a\r\nb\r\n")
        box.payload(b"{}")
        box.ask()
        self.assertEqual(transport.taken, b"")
        self.reactor.advance(0)
        self.assertEqual(frames(transport.taken), [(TEXT, b"a"), (TEXT, b"b"), (TEXT, b"{}"), (PING, b"")])

    def test_close(self) -> None:
        """The Close frame is the last that is said."""
        transport = Choking(10_000)
        box = self.outbox(transport)
        box.lines(b"bye\r\n")
        box.close()
        box.lines(b"more\r\n")
        self.reactor.advance(0)
        self.assertEqual(frames(transport.taken), [(TEXT, b"bye"), (CLOSE, b"\x03\xe8")])
        self.assertTrue(transport.closed)
        box.lost()

    def test_too_slow(self) -> None:
        """Of what waits the rest of the frame that has begun is sent, then the door's last word and why (1008)."""
        transport = Choking(1)
        box = self.outbox(transport, limit=2 * CHUNK)
        long = b"x" * (CHUNK - 100)
        # The transport gets the first chunk, which ends within the second message.
        box.lines((long + b"\r\n") * 5)
        self.reactor.advance(0)
        self.assertEqual(self.told, ["too slow"])
        transport.room = 1 << 20
        box.resumeProducing()
        self.reactor.advance(0)
        first, second, last, (opcode, code) = frames(transport.taken)
        self.assertEqual((first, second), ((TEXT, long), (TEXT, long)))
        self.assertEqual(last, (TEXT, b"ERROR :too slow"))
        self.assertEqual((opcode, int.from_bytes(code[:2])), (CLOSE, 1008))
        box.lost()

    def test_any_cut(self) -> None:
        """Wherever a chunk ends, whole frames are sent."""
        for size in range(CHUNK - 40, CHUNK + 3):
            self.told.clear()
            transport = Choking(1)
            box = self.outbox(transport, limit=100)
            box.lines(b"y" * size + b"\r\n" + b"second\r\n" * 80)
            self.reactor.advance(0)
            self.assertEqual(self.told, ["too slow"], size)
            transport.room = 1 << 20
            box.resumeProducing()
            self.reactor.advance(0)
            said = frames(transport.taken)
            self.assertEqual((said[0], said[-1][0]), ((TEXT, b"y" * size), CLOSE), size)
            box.lost()
