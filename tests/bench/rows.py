"""What the figures come to: the rows of the table, and what DESIGN section 8 wants of them."""

from collections.abc import Mapping

from tests.bench.crowd import STEPS
from tests.bench.plan import CROWD, ITERATIONS, SCENARIOS, WATCHERS
from tests.bench.report import Budget, Row
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
    FLOOR,
    GUESTS,
    GUESTS_BY_WEBSOCKET,
    INSPIRCD,
    NGIRCD,
    POLLING,
    VISITORS,
    WORDS,
)

Key = tuple[str, str]

#: For those who are compared: name, rival.
BUDGETS: Mapping[Key, Budget] = {
    ("room of 1,000, one line", FLOOR): Budget(ratio_at_most=1.25),
    ("room of 1,000, ten lines", FLOOR): Budget(ratio_at_most=2),
    ("room of 100, batches", NGIRCD): Budget(ratio_at_most=1),
    ("room of 1,000, batches", NGIRCD): Budget(ratio_at_most=1),
    ("private, 500 pairs", CONFIRMING): Budget(ratio_at_most=2),
    ("private, 1", WORDS): Budget(ratio_at_most=0.38),
    ("private, 16", WORDS): Budget(ratio_at_most=0.33),
    ("private, 1", INSPIRCD): Budget(ratio_at_most=2),
    ("private, 16", INSPIRCD): Budget(ratio_at_most=2),
}
#: What goes through TLS, frames or datagrams is compared with plain TCP only, and for information.
_COVERED = (BY_TLS, BY_UDP, BY_DTLS, BY_WEBSOCKET)
#: KiB for an idle session with an empty roster.
MEMORY = {
    GUESTS: 6,
    BY_IRC: 6,
    BY_NATIVE: 6,
    GUESTS_BY_WEBSOCKET: 8,
    BY_WEBSOCKET: 8,
    BY_PAGES: 8,
    VISITORS: 8,
    BY_UDP: 6,
    BY_TLS: 30,
    BY_DTLS: 80,
}


