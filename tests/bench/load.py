"""The C programs: building them, and calling the generator.

The generator is one thread of C and costs about as much per message as the floor, so it is never what limits a server
written in Python. It counts the server's CPU time (all threads, user and system) between two moments, and what was
delivered between them.
"""

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
#: -Werror: what a compiler finds odd is not left in a measuring instrument.
FLAGS = ("-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror")


class Void(Exception):
    """The run is worth nothing: a message was lost, doubled or misdelivered, or a connection failed."""


def build(folder: Path, *, compiler: str | None = None, tls: bool = True) -> tuple[Path, Path]:
    """Compile generator and floor into `folder`. Returns both programs. Raises `CalledProcessError`.

    `tls` needs the headers of OpenSSL; without, the generator has TCP and UDP only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    generator = [str(source) for source in sorted((HERE / "generator").glob("*.c"))]
    programs = {
        folder / "load": [*generator, "-lssl", "-lcrypto"] if tls else ["-DWITHOUT_TLS", *generator],
        folder / "floor": [str(HERE / "floor.c")],
    }
    building = [
        subprocess.Popen([compiler or os.environ.get("CC", "cc"), *FLAGS, "-o", str(program), *sources])
        for program, sources in programs.items()
    ]
    for process in building:
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, process.args)
    load, floor = programs
    return load, floor


def cores() -> tuple[set[int], set[int]]:
    """Where the servers and where the generator run. Both on the same core when there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return {usable[0]}, {usable[-1]}


class Generator:
    """The built generator."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def run(
        self, scenario: str, port: int, pids: Iterable[int] = (), *, timeout: float = 180, **options: Any
    ) -> dict[str, Any]:
        """One run. `options` are those of ``load`` (``per_room=100`` is ``--per-room 100``); True is a flag.

        Returns its figures. Raises `Void`.
        """
        arguments = [str(self._program), "--scenario", scenario, "--port", str(port)]
        for pid in pids:
            arguments += ["--pid", str(pid)]
        for name, value in options.items():
            if value is not False and value is not None:
                arguments.append("--" + name.replace("_", "-"))
                if value is not True:
                    arguments.append(str(value))
        core = cores()[1]
        try:
            done = subprocess.run(
                arguments,
                capture_output=True,
                text=True,
                timeout=timeout,
                preexec_fn=lambda: os.sched_setaffinity(0, core),
            )
        except subprocess.TimeoutExpired:
            raise Void(f"no end after {timeout:.0f} s") from None
        if done.returncode not in (0, 1):
            raise Void(done.stderr.strip() or f"the generator ended with {done.returncode}")
        figures: dict[str, Any] = json.loads(done.stdout)
        if done.returncode or not figures["ok"]:
            raise Void(explained(figures) + (f"; {done.stderr.strip()[:300]}" if done.stderr else ""))
        return figures


def explained(figures: dict[str, Any]) -> str:
    """What was wrong with a run, in a sentence."""
    wrong = ("lost", "repeated", "stray", "refused", "errors", "unanswered")
    counts = [f"{name} {figures[name]:,}" for name in wrong if figures[name]]
    return ", ".join([figures["failure"]] * bool(figures["failure"]) + counts)
