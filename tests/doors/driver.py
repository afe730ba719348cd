"""What every door's driver can do and see."""

import abc
from typing import Any, Self

import msgspec
from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred

from tests.daemon import RunningDaemon
from tests.doors.stream import Stream, connected

reactor: Any = installed_reactor


class Outcome(msgspec.Struct, frozen=True):
    """What a sender was told of a message: `how` is ``accepted``, ``kept``, ``refused`` or ``unknown``."""

    how: str
    id: str
    reason: str = ""


class Received(msgspec.Struct, frozen=True):
    """A message as it was shown."""

    id: str
    sender: str
    body: str
    time: float
    repeat: bool = False


class Seen(msgspec.Struct, frozen=True):
    """A person as a watcher was told: state in the door's own words is translated back by the driver."""

    name: str
    state: str
    text: str = ""
    #: The name until now, where the door can say that two names are one person.
    renamed_from: str = ""


class Change(msgspec.Struct, frozen=True):
    """What one watcher may see of a change: the state and text before and after."""

    name: str
    before: tuple[str, str]
    now: tuple[str, str]
    renamed_from: str = ""

    @property
    def stays(self) -> bool:
        """Whether the person was on and is on, under the same name."""
        return not self.renamed_from and "offline" not in (self.before[0], self.now[0])


class SignOnFailed(AssertionError):
    """The daemon did not let the client in."""


class Driver(abc.ABC):
    """One client at one door."""

    #: Its name among the doors.
    door: str
    #: Which of the daemon's listeners it uses; "": that of its own name.
    listener = ""
    #: Whether the door can say these of presence; what it cannot say is told as the next best (docs/presence.md).
    states: frozenset[str]
    #: Whether presence texts are shown for a state other than away.
    texts: bool
    #: Whether a session can go on over another connection.
    resumes = False
    #: It plays dead once it has received more than this.
    tires_after = 1 << 30

    def __init__(self, stream: Stream, name: str) -> None:
        self.stream = stream
        self.name = name
        #: Confirm what is received; a test switches it off to play dead.
        self.confirming = True
        self.received: list[Received] = []
        self.seen: list[Seen] = []
        self.lost: Deferred[None] = Deferred()
        stream.on_line = self.line
        stream.on_lost = self._lost

    @classmethod
    async def sign_on(cls, daemon: RunningDaemon, name: str, password: str, *, source: str = "", **more: Any) -> Self:
        """Connect (from the address `source`) and sign on; raises `SignOnFailed`."""
        return await cls(await cls.connect(daemon, source=source), name).entered(password, **more)

    async def entered(self, password: str, **more: Any) -> Self:
        """Signed on, or cut off; raises `SignOnFailed`."""
        try:
            await self.enter(password, **more)
        except AssertionError:
            self.cut()
            raise
        return self

    @classmethod
    async def connect(cls, daemon: RunningDaemon, *, source: str = "") -> Stream:
        """To the daemon itself, from the address `source`."""
        return await cls.dial(cls.port(daemon), source=source)

    @classmethod
    def port(cls, daemon: RunningDaemon) -> int:
        """Where the daemon listens for such clients."""
        return daemon.ports[cls.listener or cls.door, "tcp"]

    @classmethod
    async def dial(cls, port: int, *, source: str = "") -> Stream:
        """Connect to a port, which may be that of something between."""
        return await connected(port, source=source)

    @property
    def confirms(self) -> bool:
        """Whether it confirms what it receives, still."""
        return self.confirming and len(self.received) <= self.tires_after

    async def resume(self, daemon: RunningDaemon) -> "Driver":
        """The same session over a new connection; only for doors that can."""
        raise NotImplementedError

    def _lost(self) -> None:
        if not self.lost.called:
            self.lost.callback(None)

    @abc.abstractmethod
    def line(self, line: bytes) -> None:
        """One line from the daemon."""

    @abc.abstractmethod
    async def enter(self, password: str, **more: Any) -> None:
        """Sign on."""

    @abc.abstractmethod
    def send(self, to: str, body: str) -> "Deferred[Outcome]":
        """Send a message; fires when the sender is told its outcome."""

    @abc.abstractmethod
    async def barrier(self) -> None:
        """Everything the daemon wrote to this client so far has been read, everything it sent has been taken."""

    @abc.abstractmethod
    async def set_presence(self, state: str, text: str = "") -> None: ...

    @abc.abstractmethod
    async def befriend(self, other: str) -> None:
        """Ask for `other`'s presence."""

    @abc.abstractmethod
    async def approve(self, other: str) -> None: ...

    @abc.abstractmethod
    async def block(self, other: str) -> None: ...

    @abc.abstractmethod
    async def set_privacy(self, visible_to: str | None = None, share_location: bool | None = None) -> None: ...

    @abc.abstractmethod
    async def watch(self, name: str) -> None:
        """Watch somebody without asking."""

    @abc.abstractmethod
    def shows(self, change: Change, *, contact: bool, watched: bool, together: bool) -> list[Seen]:
        """The table of docs/presence.md for this kind of client: what it is told of a change, no more and no less.

        `contact`: the person is on its roster; `watched`: it has asked for them by name with `watch`; `together`: they
        are in a room together.
        """

    @abc.abstractmethod
    async def join(self, room: str) -> None: ...

    @abc.abstractmethod
    async def quit(self) -> None:
        """Say goodbye."""

    def cut(self) -> None:
        """The connection dies without a word."""
        self.stream.abort()

    async def until(self, what: str, true: Any) -> None:
        """Wait until `true()`, looking after every line."""
        await self.stream.until(f"{self.name}@{self.door}: {what}", true)
