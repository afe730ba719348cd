"""The soak itself: waves of load, ends of the daemon in the middle of them, and the audits in between.

::

    first life    wave ─ home, audit, leave ─ sample ─ wave ─ home, audit, leave ─ sample ─ wave ─┐ end
    other lives   everybody comes back by herself ─ wave ──────────────────────────────────────────┤ end
    last life     everybody comes back by herself ─ wave ─ home, leave ─ sample ─ wave ─ home, audit, leave ─ sample

*Home*: every client is on, every sender has its answers, every inbox is empty. The samples of one life are compared.
"""

import time
from collections import Counter
from typing import Any

import msgspec
from twisted.internet import reactor as installed_reactor
from twisted.internet.task import LoopingCall

from imd.control.wire import Refused
from tests.daemon import RunningDaemon, moments
from tests.fuzz.crowd import faults, resident
from tests.soak import histories, measuring, presence
from tests.soak.device import Device, State
from tests.soak.measuring import Sample
from tests.soak.plan import DOORS, Plan
from tests.soak.town import PATIENCE, Figures, Town

reactor: Any = installed_reactor

#: Seconds between two lines that say how far it has come.
PROGRESS = 10.0

#: Share of the connections that may be ended for silence, because a machine was busy; more would be a fault of ours.
TOO_LATE = 0.01

#: Shares of the load: the waves of the first life, and those of the last one; the rest goes to the lives between.
_FIRST = (0.15, 0.25, 0.1)
_LAST = (0.1, 0.15)


class Result(msgspec.Struct):
    """What came of it."""

    plan: Plan
    store: str
    seconds: float
    deeds: Figures
    people: int
    clients: dict[str, int]
    tally: Any
    lost: int
    doubled: int
    wrong: dict[str, int]
    faults: list[str]
    troubles: list[str]
    outcomes: dict[str, int]
    #: Why messages were refused.
    refusals: dict[str, int]
    rooms_kept: int
    talks_read: int
    views_compared: int
    samples: list[Sample]
    #: Seconds: longest time each life of the daemon held its reactor.
    holds: list[float]
    #: Seconds until everybody was on again after each restart.
    returns: list[float]
    #: Milliseconds from sending to the answer: median, 99 %, longest.
    answers: tuple[float, float, float]


