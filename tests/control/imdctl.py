"""``imdctl`` itself, as a process."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

reactor: Any = installed_reactor

#: Seconds one command may take.
PATIENCE = 60.0


class _Process(ProcessProtocol):
    def __init__(self, given: bytes, listening: bool) -> None:
        self._given = given
        self._listening = listening
        self.out, self.err = b"", b""
        self.over: Deferred[int | None] = Deferred()

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.write(self._given)
        self.transport.closeStdin()
        if not self._listening:
            self.transport.closeStdout()

    def outReceived(self, data: bytes) -> None:
        self.out += data

    def errReceived(self, data: bytes) -> None:
        self.err += data

    def processEnded(self, reason: Failure) -> None:
        assert isinstance(reason.value, ProcessDone | ProcessTerminated)
        self.over.callback(reason.value.exitCode)


class Done:
    """What came of a command."""

    def __init__(self, code: int | None, out: bytes, err: bytes) -> None:
        self.code = code
        self.out = out.decode()
        self.err = err.decode()

    @property
    def json(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.out)
        return answer

    def __repr__(self) -> str:
        return f"exit code {self.code}\n{self.out}\n{self.err}"


async def imdctl(*words: str, given: bytes = b"", listening: bool = True) -> Done:
    """Run it with these words and this standard input, and wait for its end; not `listening`: nobody reads."""
    process = _Process(given, listening)
    program = str(Path(sys.executable).with_name("imdctl"))
    arguments = [sys.executable, program, *words]
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    reactor.spawnProcess(process, sys.executable, arguments, variables)
    process.over.addTimeout(PATIENCE, reactor)
    code = await process.over
    return Done(code, process.out, process.err)
