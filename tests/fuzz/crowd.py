"""What hostile crowds have in common: the two people who talk all the time, and what is measured meanwhile."""

import abc
import random
import re
import time
from pathlib import Path

import msgspec
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import LoopingCall

from imd.control.wire import Refused
from tests.daemon import RunningDaemon, moments
from tests.doors import DOORS, Driver, DtlsDriver, Outcome

PASSWORD = "correct horse"

#: Who the hostile clients sign on as.
HOSTILE = "mallory"

#: By how many KiB the daemon may be larger in the end than after the first half: what the allocator has not given
#: back of the largest messages that were under way at one time. A leak of 200 bytes a line would be 16 MiB.
FLAT = 8 * 1024

#: Hostile connections at one time.
AT_ONCE = 8

#: The doors a crowd's people talk through.
TALKING: dict[str, type[Driver]] = {**DOORS, "dtls": DtlsDriver}

#: Bounds that are reached in the first half, so that afterwards memory must be flat.
SETTINGS = (
    "offline.max_messages=0",
    "limits.sessions_per_account=1000",
    "limits.traces=200",
    "limits.rooms=100",
    "limits.contacts=100",
    # Nobody who talks is an agent: what she hears would be counted.
    f'web.desks=[{{name="sales", agents=["victim", "{HOSTILE}"]}}]',
    # With rates off, a piece of input may be ten thousand bad lines, each with its answer, in one turn of the reactor:
    # whoever says that is otherwise cut off for not having read what it is told.
    'limits.send_queue="4 MiB"',
)

#: A line of the log that says something went wrong by our own fault.
FAULT = re.compile(r"Traceback|#(?:error|critical|failure)\]|Unhandled|never awaited|Internal error")


class Figures(msgspec.Struct):
    """What came of it."""

    #: Lines or datagrams.
    hostile: int = 0
    connections: int = 0
    #: Datagrams in the names of the two who talk.
    forged: int = 0
    #: Of the datagrams, those the system dropped before the daemon could read them, and what it counted of the others.
    dropped: int = 0
    counted: dict[str, int] = msgspec.field(default_factory=dict)
    #: Connections that the daemon ended with a farewell.
    ended: int = 0
    messages: int = 0
    #: KiB, after the first half and in the end.
    before: int = 0
    after: int = 0
    seconds: float = 0.0
    slowest: float = 0.0


def resident(pid: int) -> int:
    """Memory of a process, in KiB."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])


def faults(daemon: RunningDaemon) -> list[str]:
    """Lines of its log that no peer may cause."""
    return [line for line in daemon.log.splitlines() if FAULT.search(line)]


class Talk:
    """One person writes to another now and then, all the time."""

    def __init__(self, one: Driver, other: Driver) -> None:
        self.one, self.other = one, other
        self.told: dict[str, Outcome] = {}
        self.sent: list[str] = []
        self.slowest = 0.0
        self._call = LoopingCall(self._say)
        self._call.start(0.02).addErrback(lambda failure: failure.printTraceback())

    def _say(self) -> None:
        body = f"{self.one.name} says {len(self.sent)}"
        self.sent.append(body)
        begin = time.monotonic()

        def told(outcome: Outcome) -> None:
            self.told[body] = outcome
            self.slowest = max(self.slowest, time.monotonic() - begin)

        self.one.send(self.other.name, body).addCallback(told)

    def stop(self) -> None:
        if self._call.running:
            self._call.stop()

    async def end(self) -> None:
        """Stop, and see that everything was accepted, and shown once and in order."""
        self.stop()
        await self.one.until("told of everything", lambda: len(self.told) == len(self.sent))
        last = self.sent[-1]
        await self.other.until("the last", lambda: self.other.received[-1].body == last)
        shown = [received for received in self.other.received if received.sender.lower() == self.one.name]
        assert {outcome.how for outcome in self.told.values()} == {"accepted"}, self.told
        assert [received.body for received in shown] == self.sent, "lost, doubled, or out of order"
        assert [received.id for received in shown] == [self.told[body].id for body in self.sent], "other ids"


class Crowd(abc.ABC):
    """Hostile clients until so many lines, or datagrams, have been said. `daemon` runs with the crowd's settings."""

    #: Who talks, and through which doors.
    people = (("native", "alice"), ("irc", "bob"))

    def __init__(self, daemon: RunningDaemon, hostile: int, seed: int) -> None:
        self.daemon = daemon
        self.wanted = hostile
        self.seed = seed
        self.figures = Figures()
        self.drivers: list[Driver] = []
        self._number = 0

    async def run(self) -> Figures:
        """Raises AssertionError where a promise was not kept."""
        figures, daemon = self.figures, self.daemon
        begin = time.monotonic()
        for name in ("alice", "bob", "victim", HOSTILE):
            await daemon.ask("user add", name=name, password=PASSWORD)
        one, other = self.drivers = [await TALKING[door].sign_on(daemon, name, PASSWORD) for door, name in self.people]
        talks = [Talk(one, other), Talk(other, one)]
        try:
            # The first half shows how much is needed at one time (the faster the machine, the more clients at once);
            # what the second half adds to that would stay.
            await self._until(self.wanted // 2)
            figures.before = await self._settled()
            await self._until(self.wanted)
            for talk in talks:
                await talk.end()
            figures.after = await self._settled()
            await self.read_books()
        finally:
            for talk in talks:
                talk.stop()
            for person in self.drivers:
                person.cut()
        figures.messages = sum(len(talk.sent) for talk in talks)
        figures.slowest = max(talk.slowest for talk in talks)
        figures.seconds = time.monotonic() - begin
        wrong = faults(daemon)
        assert not wrong, f"seed {self.seed}: {wrong[:5]}"
        return figures

    async def _until(self, hostile: int) -> None:
        async def one_after_the_other() -> None:
            while self.figures.hostile < hostile:
                await self._next()

        await gatherResults([Deferred.fromCoroutine(one_after_the_other()) for _ in range(AT_ONCE)], consumeErrors=True)

    async def _next(self) -> None:
        self._number += 1
        number = self._number
        if number % 50 == 1:
            await self._restore()
        self.figures.connections += 1
        try:
            await self.client(number, random.Random(f"{self.seed} {number}"))
        except AssertionError as error:
            raise AssertionError(f"seed {self.seed}, client {number}: {error}") from None

    @abc.abstractmethod
    async def client(self, number: int, chance: random.Random) -> None:
        """One hostile client, from its beginning to its end."""

    @abc.abstractmethod
    async def read_books(self) -> None:
        """See that nothing is left but the connections of the two who talk, and what else is counted."""

    async def _settled(self) -> int:
        """The daemon's memory once the hostile clients are gone."""
        for _ in range(400):
            status = await self.daemon.ask("status")
            if status["connections"]["open"] <= 2:
                break
            await moments(0.05)
        return resident(self.daemon.pid)

    async def _restore(self) -> None:
        """The hostile account as it was: what is said includes changes of its password."""
        try:
            await self.daemon.ask("user password", name=HOSTILE, password=PASSWORD)
        except Refused:
            await self.daemon.ask("user add", name=HOSTILE, password=PASSWORD)
