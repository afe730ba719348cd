"""One test for each transcript; `tests.transcripts` says how they are written."""

from collections.abc import Callable
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.transcripts.script import read
from tests.transcripts.stage import Stage

FOLDER = Path(__file__).parent


class TranscriptTestCase(SynchronousTestCase):
    """The transcripts of one family. Trial looks for the methods that `_family` gives its subclasses."""

    maxDiff = None

    def play(self, path: Path) -> None:
        Stage(read(path)).play()
        self.assertEqual(self.flushLoggedErrors(), [], "something was logged as an error")


def _test(path: Path) -> Callable[[TranscriptTestCase], None]:
    def test(self: TranscriptTestCase) -> None:
        self.play(path)

    test.__doc__ = read(path).about
    return test


def _family(folder: Path) -> type[TranscriptTestCase]:
    tests = {f"test_{path.stem.replace('-', '_')}": _test(path) for path in sorted(folder.glob("*.txt"))}
    name = "".join(word.capitalize() for word in folder.name.split("-")) + "Tests"
    return type(name, (TranscriptTestCase,), {**tests, "__module__": __name__, "__doc__": f"tests/{folder.name}"})


#: Family by the name of its class.
FAMILIES = {
    family.__name__: family
    for family in (_family(folder) for folder in sorted(FOLDER.iterdir()) if any(folder.glob("*.txt")))
}
globals().update(FAMILIES)
