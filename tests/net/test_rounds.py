"""One timer for all connections."""

from twisted.internet.task import Clock
from twisted.logger import Logger
from twisted.trial.unittest import SynchronousTestCase

from imd.net.reactor_clock import ReactorClock
from imd.net.rounds import Rounds


class Somebody:
    def __init__(self, *delays: float) -> None:
        self.round = 0
        self.delays = list(delays)
        self.visits: list[float] = []

    def visit(self, now: float) -> float:
        self.visits.append(now)
        return self.delays.pop(0) if self.delays else 0.0


class Visits(SynchronousTestCase):
    def setUp(self) -> None:
        self.time = Clock()
        self.time.advance(1000.25)
        self.rounds = Rounds(ReactorClock(self.time), Logger())

    def go(self, until: float) -> None:
        self.time.pump([0.25] * int((until - self.time.seconds()) * 4))

    def test_in_time(self) -> None:
        """Everyone is visited at the second that follows, again as they say, and never early."""
        one, two = Somebody(5.0, 2.5), Somebody()
        self.rounds.enter(one, 10)
        self.rounds.enter(two, 3)
        self.go(1100)
        self.assertEqual((one.visits, two.visits), ([1011.0, 1016.0, 1019.0], [1004.0]))
        self.assertEqual(self.time.getDelayedCalls(), [])

    def test_leaving(self) -> None:
        """Who has left is not visited; with nobody there, no timer runs."""
        one, two = Somebody(), Somebody()
        self.rounds.enter(one, 10)
        self.rounds.enter(two, 20)
        self.rounds.leave(one)
        self.rounds.leave(one)
        self.go(1015)
        self.assertEqual(one.visits, [])
        self.rounds.leave(two)
        self.assertEqual(self.time.getDelayedCalls(), [])

    def test_late(self) -> None:
        """When the clock jumps, everyone who is due is visited, once."""
        people = [Somebody() for _ in range(50)]
        for number, each in enumerate(people):
            self.rounds.enter(each, number)
        self.time.advance(500)
        self.assertEqual([len(each.visits) for each in people], [1] * 50)

    def test_one_leaves_during_a_round(self) -> None:
        """A visit that makes another one of the same round leave: it may still be visited, and nothing breaks."""
        two = Somebody()
        one = Leaver(self.rounds, two)
        self.rounds.enter(one, 1)
        self.rounds.enter(two, 1)
        self.go(1010)
        self.assertEqual(self.time.getDelayedCalls(), [])

    def test_fault(self) -> None:
        """A visit that fails is logged, and the others take place."""
        people = [Somebody(), Broken(), Somebody()]
        for each in people:
            self.rounds.enter(each, 1)
        self.go(1010)
        self.assertEqual([len(each.visits) for each in people], [1, 0, 1])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class Leaver(Somebody):
    def __init__(self, rounds: Rounds, other: Somebody) -> None:
        super().__init__()
        self.rounds, self.other = rounds, other

    def visit(self, now: float) -> float:
        self.rounds.leave(self.other)
        return 0.0


class Broken(Somebody):
    def visit(self, now: float) -> float:
        return 1 / 0
