"""People who stay in their rooms while none of their clients is connected (Ergo: *always-on*), also over a restart.

An account chooses it, where the settings let it. It goes on being a member, and whatever is done to members is done to
it. To those in a room with it who may see its presence it is *away* there; everywhere else it is offline, and messages
wait in its inbox as ever (docs/presence.md).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from imd.core.address import Address, fold
from imd.core.limits import Limits
from imd.core.ports import Environment
from imd.core.refusal import NotAllowed, NotForGuests, StoreUnavailable
from imd.core.session import FIRST_MARKS, Account, ClientInfo, Mark, Person, Session
from imd.core.stores import OutcomeUnknown, ShelfStore
from imd.core.talk import Role, Room

if TYPE_CHECKING:
    from imd.core.people import People

#: Sessions that end for these reasons take their person along: somebody wanted her gone.
DRIVEN_OUT = frozenset({"kicked", "killed", "banned"})

#: The name of an account's choice on its shelf; rooms stand there under their folded names.
_CHOICE = ""


class _Choice(msgspec.Struct, frozen=True, array_like=True):
    #: None: as the settings have it.
    stays: bool | None
    #: When it was on last.
    seen: float


class _Stay(msgspec.Struct, frozen=True, array_like=True):
    """A membership. All of the room that is needed should it not be a durable one."""

    name: str
    created: float
    archive: str
    joined: float
    roles: tuple[Role, ...]
    user: str
    realname: str


_encode = msgspec.msgpack.Encoder().encode
_decode_choice = msgspec.msgpack.Decoder(_Choice).decode
_decode_stay = msgspec.msgpack.Decoder(_Stay).decode


class Staying:
    """A part of `People`. `persons` are those who are absent now, by account id; only read by others."""

    def __init__(
        self, environment: Environment, people: "People", shelf: ShelfStore, limits: Limits, *, rule: str, keep: float
    ) -> None:
        self.limits = limits
        #: Who may stay: ``opt-in``, ``opt-out`` or ``off``.
        self.rule = rule
        #: Seconds for which an absent person stays, 0: for ever.
        self.keep = keep
        self.persons: dict[str, Person] = {}
        self._names: dict[str, Person] = {}
        self._environment = environment
        self._people = people
        self._shelf = shelf
        self._choices: dict[str, _Choice] = {}
        #: What the store has, or will have when it has answered: account id → name → value.
        self._written: dict[str, dict[str, bytes]] = {}
        self._changed: dict[str, Person] = {}
        self._writing = False
        self._scheduled = False

    # ------------------------------------------------------------ who stays

    def stays(self, account: Account | None) -> bool:
        if account is None or account.visitor or self.rule == "off":
            return False
        choice = self._choices.get(account.id)
        chosen = None if choice is None else choice.stays
        return self.rule == "opt-out" if chosen is None else chosen

    async def choose(self, session: Session, stays: bool) -> None:
        """Raises `NotForGuests`, `NotAllowed`, `TooMany`, `StoreUnavailable`."""
        account = session.account
        if account is None:
            raise NotForGuests("Staying in rooms")
        self._people.visitors.refuse(session.person, "Staying in rooms")
        if stays and self.rule == "off":
            raise NotAllowed("Nobody stays in rooms here without a client.")
        if stays and not self.stays(account):
            count = sum(choice.stays is True for choice in self._choices.values())
            self.limits.check_count("always_on", "accounts that stay in their rooms", count)
        choice = _Choice(stays, self._environment.clock.time())
        try:
            await self._shelf.put([(account.id, _CHOICE, _encode(choice))])
        except OutcomeUnknown:
            raise StoreUnavailable from None
        self._choices[account.id] = choice
        self._written.setdefault(account.id, {})[_CHOICE] = _encode(choice)
        self._mark(session.person)
        if stays:
            self._people.missed.follow(session.person)

    # ------------------------------------------------------------ coming and going

    def find(self, folded: str) -> Person | None:
        return self._names.get(folded)

    def may_go(self, person: Person, reason: str) -> bool:
        """Whether the person, whose last session ends for this reason, stays."""
        if reason in DRIVEN_OUT or not self.stays(person.account) or not self._people.rooms.rooms_of(person):
            return False
        most = self.limits.always_on
        if most and len(self.persons) >= most:
            self.limits.tally.count("always_on")
            return False
        return True

    def gone(self, person: Person, last: Session) -> None:
        """The person is absent now; `last` was the last session."""
        person.last = last.info
        self._enter(person, last.marks - {Mark.OPERATOR})
        self._seen(person)

    def _enter(self, person: Person, marks: Iterable[Mark] = FIRST_MARKS) -> None:
        person.kept = frozenset(marks)
        self.persons[person.key] = person
        self._names[fold(person.address.name)] = person

    def _seen(self, person: Person) -> None:
        now = self._environment.clock.time()
        before = self._choices.get(person.key)
        self._choices[person.key] = _Choice(None if before is None else before.stays, now)
        self._mark(person)

    def back(self, id: str) -> Person | None:
        """Who was absent under this account id, and is so no more."""
        person = self.persons.pop(id, None)
        if person is not None and self._names.get(fold(person.address.name)) is person:
            del self._names[fold(person.address.name)]
        if person is not None:
            person.kept = frozenset()
        return person

    def leave(self, person: Person, text: str) -> None:
        """An absent person leaves all rooms: she stays no longer."""
        if self.back(person.key) is not None:
            self._people.rooms.left(person, text)
            self._people.rosters.unload(person.key)
            self._people.metadata.left(person)

    def account_changed(self, before: Account, now: Account | None) -> None:
        person = self.persons.get(before.id)
        if person is not None and (now is None or now.suspended):
            self.leave(person, "This account was removed." if now is None else "Suspended.")
        elif person is not None and now is not None:
            person.account = now
            if now.name != before.name:
                marks = person.kept
                self.back(before.id)
                was, origin = person.address, self._people.origin(person)
                person.address = Address(now.name, self._people.domain)
                self._enter(person, marks)
                self._people.rooms.renamed(person, was, origin)
        if now is None:
            # The store has dropped its shelf.
            self._changed.pop(before.id, None)
            self._written.pop(before.id, None)
            self._choices.pop(before.id, None)

    def expire(self) -> int:
        """Those who have been absent for too long leave; how many."""
        if not self.keep:
            return 0
        end = self._environment.clock.time() - self.keep
        late = [person for id, person in self.persons.items() if id in self._choices and self._choices[id].seen < end]
        for person in late:
            self.leave(person, "Absent for too long")
        return len(late)

    def apply_rule(self) -> None:
        """The settings are new: who may not stay any longer leaves."""
        for person in list(self.persons.values()):
            if not self.stays(person.account):
                self.leave(person, "Gone")

    # ------------------------------------------------------------ on the shelf

    async def load(self) -> None:
        """Bring back who stayed; the durable rooms are there already."""
        shelves = await self._shelf.everyone()
        accounts = await self._people.accounts.by_id(list(shelves))
        for id, values in shelves.items():
            account = accounts.get(id)
            if account is None:
                continue
            self._written[id] = dict(values)
            if _CHOICE in values:
                self._choices[id] = _decode_choice(values[_CHOICE])
            stays = [_decode_stay(value) for name, value in values.items() if name != _CHOICE]
            person = Person(id, Address(account.name, self._people.domain), account)
            if not stays or account.suspended or not self.stays(account):
                self._mark(person)
                continue
            person.last = ClientInfo(user=stays[0].user, realname=stays[0].realname)
            for stay in sorted(stays, key=lambda stay: stay.joined):
                self._people.rooms.restore(person, stay.name, stay.created, stay.archive, stay.joined, stay.roles)
            self._enter(person)
            self._environment.spawn("load a roster", self._load_roster(id))

    async def _load_roster(self, id: str) -> None:
        """It says who may know that she is away; and what she shows of herself is seen meanwhile."""
        try:
            await self._people.rosters.load(id)
            await self._people.metadata.arriving(id)
        except StoreUnavailable:
            self._environment.log.info("the roster of {account} was not loaded: the store is away", account=id)

    def moved(self, person: Person) -> None:
        """The person's rooms, or something about them, have changed."""
        if person.account is not None and (person.key in self._written or self.stays(person.account)):
            self._mark(person)

    def _mark(self, person: Person) -> None:
        if not self._scheduled and not self._writing:
            self._scheduled = True
            self._environment.clock.soon(self.retry)
        self._changed[person.key] = person

    def retry(self) -> None:
        """Write what waits; called again when the store is back."""
        self._scheduled = False
        if self._changed and not self._writing:
            self._writing = True
            self._environment.spawn("write who stays where", self._write())

    async def _write(self) -> None:
        try:
            while self._changed:
                changed, self._changed = self._changed, {}
                before = {id: self._written.get(id, {}) for id in changed}
                try:
                    await self._write_all(changed.values())
                except (StoreUnavailable, OutcomeUnknown):
                    for id, person in changed.items():
                        # What the store has is not known any more: all of it is written again.
                        self._written[id] = dict.fromkeys((*before[id], *self._written.get(id, ())), b"")
                        self._changed.setdefault(id, person)
                    self._environment.log.info("memberships of {count} people wait for the store", count=len(changed))
                    return
        finally:
            self._writing = False

    async def _write_all(self, changed: Iterable[Person]) -> None:
        puts: list[tuple[str, str, bytes]] = []
        removals: list[tuple[str, str]] = []
        for person in changed:
            id, wanted = person.key, self._wanted(person)
            written = self._written.get(id, {})
            puts += [(id, name, value) for name, value in wanted.items() if written.get(name) != value]
            removals += [(id, name) for name in written if name not in wanted]
            self._written[id] = wanted
            if not wanted:
                del self._written[id]
        if puts:
            await self._shelf.put(puts)
        if removals:
            await self._shelf.remove(removals)

    def _wanted(self, person: Person) -> dict[str, bytes]:
        """What is to stand on the person's shelf."""
        choice = self._choices.get(person.key)
        wanted = {} if choice is None else {_CHOICE: _encode(choice)}
        if self.stays(person.account):
            info = person.sessions[0].info if person.sessions else person.last
            for room in self._people.rooms.rooms_of(person):
                wanted[fold(room.name)] = _encode(_stay(room, person, info or ClientInfo()))
        return wanted

    @property
    def idle(self) -> bool:
        return not self._changed and not self._writing


def _stay(room: Room, person: Person, info: ClientInfo) -> _Stay:
    member = room.members[person.key]
    roles = tuple(role for role in Role if role in member.roles)
    return _Stay(room.name, room.created, room.archive, member.joined, roles, info.user, info.realname)
