"""The memory of the whole process: the doors are shut while it is too much."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from imd.core.refusal import ShortOfMemory
from imd.net.connections import ConnectionLimits, Connections
from imd.net.memory import Memory
from imd.net.reactor_clock import ReactorClock
from imd.net.resident import Resident, resident
from tests.net.test_memory import Hoard


class ResidentTests(SynchronousTestCase):
    def setUp(self) -> None:
        reactor = Clock()
        self.limits = ConnectionLimits()
        self.connections = Connections(reactor, self.limits)
        self.memory = Memory(ReactorClock(reactor))
        self.size = 0
        self.resident = Resident(self.connections, self.memory, 1000, lambda: self.size)

    def look(self, size: int) -> bool:
        """Whether people are let in then."""
        self.size = size
        self.resident.look()
        return not self.connections.shut

    def test_too_large(self) -> None:
        """Nobody is let in until it is well below the limit; each who comes is counted."""
        self.assertEqual([self.look(size) for size in (1000, 1001, 960, 949)], [True, False, False, True])
        self.look(2000)
        self.assertRaises(ShortOfMemory, self.connections.admit, None)
        self.assertEqual(self.limits.tally.met, {"process_memory": 1})
        self.assertEqual(self.connections.counts().refused, {"memory": 1})
        self.assertEqual((self.connections.open, self.resident.size), (0, 2000))
        self.assertTrue(self.look(10))
        self.connections.admit(None)

    def test_what_is_held(self) -> None:
        """Half of it is let go, the largest first."""
        hoards = [Hoard(str(size)) for size in (100, 500, 300)]
        for hoard in hoards:
            hoard.size = int(hoard.name)
            self.memory.note(hoard, hoard.size)
        self.look(1001)
        self.assertEqual([len(hoard.shed_for) for hoard in hoards], [0, 1, 0])

    def test_no_limit(self) -> None:
        """With 0 nobody is turned away; a reload that sets it opens the doors."""
        self.look(1001)
        self.resident.limit = 0
        self.assertTrue(self.look(10**12))

    def test_this_process(self) -> None:
        """As the system says: some megabytes."""
        self.assertGreater(resident(), 10**6)
        self.assertLess(resident(), 10**11)
