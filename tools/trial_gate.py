#!/usr/bin/env python3
"""Judge a run of trial by what it printed: ``tools/trial_gate.py LOG [EXIT-STATUS-OF-TRIAL]``.

Trial prints PASSED and exits 0 when it finds no tests at all, and also when every test was skipped. So
this counts: at least as many must have passed as the number in tests/MINIMUM, and nothing may be skipped
but what tests/NOT_RUN names. The last line printed is ``N passed, N failed[, N skipped]``, from trial's own
summary; the exit status is 0 only when all is well.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent

RULE = re.compile(r"^(?:={79}|-{79})$", re.MULTILINE)
RAN = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
VERDICT = re.compile(r"^(?:PASSED|FAILED)(?: \(([\w=, ]+)\))?$", re.MULTILINE)
NAME = re.compile(r"^[A-Za-z_][\w.]*\.[\w.]+$")


class Summary(NamedTuple):
    """What trial said at the end of a run."""

    passed: int
    failed: int
    skipped: int
    #: Tests marked ``todo`` that failed as foreseen.
    expected_failures: int


def summary(log: str) -> Summary | None:
    """The counts of the last run in `log`, or None when there is no summary in it."""
    ran, verdicts = RAN.findall(log), list(VERDICT.finditer(log))
    if not ran or not verdicts:
        return None
    counts = dict(item.split("=") for item in (verdicts[-1][1] or "").split(", ") if item)
    number = {key: int(value) for key, value in counts.items()}
    failed = number.get("failures", 0) + number.get("errors", 0) + number.get("unexpectedSuccesses", 0)
    skipped, expected = number.get("skips", 0), number.get("expectedFailures", 0)
    # A test that ends well and then leaves a warning or a timer behind is among trial's successes and
    # among its errors.
    passed = min(number.get("successes", 0), max(0, int(ran[-1]) - failed - skipped - expected))
    return Summary(passed, failed, skipped, expected)


def skipped_tests(log: str) -> set[str]:
    """Full names of the tests in the ``[SKIPPED]`` sections that trial prints at the end."""
    sections = (section.strip() for section in RULE.split(log))
    return {
        line
        for section in sections
        if section.startswith("[SKIPPED]")
        for line in section.splitlines()
        if NAME.match(line)
    }


def allowed(text: str) -> dict[str, str]:
    """tests/NOT_RUN: full name of a test -> why it may be left out."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return {name: why.strip() for name, _, why in pairs}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("log", type=Path)
    arguments.add_argument("status", type=int, nargs="?", default=0)
    arguments.add_argument("--minimum", type=Path, default=ROOT / "tests" / "MINIMUM")
    arguments.add_argument("--not-run", type=Path, default=ROOT / "tests" / "NOT_RUN")
    given = arguments.parse_args()

    log = given.log.read_text(errors="replace") if given.log.exists() else ""
    minimum = int(given.minimum.read_text())
    may_skip = allowed(given.not_run.read_text())
    counted = summary(log)
    if counted is None:
        print(f"FAIL: no summary of trial in {given.log}: the tests did not run to their end")
        print("0 passed, 1 failed")
        return 1

    wrong = []
    if given.status:
        wrong.append(f"trial ended with status {given.status}")
    if counted.failed:
        wrong.append(f"{counted.failed} failures")
    if counted.passed < minimum:
        wrong.append(f"{counted.passed} tests passed, {given.minimum.name} asks for {minimum}")
    if counted.expected_failures:
        wrong.append(f"{counted.expected_failures} tests are marked todo and failed")
    skipped = skipped_tests(log)
    if len(skipped) != counted.skipped:
        wrong.append(f"{counted.skipped} tests skipped, {len(skipped)} of them named in the log")
    wrong.extend(f"skipped, and not named in {given.not_run.name}: {name}" for name in sorted(skipped - set(may_skip)))

    print(f"NOT RUN: {counted.skipped}")
    for name in sorted(skipped & set(may_skip)):
        print(f"  {name}: {may_skip[name]}")
    for reason in wrong:
        print(f"FAIL: {reason}")
    tail = f", {counted.skipped} skipped" if counted.skipped else ""
    print(f"{counted.passed} passed, {counted.failed} failed{tail}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
