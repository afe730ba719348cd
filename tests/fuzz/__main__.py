"""``python -m tests.fuzz``: the long runs."""

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
from tests.fuzz.frames import FRAME_SETTINGS, FrameCrowd
from tests.fuzz.polls import POLL_SETTINGS, PollCrowd
from tests.fuzz.spoofers import DATAGRAM_SETTINGS, DatagramCrowd
from tests.fuzz.streams import StreamCrowd
from tests.redis_server import RedisServer

#: What may be said, by whom, and the settings of its daemon.
CROWDS: dict[str, tuple[type[Crowd], tuple[str, ...]]] = {
    "lines": (StreamCrowd, SETTINGS),
    "datagrams": (DatagramCrowd, DATAGRAM_SETTINGS),
    "frames": (FrameCrowd, FRAME_SETTINGS),
    "polls": (PollCrowd, POLL_SETTINGS),
}


async def run(what: str, count: int, arguments: argparse.Namespace) -> None:
    """One crowd against a daemon of its own."""
    crowd, settings = CROWDS[what]
    folder = Path(tempfile.mkdtemp(prefix="imd-fuzz-"))
    server = RedisServer().start() if arguments.store == "redis" else None
    daemon = RunningDaemon(folder / "data", *settings, store="sqlite" if server is None else server.url)
    try:
        await daemon.start()
        figures = await crowd(daemon, count, arguments.seed).run()
        grown = figures.after - figures.before
        print(f"hostile {what}: {figures}\nmemory grew by {grown} KiB; {FLAT} KiB are allowed", flush=True)
        if grown > FLAT:
            sys.exit(1)
    finally:
        Path(f"fuzz-{what}.log").write_text(daemon.log) if arguments.keep_log else None
        await daemon.kill()
        if server is not None:
            server.remove()
        shutil.rmtree(folder)


async def all_of_them(arguments: argparse.Namespace) -> None:
    for what in CROWDS:
        count = getattr(arguments, what)
        if count:
            await run(what, count, arguments)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Hostile clients against a daemon.")
    for what in CROWDS:
        parser.add_argument(
            f"--{what}", type=int, default=100_000, help=f"so many hostile {what} (default: %(default)s)"
        )
    parser.add_argument("--seed", type=int, default=1, help="the same seed says the same (default: %(default)s)")
    parser.add_argument("--store", choices=("sqlite", "redis"), default="sqlite")
    parser.add_argument("--keep-log", action="store_true", help="leave the daemons' logs in ./fuzz-*.log")
    arguments = parser.parse_args()

    def begin(reactor: Any) -> "Deferred[None]":
        return Deferred.fromCoroutine(all_of_them(arguments))

    react(begin, ())


if __name__ == "__main__":
    main()