class Soak:
    """One run; `store` is ``sqlite`` or a URL."""

    def __init__(self, plan: Plan, daemon: RunningDaemon, store: str) -> None:
        self.town = Town(plan, daemon)
        self.plan = plan
        self.store = store
        self._began = time.monotonic()
        self._samples: list[Sample] = []
        self._holds: list[float] = []
        self._returns: list[float] = []
        self._rooms = self._talks = self._views = 0
        self._doing = ""
        #: Who was on when the daemon ended.
        self._expected: list[Device] = []

    async def run(self) -> Result:
        """Everything. Never raises for what it finds: that is in the result."""
        town = self.town
        progress = LoopingCall(self._progress)
        watching = progress.start(PROGRESS, now=False)
        watching.addErrback(town.failed)
        try:
            await town.found(self.store, town.daemon.data)
            await self._start()
            await self._first_life()
            for number, how in enumerate(self.plan.restarts):
                await self._end(how)
                await self._start()
                if number < len(self.plan.restarts) - 1:
                    await self._return()
                    await self._load(self._between())
            await self._last_life()
            await self._status()
            self._log_looked_at()
        finally:
            progress.stop()
            town.end()
        return self._result()

    def _between(self) -> float:
        return (1 - sum(_FIRST) - sum(_LAST)) / max(1, len(self.plan.restarts) - 1)

    async def _first_life(self) -> None:
        if self.plan.brief:
            self.town.begin()
            await self._load(sum(_FIRST))
            return
        await self._wave(_FIRST[0])
        before = await self._sample("after the first wave")
        await self._wave(_FIRST[1])
        measuring.compare(self.town, before, await self._sample("after the second wave"))
        self.town.begin()
        await self._load(_FIRST[2])

    async def _last_life(self) -> None:
        await self._return()
        await self._load(_LAST[0])
        await self._home()
        before = await self._sample("in the last life, after its first wave")
        await self._wave(_LAST[1], audited=True)
        measuring.compare(self.town, before, await self._sample("in the end"))

    # ------------------------------------------------------------ steps

    async def _wave(self, share: float, *, audited: bool = False) -> None:
        self.town.begin()
        await self._load(share)
        await self._home(audited=audited)

    async def _load(self, share: float) -> None:
        self._doing = "load"
        await moments(self.plan.minutes * 60 * share)

    async def _home(self, *, audited: bool = False) -> None:
        """Everybody comes home, the books are looked at, everybody leaves."""
        town = self.town
        self._doing = "coming home"
        await town.gather()
        self._doing = "audit"
        await self._lost()
        if audited:
            self._rooms = await histories.rooms(town)
            self._talks = await histories.talks(town)
        self._views += await presence.compare(town)
        self._doing = "leaving"
        await town.scatter()

    async def _lost(self) -> None:
        """P1. What is lost is asked after, while the daemon may still know."""
        town = self.town
        names = [person.name for person in town.people if not person.resident.guest]
        for entry in town.books.lost(names):
            way = await self._way(entry.id)
            town.books.fault("lost", f"{entry.number} {entry.id} {entry.client} to {entry.to}: {entry.how}; {way}")
            # Told once.
            town.books.shown[entry.to].add(entry.number)

    async def _way(self, id: str) -> str:
        """What the daemon knows of a message (P9)."""
        try:
            return str(await self.town.daemon.ask("trace", id=id))
        except Refused as refused:
            return str(refused)

    async def _look_into(self) -> None:
        """Ask after what was wrong, while the daemon knows."""
        books = self.town.books
        while books.suspects and self.town.up:
            id = books.suspects.pop()
            way = await self._way(id)
            books.faults.append(f"the way of {id}: {way}")
            books.tell(f"the way of {id}: {way}")

    async def _start(self) -> None:
        await self.town.daemon.start()
        self.town.life += 1
        self.town.up = True

    async def _end(self, how: str) -> None:
        """In the middle of it all."""
        self._doing = how
        town = self.town
        await self._status()
        self._expected = [device for device in town.devices if device.state is State.ON]
        town.up = False
        if how == "kill":
            await town.daemon.kill()
        elif await town.daemon.stop() != 0:
            town.books.fault("stopping", town.daemon.log[-500:])
        town.books.reign += 1
        self._log_looked_at()

    async def _return(self) -> None:
        """Wait until everybody who was on is back by herself; meanwhile those who are talk on."""
        self._doing = "return"
        town, begun = self.town, time.monotonic()
        while late := [device.label for device in self._expected if device.life != town.life]:
            if time.monotonic() - begun > PATIENCE:
                town.books.fault("not back", f"{len(late)}: {late[:10]}")
                break
            await moments(0.05)
        self._returns.append(time.monotonic() - begun)

    async def _status(self) -> None:
        status = await self.town.daemon.ask("status")
        self._holds.append(status["longest_hold"])

    def _log_looked_at(self) -> None:
        for line in faults(self.town.daemon)[:20]:
            self.town.books.fault("in the log", line)

    async def _sample(self, when: str) -> Sample | None:
        taken = await measuring.sample(self.town, when)
        if taken is not None:
            self._samples.append(taken)
        return taken

    # ------------------------------------------------------------ telling

    def _progress(self) -> None:
        town = self.town
        tally, figures = town.books.tally, town.figures
        on = sum(device.state.value == "on" for device in town.devices)
        memory = f"{resident(town.daemon.pid) // 1024} MiB" if measuring.measurable() and town.up else "-"
        town.say(
            f"soak {time.monotonic() - self._began:4.0f} s  life {town.life}  {self._doing:12} {on:5} on  "
            f"{figures.deeds:6} deeds  {tally.sent:6} sent  {tally.shown:6} shown  {tally.repeated:4} again  "
            f"{sum(figures.cuts.values()):5} cuts  daemon {memory}  wrong {sum(town.books.wrong.values())}"
        )
        town.spawn(self._look_into())

    def _result(self) -> Result:
        town, books = self.town, self.town.books
        books.check()
        if town.figures.timed_out > town.figures.arrivals * TOO_LATE:
            books.fault("timed out", f"{town.figures.timed_out}; is the machine too busy for so little time?")
        outcomes = Counter(entry.how or "open" for entry in books.entries)
        refusals = Counter(entry.reason for entry in books.entries if entry.how == "refused")
        times = sorted(town.answers) or [0.0]
        kinds = [device.kind for device in town.devices]
        return Result(
            plan=self.plan,
            store=self.store.partition(":")[0],
            seconds=time.monotonic() - self._began,
            deeds=town.figures,
            people=len(town.people),
            clients={name: kinds.count(kind) for kind, name in DOORS.items()},
            tally=books.tally,
            lost=books.wrong["lost"],
            doubled=books.wrong["doubled"] + books.wrong["two ids"],
            wrong=dict(books.wrong),
            faults=books.faults,
            troubles=town.troubles,
            outcomes=dict(outcomes),
            refusals=dict(refusals),
            rooms_kept=self._rooms,
            talks_read=self._talks,
            views_compared=self._views,
            samples=self._samples,
            holds=self._holds,
            returns=self._returns,
            answers=(
                times[len(times) // 2] * 1000,
                times[len(times) * 99 // 100] * 1000,
                times[-1] * 1000,
            ),
        )
