"""One session with a door that only echoes: what requests hear, whatever becomes of them."""

from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import ITransport
from twisted.internet.task import Clock
from twisted.logger import Logger
from twisted.trial.unittest import SynchronousTestCase

from imd.core.tally import Tally
from imd.net.connections import ConnectionLimits, Connections
from imd.net.polling.numbering import Missing
from imd.net.polling.outbox import PAGE, PollOutbox
from imd.net.polling.session import PollSession
from imd.net.polling.wire import Poll
from imd.net.reactor_clock import ReactorClock
from imd.net.rounds import Rounds
from imd.net.sending import MakeOutbox
from tests.net.web.site_case import Echo

HERE = IPv4Address("TCP", "192.0.2.1", 40_000)


class Door(Echo):
    """Echoes, and can be told not to read, and how much may wait."""

    limit = 0

    def makeConnection(self, transport: ITransport) -> None:
        self.outbox = self._framed(transport, self._clock, self.limit, self.too_slow, lambda: None)
        self.outbox.payload(b'"hello"')
        self.slow = False

    def received(self, messages: list[bytes]) -> None:
        for message in messages:
            self.outbox.payload(message)

    def too_slow(self) -> None:
        self.slow = True
        self.outbox.payload(b'"too slow"')
        self.outbox.close()


class Asked:
    """A request; `told` is its answer."""

    def __init__(self) -> None:
        self.told: tuple[int, int, list[bytes], bool] | None = None

    def answer(self, taken: int, first: int, messages: Sequence[bytes], *, end: bool) -> None:
        assert self.told is None, "answered twice"
        self.told = taken, first, list(messages), end


class SessionCase(SynchronousTestCase):
    limit = 0

    def setUp(self) -> None:
        self.reactor = Clock()
        self.reactor.advance(1_000_000)
        self.clock = ReactorClock(self.reactor)
        self.tally = Tally()
        self.connections = Connections(self.reactor, ConnectionLimits())
        self.ended = 0
        rounds = Rounds(self.clock, Logger())
        self.session = PollSession(HERE, HERE, "", "", self.clock, rounds, 60.0, self.tally, self._end)
        framed: MakeOutbox = PollOutbox
        self.door = Door("test", framed, "", self.clock)
        self.door.limit = self.limit
        self.session.begin(self.door, self.connections.admit(HERE))
        self.turn()

    def _end(self, session: PollSession) -> None:
        self.ended += 1

    def signed_on(self) -> None:
        assert self.door.ticket is not None
        self.door.ticket.settle()

    def turn(self) -> None:
        self.reactor.advance(0)

    def ask(
        self, *messages: str, ack: int = 0, first: int = 1, wait: float | None = None, close: bool = False
    ) -> Asked:
        asked = Asked()
        raw = [msgspec.Raw(msgspec.json.encode(each)) for each in messages]
        self.session.asked(Poll(ack, first, raw, wait, close), asked, 25.0)
        return asked


