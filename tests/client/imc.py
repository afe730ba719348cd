"""The program ``imc`` as a process of its own."""

import os
import sys
from pathlib import Path
from typing import Any

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

reactor: Any = installed_reactor

#: Seconds any run may take.
PATIENCE = 30.0
PROGRAM = [sys.executable, "-c", "from imd.client.cli import main; main()"]
ENVIRONMENT = {"PYTHONPATH": str(Path(__file__).parents[2]), "IMC_PASSWORD": "sesame"}


class Imc(ProcessProtocol):
    """One run. `lines` are what it printed, `complaints` its standard error; a variable that is None is unset."""

    def __init__(self, *arguments: str, stdin: str | None = "", **environment: str | None) -> None:
        self._out = b""
        self.complaints = ""
        self._waiting: list[tuple[int, Deferred[None]]] = []
        self.over: Deferred[int] = Deferred()
        self.over.addTimeout(PATIENCE, reactor)
        surroundings = {
            name: value for name, value in {**os.environ, **ENVIRONMENT, **environment}.items() if value is not None
        }
        self.process: Any = reactor.spawnProcess(self, PROGRAM[0], [*PROGRAM, *arguments], surroundings)
        if stdin is not None:
            self.process.write(stdin.encode())
            self.process.closeStdin()

    @property
    def lines(self) -> list[str]:
        return self._out.decode().splitlines()

    def printed(self, count: int) -> Deferred[None]:
        """Fires once so many lines are there."""
        waiting: Deferred[None] = Deferred()
        waiting.addTimeout(PATIENCE, reactor)
        self._waiting.append((count, waiting))
        self.outReceived(b"")
        return waiting

    def outReceived(self, data: bytes) -> None:
        self._out += data
        for count, waiting in list(self._waiting):
            if self._out.count(b"\n") >= count:
                self._waiting.remove((count, waiting))
                waiting.callback(None)

    def errReceived(self, data: bytes) -> None:
        self.complaints += data.decode()

    def processEnded(self, reason: Failure) -> None:
        code = getattr(reason.value, "exitCode", None)
        self.over.callback(-1 if code is None else code)


async def run(*arguments: str, stdin: str = "", **environment: str) -> tuple[int, list[str], str]:
    """Exit code, what it printed, what it complained of."""
    program = Imc(*arguments, stdin=stdin, **environment)
    code = await program.over
    return code, program.lines, program.complaints
