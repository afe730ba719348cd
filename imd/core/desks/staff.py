"""The desks of the settings, who serves at them, and their presence: that of their agents, without telling whose."""

from collections.abc import Callable, Iterable, Mapping

from imd.core.accounts import AccountChange, Accounts
from imd.core.address import fold
from imd.core.desks.desk import EVERYONE, DeskPerson
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.presence import PresenceRegistry
from imd.core.refusal import Kicked
from imd.core.session import Account, Person, State
from imd.core.sight import Snapshot
from imd.core.sites import DeskRule

_OFF = (State.OFFLINE, State.INVISIBLE)

#: How many accounts are asked for at a time, and how many of them have what is said to a desk of everybody while nobody
#: is on. No setting: such a desk is for trying out, and whoever means all of a larger staff names them.
_PAGE = 100
_PAGES = 10
MOST_OF_EVERYONE = 20


class Staff:
    """Follows the settings, the accounts and what can be seen of their presence; says who comes and who leaves."""

    def __init__(
        self, environment: Environment, people: People, presence: PresenceRegistry, accounts: Accounts
    ) -> None:
        self._environment = environment
        self._people = people
        self._presence = presence
        self._accounts = accounts
        #: By folded name.
        self.desks: dict[str, DeskPerson] = {}
        #: Those a change of somebody may concern, by folded name, lest each be asked of all: by folded name of an agent
        #: in the settings, by account id of an agent, and those of everybody.
        self._named: dict[str, list[str]] = {}
        self._engaged: dict[str, list[str]] = {}
        self._everybodys: list[str] = []
        #: While desks are opened: which accounts have changed since one's agents are looked for, by id; None: removed.
        self._opening = False
        self._changed: dict[str, Account | None] = {}
        #: Names that accounts have had before there were desks of them: those are no desks.
        self.taken: set[str] = set()
        #: Somebody can be rung at a desk who could not before.
        self.came: Callable[[DeskPerson, str], None]
        #: These serve at a desk no more.
        self.left: Callable[[DeskPerson, Iterable[str]], None]
        #: Of desks of everybody: accounts that may have what is said while nobody is on, by id.
        self._everyone: dict[str, Account] = {}
        #: Whom agents block who are off, by account id.
        self._blocking: dict[str, frozenset[str]] = {}

    # ------------------------------------------------------------ the settings

    async def open(self, rules: Mapping[str, DeskRule]) -> None:
        """These desks there are from now on. Raises `StoreUnavailable`, and then what could be known is done."""
        self._opening = True
        try:
            await self._open(rules)
        finally:
            self._opening = False
            self._changed = {}

    async def _open(self, rules: Mapping[str, DeskRule]) -> None:
        self._expect(rules)
        for folded in [folded for folded in self.desks if folded not in rules]:
            self._close(self.desks.pop(folded))
        for folded, rule in rules.items():
            desk = self.desks.get(folded)
            if desk is not None:
                if desk.change(rule):
                    self._presence.refresh(desk)
            elif (await self._accounts.by_name(folded)) is not None:
                # Whoever has a name keeps it; a setting can be changed.
                self.taken.add(folded)
                self._environment.log.error(
                    "there is no desk {name}: an account is called so; rename one of them", name=rule.name
                )
                continue
            elif folded not in self.desks:
                desk = self.desks[folded] = DeskPerson(rule, self._people.domain, self._environment.clock.time())
                self._enter(desk)
            self.taken.discard(folded)
            await self._engage(self.desks[folded])

    def _enter(self, desk: DeskPerson) -> None:
        other = self._people.find(desk.name)
        if other is not None:
            self._people.end(other, Kicked("This name now belongs to a desk."), "kicked")
        self._people.nicks.by_name[desk.folded] = desk
        # Who watches the name learns what the desk is called, though nobody be there.
        self._presence.refresh(desk)

    def _close(self, desk: DeskPerson) -> None:
        if self._people.nicks.by_name.get(desk.folded) is desk:
            del self._people.nicks.by_name[desk.folded]
        desk.on.clear()
        self._engage_as(desk, {})
        self._show(desk)

    def _expect(self, rules: Mapping[str, DeskRule]) -> None:
        """Note who is named by these, and by those that have not given way to them yet."""
        self._named, self._everybodys = {}, []
        for folded, rule in [*rules.items(), *((folded, desk.rule) for folded, desk in self.desks.items())]:
            for name in map(fold, rule.agents):
                named = self._everybodys if name == EVERYONE else self._named.setdefault(name, [])
                if folded not in named[-1:]:
                    named.append(folded)

    def _engage_as(self, desk: DeskPerson, agents: dict[str, Account]) -> None:
        for id in desk.agents.keys() - agents.keys():
            self._dismiss(desk, id)
        for id in agents.keys() - desk.agents.keys():
            self._engaged.setdefault(id, []).append(desk.folded)
        desk.agents = agents

    def _dismiss(self, desk: DeskPerson, id: str) -> None:
        engaged = self._engaged[id]
        engaged.remove(desk.folded)
        if not engaged:
            del self._engaged[id]

    def _concerned(self, id: str, *names: str) -> list[DeskPerson]:
        """The desks where this account serves, or may: named after one of these names, or of everybody."""
        found = [*self._engaged.get(id, ()), *self._everybodys]
        for name in names:
            found += self._named.get(fold(name), ())
        # Each once; not all that are to be are open.
        return [desk for folded in dict.fromkeys(found) if (desk := self.desks.get(folded)) is not None]

    async def _engage(self, desk: DeskPerson) -> None:
        """Find the accounts of a desk's agents."""
        self._changed = {}
        found: dict[str, Account] = {}
        for name in desk.rule.agents:
            account = None if name == EVERYONE else await self._accounts.by_name(fold(name))
            if account is not None:
                found[account.id] = account
        if desk.everyone and not self._everyone:
            await self._find_some()
        for id in self.agents(desk) | found:
            # Also of those who are off now: what is said to their desk would wait for them.
            self._note_blocked(id, (await self._people.rosters.blocked_by(id))[0])
        for id, now in self._changed.items():
            # While the store was asked.
            found.pop(id, None)
            if now is None:
                self._everyone.pop(id, None)
                self._blocking.pop(id, None)
            elif any(fold(now.name) == fold(name) for name in desk.rule.agents):
                found[id] = now
        before = desk.agents
        self._engage_as(desk, found)
        gone = [id for id in before if id not in found and not desk.everyone]
        for id in gone:
            desk.on.pop(id, None)
        for person in list(self._people.persons.values()):
            self._count(desk, person, self._presence.published(person))
        self._show(desk)
        if gone:
            self.left(desk, gone)

    async def _find_some(self) -> None:
        after = ""
        for _ in range(_PAGES):
            page = await self._accounts.page(after, _PAGE)
            found = [account for account in page if not account.visitor]
            self._everyone |= {account.id: account for account in found[: MOST_OF_EVERYONE - len(self._everyone)]}
            if len(page) < _PAGE or len(self._everyone) >= MOST_OF_EVERYONE:
                break
            after = fold(page[-1].name)

    def account_changed(self, change: AccountChange) -> None:
        """An account is made, changed or removed: it may serve now, or no more."""
        before, now = change.before, change.after
        id = (before or now).id  # type: ignore[union-attr]
        if self._opening:
            self._changed[id] = now
        if now is None:
            self._everyone.pop(id, None)
            self._blocking.pop(id, None)
        elif id in self._everyone or (len(self._everyone) < MOST_OF_EVERYONE and not now.visitor):
            self._everyone[id] = now
        for desk in self._concerned(id, *(each.name for each in (before, now) if each is not None)):
            named = now is not None and any(fold(now.name) == fold(name) for name in desk.rule.agents)
            served = id in desk.agents or (before is not None and desk.serves(before))
            if named and now is not None:
                self._engage_as(desk, {**desk.agents, id: now})
            elif desk.agents.pop(id, None) is not None:
                self._dismiss(desk, id)
            if now is not None and desk.serves(now):
                person = self._people.person(id)
                if person is not None:
                    self._count(desk, person, self._presence.published(person))
            elif served:
                desk.on.pop(id, None)
                self.left(desk, [id])
            self._show(desk)

    # ------------------------------------------------------------ who is there

    def presence_changed(self, person: Person, now: Snapshot) -> None:
        """What has been told of somebody."""
        if person.account is None:
            return
        if now.state is State.OFFLINE and self.desks and self.serving(person.account):
            # Her roster is at hand for the last time.
            roster = self._people.rosters.cached(person.key)
            self._note_blocked(person.key, frozenset(id for id, contact in roster.items() if contact.blocked))
        for desk in self._concerned(person.account.id):
            if self._count(desk, person, now):
                self._show(desk)

    def _count(self, desk: DeskPerson, person: Person, now: Snapshot | None) -> bool:
        before = desk.on.get(person.key)
        serves = person.account is not None and desk.serves(person.account)
        if not serves or now is None or now.state in _OFF:
            return desk.on.pop(person.key, None) is not None
        desk.on[person.key] = now.state
        if before is None or (now.state is State.AVAILABLE and before is not State.AVAILABLE):
            self.came(desk, person.key)
        return now.state is not before

    def _show(self, desk: DeskPerson) -> None:
        if desk.show():
            self._presence.refresh(desk)

    def named(self, name: str) -> DeskPerson | None:
        """The desk of this name, ``sales`` or ``sales@domain``."""
        bare, _, domain = name.partition("@")
        return self.desks.get(fold(bare)) if domain.lower() in ("", self._people.domain) else None

    def serving(self, account: Account) -> list[DeskPerson]:
        """The desks at which this account answers."""
        return [desk for desk in self._concerned(account.id) if desk.serves(account)]

    def _note_blocked(self, agent: str, blocked: frozenset[str]) -> None:
        if blocked:
            self._blocking[agent] = blocked
        else:
            self._blocking.pop(agent, None)

    def blocks(self, agent: str, person: str) -> bool:
        """Whether an agent, on or off, hears nothing of this person (both account ids)."""
        roster = self._people.rosters.loaded.get(agent)
        if roster is None:
            return person in self._blocking.get(agent, ())
        contact = roster.get(person)
        return contact is not None and contact.blocked

    def agents(self, desk: DeskPerson) -> dict[str, Account]:
        """Everybody who has what is said while nobody is on."""
        return {**self._everyone, **desk.agents} if desk.everyone else desk.agents

    def agent(self, desk: DeskPerson, id: str) -> Account | None:
        """The account of this id, if it serves here."""
        person = self._people.person(id)
        account = desk.agents.get(id) or (None if person is None else person.account)
        account = account or (self._everyone.get(id) if desk.everyone else None)
        return account if account is not None and desk.serves(account) else None
