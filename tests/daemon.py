"""A real ``twistd imd`` for tests: its own process, its own folder, ports of the system's choosing.

It can be killed as by ``kill -9`` and started again on the same data. What it logs is at hand when a test fails.
"""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from imd.control.call import Caller, connect
from imd.control.wire import Answer
from tests.redis_server import RedisServer
from tests.tokens import site

reactor: Any = installed_reactor

#: Seconds in which a daemon must be up, or down.
PATIENCE = 30.0

#: What makes tests quick without changing what they test.
QUICK = ("accounts.scram_iterations=4096", "limits.enabled=false")


class _Process(ProcessProtocol):
    def __init__(self) -> None:
        # Hostile clients make for a long log: it is joined when somebody looks.
        self._parts: list[str] = []
        self.ready: Deferred[None] = Deferred()
        self.over: Deferred[int] = Deferred()

    @property
    def log(self) -> str:
        self._parts = ["".join(self._parts)]
        return self._parts[0]

    def outReceived(self, data: bytes) -> None:
        self._parts.append(data.decode(errors="replace"))
        if not self.ready.called and "imd ready" in self.log:
            self.ready.callback(None)

    def errReceived(self, data: bytes) -> None:
        self._parts.append(data.decode(errors="replace"))

    def processEnded(self, reason: Failure) -> None:
        assert isinstance(reason.value, ProcessDone | ProcessTerminated)
        code = reason.value.exitCode
        if reason.value.signal == signal.SIGTERM and "imd stopped" in self.log:
            # twistd stops in order and then ends itself by the signal, as a well-behaved program does.
            code = 0
        if not self.ready.called:
            self.ready.errback(AssertionError(f"the daemon did not start (exit code {code}):\n{self.log}"))
        self.over.callback(-1 if code is None else code)


class RunningDaemon:
    """One daemon. `settings` are ``KEY=VALUE`` as for ``--set``; `data` is kept over restarts; `wrapper` is a program,
    with its arguments, that becomes the daemon (``ip netns exec NAME``)."""

    def __init__(
        self,
        data: Path,
        *settings: str,
        store: str = "sqlite",
        config: Path | None = None,
        arguments: Sequence[str] = (),
        wrapper: Sequence[str] = (),
    ) -> None:
        self.data = data.absolute()
        self._wrapper = [*wrapper]
        self._arguments = list(arguments)
        if config is not None:
            self._arguments += ["--config", str(config)]
        listen = [
            'listen.native=["tcp:0","tls:0"]',
            'listen.irc=["tcp:0","tls:0"]',
            'listen.udp=["127.0.0.1:0"]',
            'listen.web=["tcp:0","tls:0"]',
        ]
        # A settings file may have sites of its own.
        sites = [site()] if config is None else []
        for setting in (*listen, *QUICK, *sites, f'store.url="{store}"', *settings):
            self._arguments += ["--set", setting]
        self.ports: dict[tuple[str, str], int] = {}
        self._process: _Process | None = None
        self._transport: Any = None

    @property
    def log(self) -> str:
        """What this run of the daemon has logged."""
        return "" if self._process is None else self._process.log

    @property
    def pid(self) -> int:
        assert self._transport is not None
        return int(self._transport.pid)

    def spawn(self) -> _Process:
        """Start it, without waiting."""
        twistd = str(Path(sys.executable).with_name("twistd"))
        program = [*self._wrapper, sys.executable, twistd]
        arguments = [*program, "-n", "--pidfile=", "imd", "--data", str(self.data), *self._arguments]
        self._process = _Process()
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        self._transport = reactor.spawnProcess(self._process, arguments[0], arguments, environment)
        return self._process

    async def start(self) -> "RunningDaemon":
        """Start it, and wait until it is ready."""
        process = self.spawn()
        process.ready.addTimeout(PATIENCE, reactor)
        await process.ready
        status = await self.ask("status")
        self.ports = {(each["door"], each["kind"]): each["port"] for each in status["listeners"]}
        return self

    async def ask(self, action: str, **arguments: Any) -> Answer:
        """What imdctl would ask, over the control socket."""
        caller = await self.caller()
        try:
            return await caller.every_page(action, arguments)
        finally:
            caller.close()

    async def caller(self) -> Caller:
        return await connect(reactor, self.data)

    async def kill(self) -> None:
        """``kill -9``."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM, and wait; the exit code."""
        return await self._end(signal.SIGTERM)

    def hang_up(self) -> None:
        os.kill(self.pid, signal.SIGHUP)

    async def _end(self, how: int) -> int:
        process = self._process
        if process is None or process.over.called:
            return 0
        if self._transport.pid is not None:
            # None: it has ended by itself, and its last words are on their way.
            os.kill(self.pid, how)
        process.over.addTimeout(PATIENCE, reactor)
        return await process.over


class DaemonTestCase(TestCase):
    """A test that talks to real daemons; whatever it started is ended, whatever happens."""

    timeout = 300

    def daemon(self, *settings: str, **more: Any) -> RunningDaemon:
        """A daemon that is not started yet, in a folder of its own."""
        data = more.pop("data", None) or Path(self.mktemp())
        running = RunningDaemon(data, *settings, **more)
        self.addCleanup(lambda: Deferred.fromCoroutine(running.kill()))
        return running

    def redis(self) -> RedisServer:
        """A real Redis, started."""
        server = RedisServer()
        self.addCleanup(server.remove)
        return server.start()


async def moments(seconds: float) -> None:
    """Let the reactor run; for foreign programs only, where there is no event to wait for."""
    waiting: Deferred[None] = Deferred()
    reactor.callLater(seconds, waiting.callback, None)
    await waiting