class Rows:
    """The table of one bench: `figures` by (work, who), `void` the reasons of those that are missing."""

    def __init__(self, figures: Mapping[Key, float], void: Mapping[Key, str]) -> None:
        self._figures = figures
        self._void = void

    def all(self) -> list[Row]:
        return [
            *self._costs(),
            *self._presence(),
            *self._arrivals(),
            *self._polls(),
            *self._crowds(),
            *self._latencies(),
            *self._queueing(),
        ]

    def _row(self, work: str, unit: str, key: Key, rival: Key | None = None, budget: Budget | None = None) -> Row:
        return Row(
            f"{work}: {key[1]}",
            unit,
            self._figures.get(key),
            "" if rival is None else rival[1] if rival[0] == key[0] else f"{rival[1]}, {rival[0]}",
            None if rival is None else self._figures.get(rival),
            budget or Budget(),
            self._void.get(key, "" if key in self._figures else "not measured"),
        )

    def _costs(self) -> list[Row]:
        rows = []
        for name, _, everybody in SCENARIOS:
            for who in everybody:
                if not who.startswith("imd"):
                    continue
                rivals: tuple[str, ...] = (FLOOR, CONFIRMING, WORDS, NGIRCD, INSPIRCD)
                if who in _COVERED:
                    rivals = (BY_NATIVE,)
                elif who in (BY_PAGES, VISITORS):
                    rivals = (BY_IRC,)
                elif who == GUESTS_BY_WEBSOCKET:
                    rivals = (GUESTS,)
                for rival in rivals:
                    if rival in everybody:
                        rows.append(
                            self._row(name, "µs", (name, who), (name, rival), self._cost_budget(name, who, rival))
                        )
        ten_times = ("private, 1,000 pairs", GUESTS), ("private, 1", GUESTS)
        rows.append(self._row("ten times the users", "µs", *ten_times, Budget(ratio_at_most=1.2)))
        return rows

    @staticmethod
    def _cost_budget(name: str, who: str, rival: str) -> Budget | None:
        if rival == INSPIRCD and who == GUESTS:
            # The budget is for accounts, acknowledgements included.
            return None
        return BUDGETS.get((name, rival))

    def _presence(self) -> list[Row]:
        name = f"presence, for each of {WATCHERS} watchers"
        rows = []
        for who in (BY_NATIVE, BY_IRC, BY_UDP, BY_TLS):
            # The budget is for plain streams: TLS, or acknowledgements by datagrams, cost more than it by themselves.
            wanted = None if who in _COVERED else Budget(at_most=4)
            rows.append(self._row(name, "µs", ("presence", who), ("presence", FLOOR), wanted))
        return rows

    def _arrivals(self) -> list[Row]:
        rows = []
        for who, most in MEMORY.items():
            rows.append(self._row("idle session", "KiB", ("memory", who), ("memory", WORDS), Budget(at_most=most)))
        for who in MEMORY:
            wanted = Budget(at_least=2000) if who in (BY_NATIVE, BY_IRC) else Budget()
            rows.append(self._row("sign-ons per second of CPU", "/s", ("sign-ons", who), ("sign-ons", WORDS), wanted))
            rows.append(self._row("sign-ons by the clock", "/s", ("sign-ons by the clock", who)))
            rows += self._holds(who)
        name = f"sign-ons by the clock, {ITERATIONS:,} iterations"
        rows.append(self._row(name, "/s", ("sign-ons by the clock", BY_PLAIN)))
        rows += self._holds(BY_PLAIN)
        rows.append(self._row("new devices per second of CPU", "/s", ("sign-ons of new devices", BY_NATIVE)))
        return rows

    def _polls(self) -> list[Row]:
        works = {
            "private, 1": ("private, 1", "µs"),
            "memory": ("idle session", "KiB"),
            "sign-ons": ("sign-ons per second of CPU", "/s"),
        }
        return [self._row(*shown, (work, POLLING), (work, VISITORS)) for work, shown in works.items()]

    def _holds(self, who: str) -> list[Row]:
        return [
            self._row("reactor held meanwhile, at most", "ms", ("held by sign-on", who), None, Budget(at_most=50)),
            self._row("answers meanwhile late by, at most", "ms", ("late", who)),
        ]

    def _crowds(self) -> list[Row]:
        name, fewer = f"crowd of {CROWD:,}", f"crowd of {CROWD // 4:,}"
        rows = []
        for step in STEPS:
            key = (f"{name}, {step}", GUESTS)
            rows += [self._row(key[0], "µs", key, (key[0], rival)) for rival in (WORDS, NGIRCD, INSPIRCD)]
            # Twice as many people make an answer to NAMES twice as long; all else is for each who is told.
            wanted = Budget() if step == "NAMES" else Budget(ratio_at_most=1.2)
            rows.append(self._row(key[0], "µs", key, (f"{fewer}, {step}", GUESTS), wanted))
        held = (f"held by {name}", GUESTS)
        rows.append(self._row("reactor held meanwhile, at most", "ms", held, None, Budget(at_most=50)))
        return rows

    def _latencies(self) -> list[Row]:
        rows = []
        for who in (GUESTS, BY_IRC, BY_NATIVE, BY_WEBSOCKET, BY_TLS, BY_UDP, BY_DTLS):
            for share, most in (("p50", None), ("p99", 20), ("p99_9", 1000)):
                name = f"latency {share.replace('_', '.')} at half load"
                rows.append(self._row(name, "ms", (share, who), (share, WORDS), Budget(at_most=most)))
        return rows

    def _queueing(self) -> list[Row]:
        rows = []
        for store, least in (("sqlite", 50_000), ("redis", 40_000)):
            wanted = Budget(ratio_at_least=30, at_least=least)
            rows.append(self._row("kept by the store alone", "/s", ("kept", store), ("one each", store), wanted))
            rows.append(self._row("CPU for it", "µs", ("keeping", store)))
            if store == "redis":
                rows.append(self._row("CPU of Redis itself for it", "µs", ("beneath", store)))
            rows.append(self._row("queued by clients", "/s", ("queued", store), ("one each", store), wanted))
            rows.append(self._row("CPU per queued message", "µs", ("queueing", store)))
        rows.append(self._row("CPU of Redis itself for it", "µs", ("in the store", "redis")))
        return rows
