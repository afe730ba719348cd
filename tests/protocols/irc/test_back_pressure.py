"""A client that asks faster than it reads: it is asked nothing more until it has read, and loses nothing by it."""

import msgspec

from imd.protocols.irc.settings import IrcLimits, IrcSettings
from tests.protocols.irc.world import IrcTestCase, User, World

QUEUE = 64 * 1024


class BackPressureTests(IrcTestCase):
    """With the rates switched off."""

    def setUp(self) -> None:
        limits = IrcLimits(sign_on_delay=0, commands_per_second=0, messages_per_second=0, send_queue=QUEUE)
        self.world = World(IrcSettings(limits=limits))
        self.ann = self.world.guest("ann")

    def choke(self, user: User) -> None:
        """It reads no more."""
        assert user.transport.producer is not None
        user.transport.producer.pauseProducing()

    def read(self, user: User) -> None:
        """It has read what had left."""
        assert user.transport.producer is not None
        user.transport.producer.resumeProducing()
        self.world.turn()

    def answers(self, user: User) -> list[str]:
        return [line.rpartition(":")[2] for line in user.take() if " PONG " in line]

    def ask(self, user: User, count: int) -> list[str]:
        """Ask in one piece for answers of a kilobyte or so each; what must be answered at last."""
        lines = [f"VERSION\r\nPING {number}" for number in range(count)]
        user.connection.dataReceived("".join(f"{line}\r\n" for line in lines).encode())
        return [str(number) for number in range(count)]

    def test_who_reads(self) -> None:
        """Answers many times the send queue, all asked for at once, arrive one after the other."""
        wanted = self.ask(self.ann, 500)
        answers = []
        for _ in range(20):
            answers += self.answers(self.ann)
        self.assertEqual(answers, wanted)
        self.assertFalse(self.ann.gone)

    def test_who_does_not_read(self) -> None:
        """Half of the send queue waits for it and no more, and it is not read from; then it goes on."""
        self.choke(self.ann)
        wanted = self.ask(self.ann, 500)
        self.world.turn()
        held = self.ann.connection.held()
        self.assertLess(self.ann.connection.backlog, QUEUE / 2 + 2048)
        self.assertEqual(self.ann.transport.producerState, "paused")
        # What was read and has not run counts: it is held, too.
        self.assertEqual(held, self.ann.connection.backlog + self.ann.session.kept)
        self.assertGreater(self.ann.session.kept, 1000)
        self.assertEqual(self.world.gateway.door.memory.total, held)
        answers: list[str] = []
        self.read(self.ann)
        for _ in range(20):
            answers += self.answers(self.ann)
        self.assertEqual(answers, wanted)
        self.assertEqual(self.ann.transport.producerState, "producing")
        self.assertEqual(self.world.gateway.door.memory.total, 0)

    def test_who_never_reads_again(self) -> None:
        """Is gone after the usual time, though it is we who do not read from it."""
        self.choke(self.ann)
        self.ask(self.ann, 500)
        self.world.advance(119)
        self.assertEqual(len(list(self.world.hub.people.sessions())), 1)
        self.world.advance(1)
        self.world.advance(60)
        self.assertEqual(list(self.world.hub.people.sessions()), [])

    def test_who_reads_slowly(self) -> None:
        """Stays, as long as something leaves."""
        self.choke(self.ann)
        wanted = self.ask(self.ann, 2000)
        answers: list[str] = []
        for _ in range(6):
            self.world.advance(100)
            self.read(self.ann)
            answers += self.answers(self.ann)
            self.choke(self.ann)
        self.assertFalse(self.ann.gone)
        self.read(self.ann)
        for _ in range(100):
            answers += self.answers(self.ann)
        self.assertEqual(answers, wanted)

    def test_rates_switched_off_meanwhile(self) -> None:
        """A line that came too soon runs once when a reload switches the rates off."""
        limits = IrcLimits(sign_on_delay=0, commands_per_second=1, command_burst=1)
        slow = IrcSettings(limits=limits)
        self.world.gateway.reload(slow)
        self.assertEqual(self.ann.said("PING a", "PING b", "PING c")[0].rpartition(":")[2], "a")
        self.world.gateway.reload(
            msgspec.structs.replace(slow, limits=IrcLimits(commands_per_second=0, messages_per_second=0))
        )
        self.assertEqual(self.answers(self.ann), ["b", "c"])
