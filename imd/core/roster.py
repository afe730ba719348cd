"""Buddy lists: the subscription states of RFC 6121 section 3 and appendix A, for accounts of this service.

Both sides of a subscription are local, so each operation computes both sides' next states, writes them together, and
then pushes them to the sessions concerned. Operations that touch the same account wait for each other.
"""

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from imd.core.address import Address
from imd.core.contact import Contact, RosterAction, RosterChange
from imd.core.limits import Limits, octets
from imd.core.people import People
from imd.core.ports import Environment, Future
from imd.core.refusal import NotAllowed, NotForGuests, StoreUnavailable, TooLong, TooMany
from imd.core.session import Account, Person, Session
from imd.core.stores import OutcomeUnknown, RosterStore
from imd.core.turnstile import Turnstile

if TYPE_CHECKING:
    from imd.core.presence import PresenceRegistry, Sight

_NOBODY: dict[str, Contact] = {}

#: Rosters read by one question to the store: enough to share its costs, few enough that none is long in answering.
_TOGETHER = 50

#: Bytes of a contact's label, and of the name of a group.
_LABEL = 64
#: Groups of one contact.
_GROUPS = 20


def _alter(contact: Contact, **changes: object) -> Contact:
    altered: Contact = msgspec.structs.replace(contact, **changes)
    return altered


def _worth_keeping(contact: Contact) -> bool:
    return contact.listed or contact.asked or contact.blocked


def _concerns_owner(now: Contact, before: Contact) -> bool:
    return now.listed or before.listed or now.asked or before.asked or now.blocked != before.blocked