class SessionTests(SessionCase):
    def test_answers(self) -> None:
        """At the end of the turn, with all there is; held back while there is nothing."""
        self.signed_on()
        asked = self.ask("a", "b")
        self.assertIsNone(asked.told)
        self.turn()
        self.assertEqual(asked.told, (2, 1, [b'"hello"', b'"a"', b'"b"'], False))
        asked = self.ask(ack=3)
        self.reactor.advance(24)
        self.assertIsNone(asked.told)
        self.door.outbox.payload(b'"c"')
        self.turn()
        self.assertEqual(asked.told, (2, 4, [b'"c"'], False))
        asked = self.ask(ack=4)
        self.reactor.advance(26)
        self.assertEqual(asked.told, (2, 5, [], False))
        self.assertEqual(self.tally.met["poll_wait"], 1)

    def test_short_waits(self) -> None:
        """A request may want its answer sooner, and never waits longer than it may."""
        self.signed_on()
        asked = self.ask(ack=1, wait=0)
        self.turn()
        self.assertEqual(asked.told, (0, 2, [], False))
        for wait, seconds in ((3.0, 4), (1e9, 26)):
            asked = self.ask(ack=1, wait=wait)
            self.turn()
            self.assertIsNone(asked.told)
            self.reactor.advance(seconds)
            self.assertIsNotNone(asked.told)

    def test_not_acknowledged(self) -> None:
        """Said again in each answer, until it is."""
        for _ in range(3):
            asked = self.ask()
            self.turn()
            self.assertEqual(asked.told, (0, 1, [b'"hello"'], False))
        self.assertEqual(self.door.outbox.held, 7)
        self.ask(ack=1)
        self.assertEqual(self.door.outbox.held, 0)

    def test_the_next_takes_its_place(self) -> None:
        """The one that waits hears nothing, and nobody hears twice."""
        first = self.ask(ack=1)
        second = self.ask("a", ack=1)
        self.assertEqual(first.told, (0, 2, [], False))
        self.turn()
        self.assertEqual(second.told, (1, 2, [b'"a"'], False))

    def test_lost(self) -> None:
        """What a request was to hear that is gone, the next one hears."""
        gone = self.ask(ack=1)
        self.session.gone(gone)
        self.door.outbox.payload(b'"a"')
        self.turn()
        self.assertIsNone(gone.told)
        asked = self.ask(ack=1)
        self.turn()
        self.assertEqual(asked.told, (0, 2, [b'"a"'], False))
        # One that has been answered says nothing any more.
        self.session.gone(asked)

    def test_missing(self) -> None:
        """A request that leaves something out has no effect."""
        waiting = self.ask(ack=1)
        with self.assertRaises(Missing):
            self.ask("c", first=3, ack=1)
        self.turn()
        self.assertIsNone(waiting.told)

    def test_staying_away(self) -> None:
        """Between two requests there may be so much time, and no more."""
        self.signed_on()
        for _ in range(3):
            self.ask(wait=0)
            self.turn()
            self.reactor.advance(55)
        self.assertEqual(self.ended, 0)
        self.reactor.advance(10)
        self.turn()
        self.assertEqual((self.ended, self.door.is_lost, self.connections.open), (1, True, 0))
        self.assertEqual((self.tally.met["poll_idle"], self.reactor.getDelayedCalls()), (1, []))
        late = self.ask()
        self.assertEqual(late.told, (0, 2, [], True))

    def test_door_that_does_not_read(self) -> None:
        """What it is not given yet is bounded; the rest is said again."""
        self.session.pauseProducing()
        big = "x" * 20_000
        asked = self.ask("1", big, big, big, big, "2", ack=1, wait=0)
        self.turn()
        self.assertEqual(asked.told, (5, 2, [], False))
        self.assertEqual(self.door.carried, 4 * 20_002 + 3)
        again = self.ask("2", first=6, ack=1)
        self.session.resumeProducing()
        self.turn()
        assert again.told is not None
        taken, _, messages, _ = again.told
        self.assertEqual((taken, messages[0], len(messages), self.door.carried), (5, b'"1"', 4, 0))
        asked = self.ask("2", first=6, ack=5, wait=0)
        self.turn()
        assert asked.told is not None
        self.assertEqual((asked.told[0], asked.told[2][-1]), (6, b'"2"'))

    def test_pages(self) -> None:
        """An answer has so much and no more, and the next request brings the rest at once."""
        for _ in range(5):
            self.door.outbox.payload(b"x" * 20_000)
        heard = 0
        sizes = []
        while heard < 6:
            asked = self.ask(ack=heard)
            self.turn()
            assert asked.told is not None
            sizes.append(sum(map(len, asked.told[2])))
            heard += len(asked.told[2])
        self.assertEqual(sum(sizes), 100_007)
        self.assertLessEqual(max(sizes), PAGE)

    def test_last_words(self) -> None:
        """They may be asked for again for a while, then the session is over."""
        asked = self.ask(ack=1)
        self.door.outbox.payload(b'"bye"')
        self.door.outbox.close()
        self.assertEqual(asked.told, (0, 2, [b'"bye"'], True))
        self.reactor.advance(1)
        again = self.ask("ignored", ack=1)
        self.turn()
        self.assertEqual(again.told, (1, 2, [b'"bye"'], True))
        self.reactor.advance(2)
        self.turn()
        self.assertEqual((self.ended, self.door.is_lost, self.reactor.getDelayedCalls()), (1, True, []))

    def test_last_words_that_nobody_asks_for(self) -> None:
        """Are not kept for ever."""
        self.door.outbox.close()
        self.reactor.advance(11)
        self.turn()
        self.assertEqual((self.ended, self.connections.open, self.reactor.getDelayedCalls()), (1, 0, []))

    def test_leaving(self) -> None:
        """What is said in going is heard; then it is over at once."""
        waiting = self.ask(ack=1)
        asked = self.ask("last", ack=1, close=True)
        self.turn()
        self.assertEqual(waiting.told, (0, 2, [], False))
        self.assertEqual(asked.told, (1, 2, [b'"last"'], True))
        self.assertEqual((self.door.has_left, self.ended, self.reactor.getDelayedCalls()), (True, 1, []))

    def test_too_late_to_sign_on(self) -> None:
        """The door is told, as of any connection."""
        self.reactor.advance(30)
        asked = self.ask(ack=1)
        self.turn()
        self.assertEqual(asked.told, (0, 2, [b"too late"], True))


class SlowTests(SessionCase):
    limit = 1_000

    def test_too_slow(self) -> None:
        """Who does not come for what is said loses it, and hears so."""
        for number in range(20):
            self.door.outbox.payload(b"x" * 100)
            self.turn()
            self.assertEqual(self.door.slow, number >= 9)
        asked = self.ask()
        self.turn()
        self.assertEqual(asked.told, (0, 12, [b'"too slow"'], True))

    def test_no_acknowledgement(self) -> None:
        """Nor does it help to come for it without ever saying that it has arrived."""
        for _ in range(15):
            self.door.outbox.payload(b"x" * 100)
            self.ask(wait=0)
            self.turn()
        self.assertTrue(self.door.slow)


class FateTests(SessionCase):
    @given(
        st.lists(
            st.tuples(st.sampled_from(("lost", "answer lost", "twice", "fine", "wait")), st.integers(0, 3)), max_size=30
        )
    )
    def test_everything_once(self, fates: list[tuple[str, int]]) -> None:
        """Requests and answers are lost and doubled, the door pauses: each message comes back once, in order."""
        self.setUp()
        said: list[str] = []
        heard: list[bytes] = []
        taken = 0
        for fate, count in [*fates, *[("fine", 0)] * 10]:
            said += [str(len(said) + number) for number in range(count)]
            if fate == "wait":
                self.session.pauseProducing()
            asked: list[Asked] = []
            for _ in range({"lost": 0, "twice": 2}.get(fate, 1)):
                asked.append(self.ask(*said[taken:], first=taken + 1, ack=len(heard), wait=0))
            self.turn()
            self.session.resumeProducing()
            self.turn()
            for each in asked:
                self.assertIsNotNone(each.told)
                if each.told is not None and fate != "answer lost":
                    taken = max(taken, each.told[0])
                    heard += each.told[2][max(len(heard) + 1 - each.told[1], 0) :]
        self.assertEqual(heard, [b'"hello"', *(b'"%s"' % each.encode() for each in said)])
        self.assertEqual((taken, self.door.outbox.held), (len(said), 0))
