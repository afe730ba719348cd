"""What a link holds, to the byte: not acknowledged, not complete, or not taken; and how it is let go."""

from twisted.trial.unittest import SynchronousTestCase

from imd.net.datagram.connection import Connection, State
from imd.net.memory import Memory
from imd.net.reactor_clock import ReactorClock
from tests.net.datagram.test_port import World


class HeldTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World()
        self.memory = Memory(ReactorClock(self.world.reactor))
        self.world.port._memory = self.memory
        self.client = self.world.plain(1)
        (self.door,) = self.world.doors

    def deliver(self, client: Connection, *, all_but: int = 0) -> None:
        """What the client has to say reaches the port, but for its last datagrams; the answers are lost."""
        datagrams = client.datagrams_to_send(self.world.reactor.seconds())
        for datagram, _ in datagrams[: len(datagrams) - all_but]:
            self.world.says(datagram, ("127.0.0.1", 5000))

    def test_not_acknowledged(self) -> None:
        """What was sent counts until it is known to have arrived."""
        self.assertEqual(self.memory.total, 0)
        self.door.link.send(b"x" * 5_000)
        self.world.reactor.advance(0)
        self.assertGreater(self.memory.total, 5_000)
        self.assertLess(self.memory.total, 5_200)
        for datagram, _ in self.world.transport.sent:
            self.client.receive_datagram(datagram, None, self.world.reactor.seconds())
        self.world.reactor.advance(1)
        self.deliver(self.client)
        self.assertEqual(self.memory.total, 0)

    def test_not_complete(self) -> None:
        """Fragments of a message whose rest has not come count."""
        self.client.send(b"x" * 5_000)
        self.deliver(self.client, all_but=1)
        self.assertGreater(self.memory.total, 3_000)

    def test_not_taken(self) -> None:
        """So does what the door does not take, and what it keeps of what it has taken."""
        self.door.link.pause(700)
        self.client.send(b"x" * 1_000)
        self.deliver(self.client)
        self.assertGreater(self.memory.total, 1_700)
        self.door.link.resume()
        self.world.reactor.advance(0)
        self.assertEqual(self.door.heard, [b"x" * 1_000])
        # What is left is its echo.
        self.assertLess(self.memory.total, 1_100)

    def test_let_go(self) -> None:
        """The packet that closes the connection says why, and nothing is held."""
        self.memory.limit = 1_000
        self.door.link.send(b"x" * 5_000)
        self.world.reactor.advance(0)
        self.world.reactor.advance(0)
        self.assertEqual((self.memory.total, self.door.why), (0, "short-of-memory"))
        for datagram, _ in self.world.transport.sent:
            self.client.receive_datagram(datagram, None, self.world.reactor.seconds())
        self.assertEqual((self.client.state, self.client.reason), (State.ENDED, "short-of-memory"))

    def test_gone(self) -> None:
        """A link that is gone holds nothing."""
        self.door.link.send(b"x" * 5_000)
        self.world.reactor.advance(0)
        self.world.port.stopProtocol()
        self.assertEqual(self.memory.total, 0)