class Rosters:
    """The rosters of everybody who is on, and every change to any roster."""

    presence: "PresenceRegistry"

    def __init__(self, environment: Environment, people: People, store: RosterStore, limits: Limits) -> None:
        self._people = people
        self._store = store
        self.limits = limits
        self._environment = environment
        self._turnstile = Turnstile(environment)
        #: Whose rosters are to be read at the end of the turn, and who waits for them.
        self._wanted: dict[str, list[Future[None]]] = {}
        #: For each reading under way, whose rosters were changed meanwhile.
        self._readings: list[set[str]] = []
        #: By owner and contact. Only read by others, and only where a call for each would cost too much.
        self.loaded: dict[str, dict[str, Contact]] = {}

    # ------------------------------------------------------------ held in memory while somebody is on

    async def load(self, account: str) -> None:
        """Have this account's roster at hand until `unload`. Those asked for in one turn are read together."""
        while account not in self.loaded:
            loaded = self._environment.future()
            if not self._wanted:
                self._environment.clock.soon(self._load_wanted)
            self._wanted.setdefault(account, []).append(loaded)
            await loaded

    def _load_wanted(self) -> None:
        wanted = iter(self._wanted.items())
        self._wanted = {}
        while some := dict(islice(wanted, _TOGETHER)):
            self._environment.spawn("load rosters", self._load_many(some))

    async def _load_many(self, wanted: dict[str, list[Future[None]]]) -> None:
        changed: set[str] = set()
        self._readings.append(changed)
        try:
            rosters = await self._read(list(wanted))
        except Exception as error:
            for waiting in wanted.values():
                for each in waiting:
                    each.errback(error)
            if not isinstance(error, StoreUnavailable):
                raise
            return
        finally:
            self._readings.remove(changed)
        for account, waiting in wanted.items():
            # What was changed while it was read is read again by whoever waits.
            if account not in changed:
                self.loaded.setdefault(account, rosters[account] or _NOBODY)
            for each in waiting:
                each.callback(None)

    def unload(self, account: str) -> None:
        self.loaded.pop(account, None)

    def cached(self, account: str) -> dict[str, Contact]:
        """The roster of somebody who is on, by the contacts' account ids; empty for guests and the absent."""
        return self.loaded.get(account, _NOBODY)

    def contact(self, owner: str, contact: str) -> Contact | None:
        return self.loaded.get(owner, _NOBODY).get(contact)

    async def _read(self, accounts: Sequence[str]) -> dict[str, dict[str, Contact]]:
        try:
            rosters = await self._store.load(accounts)
        except OutcomeUnknown:
            raise StoreUnavailable from None
        return {owner: {contact.account: contact for contact in contacts} for owner, contacts in rosters.items()}

    async def blocked_by(self, account: str) -> tuple[frozenset[str], frozenset[str]]:
        """(whom this account blocks, to whom it shows its presence), as account ids; on or off."""
        roster = self.loaded.get(account)
        if roster is None:
            roster = (await self._read([account]))[account]
        return (
            frozenset(id for id, contact in roster.items() if contact.blocked),
            frozenset(id for id, contact in roster.items() if contact.from_),
        )

    def most(self) -> int:
        """Entries of the longest list of somebody who is on."""
        return max(map(len, self.loaded.values()), default=0)

    # ------------------------------------------------------------ what an owner can do

    async def contacts(self, session: Session) -> list[Contact]:
        owner = self._owner(session)
        await self.load(owner.id)
        return list(self.cached(owner.id).values())

    async def ask(self, session: Session, name: str, label: str = "", groups: Sequence[str] = ()) -> Contact:
        async with _Pair(self, session, name) as pair:
            mine = pair.mine
            if label or groups:
                mine = self._described(mine, label, groups)
            if mine.to:
                return await pair.settle(mine, pair.theirs)
            if mine.blocked:
                raise NotAllowed("Unblock them first.")
            theirs = pair.theirs
            if (theirs.from_ or theirs.approved) and not theirs.blocked:
                # RFC 6121 section 3.1.3: pre-approved, answered by the server at once.
                return await pair.settle(
                    _alter(mine, to=True, asking=False),
                    _alter(theirs, from_=True, approved=False, asked=False),
                    RosterAction.APPROVED,
                )
            # Somebody who blocks us is not bothered; for us the request stays pending.
            full = 0 < self.limits.contacts <= pair.their_requests
            if full:
                self.limits.tally.count("contacts")
            asked = theirs if theirs.blocked or full else _alter(theirs, asked=True)
            action = RosterAction.ASKED if asked is not theirs and not theirs.asked else RosterAction.CHANGED
            return await pair.settle(_alter(mine, asking=True), asked, RosterAction.CHANGED, action)

    async def put(self, session: Session, name: str, label: str, groups: Sequence[str]) -> Contact:
        async with _Pair(self, session, name) as pair:
            return await pair.settle(self._described(pair.mine, label, groups), pair.theirs)

    async def approve(self, session: Session, name: str) -> Contact:
        async with _Pair(self, session, name) as pair:
            if pair.mine.from_:
                return pair.mine
            if not pair.theirs.asking or pair.mine.blocked:
                # RFC 6121 section 3.4.2: pre-approval.
                return await pair.settle(_alter(pair.mine, approved=True), pair.theirs)
            return await pair.settle(
                _alter(pair.mine, from_=True, asked=False, approved=False),
                _alter(pair.theirs, to=True, asking=False),
                RosterAction.CHANGED,
                RosterAction.APPROVED,
            )

    async def refuse(self, session: Session, name: str) -> None:
        async with _Pair(self, session, name) as pair:
            # RFC 6121 section 3.2: refusing a request and cancelling an approval are one act ("unsubscribed").
            await pair.settle(
                _alter(pair.mine, from_=False, asked=False, approved=False),
                _alter(pair.theirs, to=False, asking=False),
                RosterAction.CHANGED,
                RosterAction.REFUSED,
            )

    async def cancel(self, session: Session, name: str) -> None:
        async with _Pair(self, session, name) as pair:
            # RFC 6121 section 3.3 ("unsubscribe").
            await pair.settle(_alter(pair.mine, to=False, asking=False), _alter(pair.theirs, from_=False, asked=False))

    async def remove(self, session: Session, name: str) -> None:
        async with _Pair(self, session, name) as pair:
            # RFC 6121 section 2.5.2: both subscriptions end. A block stays: it is not part of the list.
            gone = Contact(pair.mine.account, pair.mine.address, blocked=pair.mine.blocked)
            await pair.settle(
                gone,
                _alter(pair.theirs, to=False, asking=False, from_=False, asked=False),
                RosterAction.REMOVED,
                RosterAction.REFUSED if pair.theirs.to or pair.theirs.asking else RosterAction.CHANGED,
            )

    async def block(self, session: Session, name: str) -> Contact:
        async with _Pair(self, session, name, visitors=True) as pair:
            return await pair.settle(_alter(pair.mine, blocked=True, asked=False), pair.theirs)

    async def unblock(self, session: Session, name: str) -> None:
        async with _Pair(self, session, name, visitors=True) as pair:
            await pair.settle(_alter(pair.mine, blocked=False), pair.theirs)

    def _owner(self, session: Session) -> Account:
        if session.account is None:
            raise NotForGuests("A buddy list")
        return session.account

    def _described(self, contact: Contact, label: str, groups: Sequence[str]) -> Contact:
        for text in (label, *groups):
            if octets("label or group", text) > _LABEL:
                raise TooLong("label or group", _LABEL)
        if len(groups) > _GROUPS:
            raise TooMany("groups", _GROUPS)
        # A contact with neither subscription nor description would not be kept: its name describes it.
        return _alter(contact, label=label or contact.address.name, groups=tuple(dict.fromkeys(groups)))

    # ------------------------------------------------------------ carrying it out

    async def carry_out(
        self, pair: "_Pair", mine: Contact, theirs: Contact, action: RosterAction, their_action: RosterAction
    ) -> Contact:
        """Write both sides together, then show them to those concerned."""
        owner, other = pair.owner, pair.other
        both = [(owner.id, mine, pair.mine, action), (other.id, theirs, pair.theirs, their_action)]
        changed = [(who, now, before, what) for who, now, before, what in both if now != before]
        pair.check_room(mine, self.limits)
        puts = [(who, now) for who, now, _, _ in changed if _worth_keeping(now)]
        drops = [(who, now.account) for who, now, _, _ in changed if not _worth_keeping(now)]
        try:
            if puts:
                await self._store.put(puts)
            if drops:
                await self._store.remove(drops)
        except OutcomeUnknown:
            raise StoreUnavailable from None
        for reading in self._readings:
            reading.update((owner.id, other.id))
        sights = self._sights(owner.id, other.id)
        for who, contact in puts:
            if who in self.loaded:
                # Empty ones are one and the same.
                self.loaded[who] = self.loaded[who] or {}
                self.loaded[who][contact.account] = contact
        for who, id in drops:
            self.loaded.get(who, {}).pop(id, None)
        for who, now, before, what in changed:
            if _concerns_owner(now, before):
                gone = what is RosterAction.CHANGED and not _worth_keeping(now)
                self._push(who, RosterChange(RosterAction.REMOVED if gone else what, now))
        for person, watcher, sight in sights:
            self.presence.reclassify(person, watcher, sight)
        self._people.delivery.forget_recipient(owner)
        self._people.delivery.forget_recipient(other)
        return mine

    def _sights(self, one: str, other: str) -> list[tuple[Person, Person, "Sight"]]:
        """How much each of two people sees of the other now, if both are on."""
        first, second = self._people.person(one), self._people.person(other)
        if first is None or second is None:
            return []
        return [
            (first, second, self.presence.sight(second, first)),
            (second, first, self.presence.sight(first, second)),
        ]

    def _push(self, account: str, change: RosterChange) -> None:
        person = self._people.person(account)
        for session in () if person is None else list(person.sessions):
            if session.begun:
                session.client.roster_changed(change)

    def account_changed(self, before: Account, now: Account | None) -> None:
        """An account was altered, renamed or removed: it looks different in the rosters of those who are on."""
        if now is not None and msgspec.structs.replace(now, devices=before.devices) == before:
            # A device more, at each first sign-on of it: nobody else's business.
            return
        person = self._people.person(before.id)
        visible = now is None or (now.name, now.share_location) != (before.name, before.share_location)
        for owner, roster in list(self.loaded.items()) if visible else ():
            contact = roster.get(before.id)
            if contact is None:
                continue
            if now is None:
                del roster[before.id]
                self._push(owner, RosterChange(RosterAction.REMOVED, contact))
            elif now.name != before.name:
                roster[before.id] = _alter(contact, address=Address(now.name, contact.address.domain))
                self._push(owner, RosterChange(RosterAction.CHANGED, roster[before.id]))
            if now is not None and person is not None and now.share_location != before.share_location:
                watched = self._people.person(owner)
                if watched is not None:
                    # What this account may see of others depends on its own opting in.
                    self.presence.opted(watched, person, now.share_location)
        if now is not None and person is not None:
            self.presence.refresh(person)


