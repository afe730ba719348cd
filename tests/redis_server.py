"""A real redis-server for tests: on a free port, in a folder of its own, to be killed and started again.

``appendonly yes`` and ``appendfsync always`` unless told otherwise: what promise P1 asks for. Without redis-server
installed the tests fail and say what to install; they are never skipped.
"""

import atexit
import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import txredisapi

#: Seconds a redis-server may take to answer, or to end.
PATIENCE = 20.0


class RedisMissing(AssertionError):
    """redis-server is not installed; the tests need a real one."""


def program(name: str = "redis-server") -> str:
    """Where `name` is. Raises `RedisMissing`."""
    path = shutil.which(name)
    if path is None:
        raise RedisMissing(
            f"{name} is missing, and these tests need a real one.\n"
            "  Debian, Ubuntu: apt install redis-server\n"
            "  macOS:          brew install redis"
        )
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RedisServer:
    """One redis-server. Its methods wait: call them where a test may stand still for some milliseconds.

    `settings` are lines of redis.conf, added to (and so overriding) those that make it durable. `tls` serves TLS on
    `port` instead of plain text; the certificate is part of `settings` then. `sentinel` makes it watch others instead.
    """

    def __init__(self, *settings: str, durable: bool = True, tls: bool = False, sentinel: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="imd-redis-"))
        self.port = free_port()
        self.tls = tls
        self._arguments = [program(), str(self.folder / "redis.conf"), *(["--sentinel"] if sentinel else [])]
        self._process: subprocess.Popen[bytes] | None = None
        # TLS servers get a plain port for `command`, too.
        self._plain = free_port() if tls else self.port
        lines = [f"dir {self.folder}", "bind 127.0.0.1", f"port {self._plain}", "daemonize no"]
        if tls:
            lines.append(f"tls-port {self.port}")
        if not sentinel:
            lines += ['save ""', "auto-aof-rewrite-percentage 0"]
            if durable:
                lines += ["appendonly yes", "appendfsync always"]
        (self.folder / "redis.conf").write_text("\n".join([*lines, *settings]) + "\n")
        atexit.register(self.remove)

    @property
    def url(self) -> str:
        return f"{'rediss' if self.tls else 'redis'}://127.0.0.1:{self.port}/0"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> "RedisServer":
        """Start it, or start it again on the same port and data, and wait until it answers."""
        if self.running:
            return self
        log = self.folder / "redis.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                self._arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
            )
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError, EOFError):
                reply = self.command("PING")
                # A refusal (NOAUTH, NOPERM) is an answer too; LOADING says that it still reads its file.
                if reply == b"PONG" or (isinstance(reply, Exception) and not str(reply).startswith("LOADING")):
                    return self
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"redis-server did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.005)

    def command(self, *parts: str | bytes | int) -> Any:
        """One command over a connection of its own; error replies are returned, not raised."""
        with socket.create_connection(("127.0.0.1", self._plain), PATIENCE) as connection:
            return _ask(connection, parts)

    def flush(self) -> None:
        """Start if needed, and forget all data (as fast as a new server would be slow)."""
        self.start()
        reply = self.command("FLUSHALL")
        if reply != b"OK":
            raise AssertionError(f"FLUSHALL: {reply!r}")

    def cpu(self) -> float:
        """Seconds of CPU it has used, user and system (INFO cpu)."""
        info = self.command("INFO", "cpu").decode()
        fields = dict(line.split(":") for line in info.split("\r\n") if ":" in line)
        return float(fields["used_cpu_user"]) + float(fields["used_cpu_sys"])

    def kill(self) -> None:
        """``kill -9``."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Hang: connections stay open, nothing is answered (until `resume`)."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """``kill -9`` and start again on the same port and data."""
        self.kill()
        self.start()

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(number)
            process.send_signal(signal.SIGCONT)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def remove(self) -> None:
        """Kill it and delete its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _ask(connection: socket.socket, parts: tuple[str | bytes | int, ...]) -> Any:
    words = [part if isinstance(part, bytes) else str(part).encode() for part in parts]
    connection.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words))
    reader = txredisapi.hiredis.Reader()
    while (reply := reader.gets()) is False:
        data = connection.recv(65536)
        if not data:
            raise EOFError
        reader.feed(data)
    return reply


_shared: dict[tuple[str, ...], RedisServer] = {}


def shared_server(*settings: str) -> RedisServer:
    """A running, empty server, the same one for all tests of this process that ask for these settings."""
    server = _shared.get(settings)
    if server is None:
        server = _shared[settings] = RedisServer(*settings)
    server.flush()
    return server
