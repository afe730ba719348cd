"""The hostile clients, the two people who talk all the time, and what is measured meanwhile."""

import random
import re
import time
from pathlib import Path
from typing import Any

import msgspec
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import LoopingCall

from imd.control.wire import Refused
from tests.daemon import RunningDaemon, moments
from tests.doors import DOORS, Driver, Outcome
from tests.doors.stream import Stream, connected
from tests.fuzz.conversations import CONVERSATIONS, HOSTILE
from tests.fuzz.mutations import conversation
from tests.promises.hostile import chopped

PASSWORD = "correct horse"

#: By how many KiB the daemon may be larger in the end than after the first fifth: what the allocator has not given
#: back of the largest messages that were under way at one time. A leak of 200 bytes a line would be 16 MiB.
FLAT = 8 * 1024

#: Hostile connections at one time.
AT_ONCE = 8

#: Bounds that are reached in the first fifth, so that afterwards memory must be flat.
SETTINGS = (
    "offline.max_messages=0",
    "limits.sessions_per_account=1000",
    "limits.traces=200",
    "limits.rooms=100",
    "limits.contacts=100",
    # With rates off, a piece of input may be ten thousand bad lines, each with its answer, in one turn of the reactor:
    # whoever says that is otherwise cut off for not having read what it is told.
    'limits.send_queue="4 MiB"',
)

#: A line of the log that says something went wrong by our own fault.
FAULT = re.compile(r"Traceback|#(?:error|critical|failure)\]|Unhandled|never awaited|Internal error")

_FAREWELL = {"native": b'"type":"bye"', "irc": b"ERROR :"}
_PING = {"native": (b'\n{"type":"ping","ref":987654}\n', b'"ref":987654'), "irc": (b"\nPING 987654\n", b"987654")}

#: A listener that heard this first speaks TLS: it owes nobody an answer in words.
_TLS = 0x16


class Figures(msgspec.Struct):
    """What came of it."""

    lines: int = 0
    connections: int = 0
    #: Connections that the daemon ended with a farewell.
    ended: int = 0
    messages: int = 0
    #: KiB, after the first fifth and in the end.
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


class Crowd:
    """Hostile clients until `lines` have been said. `daemon` runs with `SETTINGS`."""

    def __init__(self, daemon: RunningDaemon, lines: int, seed: int) -> None:
        self.daemon = daemon
        self.wanted = lines
        self.seed = seed
        self.figures = Figures()
        self._number = 0

    async def run(self) -> Figures:
        """Raises AssertionError where a promise was not kept."""
        figures, daemon = self.figures, self.daemon
        begin = time.monotonic()
        for name in ("alice", "bob", "victim", HOSTILE):
            await daemon.ask("user add", name=name, password=PASSWORD)
        people = [
            await DOORS[door].sign_on(daemon, name, PASSWORD) for door, name in (("native", "alice"), ("irc", "bob"))
        ]
        talks = [Talk(people[0], people[1]), Talk(people[1], people[0])]
        try:
            await self._until(self.wanted // 5)
            figures.before = await self._settled()
            await self._until(self.wanted)
            for talk in talks:
                await talk.end()
            figures.after = await self._settled()
        finally:
            for talk in talks:
                talk.stop()
            for person in people:
                person.cut()
        figures.messages = sum(len(talk.sent) for talk in talks)
        figures.slowest = max(talk.slowest for talk in talks)
        figures.seconds = time.monotonic() - begin
        wrong = faults(daemon)
        assert not wrong, f"seed {self.seed}: {wrong[:5]}"
        return figures

    async def _until(self, lines: int) -> None:
        async def one_after_the_other() -> None:
            while self.figures.lines < lines:
                await self._client()

        await gatherResults([Deferred.fromCoroutine(one_after_the_other()) for _ in range(AT_ONCE)], consumeErrors=True)

    async def _settled(self) -> int:
        """The daemon's memory once the hostile clients are gone."""
        for _ in range(100):
            status = await self.daemon.ask("status")
            if status["connections"]["open"] <= 2:
                break
            await moments(0.05)
        return resident(self.daemon.pid)

    async def _client(self) -> None:
        """One hostile client, from connecting to its end."""
        self._number += 1
        number = self._number
        chance = random.Random(f"{self.seed} {number}")
        seed = chance.choice(CONVERSATIONS)
        others = [list(each.lines) for each in CONVERSATIONS if each.door == seed.door]
        lines, hostile = conversation(chance, seed.door, seed.filled_in(PASSWORD, f"f{number}"), others)
        self.figures.lines += hostile
        self.figures.connections += 1
        if number % 50 == 1:
            await self._restore()
        stream = await connected(self.daemon.ports[seed.door, "tcp"])
        try:
            await self._say(chance, seed.door, stream, lines)
        except AssertionError as error:
            raise AssertionError(f"seed {self.seed}, client {number} ({seed.name}): {error}") from None
        finally:
            stream.abort()

    async def _say(self, chance: random.Random, door: str, stream: Stream, lines: list[bytes]) -> None:
        heard = _Heard(stream)
        transport: Any = stream.transport
        data = b"".join(line + chance.choice([b"\n", b"\r\n"]) for line in lines)
        deaf = chance.random() < 0.05
        if deaf:
            transport.pauseProducing()
        pieces = chopped(chance, lines) if chance.random() < 0.3 else [data]
        for piece in pieces:
            if not stream.alive:
                break
            transport.write(piece)
        if deaf or data[0] == _TLS or chance.random() < 0.2:
            # Gone in the middle of it all; or half-way through a handshake, where there is nothing to say.
            await moments(chance.random() * 0.05)
            return
        ping, pong = _PING[door]
        if stream.alive:
            transport.write(ping)
        farewell = _FAREWELL[door]
        await stream.until("an answer or a farewell", lambda: not stream.alive or heard.of(pong) or heard.of(farewell))
        if heard.of(farewell):
            self.figures.ended += 1
        assert heard.of(pong) or heard.of(farewell), f"closed without a word:\n{stream.shown()}"

    async def _restore(self) -> None:
        """The hostile account as it was: what is said includes changes of its password."""
        try:
            await self.daemon.ask("user password", name=HOSTILE, password=PASSWORD)
        except Refused:
            await self.daemon.ask("user add", name=HOSTILE, password=PASSWORD)


class _Heard:
    """Which of the daemon's words have come."""

    def __init__(self, stream: Stream) -> None:
        self._words: set[bytes] = set()
        stream.on_line = self._line

    def _line(self, line: bytes) -> None:
        for word in (*_FAREWELL.values(), b"987654"):
            if word in line:
                self._words.add(word)

    def of(self, word: bytes) -> bool:
        return any(word.endswith(each) or each in word for each in self._words)
