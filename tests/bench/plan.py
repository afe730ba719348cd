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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench import baseline
from tests.bench.load import Generator, Void, cores
from tests.bench.report import Budget, Row, middle, per_operation
from tests.bench.servers import PASSWORD, Floor, Imd, Ngircd, Server, Words
from tests.redis_server import RedisServer

#: Accounts in the prepared store: the idle ones, and one who asks how late answers are.
ACCOUNTS = 5001
#: Private messages: accounts acknowledge, guests do not.
GUESTS, BY_IRC, BY_NATIVE = "imd, guests", "imd, IRC accounts", "imd, native"
FLOOR, CONFIRMING, WORDS, NGIRCD = "floor", "floor with PING", "twistd words", "ngIRCd"
FORGETFUL = "imd without history"

#: Seconds after which costs are not measured once more: all is to be done within a quarter of an hour.
ENOUGH = 420.0

#: What each signs on with, and has signed on with before. Accounts of two devices would be a thing of its own: then
#: history is written before a message is accepted.
DEVICES = {BY_IRC: "irc", BY_NATIVE: "bench"}

#: Name, the generator's options, who is measured.
SCENARIOS: tuple[tuple[str, dict[str, Any], tuple[str, ...]], ...] = (
    ("private, 1", {"scenario": "pairs", "clients": 200}, (FLOOR, GUESTS, BY_IRC, BY_NATIVE, WORDS, NGIRCD)),
    (
        "private, 16",
        {"scenario": "pairs", "clients": 200, "window": 16},
        (FLOOR, GUESTS, BY_IRC, BY_NATIVE, WORDS, NGIRCD),
    ),
    ("private, 500 pairs", {"scenario": "pairs", "clients": 1000}, (CONFIRMING, BY_IRC)),
    ("private, 1,000 pairs", {"scenario": "pairs", "clients": 2000}, (GUESTS,)),
    ("room of 100, one line", {"scenario": "room", "clients": 100, "per_room": 100}, (FLOOR, GUESTS)),
    (
        "room of 1,000, one line",
        {"scenario": "room", "clients": 1000, "per_room": 1000},
        (FLOOR, GUESTS, FORGETFUL),
    ),
    (
        "room of 1,000, ten lines",
        {"scenario": "room", "clients": 1000, "per_room": 1000, "window": 10, "burst": True},
        (FLOOR, GUESTS, FORGETFUL),
    ),
    (
        "room of 100, batches",
        {"scenario": "room", "clients": 100, "per_room": 100, "senders": 4, "window": 4},
        (FLOOR, GUESTS, FORGETFUL, WORDS, NGIRCD),
    ),
    (
        "room of 1,000, batches",
        {"scenario": "room", "clients": 1000, "per_room": 1000, "senders": 4, "window": 4},
        (FLOOR, GUESTS, FORGETFUL, WORDS, NGIRCD),
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
        self._key = ""
        self._stores = Path(tempfile.mkdtemp(prefix="stores-", dir=Server.disk()))
        self.runs: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.void: dict[tuple[str, str], str] = {}
        self.figures: dict[tuple[str, str], float] = {}

    def prepare(self) -> None:
        """The stores with accounts that runs begin with."""
        Ngircd.program()
        for who in (BY_IRC, BY_NATIVE):
            self._key = self._fill(self._stores / DEVICES[who], "sqlite", DEVICES[who])

    def _fill(self, folder: Path, url: str, device: str) -> str:
        arguments = [sys.executable, "-m", "tests.bench.accounts", str(folder), url, str(ACCOUNTS), device]
        return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.strip()

    def _server(self, who: str, clients: int) -> Server:
        if who in (FLOOR, CONFIRMING):
            return Floor(self._floor, confirm=who == CONFIRMING)
        if who == WORDS:
            return Words(clients)
        if who == NGIRCD:
            return Ngircd()
        if who == FORGETFUL:
            return Imd('history.keep="0"')
        if who == GUESTS:
            return Imd()
        return Imd(data=self._stores / DEVICES[who], accounts=True)

    def _run(
        self, name: str, who: str, server: Server, *, beside: tuple[int, ...] = (), **options: Any
    ) -> dict[str, Any]:
        """One run of the generator; the CPU time of processes `beside` the server is noted, too. Raises `Void`."""
        if who == BY_NATIVE:
            options |= {"native": True, "client_key": self._key}
        elif server.password:
            options["pass"] = PASSWORD
        port = server.ports["native" if who == BY_NATIVE else "irc"]
        began = time.monotonic()
        scenario = options.pop("scenario")
        figures = self._generator.run(scenario, port, [*server.pids, *beside], **options)
        if scenario != "connect" and not figures["measured_settled" if scenario == "offline" else "measured"]:
            raise Void("nothing was delivered in the measured interval")
        self.runs.append({"work": name, "who": who, **figures})
        self._say(f"  {name}: {who}: {time.monotonic() - began:.1f} s")
        return figures

    def _measure(self, name: str, who: str, options: dict[str, Any]) -> dict[str, Any] | None:
        try:
            with self._server(who, options["clients"] + 1) as server:
                return self._run(name, who, server, **options)
        except Void as reason:
            self._is_void(name, who, reason)
            return None

    def _is_void(self, name: str, who: str, reason: Void) -> None:
        if (name, who) not in self.void:
            self.void[name, who] = str(reason)
            self.runs.append({"work": name, "who": who, "void": str(reason)})
            self._say(f"  {name}: {who}: VOID: {reason}")

    # ------------------------------------------------------------ what is measured

    def costs(self) -> None:
        """CPU per private message and per room delivery."""
        several: dict[tuple[str, str], list[float]] = {}
        began = time.monotonic()
        for again in range(self._repeat):
            for name, options, everybody in SCENARIOS:
                if again and time.monotonic() - began > ENOUGH:
                    self.notes.append(f"no more repetitions from {name!r} on: {ENOUGH / 60:.0f} minutes had passed")
                    break
                for who in everybody:
                    figures = self._measure(name, who, {**options, "warmup": 0.5, "duration": self._seconds})
                    if figures:
                        several.setdefault((name, who), []).append(per_operation(figures))
        self.figures |= {key: middle(values) for key, values in several.items() if key not in self.void}

    def arrivals(self) -> None:
        """Signing on, and what an idle connection keeps."""
        for who in (GUESTS, BY_NATIVE, WORDS, NGIRCD):
            options: dict[str, Any] = {"scenario": "connect", "clients": self._idle, "settle": 2}
            if who in (GUESTS, BY_NATIVE):
                options["probe"] = 10
            figures = self._measure("sign-on", who, options)
            if figures:
                self.figures["memory", who] = figures["memory_kib"] / self._idle
                self.figures["sign-ons", who] = self._idle / figures["sign_on_cpu_s"]
                self.figures["sign-ons by the clock", who] = self._idle / figures["sign_on_s"]
                if figures["probes"]:
                    self.figures["held", who] = figures["probe_worst_ms"]

        self._newcomers()

    def _newcomers(self) -> None:
        """Accounts that sign on from a device that is new, so that it is noted: a thousand of them."""
        name, clients = "sign-ons of new devices", 1000
        try:
            # These accounts have only ever come by IRC.
            with Imd(data=self._stores / DEVICES[BY_IRC]) as server:
                figures = self._run(name, BY_NATIVE, server, scenario="connect", clients=clients)
        except Void as reason:
            self._is_void(name, BY_NATIVE, reason)
        else:
            self.figures[name, BY_NATIVE] = clients / figures["sign_on_cpu_s"]

    def latencies(self) -> None:
        """At half of what the server can do at most, by its CPU per message with one under way."""
        for who in (GUESTS, BY_IRC, BY_NATIVE, WORDS):
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
            redis.flush()
            self._fill(self._stores / "none", redis.url, DEVICES[BY_NATIVE])
            stores: tuple[tuple[str, Imd, tuple[int, ...]], ...] = (
                ("sqlite", Imd(data=self._stores / DEVICES[BY_NATIVE]), ()),
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

    @staticmethod
    def _beside(redis: RedisServer) -> int:
        """Redis runs on the generator's core, which has little to do here. Returns its process id."""
        information = redis.command("INFO", "server").decode()
        pid = int(next(line.partition(":")[2] for line in information.splitlines() if line.startswith("process_id:")))
        os.sched_setaffinity(pid, cores()[1])
        return pid

    def run(self) -> None:
        self.costs()
        self.arrivals()
        self.latencies()
        self.queueing()

    # ------------------------------------------------------------ what it comes to

    def _row(
        self,
        work: str,
        unit: str,
        key: tuple[str, str],
        rival: tuple[str, str] | None = None,
        budget: Budget | None = None,
    ) -> Row:
        against = None if rival is None else self.figures.get(rival)
        return Row(
            f"{work}: {key[1]}",
            unit,
            self.figures.get(key),
            "" if rival is None else rival[1] if rival[0] == key[0] else f"{rival[1]}, {rival[0]}",
            against,
            budget or Budget(),
            self.void.get(key, "" if key in self.figures else "not measured"),
        )

    def rows(self) -> list[Row]:
        rows = []
        for name, _, everybody in SCENARIOS:
            for who in everybody:
                if who.startswith("imd"):
                    rows += self._beside_rivals(name, who, everybody)
        ten_times = ("private, 1,000 pairs", GUESTS), ("private, 1", GUESTS)
        rows.append(self._row("ten times the users", "µs", *ten_times, Budget(ratio_at_most=1.2)))
        for who in (GUESTS, BY_NATIVE):
            rows.append(self._row("idle connection", "KiB", ("memory", who), ("memory", WORDS), Budget(at_most=6)))
            rows.append(self._row("idle connection", "KiB", ("memory", who), ("memory", NGIRCD)))
        for who in (GUESTS, BY_NATIVE):
            wanted = Budget(at_least=2000) if who == BY_NATIVE else Budget()
            rows.append(self._row("sign-ons per second of CPU", "/s", ("sign-ons", who), ("sign-ons", WORDS), wanted))
            rows.append(self._row("sign-ons per second of CPU", "/s", ("sign-ons", who), ("sign-ons", NGIRCD)))
            rows.append(self._row("sign-ons by the clock", "/s", ("sign-ons by the clock", who)))
            rows.append(self._row("reactor held meanwhile, at most", "ms", ("held", who), None, Budget(at_most=50)))
        rows.append(self._row("new devices per second of CPU", "/s", ("sign-ons of new devices", BY_NATIVE)))
        for who in (GUESTS, BY_IRC, BY_NATIVE):
            for share, most in (("p50", None), ("p99", 20), ("p99_9", 1000)):
                rows.append(
                    self._row(f"latency {share} at half load", "ms", (share, who), (share, WORDS), Budget(at_most=most))
                )
        for store, least in (("sqlite", 50_000), ("redis", 40_000)):
            wanted = Budget(ratio_at_least=30, at_least=least)
            rows.append(self._row("queued per second", "/s", ("queued", store), ("one each", store), wanted))
            rows.append(self._row("CPU per queued message", "µs", ("queueing", store)))
        rows.append(self._row("CPU of Redis itself for it", "µs", ("in the store", "redis")))
        return rows

    def _beside_rivals(self, name: str, who: str, everybody: tuple[str, ...]) -> list[Row]:
        rivals = [rival for rival in (FLOOR, CONFIRMING, WORDS, NGIRCD) if rival in everybody]
        return [
            self._row(name, "µs", (name, who), (name, rival), BUDGETS.get((name.rpartition(",")[0], rival))
                      or BUDGETS.get((name, rival)))
            for rival in rivals
        ]  # fmt: skip


#: DESIGN section 8, for those who are compared.
BUDGETS = {
    ("room of 1,000, one line", FLOOR): Budget(ratio_at_most=1.25),
    ("room of 1,000, ten lines", FLOOR): Budget(ratio_at_most=2),
    ("room of 100, batches", NGIRCD): Budget(ratio_at_most=1),
    ("room of 1,000, batches", NGIRCD): Budget(ratio_at_most=1),
    ("private, 500 pairs", CONFIRMING): Budget(ratio_at_most=2),
    ("private, 1", WORDS): Budget(ratio_at_most=0.38),
    ("private, 16", WORDS): Budget(ratio_at_most=0.33),
}
