"""What every foreign client can do for a test."""

import abc
import atexit
import datetime
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from tests.daemon import moments

reactor: Any = installed_reactor

#: Seconds a client may take for anything: much, because the machine may be busy with other tests.
PATIENCE = 60.0
#: Seconds between two looks at what a client shows.
_LOOK = 0.05


class ProgramMissing(AssertionError):
    """A client is not installed; these tests need the real one."""


def program(name: str, package: str) -> str:
    """Where `name` is, of the Debian package `package`. Raises `ProgramMissing`."""
    path = shutil.which(name)
    if path is None:
        raise ProgramMissing(f"{name} is missing, and these tests need the real one: apt install {package}")
    return path


class Shown(NamedTuple):
    """A line of a talk as the client shows it; `time` is its own, in seconds since 1970."""

    time: float
    nick: str
    text: str


def moment(text: str) -> float:
    """``2026-11-22 11:37:11`` as a client whose time zone is UTC writes it."""
    return datetime.datetime.strptime(text + "+0000", "%Y-%m-%d %H:%M:%S%z").timestamp()


class Peer(abc.ABC):
    """One client, with its own home folder. `close` it whatever happens."""

    kind: ClassVar[str]
    #: What it runs, and the Debian package of each.
    programs: ClassVar[dict[str, str]]

    def __init__(self, name: str) -> None:
        self.name = name
        #: Where its programs are.
        self.paths = {each: program(each, package) for each, package in self.programs.items()}
        self.home = Path(tempfile.mkdtemp(prefix=f"imd-{self.kind}-"))
        atexit.register(self.bury)

    def environment(self) -> dict[str, str]:
        """Nothing of the person who runs the tests: not their home, locale, time zone or tmux."""
        return {
            "HOME": str(self.home),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
            "TZ": "UTC",
        }

    @abc.abstractmethod
    async def start(self) -> None:
        """Start the program."""

    @abc.abstractmethod
    async def say(self, text: str) -> None:
        """What a person types: a command, or a line for the talk that is open."""

    @abc.abstractmethod
    def talk(self, name: str) -> list[Shown]:
        """What is shown of the talk with `name`, or in the room `name`; what the client itself remarks left out."""

    @abc.abstractmethod
    def everything(self) -> str:
        """All it has shown so far."""

    async def close(self) -> None:
        """End it at once, and forget all it had."""
        atexit.unregister(self.bury)
        shutil.rmtree(self.home, ignore_errors=True)

    def bury(self) -> None:
        """As `close`, without a reactor: for when the tests themselves are ended."""
        shutil.rmtree(self.home, ignore_errors=True)

    # ------------------------------------------------------------ waiting

    async def until(self, what: str, true: Callable[[], bool]) -> None:
        """Wait until `true()`. A foreign program has no event to wait for, so it is looked at again and again."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.kind} of {self.name}: waited in vain for {what}:\n{await self.view()}")
            await moments(_LOOK)

    async def view(self) -> str:
        """What to show when a test fails."""
        return self.everything()[-6000:]

    async def sees(self, text: str, times: int = 1) -> None:
        """Wait until `text` has been shown, anywhere, `times` times."""
        await self.until(repr(text), lambda: self.everything().count(text) >= times)

    async def hears(self, talk: str, nick: str, text: str) -> Shown:
        """Wait until `nick` has said `text` in a talk, and that line."""

        def said() -> list[Shown]:
            return [line for line in self.talk(talk) if (line.nick, line.text) == (nick, text)]

        await self.until(f"{nick} saying {text!r} in {talk}", lambda: bool(said()))
        return said()[0]

    async def signed_on(self, times: int = 1) -> None:
        """Wait until the daemon has welcomed it for the `times`-th time."""
        await self.sees("Welcome to the", times)


def lines_of(path: Path) -> list[str]:
    """The whole lines of a log that may not be there yet."""
    try:
        text = path.read_text(errors="replace")
    except FileNotFoundError:
        return []
    return text[: text.rfind("\n") + 1].splitlines()


class Foreign(ProcessProtocol):
    """A program that was started; what it writes is kept."""

    def __init__(self) -> None:
        self.output = b""
        self.errors = b""
        self.over: Deferred[int | None] = Deferred()
        self.ended = False

    def outReceived(self, data: bytes) -> None:
        self.output += data

    def errReceived(self, data: bytes) -> None:
        self.errors += data

    def processEnded(self, reason: Failure) -> None:
        self.ended = True
        self.over.callback(getattr(reason.value, "exitCode", None))
