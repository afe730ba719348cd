"""All the people, the daemon they live with, and the moments when everybody is at home."""

import sys
import traceback
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any

import msgspec
from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred, DeferredSemaphore, FirstError, TimeoutError, gatherResults
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from imd.core.address import Address
from imd.core.contact import Contact
from imd.core.session import Account
from imd.core.stores import RoomRecord, Store
from imd.core.talk import Room
from imd.credentials.scram import new_verifier
from imd.net.scram import salted_password
from imd.storage.redis.store import RedisStore
from imd.storage.sqlite.store import SQLiteStore
from tests.daemon import RunningDaemon, moments
from tests.promises.house import PASSWORD
from tests.soak.books import Books
from tests.soak.clients import NativeClient
from tests.soak.device import Device, State
from tests.soak.person import Person
from tests.soak.plan import Plan, residents

reactor: Any = installed_reactor

#: Seconds in which everybody must be at home and have everything. The daemon may take so long to see that a client
#: has gone without a word, and the machine may be busy with others.
PATIENCE = 60.0
#: Sign-ons under way at one time when everybody is called home.
AT_ONCE = 100

_SALT, _ITERATIONS = b"salt of the soak", 4096


class Figures(msgspec.Struct):
    """Counts for the table."""

    deeds: int = 0
    arrivals: int = 0
    #: Sign-ons that did not come about: the daemon was down, or the connection died.
    not_in: int = 0
    #: Of these: told to try again in some seconds, because too many wanted in at one time.
    put_off: int = 0
    #: Connections that the daemon ended because their client was too late with a sign of life.
    timed_out: int = 0
    tokens_refused: int = 0
    cuts: dict[str, int] = {}
    #: Asked for after five unconfirmed attempts.
    fetched: int = 0


