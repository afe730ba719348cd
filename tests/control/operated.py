"""A daemon for the operator's actions, without listeners: a real core over the memory store."""

from typing import Any

from twisted.internet import reactor as installed_reactor

from imd.config.model import Settings
from imd.config.reload import Changes
from imd.control.actions import Actions
from imd.control.wire import Answer
from imd.core.stores import Store
from imd.credentials.front import CredentialsFront
from imd.credentials.hashing import Hashing
from imd.credentials.rules import CredentialRules
from imd.net.connections import ConnectionLimits, Connections
from imd.net.datagram.port import PortCounts
from imd.net.holding import Holding
from imd.net.memory import Memory
from imd.net.resident import Resident
from tests.house import House

reactor: Any = installed_reactor


class Datagrams:
    """A bound UDP port that has seen something."""

    def status(self) -> list[PortCounts]:
        return [PortCounts(1, 2, 3, 4, 5, 6, 7)]


class Standing:
    """`imd.control.actions.Operated` on a clock that stands still."""

    def __init__(self) -> None:
        self.house = House()
        self.hub = self.house.hub
        self.store: Store = self.house.store
        self.accounts = self.house.accounts
        # Not started: what needs a password hashed is tested on real daemons.
        self._hashing = Hashing(reactor, 1)
        rules = CredentialRules(domain=self.hub.people.domain)
        clock = self.house.environment.clock
        self.credentials = CredentialsFront(self.store, self.accounts, self._hashing, clock, rules)
        self.connections = Connections(self.house.reactor, ConnectionLimits())
        self.holding = Holding(self.house.reactor)
        self.started = clock.time()
        self.settings = Settings()
        self.tally = self.house.policy.limits.tally
        self.memory = Memory(clock, self.settings.limits.memory, self.tally)
        self.resident = Resident(self.connections, self.memory, self.settings.limits.process_memory)
        self.datagrams = Datagrams()
        self.reloading: Exception | None = None
        self.actions = Actions(self)

    def listeners(self) -> list[Answer]:
        return [{"door": "irc", "kind": "tcp", "port": 6667, "address": "tcp 127.0.0.1:6667"}]

    async def reload(self) -> Changes:
        assert self.reloading is not None
        raise self.reloading

    def ask(self, action: str, **arguments: Any) -> Answer:
        """One answer."""
        answer: Answer = self.house.wait(self.actions.table[action](arguments))
        return answer

    def every_page(self, action: str, **arguments: Any) -> list[list[Answer]]:
        """The rows of each page."""
        pages = []
        while True:
            answer = self.ask(action, **arguments)
            pages.append(answer["rows"])
            arguments["after"] = answer["next"]
            if not answer["next"]:
                return pages
