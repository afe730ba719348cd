"""Delivery under everything at once: a seeded random life of a daemon, checked against promises P1, P2 and P3.

`python -m tests.core.test_simulation FIRST LAST [STEPS]` runs as many lives as one likes; a failure names its seed.
"""

import sys

from twisted.trial.unittest import SynchronousTestCase

from tests.core.simulation.life import live


class SimulationTests(SynchronousTestCase):
    def test_lives(self) -> None:
        """Whatever happens: accepted is confirmed or waits, nothing is shown twice or out of order, all is settled."""
        for seed in range(400):
            live(seed, 150)

    def test_known_trouble(self) -> None:
        """Lives that once went wrong."""
        for seed, steps in REGRESSIONS:
            live(seed, steps)


#: (seed, steps)
REGRESSIONS = [
    (1447, 150),
    (1572, 150),
    (17, 1000),
    (53, 1000),
    (97, 1000),
    (102, 1000),
    (2336, 150),
    (11748, 150),
    (12164, 150),
    (20352, 200),
    (20575, 200),
]


def main(arguments: list[str]) -> None:

    first, last, steps = (int(argument) for argument in [*arguments, "200"][:3])
    recorded = taken_back = 0
    failed: dict[str, list[int]] = {}
    for seed in range(first, last):
        try:
            life = live(seed, steps)
            recorded += life.recorded
            taken_back += life.taken_back
        except Exception as error:
            what = " ".join(word for word in str(error).splitlines()[0].split()[2:] if not word.isdigit())
            failed.setdefault(type(error).__name__ + " " + what, []).append(seed)
    sys.stdout.write(f"{recorded} checked in history, {taken_back} taken back\n")
    for what, seeds in sorted(failed.items(), key=lambda one: -len(one[1])):
        sys.stdout.write(f"{len(seeds):5} {what}: {seeds[:8]}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
