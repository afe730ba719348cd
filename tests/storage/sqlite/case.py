"""What the tests of this package share: a store in a folder of the test's own, and another process."""

import os
import sys
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProcessTransport, IReactorFromThreads, IReactorProcess, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from imd.storage.sqlite.store import SQLiteStore

assert IReactorFromThreads.providedBy(reactor)
assert IReactorProcess.providedBy(reactor)
assert IReactorTime.providedBy(reactor)
threads: IReactorFromThreads = reactor
processes: IReactorProcess = reactor
clock: IReactorTime = reactor


class SQLiteCase(TestCase):
    timeout = 120.0

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())

    def new_store(self) -> SQLiteStore:
        return SQLiteStore(self.folder, threads)

    async def make_store(self) -> SQLiteStore:
        store = self.new_store()
        await store.open()
        self.addCleanup(store.close)
        return store


class Program(ProcessProtocol):
    """``python -m MODULE ARGUMENTS``, its output by lines."""

    transport: IProcessTransport

    def __init__(self, module: str, *arguments: str) -> None:
        self.lines: list[str] = []
        self.errors = b""
        self.ended: Deferred[None] = Deferred()
        self._rest = b""
        self._wanted = 0
        self._reached: Deferred[None] = Deferred()
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        processes.spawnProcess(self, sys.executable, [sys.executable, "-m", module, *arguments], environment)

    async def until(self, number: int) -> None:
        """Wait for `number` lines. Use once."""
        self._wanted = number
        self._look()
        await self._reached

    def outReceived(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.lines += [line.decode() for line in lines]
        self._look()

    def errReceived(self, data: bytes) -> None:
        self.errors += data

    def processEnded(self, reason: Failure) -> None:
        if self._wanted and not self._reached.called:
            self._reached.errback(RuntimeError(f"it ended early: {self.errors.decode()}"))
        self.ended.callback(None)

    def _look(self) -> None:
        if self._wanted and len(self.lines) >= self._wanted and not self._reached.called:
            self._reached.callback(None)
