"""P6, P8: the short version of ``python -m tests.fuzz``, and its own tools."""

import os
import random
import sys

from twisted.trial.unittest import SynchronousTestCase

from tests.daemon import DaemonTestCase
from tests.fuzz.conversations import CONVERSATIONS
from tests.fuzz.crowd import FLAT, SETTINGS, Crowd
from tests.fuzz.mutations import conversation

LINES = 4_000
SEED = int(os.environ.get("IMD_SEED", "20261122"))


class SeedTests(SynchronousTestCase):
    def test_seeds(self) -> None:
        """Every kept conversation names a door and its invariant."""
        self.assertGreater(len(CONVERSATIONS), 10)
        for each in CONVERSATIONS:
            self.assertIn(each.door, ("native", "irc"))
            self.assertTrue(each.invariant)
            self.assertTrue(each.lines)

    def test_same_again(self) -> None:
        """The same seed says the same, so that what was found can be found again; and another says another."""

        def said(seed: int) -> list[bytes]:
            chance = random.Random(seed)
            each = CONVERSATIONS[0]
            return conversation(chance, each.door, list(each.lines), [list(each.lines)])[0]

        self.assertEqual(said(1), said(1))
        self.assertGreater(len({tuple(said(seed)) for seed in range(20)}), 15)


class FuzzTests(DaemonTestCase):
    async def test_hostile_crowd(self) -> None:
        """Thousands of spoilt lines: two people lose nothing, everybody gets an answer, and memory is flat."""
        daemon = await self.daemon(*SETTINGS).start()
        figures = await Crowd(daemon, LINES, SEED).run()
        print(f"\n{figures}", file=sys.stderr)
        self.assertGreater(figures.messages, 20)
        self.assertLess(figures.after - figures.before, FLAT)
