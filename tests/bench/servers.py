"""The servers that are measured, each a process of its own on one core, with limits and look-ups switched off."""

import atexit
import contextlib
import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import ClassVar

from tests.bench.load import Void, cores

#: Seconds for a server to come up, or to go.
PATIENCE = 30.0
#: All accounts have this password.
PASSWORD = "p"


class Missing(Exception):
    """A rival is not installed; the sentence says what to do."""


class Server:
    """Started by ``with``; gone at its end, and its folder with it."""

    name: ClassVar[str]
    #: Whether IRC clients give `PASSWORD`.
    password: ClassVar[bool] = False

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="imd-bench-", dir=self.disk()))
        self.ports: dict[str, int] = {}
        self.process: subprocess.Popen[bytes] | None = None

    @staticmethod
    @functools.cache
    def disk() -> Path:
        """Where the servers of this process write: on the disk of the checkout, not in a /tmp that may be memory. Gone
        with the process."""
        place = Path(__file__).parents[2] / "build" / "bench"
        place.mkdir(parents=True, exist_ok=True)
        own = Path(tempfile.mkdtemp(prefix="run-", dir=place))
        atexit.register(shutil.rmtree, own, ignore_errors=True)
        return own

    def command(self) -> list[str]:
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether it serves; called again and again while it starts."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    @property
    def port(self) -> int:
        return self.ports["irc"]

    @property
    def pids(self) -> list[int]:
        assert self.process is not None
        return [self.process.pid]

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        core = cores()[0]
        with (self.folder / "log").open("wb") as output:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
                preexec_fn=lambda: os.sched_setaffinity(0, core),
            )
        deadline = time.monotonic() + PATIENCE
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Void(f"{self.name} did not start:\n{self.log[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE / 3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "Server":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *details: object) -> None:
        self.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Floor(Server):
    """The bare epoll loop. `confirm`: private messages are followed by PING."""

    name = "floor"

    def __init__(self, program: Path, *, confirm: bool = False) -> None:
        super().__init__()
        self._program = program
        self._confirm = confirm

    def command(self) -> list[str]:
        return [str(self._program), *(["--confirm"] if self._confirm else [])]

    def ready(self) -> bool:
        if self.log.endswith("\n"):
            self.ports["irc"] = int(self.log)
        return bool(self.ports)


class Words(Server):
    """``twistd words`` of the Twisted that imd runs on. `clients` accounts; the rooms exist beforehand."""

    name = "twistd words"
    password = True

    def __init__(self, clients: int, rooms: int = 1) -> None:
        super().__init__()
        self.ports["irc"] = free_port()
        self._clients = clients
        self._rooms = rooms

    def command(self) -> list[str]:
        # ``twistd words --group`` fails on Python 3 (Twisted 26.10: `name.decode` of a str), so that the same service
        # is made in a file of ours.
        accounts = ":".join(f"u{number:05}:{PASSWORD}" for number in range(self._clients))
        program = f"""
from twisted.application.service import Application
from twisted.words import tap
options = tap.Options()
options.parseOptions([
    "--irc-port", "tcp:{self.port}:interface=127.0.0.1:backlog=4096", "--auth", "memory:{accounts}"
])
options["groups"] += {[f"r{number}" for number in range(self._rooms)]!r}
application = Application("words")
tap.makeService(options).setServiceParent(application)
"""
        (self.folder / "words.tac").write_text(program)
        twistd = str(Path(sys.executable).with_name("twistd"))
        return [sys.executable, twistd, "-n", "--pidfile=", "-y", str(self.folder / "words.tac")]


class Ngircd(Server):
    """ngIRCd, Debian's package, with its look-ups and penalties off."""

    name = "ngIRCd"

    @staticmethod
    def program() -> str:
        """Raises `Missing`."""
        found = shutil.which("ngircd") or shutil.which("ngircd", path="/usr/sbin:/usr/local/sbin")
        if found is None:
            raise Missing("ngircd is missing. Debian, Ubuntu: apt install ngircd; macOS: brew install ngircd")
        return found

    def command(self) -> list[str]:
        self.ports["irc"] = free_port()
        settings = f"""
[Global]
Name = bench.example.org
AdminInfo1 = bench
AdminEMail = bench@example.org
Listen = 127.0.0.1
Ports = {self.port}
MotdPhrase = hello
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = 30
MaxPenaltyTime = 0
PingTimeout = 600
[Options]
DNS = no
Ident = no
PAM = no
SyslogFacility = local1
"""
        path = self.folder / "ngircd.conf"
        path.write_text(settings)
        # It gives up root for an account of its own, which must be able to read this.
        self.folder.chmod(0o755)
        path.chmod(0o644)
        return [self.program(), "--nodaemon", "--config", str(path)]


class Inspircd(Server):
    """InspIRCd, Debian's package, with its look-ups, limits and flood protection off."""

    name = "InspIRCd"

    @staticmethod
    def program() -> str:
        """Raises `Missing`."""
        found = shutil.which("inspircd") or shutil.which("inspircd", path="/usr/sbin:/usr/local/sbin")
        if found is None:
            raise Missing("inspircd is missing. Debian, Ubuntu: apt install inspircd; macOS: brew install inspircd")
        return found

    def command(self) -> list[str]:
        self.ports["irc"] = free_port()
        settings = f"""
<server name="bench.example.org" description="bench" network="bench">
<admin name="bench" nick="bench" email="bench@example.org">
<bind address="127.0.0.1" port="{self.port}" type="clients">
<connect allow="*" timeout="60" pingfreq="600" threshold="1000000" commandrate="1000000000" fakelag="no"
 softsendq="100M" hardsendq="200M" recvq="1M" localmax="100000" globalmax="100000" limit="100000"
 resolvehostnames="no" useident="no" maxchans="1000">
<performance softlimit="100000" somaxconn="4096" netbuffersize="65534">
<limits maxnick="30" maxchan="60">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{self.folder}/inspircd.log">
<pid file="{self.folder}/inspircd.pid">
"""
        path = self.folder / "inspircd.conf"
        path.write_text(settings)
        root = ["--runasroot"] if os.geteuid() == 0 else []
        return [self.program(), "--nofork", *root, "--config", str(path)]


class Imd(Server):
    """imd with its defaults, apart from ``limits.enabled=false`` and `settings`.

    `data` is a folder with accounts, copied; `redis` the URL of a store that holds them already. Its ports are called
    "irc", "web", "native", "native tls" and "native udp", which takes DTLS, too.
    """

    name = "imd"
    _PORT = re.compile(r"(irc|native|web) (tcp|tls|udp) 127\.0\.0\.1:(\d+)")

    def __init__(self, *settings: str, data: Path | None = None, redis: str = "", accounts: bool = False) -> None:
        super().__init__()
        self.password = accounts  # type: ignore[misc]
        self._redis = redis
        if data is not None:
            shutil.copytree(data, self.folder / "data")
        self._settings = [
            'listen.irc=["tcp:0"]',
            'listen.native=["tcp:0","tls:0"]',
            'listen.udp=["127.0.0.1:0"]',
            'listen.web=["tcp:0"]',
            "limits.enabled=false",
            f'store.url="{redis or "sqlite"}"',
            *settings,
        ]

    def command(self) -> list[str]:
        twistd = str(Path(sys.executable).with_name("twistd"))
        arguments = ["-n", "--pidfile=", "imd", "--data", str(self.folder / "data")]
        for setting in self._settings:
            arguments += ["--set", setting]
        return [sys.executable, twistd, *arguments]

    def ready(self) -> bool:
        found = re.search(r"imd ready: (.*)", self.log)
        if found:
            self.ports = {
                door if kind == "tcp" else f"{door} {kind}": int(port)
                for door, kind, port in self._PORT.findall(found[1])
            }
        return bool(found)

    def longest_hold(self) -> float:
        """The longest turn of the reactor so far, in seconds of the process's CPU time; what else the machine does is
        not in it. Raises `Void`."""
        program = str(Path(sys.executable).with_name("imdctl"))
        command = [program, "--data", str(self.folder / "data"), "--json", "status"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Void(f"imdctl status: {done.stderr.strip()}")
        return float(json.loads(done.stdout)["longest_hold_process"])
