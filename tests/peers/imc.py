"""imc in a pipe, as scripts use it."""

import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred

from tests.daemon import RunningDaemon
from tests.peers.peer import PATIENCE, Foreign, reactor

#: What the installed ``imc`` runs.
_PROGRAM = "from imd.client.cli import main; main()"


class Finished(NamedTuple):
    """How it ended: its exit code, what it printed (one object a line), and what it complained of."""

    code: int | None
    printed: list[dict[str, Any]]
    complaint: str


class Imc:
    """One run of ``imc --json ARGUMENTS NAME@127.0.0.1``. `lines` are its standard input."""

    def __init__(self, daemon: RunningDaemon, name: str, password: str, *arguments: str, lines: tuple[str, ...] = ()):
        self.name = name
        self._foreign = Foreign()
        environment = {
            **{key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ},
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "LC_ALL": "C.UTF-8",
            "IMC_PASSWORD": password,
        }
        whom = f"{name}@127.0.0.1:{daemon.ports['native', 'tcp']}"
        program = [sys.executable, "-c", _PROGRAM, "--json", *arguments, whom]
        self._transport: Any = reactor.spawnProcess(self._foreign, sys.executable, program, environment)
        self._transport.write("".join(f"{line}\n" for line in lines).encode())
        self._transport.closeStdin()

    @property
    def printed(self) -> list[dict[str, Any]]:
        """What it has printed so far."""
        output = self._foreign.output
        return [json.loads(line) for line in output[: output.rfind(b"\n") + 1].splitlines()]

    async def ends(self) -> Finished:
        """Wait until it has ended by itself."""
        self._foreign.over.addTimeout(PATIENCE, reactor)
        code = await self._foreign.over
        return Finished(code, self.printed, self._foreign.errors.decode())

    def close(self) -> Deferred[int | None] | None:
        """End it at once, if it has not."""
        if self._foreign.ended:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._transport.pid, signal.SIGKILL)
        return self._foreign.over
