"""What is run, in which order.

Every run has a server of its own, started for it, so that no run sees what an earlier one has left. The servers of
one scenario run one after the other, and all of it is repeated, so that what else the machine does hits everybody
alike. The figure is the median.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imd.config.sections.people import Accounts
from imd.net import scram
from tests import redis_server
from tests.bench import baseline, ways
from tests.bench.crowd import STEPS, Crowd
from tests.bench.load import Generator, Void, cores
from tests.bench.polls import Polls
from tests.bench.report import middle, per_operation
from tests.bench.servers import PASSWORD, Imd, Inspircd, Missing, Ngircd, Server
from tests.bench.ways import (
    BY_DTLS,
    BY_IRC,
    BY_NATIVE,
    BY_PAGES,
    BY_PLAIN,
    BY_TLS,
    BY_UDP,
    BY_WEBSOCKET,
    CONFIRMING,
    DEAR_STORE,
    DEVICES,
    FLOOR,
    FORGETFUL,
    GUESTS,
    GUESTS_BY_WEBSOCKET,
    INSPIRCD,
    IRC_STORE,
    NATIVE_STORE,
    NGIRCD,
    POLLING,
    VISITORS,
    WATCHED_STORE,
    WORDS,
)
from tests.redis_server import RedisServer

#: Accounts in the prepared store: the idle ones, and one who asks how late answers are.
ACCOUNTS = 5001
#: Idle connections of those who take longer to sign on: TLS.
FEWER = 2000
#: Who signs on by PLAIN, with as many rounds of PBKDF2 as accounts have by default.
DEAR = 60
ITERATIONS = Accounts().scram_iterations
#: Watchers of one who changes his presence.
WATCHERS = 200

#: People in one room, half of whom vanish.
CROWD = 1000

#: Seconds after which costs are not measured once more: all is to be done within a quarter of an hour.
ENOUGH = 420.0

#: Those in web pages, and whom they are beside.
IN_PAGES = (BY_IRC, BY_WEBSOCKET, BY_PAGES, VISITORS)
OTHERS = (BY_TLS, BY_UDP, BY_DTLS, WORDS, NGIRCD, INSPIRCD)
TALKING = (FLOOR, GUESTS, BY_NATIVE, *IN_PAGES, *OTHERS)

#: Name, the generator's options, who is measured.
Scenario = tuple[str, dict[str, Any], tuple[str, ...]]
SCENARIOS: tuple[Scenario, ...] = (
    ("private, 1", {"scenario": "pairs", "clients": 200}, TALKING),
    ("private, 16", {"scenario": "pairs", "clients": 200, "window": 16}, TALKING),
    ("private, 500 pairs", {"scenario": "pairs", "clients": 1000}, (CONFIRMING, BY_IRC)),
    ("private, 1,000 pairs", {"scenario": "pairs", "clients": 2000}, (GUESTS,)),
    ("room of 100, one line", {"scenario": "room", "clients": 100, "per_room": 100}, (FLOOR, GUESTS)),
    (
        "room of 1,000, one line",
        {"scenario": "room", "clients": 1000, "per_room": 1000},
        (FLOOR, GUESTS, GUESTS_BY_WEBSOCKET, FORGETFUL),
    ),
    (
        "room of 1,000, ten lines",
        {"scenario": "room", "clients": 1000, "per_room": 1000, "window": 10, "burst": True},
        (FLOOR, GUESTS, GUESTS_BY_WEBSOCKET, FORGETFUL),
    ),
    (
        "room of 100, batches",
        {"scenario": "room", "clients": 100, "per_room": 100, "senders": 4, "window": 4},
        (FLOOR, GUESTS, FORGETFUL, WORDS, NGIRCD, INSPIRCD),
    ),
    (
        "room of 1,000, batches",
        {"scenario": "room", "clients": 1000, "per_room": 1000, "senders": 4, "window": 4},
        (FLOOR, GUESTS, FORGETFUL, WORDS, NGIRCD, INSPIRCD),
    ),
)


class Bench:
    """One `make bench`. `figures` are medians by (scenario, who); `runs` is everything the generator said."""

    def __init__(
        self,
        load: Path,
        floor: Path,
        *,
        seconds: float = 2.5,
        repeat: int = 2,
        idle: int = 5000,
        say: Callable[[str], None] = print,
    ) -> None:
        self._generator = Generator(load)
        self._floor = floor
        self._seconds = seconds
        self._repeat = repeat
        self._idle = idle
        self._say = say
        #: What clients of SCRAM keep, by prepared store.
        self._keys: dict[str, str] = {}
        self._stores = Path(tempfile.mkdtemp(prefix="stores-", dir=Server.disk()))
        self.runs: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.void: dict[tuple[str, str], str] = {}
        self.figures: dict[tuple[str, str], float] = {}

    def prepare(self) -> None:
        """The stores with accounts that runs begin with."""
        Ngircd.program()
        Inspircd.program()
        try:
            redis_server.program()
        except redis_server.RedisMissing as missing:
            raise Missing(str(missing)) from None
        for store in (IRC_STORE, NATIVE_STORE):
            self._fill(store)
        self._fill(WATCHED_STORE, accounts=WATCHERS + 2, watchers=WATCHERS)
        self._fill(DEAR_STORE, accounts=DEAR + 2, iterations=ITERATIONS)

    def _fill(
        self,
        store: str,
        url: str = "sqlite",
        *,
        accounts: int = ACCOUNTS,
        # As few as RFC 7677 allows: signing on with a kept key does not depend on them.
        iterations: int = scram.LEAST_ITERATIONS,
        watchers: int = 0,
    ) -> None:
        folder = self._stores / (store if url == "sqlite" else "none")
        command = [sys.executable, "-m", "tests.bench.accounts", str(folder), url, str(accounts), DEVICES[store]]
        filled = subprocess.run([*command, str(iterations), str(watchers)], check=True, capture_output=True, text=True)
        self._keys[store] = filled.stdout.strip()

    def _run(
        self, name: str, who: str, server: Server, *, beside: tuple[int, ...] = (), store: str = "", **options: Any
    ) -> dict[str, Any]:
        """One run of the generator; the CPU time of processes `beside` the server is noted, too. Raises `Void`."""
        port, how = ways.signing_on(who, server, self._keys.get(store or ways.STORES.get(who, ""), ""))
        options |= how
        began = time.monotonic()
        scenario = options.pop("scenario")
        figures = self._generator.run(scenario, port, [*server.pids, *beside], **options)
        if scenario != "connect" and not figures["measured_settled" if scenario == "offline" else "measured"]:
            raise Void("nothing was delivered in the measured interval")
        self.runs.append({"work": name, "who": who, **figures})
        self._say(f"  {name}: {who}: {time.monotonic() - began:.1f} s")
        return figures

    def _measure(self, name: str, who: str, options: dict[str, Any], *, store: str = "") -> dict[str, Any] | None:
        try:
            with ways.server(who, options["clients"] + 1, self._stores, self._floor, store=store) as server:
                figures = self._run(name, who, server, store=store, **options)
                if isinstance(server, Imd):
                    self.figures[f"held by {name}", who] = 1000 * server.longest_hold()
                return figures
        except Void as reason:
            self._is_void(name, who, reason)
            return None

    def _is_void(self, name: str, who: str, reason: Void) -> None:
        if (name, who) not in self.void:
            self.void[name, who] = str(reason)
            self.runs.append({"work": name, "who": who, "void": str(reason)})
            self._say(f"  {name}: {who}: VOID: {reason}")

    # ------------------------------------------------------------ what is measured

    def private(self) -> None:
        """Only what `latencies` needs to know: the cost of a private message with one under way."""
        self.costs(SCENARIOS[:1])

    def costs(self, scenarios: Sequence[Scenario] = SCENARIOS) -> None:
        """CPU per private message and per room delivery."""
        several: dict[tuple[str, str], list[float]] = {}
        began = time.monotonic()
        for again in range(self._repeat):
            for name, options, everybody in scenarios:
                if again and time.monotonic() - began > ENOUGH:
                    self.notes.append(f"no more repetitions from {name!r} on: {ENOUGH / 60:.0f} minutes had passed")
                    break
                for who in everybody:
                    figures = self._measure(name, who, {**options, "warmup": 0.5, "duration": self._seconds})
                    if figures:
                        several.setdefault((name, who), []).append(per_operation(figures))
        self.figures |= {key: middle(values) for key, values in several.items() if key not in self.void}

    def pages(self) -> None:
        """Only what concerns pages of other sites, beside IRC."""
        self.costs([(name, options, IN_PAGES) for name, options, who in SCENARIOS if who == TALKING])
        for who in IN_PAGES:
            self._arrive(who, self._idle)
        self._poll()

    def _poll(self) -> None:
        """Visitors who come by long polling, and wait; and those who talk."""
        several: list[float] = []
        try:
            # Each has a connection and a session.
            with self._polls(self._idle // 2) as polls:
                arrived = polls.arrive(self._idle // 2, 2.0)
            for _ in range(self._repeat):
                with self._polls(200) as polls:
                    several.append(polls.talk(100, 0.5, self._seconds)["cost"])
        except (Void, OSError) as reason:
            for work in ("private, 1", "memory", "sign-ons"):
                self._is_void(work, POLLING, Void(str(reason)))
            return
        self.figures["private, 1", POLLING] = middle(several)
        self.figures |= {(work, POLLING): figure for work, figure in arrived.items()}
        self.runs.append({"work": "polls", "who": POLLING, "cost": several, **arrived})
        self._say(f"  polls: {POLLING}")

    @contextmanager
    def _polls(self, clients: int) -> Iterator[Polls]:
        running = ways.server(POLLING, clients, self._stores, self._floor)
        with running as server, Polls(server.ports, server.pids[0]) as polls:
            yield polls

    def arrivals(self) -> None:
        """Signing on, and what an idle connection keeps."""
        everybody = (GUESTS, BY_NATIVE, GUESTS_BY_WEBSOCKET, *IN_PAGES, BY_TLS, BY_UDP, BY_DTLS)
        for who in (*everybody, WORDS, NGIRCD):
            clients = min(self._idle, FEWER) if who in (BY_TLS, BY_DTLS) else self._idle
            self._arrive(who, clients)
        self._arrive(BY_PLAIN, DEAR)
        self._newcomers()
        self._poll()

    def _arrive(self, who: str, clients: int) -> None:
        options: dict[str, Any] = {"scenario": "connect", "clients": clients, "settle": 2}
        if who.startswith("imd"):
            options["probe"] = 10
        figures = self._measure("sign-on", who, options)
        if figures:
            self.figures["memory", who] = figures["memory_kib"] / clients
            self.figures["sign-ons", who] = clients / figures["sign_on_cpu_s"]
            self.figures["sign-ons by the clock", who] = clients / figures["sign_on_s"]
            if figures["probes"]:
                self.figures["late", who] = figures["probe_worst_ms"]

    def _newcomers(self) -> None:
        """Accounts that sign on from a device that is new, so that it is noted: a thousand of them."""
        name, clients = "sign-ons of new devices", 1000
        # These accounts have only ever come by IRC.
        figures = self._measure(name, BY_NATIVE, {"scenario": "connect", "clients": clients}, store=IRC_STORE)
        if figures:
            self.figures[name, BY_NATIVE] = clients / figures["sign_on_cpu_s"]

    def presence(self) -> None:
        """One changes his presence whenever all who watch him know of the last change."""
        options: dict[str, Any] = {
            "scenario": "presence",
            "clients": WATCHERS + 1,
            "per_room": WATCHERS + 1,
            "warmup": 0.5,
            "duration": self._seconds,
        }
        for who in (FLOOR, BY_NATIVE, BY_TLS, BY_UDP, BY_IRC):
            # Of the floor, which knows no presence, one line to as many.
            options["scenario"] = "room" if who == FLOOR else "presence"
            several = [self._measure("presence", who, dict(options), store=WATCHED_STORE) for _ in range(self._repeat)]
            if all(several):
                self.figures["presence", who] = middle([per_operation(figures) for figures in several if figures])

    def crowds(self) -> None:
        """Everybody enters one room, half vanish at once and return: ours with fewer people, too."""
        for who in (GUESTS, WORDS, NGIRCD, INSPIRCD):
            for people in (CROWD // 4, CROWD) if who == GUESTS else (CROWD,):
                name = f"crowd of {people:,}"
                try:
                    with ways.server(who, people, self._stores, self._floor) as server:
                        password = PASSWORD if server.password else ""
                        with Crowd(server.port, server.pids[0], people, password) as crowd:
                            figures = crowd.run()
                        if isinstance(server, Imd):
                            self.figures[f"held by {name}", who] = 1000 * server.longest_hold()
                except (Void, OSError) as reason:
                    for step in STEPS:
                        self._is_void(f"{name}, {step}", who, Void(str(reason)))
                    continue
                self.runs.append({"work": name, "who": who, **figures})
                self._say(f"  {name}: {who}")
                self.figures |= {(f"{name}, {step}", who): cost for step, cost in figures.items()}

    def latencies(self) -> None:
        """At half of what the server can do at most, by its CPU per message with one under way."""
        for who in (GUESTS, BY_IRC, BY_NATIVE, BY_WEBSOCKET, BY_TLS, BY_UDP, BY_DTLS, WORDS):
            cost = self.figures.get(("private, 1", who))
            if cost is None:
                continue
            options: dict[str, Any] = {
                "scenario": "pairs",
                "clients": 200,
                "rate": round(0.5e6 / cost),
                "duration": 2 * self._seconds,
            }
            figures = self._measure("latency", who, options)
            if figures:
                self.figures["rate", who] = options["rate"]
                for share in ("p50", "p99", "p99_9"):
                    self.figures[share, who] = figures["latency_us"][share] / 1000
                # It never sleeps here: what it did not have of its core, others had, and the server fared no better.
                own = figures["generator_cpu_s"] / figures["seconds"]
                if own < 0.95:
                    self.notes.append(
                        f"latency of {who}: the generator had {own:.0%} of its core, so these mean little"
                    )

    def queueing(self) -> None:
        """Native senders write to people who are away, who then come and collect: on both stores."""
        options: dict[str, Any] = {
            "scenario": "offline", "clients": 1050, "senders": 50, "window": 20, "duration": 2 * self._seconds,
        }  # fmt: skip
        redis = RedisServer()
        try:
            redis.start()
            pid = self._beside(redis)
            self.figures["one each", "redis"] = baseline.redis_one_each(redis)
            self.figures["one each", "sqlite"] = baseline.sqlite_one_each(Server.disk())
            self._alone("sqlite", "sqlite")
            redis.flush()
            before = redis.cpu()
            kept = self._alone("redis", redis.url)
            self.figures["beneath", "redis"] = (redis.cpu() - before) / kept * 1e6
            redis.flush()
            self._fill(NATIVE_STORE, redis.url)
            stores: tuple[tuple[str, Imd, tuple[int, ...]], ...] = (
                ("sqlite", Imd(data=self._stores / NATIVE_STORE), ()),
                ("redis", Imd(redis=redis.url), (pid,)),
            )
            for store, server, beside in stores:
                try:
                    with server:
                        figures = self._run(f"queue, {store}", BY_NATIVE, server, beside=beside, **options)
                except Void as reason:
                    self._is_void(f"queue, {store}", BY_NATIVE, reason)
                    continue
                self.figures["queued", store] = figures["measured_settled"] / figures["seconds"]
                self.figures["queueing", store] = per_operation(figures, "measured_settled")
                for place in range(1, 1 + len(beside)):
                    self.figures["in the store", store] = per_operation(figures, "measured_settled", place)
        finally:
            redis.remove()

    def _alone(self, store: str, url: str) -> int:
        """The store without doors and clients, on the servers' core. Returns how many messages it had to keep."""
        messages = round(40_000 * self._seconds)
        folder = Path(tempfile.mkdtemp(prefix="alone-", dir=Server.disk()))
        command = [sys.executable, "-m", "tests.bench.contract", str(folder), url, str(messages)]
        core = cores()[0]
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, preexec_fn=lambda: os.sched_setaffinity(0, core)
        )
        per_second, cost = map(float, done.stdout.split())
        self.figures["kept", store], self.figures["keeping", store] = per_second, cost
        self._say(f"  the store alone: {store}: {per_second:,.0f}/s")
        return messages

    @staticmethod
    def _beside(redis: RedisServer) -> int:
        """Redis runs on the generator's core, which has little to do here. Returns its process id."""
        information = redis.command("INFO", "server").decode()
        pid = int(next(line.partition(":")[2] for line in information.splitlines() if line.startswith("process_id:")))
        os.sched_setaffinity(pid, cores()[1])
        return pid

    def run(self) -> None:
        self.costs()
        self.presence()
        self.arrivals()
        self.crowds()
        self.latencies()
        self.queueing()
