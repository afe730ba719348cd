"""The write path: one write per turn, and a bound on slow readers."""

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from imd.net.reactor_clock import ReactorClock
from imd.net.sending import CHUNK, LINGER, Outbox


class CountingTransport(StringTransport):
    """Counts writes, and chokes once `room` bytes have been written, as a socket does whose peer does not read."""

    room = 1 << 30

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    def write(self, data: bytes) -> None:
        super().write(data)
        self.writes += 1
        self.room -= len(data)
        if self.room < 0 and self.producer is not None:
            self.producer.pauseProducing()

    def drain(self) -> None:
        """The peer has read all."""
        self.room = 1 << 30
        assert self.producer is not None
        self.producer.resumeProducing()


class OutboxTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Clock()
        self.transport = CountingTransport()
        self.overflows = 0
        self.outbox = Outbox(self.transport, ReactorClock(self.reactor), 1000, self.overflow)

    def overflow(self) -> None:
        self.overflows += 1

    def turn(self) -> None:
        self.reactor.advance(0)

    def test_one_write_per_turn(self) -> None:
        """What is said in one turn leaves together at its end, in order."""
        self.outbox.write(b"one ")
        self.outbox.write(b"two")
        self.assertEqual(self.transport.writes, 0)
        self.assertEqual(self.outbox.pending, 7)
        self.turn()
        self.assertEqual((self.transport.value(), self.transport.writes), (b"one two", 1))
        self.assertEqual(self.outbox.pending, 0)
        self.outbox.write(b"!")
        self.turn()
        self.assertEqual(self.transport.value(), b"one two!")

    def test_flush(self) -> None:
        """`flush` does not wait for the end of the turn, and nothing is sent twice."""
        self.outbox.write(b"now")
        self.outbox.flush()
        self.assertEqual(self.transport.value(), b"now")
        self.turn()
        self.assertEqual(self.transport.writes, 1)

    def test_slow_reader_catches_up(self) -> None:
        """While the transport is choked data waits; it leaves when the reader has caught up."""
        self.transport.room = 0
        self.outbox.write(b"a")
        self.turn()
        self.outbox.write(b"b" * 900)
        self.turn()
        self.assertEqual(self.transport.value(), b"a")
        self.assertEqual(self.outbox.pending, 900)
        self.transport.drain()
        self.assertEqual(self.transport.value(), b"a" + b"b" * 900)
        self.assertEqual(self.outbox.pending, 0)

    def test_too_slow(self) -> None:
        """A reader with more than the limit waiting is dropped, once, and nothing stays in memory."""
        self.transport.room = 0
        self.outbox.write(b"a")
        self.turn()
        self.outbox.write(b"b" * 600)
        self.assertFalse(self.transport.disconnected)
        self.outbox.write(b"b" * 600)
        self.outbox.write(b"b" * 600)
        self.assertTrue(self.transport.disconnected)
        self.assertEqual((self.overflows, self.outbox.pending), (1, 0))

    def test_one_large_answer(self) -> None:
        """One answer that is larger than the transport's buffer goes out in pieces, as the reader takes them."""
        outbox = Outbox(self.transport_with_room(CHUNK), ReactorClock(self.reactor), 10 * CHUNK)
        outbox.write(b"x" * (5 * CHUNK + 7))
        outbox.flush()
        self.assertEqual(len(self.transport.value()), 2 * CHUNK)
        self.assertEqual(outbox.pending, 3 * CHUNK + 7)
        self.transport.drain()
        self.assertEqual(len(self.transport.value()), 5 * CHUNK + 7)

    def test_large_answer_to_a_slow_reader(self) -> None:
        """One answer is bounded, too."""
        outbox = Outbox(self.transport_with_room(0), ReactorClock(self.reactor), CHUNK, self.overflow)
        outbox.write(b"x" * (5 * CHUNK))
        outbox.flush()
        self.assertTrue(self.transport.disconnected)
        self.assertEqual(self.overflows, 1)

    def transport_with_room(self, room: int) -> CountingTransport:
        self.transport = CountingTransport()
        self.transport.room = room
        return self.transport

    def test_close(self) -> None:
        """Closing sends first what waits, and takes nothing more."""
        self.outbox.write(b"bye")
        self.outbox.close()
        self.outbox.write(b"too late")
        self.turn()
        self.assertEqual(self.transport.value(), b"bye")
        self.assertTrue(self.transport.disconnecting)
        self.assertIsNone(self.transport.producer)
        self.outbox.lost()
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_close_slow_reader(self) -> None:
        """A slow reader gets its last words if it reads them in time."""
        self.transport.room = 0
        self.outbox.write(b"a")
        self.turn()
        self.outbox.write(b"bye")
        self.outbox.close()
        self.assertFalse(self.transport.disconnecting)
        self.transport.drain()
        self.assertEqual(self.transport.value(), b"abye")
        self.assertTrue(self.transport.disconnecting)

    def test_close_dead_reader(self) -> None:
        """A reader that never reads holds a closing connection for a limited time."""
        self.transport.room = 0
        self.outbox.write(b"a")
        self.turn()
        self.outbox.write(b"bye")
        self.outbox.close()
        self.reactor.advance(LINGER)
        self.assertTrue(self.transport.disconnected)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_close_at_once(self) -> None:
        """Closing without a flush drops what waits."""
        self.outbox.write(b"secret")
        self.outbox.close(after_flush=False)
        self.turn()
        self.assertEqual(self.transport.value(), b"")
        self.assertTrue(self.transport.disconnected)
