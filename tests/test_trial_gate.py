"""The gate of CI (``tools/trial_gate.py``) fails whenever a run of trial proves less than it should."""

import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

GATE = Path(__file__).resolve().parent.parent / "tools" / "trial_gate.py"

SKIPPED = f"""\
{"=" * 79}
[SKIPPED]
needs network namespaces

tests.net.test_loss.LossTests.test_reordering
"""


def log(verdict: str, ran: int = 12, sections: str = "") -> str:
    """What trial prints around `verdict`."""
    return f"tests.core\n  test_one ... [OK]\n\n{sections}{'-' * 79}\nRan {ran} tests in 0.120s\n\n{verdict}\n"


class TrialGateTests(SynchronousTestCase):
    """Each case is a log, and what the gate says of it."""

    def judge(self, text: str, status: int = 0, minimum: int = 10, not_run: str = "") -> tuple[int, list[str]]:
        """Exit status and lines of the gate for a log of `text`."""
        folder = Path(self.mktemp())
        folder.mkdir()
        (folder / "log").write_text(text)
        (folder / "MINIMUM").write_text(f"{minimum}\n")
        (folder / "NOT_RUN").write_text(f"# comment\n{not_run}")
        options = ["--minimum", folder / "MINIMUM", "--not-run", folder / "NOT_RUN"]
        done = subprocess.run(
            [str(word) for word in (sys.executable, GATE, *options, folder / "log", status)],
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout.splitlines()

    def test_good_run(self) -> None:
        """Enough passed and nothing was left out: good."""
        status, lines = self.judge(log("PASSED (successes=12)"))
        self.assertEqual((status, lines[-1]), (0, "12 passed, 0 failed"))

    def test_no_tests(self) -> None:
        """Trial prints PASSED when it found nothing; the gate does not."""
        status, lines = self.judge(log("PASSED", ran=0))
        self.assertEqual((status, lines[-1]), (1, "0 passed, 0 failed"))

    def test_too_few(self) -> None:
        """Fewer tests than the checked-in minimum: not good."""
        status, lines = self.judge(log("PASSED (successes=12)"), minimum=13)
        self.assertEqual((status, lines[-1]), (1, "12 passed, 0 failed"))

    def test_failures_and_errors(self) -> None:
        """Failures, errors and unexpected successes all count as failed."""
        status, lines = self.judge(
            log("FAILED (failures=2, errors=1, unexpectedSuccesses=1, successes=10)", ran=14), status=1
        )
        self.assertEqual((status, lines[-1]), (1, "10 passed, 4 failed"))

    def test_counted_twice(self) -> None:
        """A test that ended well and left something behind counts as failed, not also as passed."""
        status, lines = self.judge(log("FAILED (errors=2, successes=12)"), status=1)
        self.assertEqual((status, lines[-1]), (1, "10 passed, 2 failed"))

    def test_status_of_trial_counts(self) -> None:
        """A good summary does not outweigh trial's own exit status."""
        status, _ = self.judge(log("PASSED (successes=12)"), status=1)
        self.assertEqual(status, 1)

    def test_cut_off(self) -> None:
        """A run that never came to its summary has failed."""
        status, lines = self.judge("tests.core\n  test_one ... ")
        self.assertEqual((status, lines[-1]), (1, "0 passed, 1 failed"))

    def test_unforeseen_skip(self) -> None:
        """A skipped test that nobody allowed fails the run, and is named."""
        status, lines = self.judge(log("PASSED (skips=1, successes=12)", ran=13, sections=SKIPPED))
        self.assertEqual((status, lines[-1]), (1, "12 passed, 0 failed, 1 skipped"))
        self.assertTrue(any("test_reordering" in line for line in lines), lines)

    def test_allowed_skip(self) -> None:
        """A skipped test that tests/NOT_RUN names is printed with its reason and the count."""
        status, lines = self.judge(
            log("PASSED (skips=1, successes=12)", ran=13, sections=SKIPPED),
            not_run="tests.net.test_loss.LossTests.test_reordering needs root\n",
        )
        self.assertEqual(status, 0)
        self.assertEqual(
            lines,
            [
                "NOT RUN: 1",
                "  tests.net.test_loss.LossTests.test_reordering: needs root",
                "12 passed, 0 failed, 1 skipped",
            ],
        )

    def test_skip_without_a_name(self) -> None:
        """A skip that the log does not name cannot be allowed."""
        status, _ = self.judge(log("PASSED (skips=1, successes=12)", ran=13))
        self.assertEqual(status, 1)

    def test_todo(self) -> None:
        """A test marked todo that fails is not a way to be green."""
        status, _ = self.judge(log("PASSED (expectedFailures=1, successes=12)", ran=13))
        self.assertEqual(status, 1)
