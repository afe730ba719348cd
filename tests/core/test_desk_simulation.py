"""Random lives of a desk: never lost, once per id, in order, over everything that can go wrong.

``python -m tests.core.test_desk_simulation FIRST LAST [STEPS] [KIND]`` lives many of them, of a kind of `KINDS`.
"""

import sys

from twisted.trial.unittest import SynchronousTestCase

from tests.core.simulation.desk_life import DeskLife, live
from tests.core.simulation.desk_upheaval import Upheaval

KINDS: dict[str, type[DeskLife]] = {"life": DeskLife, "upheaval": Upheaval}


class DeskSimulationTests(SynchronousTestCase):
    def test_lives(self) -> None:
        """What was accepted reaches an agent, what was refused nobody, each of them once, in order."""
        for seed in range(60):
            live(seed, 150)

    def test_upheavals(self) -> None:
        """The same where settings and accounts change, people are blocked and take back what they have said; it is in
        their history."""
        for seed in range(60):
            live(seed, 150, Upheaval)

    def test_agents_for_a_while(self) -> None:
        """Agents who serve again after a restart have what the store had refused for them before; from those who could
        not sign on it is taken back, too, also when the conversation is over."""
        live(20494, 200, Upheaval)
        live(1338, 250, Upheaval)

    def test_killed_between_two_writes(self) -> None:
        """Copies of which the shelf does not know yet, or no more, are withdrawn with the others, and not shown before
        what is older."""
        live(1876, 400)

    def test_killed_before_all_is_forgotten(self) -> None:
        """What was said before the conversation was closed, and is on the shelf yet, does not ring with what was said
        since."""
        for seed in (575, 860):
            live(seed, 300)


def main(arguments: list[str]) -> None:
    first, last, steps = (int(argument) for argument in [*arguments[:3], "150"][:3])
    kind = KINDS[arguments[3] if len(arguments) > 3 else "life"]
    failed: dict[str, list[int]] = {}
    for seed in range(first, last):
        try:
            live(seed, steps, kind)
        except Exception as error:
            what = " ".join(each for each in str(error).splitlines()[0].split()[2:] if not each.isdigit())
            failed.setdefault(type(error).__name__ + " " + what, []).append(seed)
    for what, seeds in sorted(failed.items(), key=lambda one: -len(one[1])):
        sys.stdout.write(f"{len(seeds):5} {what}: {seeds[:8]}\n")
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main(sys.argv[1:])
