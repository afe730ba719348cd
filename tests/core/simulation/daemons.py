"""One store, the daemons on it one after the other, and what is noted of both."""

import random
from typing import NoReturn

from imd.core.ports import Hub
from imd.storage.memory.store import MemoryStore
from tests.house import House, TestEnvironment


class Wrong(AssertionError):
    """A promise was broken."""


class Daemons:
    """What a simulated life happens to. The same seed gives the same life."""

    house: House

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.store = MemoryStore()
        self.generation = 0
        #: Generations of daemons that were killed.
        self.killed: set[int] = set()
        #: Daemons that were killed: nothing of them may run, not even their clearing up.
        self.graveyard: list[Hub] = []
        self.log: list[str] = []
        self.failure: Wrong | None = None
        self._numbers = 0

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    def note(self, text: str) -> None:
        self.log.append(text)

    def wrong(self, what: str, id: str = "") -> NoReturn:
        way = [f"{step.step}: {step.why}" for step in self.house.hub.delivery.trace.get(id) or ()]
        tail = "\n".join(self.log[-70:])
        # Kept as well as raised: whoever calls a client catches what it raises.
        self.failure = self.failure or Wrong(f"seed {self.seed}: {what}\nway: {way}\n{tail}")
        raise self.failure

    def check_failure(self) -> None:
        """Raises what was wrong, if anything was."""
        if self.failure is not None:
            raise self.failure

    def kill(self) -> None:
        """The daemon is killed, with some of what it was writing."""
        self.note(f"crash with {self.store.waiting}")
        self.store.abandon(self.chance.randint(0, self.store.waiting))
        self.killed.add(self.generation)
        for call in self.house.reactor.getDelayedCalls():
            call.cancel()
        self.succeed()

    def succeed(self) -> None:
        """Another one takes the place of the last."""
        self.generation += 1
        self.graveyard.append(self.house.hub)
        # Sequence numbers are microseconds: starting takes longer than reading the last messages did.
        self.house.reactor.advance(0.1)
        self.house.environment = TestEnvironment(self.house.reactor)
        deferring, self.store.deferring, self.store.available = self.store.deferring, False, True
        self.house.restart()
        self.store.deferring = deferring

    def quiet(self) -> None:
        """The store is there, does what it was asked for, and the daemon does what has waited."""
        store, house = self.store, self.house
        store.available, store.deferring = True, False
        store.work()
        for _ in range(3):
            house.hub.store_back()
            house.turn(11)
