"""Many people who sign on as fast as they can, and see each other: clients that cost little themselves.

Everybody is a mutual contact of the neighbours on a ring. As a program, with PORT FIRST LAST STEP PEOPLE CONTACTS, it
signs every STEPth of them on, from FIRST to before LAST, says so with a line, and stays until it is killed.
"""

import base64
import contextlib
import resource
import sys
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred, DeferredSemaphore, gatherResults
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import react
from twisted.python.failure import Failure

from imd.core.address import Address
from imd.core.contact import Contact
from imd.core.session import Account
from imd.core.stores import Store
from imd.credentials.scram import new_verifier
from imd.net.scram import salted_password
from imd.net.scram_client import ScramClient

reactor: Any = installed_reactor

#: Sign-ons under way at one time.
AT_ONCE = 200
#: Seconds in which something must happen.
PATIENCE = 120.0

#: All have the same, so that nobody need hash for each.
SALT, ITERATIONS = b"salt of the storm", 4096
SALTED = salted_password(b"secret", SALT, ITERATIONS)


def name(number: int) -> str:
    return f"person{number}"


class Ring(msgspec.Struct, frozen=True):
    """Who knows whom."""

    people: int
    contacts: int

    def of(self, number: int) -> list[int]:
        half = self.contacts // 2
        return [(number + step) % self.people for step in (*range(-half, 0), *range(1, half + 1))]

    async def fill(self, store: Store) -> None:
        """Accounts and rosters, written into a store before a daemon has it."""
        await store.open()
        verifier = new_verifier(SALTED, SALT, ITERATIONS)
        made = [
            store.accounts.create(Account(f"A{number}", name(number), reactor.seconds()), name(number), verifier)
            for number in range(self.people)
        ]
        if not all([await each for each in made]):
            raise AssertionError("these accounts exist")
        for begin in range(0, self.people, 100):
            await store.rosters.put(
                [
                    (f"A{number}", Contact(f"A{other}", Address(name(other), "localhost"), to=True, from_=True))
                    for number in range(begin, min(begin + 100, self.people))
                    for other in self.of(number)
                ]
            )
        await store.close()


class _View(msgspec.Struct):
    address: str
    state: str


class _Line(msgspec.Struct):
    type: str
    data: str = ""
    ref: int = 0
    address: str = ""
    state: str = ""
    presence: list[_View] = []


_decode = msgspec.json.Decoder(_Line).decode


class Returning(Protocol):
    """A client that signs on by SCRAM with kept keys, and counts whom it is told of."""

    transport: Any

    def __init__(self, number: int, expected: int) -> None:
        self.number = number
        #: How often it was told that somebody is on, and that somebody is off, by name.
        self.seen: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.wrong: list[bytes] = []
        self.on: Deferred[None] = Deferred()
        #: Fires when it has seen as many as it expects; again after `expect_lost`.
        self.complete: Deferred[None] = Deferred()
        self._expected = expected
        self._counted = self.seen
        self._scram = ScramClient(name(number), "", keys=(SALT, ITERATIONS, SALTED))
        self._rest = b""
        self._pong: Deferred[None] | None = None

    async def come(self, port: int) -> None:
        await connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", port), self)
        await self.on

    def expect_lost(self, count: int) -> "Deferred[None]":
        self._expected, self._counted, self.complete = count, self.lost, Deferred()
        return self.complete

    def barrier(self) -> "Deferred[None]":
        """All that was said to this client so far has come when it fires."""
        self._pong = Deferred()
        self._tell(type="ping", ref=9)
        return self._pong

    def connectionMade(self) -> None:
        # An empty line tells that this is not TLS.
        self.transport.setTcpNoDelay(True)
        self.transport.write(b"\n")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        for waiting in (self.on, self.complete, self._pong):
            if waiting is not None and not waiting.called:
                waiting.errback(AssertionError(f"{name(self.number)} lost its connection"))

    def _tell(self, **message: Any) -> None:
        self.transport.write(msgspec.json.encode(message) + b"\n")

    def dataReceived(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._line(line)
        if len(self._counted) >= self._expected and not self.complete.called:
            self.complete.callback(None)

    def _line(self, line: bytes) -> None:
        message = _decode(line)
        match message.type:
            case "presence":
                self._see(message, line)
            case "hello":
                data = base64.b64encode(self._scram.first()).decode()
                self._tell(type="authenticate", ref=1, mechanism="SCRAM-SHA-256", data=data)
            case "challenge":
                data = base64.b64encode(self._scram.final(base64.b64decode(message.data))).decode()
                self._tell(type="response", ref=2, data=data)
            case "authenticated":
                self._scram.verify(base64.b64decode(message.data))
                self._tell(type="session", ref=3, client="storm", version="1", device="storm")
            case "welcome":
                for view in message.presence:
                    self._see(view, line)
                self.on.callback(None)
            case "ping":
                self._tell(type="pong")
            case "pong":
                assert self._pong is not None
                self._pong.callback(None)
            case _:
                self.wrong.append(line)

    def _see(self, view: _View | _Line, line: bytes) -> None:
        if view.state == "available":
            self.seen[view.address.partition("@")[0]] += 1
        elif view.state == "offline":
            self.lost[view.address.partition("@")[0]] += 1
        else:
            self.wrong.append(line)

    def go(self) -> None:
        if self.transport is not None:
            self.transport.abortConnection()


async def all_on(clients: Iterable[Returning], port: int) -> None:
    """Sign on, `AT_ONCE` at a time."""
    room = DeferredSemaphore(AT_ONCE)
    await gatherResults([room.run(lambda c: Deferred.fromCoroutine(c.come(port)), each) for each in clients])


def all_of(waiting: Iterable["Deferred[None]"]) -> "Deferred[Any]":
    """Fires when all have, within `PATIENCE`."""
    return gatherResults(list(waiting)).addTimeout(PATIENCE, reactor)


def many_files() -> None:
    """Each client needs one."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _stay(reactor: Any, *arguments: str) -> None:
    port, first, last, step, people, contacts = map(int, arguments)
    ring = Ring(people, contacts)
    many_files()
    await all_on([Returning(number, len(ring.of(number))) for number in range(first, last, step)], port)
    print("on", flush=True)
    await Deferred()


if __name__ == "__main__":
    react(lambda reactor: Deferred.fromCoroutine(_stay(reactor, *sys.argv[1:])))
