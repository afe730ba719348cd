"""The soak, short: an hour of sixty clients in a few seconds, with one ``kill -9``."""

import os
import sys
from pathlib import Path

from tests.daemon import DaemonTestCase
from tests.soak import report
from tests.soak.plan import Plan
from tests.soak.soak import Soak

SEED = int(os.environ.get("IMD_SEED", "20261122"))

#: Some seconds of load; the rest of the time people come home and the books are looked at.
PLAN = Plan(seed=SEED, clients=60, minutes=0.1, restarts=("kill",), flat=8 * 1024, brief=True, traces=2_000)


class SoakTests(DaemonTestCase):
    async def test_short(self) -> None:
        """P1 to P4 and P10 through all doors at once: cuts and a ``kill -9`` under load lose nothing, double nothing,
        leave every view true, and leave nothing open."""
        folder = Path(self.mktemp())
        daemon = self.daemon(*PLAN.settings(), data=folder)
        result = await Soak(PLAN, daemon, "sqlite").run()
        print("\n" + report.table(result), file=sys.stderr)
        self.assertEqual(result.faults, [])
        # It was a soak at all.
        self.assertGreater(result.tally.shown, 300)
        self.assertGreater(result.rooms_kept, 20)
        self.assertGreater(result.talks_read, 20)
        self.assertGreater(result.views_compared, 500)
        self.assertGreater(sum(result.deeds.cuts.values()), 10)
        self.assertGreater(result.deeds.arrivals, 100)
