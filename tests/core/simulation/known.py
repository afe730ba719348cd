"""What is known of a simulated life: who has sent, been shown and confirmed what."""

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.session import Account
from tests.core.simulation.cast import Device, Sent
from tests.core.simulation.daemons import Daemons
from tests.house import House


class Known(Daemons):
    """What is known of all that has happened."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        chance = self.chance
        self.few_traces = chance.random() < 0.2
        #: Some lives know no trouble: what is promised only for them is checked there.
        self.calm = chance.random() < 0.25
        #: In some they take back what they have said, and read history; in others chance goes as before there was that.
        self.regrets = seed % 11 in (1, 2, 5)
        self.taken_back = 0
        self.mortality = chance.choice([0.1, 0.5, 1.0])
        policy = Policy(
            offline_max_messages=chance.choice([8, 40, 1000]),
            guest_messages=chance.choice([2, 20]),
            limits=Limits(window=chance.choice([2, 8, 70, 256]), traces=25 if self.few_traces else 20_000),
            history_keep=chance.choice([0.0, 86400.0]),
        )
        self.house = House(policy, self.store)
        # The fewer they are the more happens to each.
        people = ("ann", "bob", "cat", "dan")[: chance.choice([2, 2, 3, 4])]
        self.accounts: dict[str, Account] = {name: self.house.person(name) for name in people}
        self.devices: list[Device] = []
        self.coming = 0
        self.sent: list[Sent] = []
        self.by_id: dict[str, Sent] = {}
        #: (account, id) → when a client confirmed it first.
        self.confirmed: dict[tuple[str, str], int] = {}
        #: (account, id) → devices it was shown to.
        self.shown: dict[tuple[str, str], list[Device]] = {}
        self._moment = 0
        self.crashes: list[int] = []
        self.blocked: set[tuple[str, str]] = set()
        self.times: dict[str, float] = {}
        self.sending: Sent | None = None
        #: By account, the ids in its history.
        self.history: dict[str, set[str]] = {}
        self.recorded = 0
        if chance.random() < 0.3:
            bob = self.house.on(self.accounts["bob"])
            self.house.wait(self.house.hub.rosters.block(bob.session, "ann"))
            self.house.off(bob)
            self.blocked.add(("bob", "ann"))

    def moment(self) -> int:
        self._moment += 1
        return self._moment

    def still_back(self, sent: Sent) -> bool:
        """Taken back, not sent again since, and the daemon that did it has not been killed."""
        if sent.taken_back is None:
            return False
        when, times = sent.taken_back
        return len(sent.told) == times and not (self.crashes and self.crashes[-1] > when)

    def names(self, ids: list[str]) -> list[int]:
        return [self.by_id[id].number for id in ids]
