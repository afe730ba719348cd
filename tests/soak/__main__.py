"""``python -m tests.soak``: see `tests.soak`. The exit code is 0 only if nothing was wrong."""

import argparse
import resource
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from tests.daemon import RunningDaemon
from tests.redis_server import RedisServer
from tests.soak import report
from tests.soak.plan import Plan
from tests.soak.soak import Soak

#: KiB by which the daemon may grow from one wave to the next within a life.
FLAT = 8 * 1024


async def run(arguments: argparse.Namespace) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    plan = Plan(
        seed=arguments.seed,
        clients=arguments.clients,
        minutes=arguments.minutes,
        restarts=tuple(filter(None, arguments.restarts.split(","))),
        flat=FLAT,
        traces=arguments.traces,
    )
    folder = Path(tempfile.mkdtemp(prefix="imd-soak-"))
    server = RedisServer().start() if arguments.store == "redis" else None
    url = "sqlite" if server is None else server.url
    daemon = RunningDaemon(folder / "data", *plan.settings(), store=url)
    try:
        result = await Soak(plan, daemon, url).run()
    finally:
        if arguments.keep_log:
            Path("soak.log").write_text(daemon.log)
        await daemon.kill()
        if server is not None:
            server.remove()
        shutil.rmtree(folder)
    report.write(arguments.output, result)
    for trouble in result.troubles[:10]:
        print(f"note: {trouble}")
    for fault in result.faults:
        print(f"wrong: {fault}")
    print(report.table(result))
    if result.wrong:
        sys.exit(1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="An hour of many people, compressed.")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same town (default: %(default)s)")
    parser.add_argument("--clients", type=int, default=1000, help="(default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=5.0, help="of load, for an hour (default: %(default)s)")
    parser.add_argument("--store", choices=("sqlite", "redis"), default="sqlite")
    parser.add_argument("--restarts", default="term,kill,kill", help="(default: %(default)s)")
    parser.add_argument("--traces", type=int, default=6000, help="more of them to find out about what was lost")
    parser.add_argument("--output", type=Path, default=Path("build/soak.json"))
    parser.add_argument("--keep-log", action="store_true", help="leave the log of the daemon's last life in ./soak.log")
    arguments = parser.parse_args()

    def begin(reactor: Any) -> "Deferred[None]":
        return Deferred.fromCoroutine(run(arguments))

    react(begin, ())


if __name__ == "__main__":
    main()