class _Pair:
    """Two accounts' views of each other, held alone while one of them is changed."""

    mine: Contact
    theirs: Contact
    owner: Account
    other: Account
    my_contacts: int
    my_blocks: int
    their_requests: int

    def __init__(self, rosters: Rosters, session: Session, name: str, *, visitors: bool = False) -> None:
        """`visitors`: the other may be a visitor, for who may know of her."""
        self._visitors = visitors
        self._rosters = rosters
        self._session = session
        self._name = name

    async def __aenter__(self) -> "_Pair":
        rosters = self._rosters
        self.owner = rosters._owner(self._session)
        asking = self._session.person
        rosters._people.visitors.refuse(asking, "A buddy list")
        self.other = await rosters._people.resolve(self._name, asking if self._visitors else None)
        if self.other.id == self.owner.id:
            raise NotAllowed("One is always on one's own side.")
        self._alone = rosters._turnstile.alone([self.owner.id, self.other.id])
        await self._alone.__aenter__()
        try:
            absent = [id for id in (self.owner.id, self.other.id) if id not in rosters.loaded]
            read = await rosters._read(absent) if absent else {}
        except BaseException:
            await self._alone.__aexit__(None, None, None)
            raise
        mine = rosters.loaded.get(self.owner.id) or read.get(self.owner.id, {})
        theirs = rosters.loaded.get(self.other.id) or read.get(self.other.id, {})
        domain = rosters._people.domain
        self.mine = mine.get(self.other.id) or Contact(self.other.id, Address(self.other.name, domain))
        self.theirs = theirs.get(self.owner.id) or Contact(self.owner.id, Address(self.owner.name, domain))
        self.my_contacts = sum(contact.listed for contact in mine.values())
        self.my_blocks = sum(contact.blocked for contact in mine.values())
        self.their_requests = sum(contact.asked for contact in theirs.values())
        return self

    def check_room(self, mine: Contact, limits: Limits) -> None:
        """Each kind has room of its own: neither strangers' requests nor a full list may keep one from blocking."""
        if mine.listed and not self.mine.listed:
            limits.check_count("contacts", "contacts", self.my_contacts)
        if mine.blocked and not self.mine.blocked:
            limits.check_count("contacts", "blocked people", self.my_blocks)

    async def settle(
        self,
        mine: Contact,
        theirs: Contact,
        action: RosterAction = RosterAction.CHANGED,
        their_action: RosterAction = RosterAction.CHANGED,
    ) -> Contact:
        return await self._rosters.carry_out(self, mine, theirs, action, their_action)

    async def __aexit__(self, *exc: object) -> None:
        await self._alone.__aexit__(None, None, None)
