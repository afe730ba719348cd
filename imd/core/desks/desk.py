"""A desk: an address that is answered by whoever of its agents is there (settings `web.desks`)."""

from collections.abc import Mapping

from imd.core.address import Address, fold
from imd.core.gone import GONE
from imd.core.session import Account, ClientInfo, Peer, Person, Presence, Session, State
from imd.core.sites import DeskRule

#: Among the agents of a desk: every account but visitors of sites.
EVERYONE = "*"

#: The most available speaks for the desk, as one's sessions do for oneself (`imd.core.sight`).
_RANK = (State.AVAILABLE, State.BUSY, State.AWAY, State.EXTENDED_AWAY)


class DeskPerson(Person):
    """A desk as others find it among the people: no account has its name, and its presence is that of its agents.

    It stands among the names (`People.find`) and in the presence registry, nowhere else. Its session is nobody's.
    """

    __slots__ = ("agents", "front", "on", "rule", "stand_in")

    def __init__(self, rule: DeskRule, domain: str, now: float) -> None:
        super().__init__(f"desk:{fold(rule.name)}", Address(rule.name, domain), None)
        self.rule = rule
        #: What delivery takes for its account.
        self.stand_in = Account(self.key, rule.name, now)
        #: Those of the settings that exist, by account id; not who serves because everybody does.
        self.agents: dict[str, Account] = {}
        #: Agents whom others can see to be on, by account id.
        self.on: dict[str, State] = {}
        self.front = Session(
            self.key, self, Peer("desk", "", 0), ClientInfo(realname=self.called, user="desk"), GONE, now, False
        )
        self.front.marks = frozenset()
        self.sessions.append(self.front)

    @property
    def name(self) -> str:
        return self.rule.name

    @property
    def folded(self) -> str:
        return fold(self.rule.name)

    @property
    def title(self) -> str:
        return self.rule.title

    @property
    def called(self) -> str:
        return self.rule.title or self.rule.name

    @property
    def everyone(self) -> bool:
        return EVERYONE in self.rule.agents

    def change(self, rule: DeskRule) -> bool:
        """New settings for the same name; whether it is called something else now."""
        before, self.rule = self.title, rule
        self.front.info = ClientInfo(realname=self.called, user="desk")
        return self.title != before

    def serves(self, account: Account) -> bool:
        """Whether this account answers here."""
        if account.id in self.agents:
            return not account.suspended
        return self.everyone and not account.suspended and not account.visitor

    def state(self) -> State:
        states = self.on.values()
        return next((state for state in _RANK if state in states), State.OFFLINE)

    def show(self) -> bool:
        """Have the front say what the agents do; whether that has changed anything."""
        state = self.state()
        on = state is not State.OFFLINE
        if self.front.begun is on and (not on or self.front.presence.state is state):
            return False
        self.front.begun = on
        self.front.presence = Presence(state) if on else Presence()
        return True


def best(on: Mapping[str, State]) -> list[str]:
    """Whom a conversation rings: all who are available, or all who are on."""
    return [id for id, state in on.items() if state is State.AVAILABLE] or list(on)