class Town:
    """`daemon` is not started yet."""

    def __init__(self, plan: Plan, daemon: RunningDaemon) -> None:
        self.plan = plan
        self.daemon = daemon
        self.books = Books(self.say)
        self.figures = Figures()
        self.people = [Person(self, resident) for resident in residents(plan)]
        self.staff = [person for person in self.people if person.resident.staff]
        self.visitors = [person for person in self.people if person.resident.visitor]
        self.devices = [device for person in self.people for device in person.devices]
        #: Whether the daemon takes connections, and which of its lives it is.
        self.up = False
        self.life = 0
        self.resting = True
        #: Seconds from sending to the answer.
        self.answers: list[float] = []
        self.troubles: list[str] = []
        self._calls: set[IDelayedCall] = set()

    # ------------------------------------------------------------ for people and devices

    @property
    def reachable(self) -> int:
        """The life of the daemon that is going on; 0 when it is down, or the soak is over."""
        return self.life if self.up else 0

    def now(self) -> float:
        return float(reactor.seconds())

    def later(self, seconds: float, call: Callable[[], object]) -> None:
        """Unless the soak is over by then."""

        def run() -> None:
            self._calls.discard(delayed)
            try:
                call()
            except Exception:
                self.failed(Failure())

        delayed: IDelayedCall = reactor.callLater(seconds, run)
        self._calls.add(delayed)

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        Deferred.fromCoroutine(coroutine).addErrback(self.failed)

    def failed(self, failure: Failure) -> None:
        """A fault of the soak itself, or an answer that cannot be."""
        self.books.fault(
            "fault", f"{failure.value!r} {''.join(traceback.format_tb(failure.getTracebackObject())[-3:])}"
        )

    def trouble(self, text: str) -> None:
        """Not wrong by itself; worth telling."""
        self.troubles.append(text)

    def answered(self, seconds: float) -> None:
        self.answers.append(seconds)

    # ------------------------------------------------------------ before the daemon starts

    async def found(self, url: str, folder: Path) -> None:
        """Accounts, buddy lists and rooms, written into the store before the daemon has it. A room that the first
        guest to come had opened would end when all leave, and what was said there would be nobody's to read."""
        store: Store = SQLiteStore(folder, reactor) if url == "sqlite" else RedisStore(url, reactor)
        await store.open()
        try:
            verifier = new_verifier(salted_password(PASSWORD.encode(), _SALT, _ITERATIONS), _SALT, _ITERATIONS)
            settled = [person for person in self.people if person.resident.settled]
            made = []
            for person in settled:
                devices = tuple(dict.fromkeys(device.name for device in person.devices))
                account = Account(f"A{person.name}", person.name, 0.0, devices=devices)
                made.append(Deferred.fromCoroutine(_created(store, account, verifier)))
            await gatherResults(made)
            for begin in range(0, len(settled), 100):
                await store.rosters.put(
                    [
                        (f"A{person.name}", Contact(f"A{name}", Address(name, "localhost"), to=True, from_=True))
                        for person in settled[begin : begin + 100]
                        for name in (self.people[number].name for number in person.resident.contacts)
                    ]
                )
            for name, founder in {room: person for person in settled for room in person.resident.rooms}.items():
                flags = frozenset(Room(name, 0.0).flags)
                await store.rooms.put(name, RoomRecord(name, self.now(), f"A{founder.name}", flags=flags))
        finally:
            await store.close()

    # ------------------------------------------------------------ together

    def begin(self) -> None:
        """Everybody lives, and comes by herself."""
        self.resting = False
        for person in self.people:
            person.gone = False
            person.begin()
            for device in person.devices:
                if device.state is State.OFF:
                    device.back(self.plan.compressed(60.0))

    async def gather(self) -> None:
        """The load is over, and everybody comes home: every client is on, every sender has its answers, and every
        inbox is empty."""
        self.resting = True
        deadline = self.now() + PATIENCE
        for person in self.people:
            person.gone = False
        while not await self._at_home() or await self._under_way():
            if self.now() > deadline:
                away = [each for each in self.devices if each.state is not State.ON or each.waits]
                kinds = [f"{each.label} {each.state.value}, waits for {each.waits}" for each in away[:10]]
                self.books.fault("not at home", f"{len(away)}: {kinds}, {await self._under_way()}")
                return
            await moments(0.1)

    async def _at_home(self) -> bool:
        """Call everybody; whether they are all there and have their answers."""
        room = DeferredSemaphore(AT_ONCE)
        for device in self.devices:
            device.wake()
        coming = [device for device in self.devices if device.state is State.OFF]
        await gatherResults([room.run(_coming, device) for device in coming])
        return all(device.state is State.ON and not device.waits for device in self.devices)

    async def settled(self) -> None:
        """The daemon has as many sessions as there are clients, and nothing is under way or waits."""
        deadline = self.now() + PATIENCE
        while left := await self._under_way():
            if self.now() > deadline:
                self.books.fault("not at rest", str(left))
                return
            await moments(0.2)

    async def _under_way(self) -> dict[str, int]:
        """What there is left to wait for."""
        status = await self.daemon.ask("status")
        on = sum(device.state is State.ON for device in self.devices)
        left = {
            "sessions that are not there": status["people"]["sessions"] - on,
            "open": status["delivery"]["open"],
            "stuck": status["delivery"]["stuck"],
        }
        if not any(left.values()):
            left["in inboxes"] = await self._waiting()
        return {why: count for why, count in left.items() if count}

    async def _waiting(self) -> int:
        """Messages in inboxes; those that wait until asked for are asked for."""
        caller = await self.daemon.caller()
        waiting = 0
        try:
            for person in self.people:
                if person.resident.guest or not person.known:
                    continue
                rows = (await caller.every_page("queue", {"name": person.name}))["rows"]
                waiting += len(rows)
                if rows and all(row["attempts"] >= 5 for row in rows) and person.on:
                    self.figures.fetched += len(rows)
                    client = person.on[0].client
                    if isinstance(client, NativeClient):
                        client.tell({"type": "fetch"})
                    elif client is not None:
                        client.say("BUDDY FETCH")
        finally:
            caller.close()
        return waiting

    async def barrier(self, devices: Iterable[Device]) -> None:
        """The daemon has done what these have asked for, and they have read what it said."""
        clients = [device.client for device in devices if device.client is not None and device.state is State.ON]
        waiting = [Deferred.fromCoroutine(client.barrier()) for client in clients]
        for each in waiting:
            each.addErrback(self.failed)
        await gatherResults(waiting)

    async def scatter(self) -> None:
        """Everybody leaves, and nobody comes back by herself."""
        self.resting = True
        for person in self.people:
            person.gone = True
        lost = [device.client.lost for device in self.devices if device.client is not None]
        for device in self.devices:
            device.leave()
            device.wake()
        gone: Deferred[Any] = gatherResults([_after(each) for each in lost])
        try:
            await gone.addTimeout(PATIENCE, reactor)
        except (TimeoutError, FirstError):
            # Cut off, it fails as the first of those it waits for does.
            staying = [f"{each.label} {each.state.value}" for each in self.devices if each.state is not State.OFF]
            self.books.fault("not gone", f"{len(staying)}: {staying[:10]}")
            for device in self.devices:
                if device.client is not None:
                    device.client.cut()
        deadline = self.now() + PATIENCE
        while True:
            status = await self.daemon.ask("status")
            left = status["people"]["sessions"] + status["connections"]["open"] + status["connections"]["handshakes"]
            if not left:
                return
            if self.now() > deadline:
                self.books.fault("not gone", f"{status['people']} {status['connections']}")
                return
            await moments(0.2)

    def end(self) -> None:
        """Drop everything."""
        self.resting = True
        self.up = False
        for person in self.people:
            person.gone = True
        for call in self._calls:
            call.cancel()
        self._calls.clear()
        for device in self.devices:
            if device.client is not None:
                device.client.cut()

    def say(self, text: str) -> None:
        """To whoever watches the soak."""
        sys.stderr.write(text + "\n")


def _after(lost: "Deferred[None]") -> "Deferred[None]":
    """Fires when `lost` has, which others wait for too."""
    after: Deferred[None] = Deferred()

    def over(result: None) -> None:
        after.callback(None)

    lost.addCallback(over)
    return after


def _coming(device: Device) -> "Deferred[None]":
    return Deferred.fromCoroutine(device.come())


async def _created(store: Store, account: Account, verifier: Any) -> None:
    if not await store.accounts.create(account, account.name, verifier):
        raise AssertionError(f"{account.name} exists")
