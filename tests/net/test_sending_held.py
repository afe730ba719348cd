"""What the write path says it holds: nothing while the kernel takes all, and to the byte when it does not."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from imd.net.reactor_clock import ReactorClock
from imd.net.sending import CHUNK, Outbox
from tests.net.test_sending import CountingTransport
from tests.net.test_sending_direct import Kernel


class Buffered(Kernel):
    """Its buffer can be seen, as Twisted's."""

    @property
    def _tempDataLen(self) -> int:  # type: ignore[override]
        return len(self.buffer)


class HeldTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Clock()
        self.kernel = Buffered()
        self.notes: list[int] = []
        self.outbox = Outbox(self.kernel, ReactorClock(self.reactor), 10 * CHUNK, stays=self.note)

    def note(self) -> None:
        self.notes.append(self.outbox.held)

    def say(self, data: bytes) -> None:
        self.outbox.write(data)
        self.reactor.advance(0)

    def test_all_taken(self) -> None:
        """What leaves at once is nobody's business."""
        for _ in range(10):
            self.say(b"x" * CHUNK)
        self.assertEqual(self.notes, [])

    def test_some_taken(self) -> None:
        """What stays is said, in the transport's buffer or here, and that it has left."""
        self.kernel.room = 10
        self.say(b"x" * (CHUNK + 30))
        self.say(b"y" * 5)
        self.assertEqual(self.notes, [CHUNK + 20, CHUNK + 25])
        self.kernel.drain()
        self.assertEqual(self.notes[-1], 0)
        self.say(b"z")
        self.assertEqual((len(self.notes), self.kernel.sent[-6:]), (3, b"yyyyyz"))

    def test_drained_by_and_by(self) -> None:
        """A reader that takes a part at a time is told of each time."""
        self.kernel.room = 0
        self.say(b"x" * 3 * CHUNK)
        self.kernel.sent, self.kernel.buffer, self.kernel.room = self.kernel.buffer, b"", 100
        self.outbox.resumeProducing()
        self.assertEqual(self.notes, [3 * CHUNK, 2 * CHUNK - 100])

    def test_lost(self) -> None:
        """A connection that is gone holds nothing, however it went."""
        self.kernel.room = 0
        self.say(b"x" * 100)
        self.outbox.lost()
        self.assertEqual(self.notes, [100, 0])
        self.outbox.lost()
        self.assertEqual(len(self.notes), 2)

    def test_too_slow(self) -> None:
        """Over its own limit it is dropped, and nothing is held."""
        self.kernel.room = 0
        self.say(b"x" * CHUNK)
        self.say(b"x" * 11 * CHUNK)
        self.assertEqual(self.notes, [CHUNK, 0])

    def test_let_go(self) -> None:
        """Of what waits only the rest of a line remains of which the transport has the beginning: what is said then
        is read as a line of its own."""
        self.kernel.room = 0
        long = b"a" * (CHUNK + 10) + b"\r\n"
        self.say(long + b"b\r\n" + b"c\r\n")
        self.say(b"d\r\n")
        self.outbox.let_go()
        self.outbox.write(b"ERROR :bye\r\n")
        self.kernel.drain()
        self.assertEqual(self.kernel.sent, long + b"ERROR :bye\r\n")

    def test_let_go_between_lines(self) -> None:
        """Where the transport has whole lines nothing of what waits remains."""
        self.kernel.room = 0
        self.say(b"a\r\n")
        self.say(b"b\r\n")
        self.outbox.let_go()
        self.outbox.write(b"ERROR :bye\r\n")
        self.kernel.drain()
        self.assertEqual(self.kernel.sent, b"a\r\nERROR :bye\r\n")

    def test_without_a_socket(self) -> None:
        """Through TLS: what cannot leave is said, and what has left when next something is written."""
        transport = CountingTransport()
        outbox = Outbox(transport, ReactorClock(self.reactor), 10 * CHUNK, stays=lambda: self.notes.append(outbox.held))
        outbox.write(b"x" * 10)
        self.reactor.advance(0)
        self.assertEqual(self.notes, [])
        transport.room = 0
        outbox.write(b"x" * (CHUNK + 10))
        self.reactor.advance(0)
        self.assertEqual(self.notes, [10])
        outbox.write(b"yy")
        self.assertEqual(self.notes, [10, 12])
        transport.drain()
        self.assertEqual(self.notes[-1], 0)
