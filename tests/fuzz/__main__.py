"""``python -m tests.fuzz``: the long run."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from tests.daemon import RunningDaemon
from tests.fuzz.crowd import FLAT, SETTINGS, Crowd
from tests.redis_server import RedisServer


async def run(arguments: argparse.Namespace) -> None:
    folder = Path(tempfile.mkdtemp(prefix="imd-fuzz-"))
    server = RedisServer().start() if arguments.store == "redis" else None
    daemon = RunningDaemon(folder / "data", *SETTINGS, store="sqlite" if server is None else server.url)
    try:
        await daemon.start()
        figures = await Crowd(daemon, arguments.lines, arguments.seed).run()
        print(figures)
        grown = figures.after - figures.before
        print(f"memory grew by {grown} KiB; {FLAT} KiB are allowed")
        if grown > FLAT:
            sys.exit(1)
    finally:
        (Path("fuzz.log")).write_text(daemon.log) if arguments.keep_log else None
        await daemon.kill()
        if server is not None:
            server.remove()
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Hostile clients against a daemon.")
    parser.add_argument("--lines", type=int, default=100_000, help="so many hostile lines (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed says the same (default: %(default)s)")
    parser.add_argument("--store", choices=("sqlite", "redis"), default="sqlite")
    parser.add_argument("--keep-log", action="store_true", help="leave the daemon's log in ./fuzz.log")
    arguments = parser.parse_args()

    def begin(reactor: Any) -> "Deferred[None]":
        return Deferred.fromCoroutine(run(arguments))

    react(begin, ())


if __name__ == "__main__":
    main()
