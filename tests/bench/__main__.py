"""``python -m tests.bench``: see `tests.bench`. The exit code is 0 only if no run was void."""

import argparse
import os
import platform
import resource
import sys
import time
from pathlib import Path

from tests.bench import report
from tests.bench.load import build, cores
from tests.bench.plan import Bench
from tests.bench.rows import Rows
from tests.bench.servers import Missing

#: Connections that are idle at a time; each needs a file in the server and one in the generator.
IDLE = 5000
#: Files a server has open beside its connections, generously.
BESIDE = 200


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build/bench.json"))
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each run is measured")
    parser.add_argument("--repeat", type=int, default=2, help="how often each cost is measured")
    parts = ("costs", "pages", "presence", "arrivals", "crowds", "latencies", "queueing")
    parser.add_argument("--only", choices=parts, action="append")
    arguments = parser.parse_args()

    began = time.monotonic()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    idle = IDLE if most in (-1, resource.RLIM_INFINITY) else min(IDLE, most - BESIDE)
    notes = []
    if idle < IDLE:
        notes.append(f"only {idle:,} idle connections instead of {IDLE:,}: ulimit -n is {most:,}")
    if cores()[0] == cores()[1]:
        notes.append("one core for server and generator: figures by the clock mean nothing")
    load = os.getloadavg()[0]
    if load > 0.5:
        notes.append(f"the machine was busy (load {load:.1f}): ratios of CPU time hold, figures by the clock do not")

    bench = Bench(*build(Path("build/bench").absolute()), seconds=arguments.seconds, repeat=arguments.repeat, idle=idle)
    try:
        bench.prepare()
        if arguments.only:
            if "latencies" in arguments.only and "costs" not in arguments.only:
                bench.private()
            for part in arguments.only:
                getattr(bench, part)()
        else:
            bench.run()
    except Missing as missing:
        print(f"bench: {missing}", file=sys.stderr)
        return 2

    notes += bench.notes
    every = Rows(bench.figures, bench.void).all()
    rows = [row for row in every if row.note != "not measured" or not arguments.only]
    about = {
        "machine": f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "seconds": round(time.monotonic() - began, 1),
        "notes": notes,
    }
    report.write(arguments.output, rows, bench.runs, about)
    print(report.table(rows))
    for note in notes:
        print(f"note: {note}")
    print(f"{about['seconds']:.0f} s; every run is in {arguments.output}")
    for (work, who), reason in bench.void.items():
        print(f"void: {work}: {who}: {reason}", file=sys.stderr)
    missed = [row for row in rows if row.ok is False]
    print(f"{len(missed)} of {sum(row.ok is not None for row in rows)} budgets missed, {len(bench.void)} runs void")
    return 1 if bench.void else 0


if __name__ == "__main__":
    sys.exit(main())
