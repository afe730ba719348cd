"""The write path past the transport's buffer: all taken, some taken, none taken, broken, and Twisted not as known."""

import errno
from collections.abc import Callable

from twisted.internet.task import Clock
from twisted.internet.tcp import Connection
from twisted.trial.unittest import SynchronousTestCase

from imd.net.reactor_clock import ReactorClock
from imd.net.sending import CHUNK, LAST_BYTES, LINGER, Outbox


class Kernel(Connection):
    """A plain TCP transport whose socket takes `room` bytes; what is written past it waits as in Twisted's buffer."""

    def __init__(self) -> None:
        self.connected = 1
        self.socket = self  # type: ignore[assignment]
        self.room = 1 << 30
        #: What has left, in order.
        self.sent = b""
        self.buffer = b""
        self.broken = False
        self.aborted = False
        self.lost_politely = False
        self.asked: Callable[[], None] | None = None

    def registerProducer(self, producer: object, streaming: bool) -> None:
        assert isinstance(producer, Outbox)
        assert not streaming
        self.asked = producer.resumeProducing
        producer.resumeProducing()

    def unregisterProducer(self) -> None:
        self.asked = None

    def send(self, data: bytes) -> int:
        """As a socket does that does not block."""
        assert not self.buffer, "sent past what waits"
        if self.broken:
            raise BrokenPipeError(errno.EPIPE, "broken pipe")
        if not self.room:
            raise BlockingIOError(errno.EAGAIN, "no room")
        taken = min(self.room, len(data))
        self.sent += bytes(data[:taken])
        self.room -= taken
        return taken

    def write(self, data: bytes) -> None:
        assert data
        self.buffer += data

    def drain(self) -> None:
        """The peer reads: Twisted's buffer leaves, and the producer is asked for more."""
        self.room = 1 << 30
        self.sent += self.buffer
        self.buffer = b""
        if self.asked is not None:
            self.asked()

    def loseConnection(self) -> None:
        raise AssertionError("only our side is closed")

    def loseWriteConnection(self) -> None:
        self.lost_politely = True

    def abortConnection(self) -> None:
        self.aborted = True


class DirectTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Clock()
        self.kernel = Kernel()
        self.overflows = 0
        self.outbox = Outbox(self.kernel, ReactorClock(self.reactor), 3 * CHUNK, self.overflow)

    def overflow(self) -> None:
        self.overflows += 1

    def say(self, data: bytes) -> None:
        self.outbox.write(data)
        self.reactor.advance(0)

    def test_all_taken(self) -> None:
        """Nothing goes by the transport's buffer, and nothing waits."""
        self.say(b"one")
        self.say(b"two")
        self.assertEqual((self.kernel.sent, self.kernel.buffer, self.outbox.pending), (b"onetwo", b"", 0))

    def test_some_taken(self) -> None:
        """The rest goes by the transport's buffer; what comes meanwhile waits behind it, and all leaves in order."""
        self.kernel.room = 4
        self.say(b"onetwo")
        self.assertEqual((self.kernel.sent, self.kernel.buffer), (b"onet", b"wo"))
        self.say(b"three")
        self.assertEqual((self.kernel.buffer, self.outbox.pending), (b"wo", 5))
        self.kernel.drain()
        self.assertEqual((self.kernel.sent, self.outbox.pending), (b"onetwothree", 0))
        self.say(b"four")
        self.assertEqual(self.kernel.sent, b"onetwothreefour")

    def test_stops_reading(self) -> None:
        """A peer that reads no more makes us hold the limit and one piece, and is then dropped, once."""
        self.kernel.room = 0
        for _ in range(10):
            self.say(b"x" * CHUNK)
        self.assertTrue(self.kernel.aborted)
        self.assertEqual((self.overflows, self.outbox.pending, len(self.kernel.buffer)), (1, 0, CHUNK))

    def test_one_answer_too_many(self) -> None:
        """One answer that is more than the limit and not taken is too much, too; a taken one is not."""
        self.say(b"x" * 20 * CHUNK)
        self.assertEqual((self.overflows, len(self.kernel.sent)), (0, 20 * CHUNK))
        self.kernel.room = CHUNK
        self.say(b"x" * 20 * CHUNK)
        self.assertEqual((self.overflows, self.kernel.aborted), (1, True))

    def test_broken(self) -> None:
        """A broken connection is left to the transport to find, which loses nothing but the connection."""
        self.kernel.broken = True
        self.say(b"one")
        self.assertEqual(self.kernel.buffer, b"one")
        self.assertFalse(self.kernel.aborted)
        self.outbox.lost()
        self.say(b"two")
        self.assertEqual(self.kernel.buffer, b"one")

    def test_lost_before_the_end_of_the_turn(self) -> None:
        """A connection that was lost in the turn is not written to at its end."""
        self.outbox.write(b"one")
        self.kernel.connected = 0
        self.reactor.advance(0)
        self.assertEqual((self.kernel.sent, self.kernel.buffer), (b"", b""))

    def test_close_while_some_waits(self) -> None:
        """Closing waits until all is with the transport, which itself sends what it has before it closes."""
        self.kernel.room = 1
        self.outbox.write(b"x" * 2 * CHUNK)
        self.outbox.close()
        self.assertFalse(self.kernel.lost_politely)
        self.kernel.drain()
        self.assertEqual((len(self.kernel.sent), self.kernel.lost_politely), (2 * CHUNK, True))

    def test_close_with_a_full_transport(self) -> None:
        """A client has as long to read the last that the transport holds as for all the rest, before it must close."""
        self.kernel.room = 1
        self.outbox.write(b"goodbye")
        self.outbox.close()
        self.reactor.advance(LINGER - 0.1)
        self.assertFalse(self.kernel.aborted)
        self.kernel.drain()
        self.assertEqual((self.kernel.sent, self.kernel.lost_politely), (b"goodbye", True))
        self.reactor.advance(LAST_BYTES)
        self.assertTrue(self.kernel.aborted)

    def test_tls_goes_by_write(self) -> None:
        """A plain transport that has turned to TLS is written to as any other."""
        kernel = Kernel()
        kernel.TLS = True
        seen: list[bool] = []
        kernel.registerProducer = lambda producer, streaming: seen.append(streaming)  # type: ignore[method-assign]
        outbox = Outbox(kernel, ReactorClock(self.reactor), 1000)
        outbox.write(b"secret")
        self.reactor.advance(0)
        self.assertEqual((kernel.sent, kernel.buffer, seen), (b"", b"secret", [True]))

    def test_farewell_of_a_talkative_client(self) -> None:
        """Closing ends our side only, so that no RST swallows the last words; a client that does not close its own is
        cut off."""
        self.outbox.write(b"goodbye")
        self.outbox.close()
        self.assertEqual((self.kernel.sent, self.kernel.lost_politely), (b"goodbye", True))
        self.reactor.advance(LAST_BYTES - 0.1)
        self.assertFalse(self.kernel.aborted)
        self.reactor.advance(0.2)
        self.assertTrue(self.kernel.aborted)

    def test_farewell_is_answered(self) -> None:
        """A client that closes its side, too, ends it all."""
        self.outbox.close()
        self.outbox.lost()
        self.reactor.advance(2 * LAST_BYTES)
        self.assertFalse(self.kernel.aborted)
        self.assertEqual(self.reactor.getDelayedCalls(), [])
