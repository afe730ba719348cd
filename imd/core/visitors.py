"""Visitors: people who came by a page of a site, without an account that they know of (`imd.core.sites`).

A visitor is an account without a password, so that answers find her when she comes back. She may write to the staff of
her site, enter the site's rooms, and little else. All others get to hear what they would of a name that nobody has:
from the staff that answers her, and from those in a room with her, she does not hide.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from imd.core.address import Address, fold, split
from imd.core.introduction import Introduction, check_email, in_sight, one_line
from imd.core.limits import Limits
from imd.core.message import Draft
from imd.core.ports import Environment
from imd.core.posing import SERVICES, poses
from imd.core.refusal import Malformed, NotAllowed, StoreUnavailable, TooFast
from imd.core.session import Account, Person, PresenceView, Session, State
from imd.core.sites import Site, Sites
from imd.core.stores import InboxStore, OutcomeUnknown, ShelfStore, surely

if TYPE_CHECKING:
    from imd.core.people import People

#: Names on the shelf: of a visitor's `Visit`, and of what a site said of its member.
_VISIT, _MEMBER = "visit", "member"

#: Members of whom it is at hand what their sites said; of more, the eldest is left to the store.
_REMEMBERED: Final = 20_000

#: Seconds for which somebody is kept who has not said anything: who goes to the next page comes back.
UNSAID: Final = 600.0

#: Seconds after which it is noted that somebody is here still.
_STAYED: Final = 86_400.0
#: Where nearly as many are known as may be (this part of `limits.visitors`), those away for longest are forgotten after
#: so many seconds: or whoever sends many would keep everybody out for `keep`.
_CROWDED: Final = 0.9
_CROWDED_KEEP: Final = 86_400.0
#: Visitors removed in one go.
_AT_ONCE: Final = 1_000

#: Doors for pages that have the chat in them.
EMBEDDED: Final = frozenset({"web", "web-poll"})

_encode = msgspec.msgpack.Encoder().encode


class Visit(msgspec.Struct, array_like=True, gc=False):
    """What is kept of a visitor beside her account. New fields go to the end, with a default."""

    #: When she was last here, or came.
    seen: float
    #: Whether she has ever said anything.
    spoke: bool = False
    #: What she called herself, letter for letter, and where she can be written to.
    name: str = ""
    email: str = ""


_decode = msgspec.msgpack.Decoder(Visit).decode
_decode_member = msgspec.msgpack.Decoder(tuple[str, str]).decode


class Visitors:
    """All visitors there are, here or not, and what they may do."""

    def __init__(
        self,
        environment: Environment,
        people: "People",
        sites: Sites,
        shelf: ShelfStore,
        inbox: InboxStore,
        limits: Limits,
        *,
        keep: float,
    ) -> None:
        self.sites = sites
        self.limits = limits
        #: Seconds; 0: for ever.
        self.keep = keep
        self._environment = environment
        self._people = people
        self._shelf = shelf
        self._inbox = inbox
        #: By account id.
        self._visits: dict[str, Visit] = {}
        #: Name and e-mail address of members, by account id.
        self._members: dict[str, tuple[str, str]] = {}
        #: By session id: page and title.
        self._pages: dict[str, tuple[str, str]] = {}
        #: Whether this account may speak with this visitor though it is not her site's staff: who has taken over.
        self.attended: Callable[[Account, Account], bool] = lambda account, visitor: False
        #: Told of whoever has said something new of herself.
        self.introduced: Callable[[Person], None] = lambda person: None

    async def load(self) -> None:
        """Who there is; once, before anybody comes."""
        for account, values in (await self._shelf.everyone()).items():
            if _VISIT in values:
                self._visits[account] = _decode(values[_VISIT])

    # ------------------------------------------------------------ coming and going

    def check_room(self) -> None:
        """Raises `TooFast` where no more can be kept."""
        most = self.limits.visitors
        if most and len(self._visits) >= most:
            self.limits.tally.count("visitors")
            raise TooFast("visitors", UNSAID)

    async def entered(self, account: str, name: str, email: str) -> None:
        """A visitor of this account id is about to be made. Raises `StoreUnavailable`, `Malformed`, `TooLong`."""
        self.check_room()
        name = self._check(name, email)
        # Before the account, so that none is there of which it is not known when it ends.
        visit = Visit(self._environment.clock.time(), name=name, email=email)
        await self._keep(account, visit)
        self._visits[account] = visit

    def left(self, session: Session) -> None:
        """A session is over, of a visitor or of somebody else in a page."""
        self._pages.pop(session.id, None)
        person = session.person
        if person.sessions:
            return
        self._members.pop(person.key, None)
        visit = self._visits.get(person.key)
        if visit is not None:
            visit.seen = self._environment.clock.time()
            self._note(person.key, visit)

    async def expire(self) -> int:
        """Remove who has not been here for `keep`, and who left without a word; how many."""
        now = self._environment.clock.time()
        over: list[str] = []
        absences: list[tuple[float, str]] = []
        for id, visit in self._visits.items():
            absent = now - visit.seen
            if id in self._people.persons:
                if absent > _STAYED:
                    # Should the daemon be killed while she is here, she was not away all the time.
                    visit.seen = now
                    self._note(id, visit)
            elif self._over(visit, absent):
                over.append(id)
            elif absent > _CROWDED_KEEP:
                absences.append((absent, id))
        surplus = len(self._visits) - len(over) - int(self.limits.visitors * _CROWDED) if self.limits.visitors else 0
        gone = await self._make_room([id for _, id in sorted(absences, reverse=True)], surplus)
        # A part of them at a time: all that is an account's goes with each.
        for id in over[:_AT_ONCE]:
            account = (await self._people.accounts.by_id([id])).get(id)
            left = self._visits.get(id)
            if left is None or id in self._people.persons:
                continue
            if account is None:
                await self.removed(id)
            elif left.spoke or not await surely(partial(self._inbox.count, id)):
                if id not in self._people.persons:
                    await self._people.accounts.remove(account)
                    gone += 1
            else:
                # Somebody has something to tell her: she is kept as if she had asked.
                left.spoke = True
                self._note(id, left)
        return gone

    async def _make_room(self, absent: list[str], most: int) -> int:
        """Remove so many of these at most, in this order, but for those for whom something waits; how many."""
        gone = 0
        for id in absent[: _AT_ONCE if most > 0 else 0]:
            account = (await self._people.accounts.by_id([id])).get(id)
            waiting = await surely(partial(self._inbox.count, id))
            if account is not None and not waiting and id not in self._people.persons:
                await self._people.accounts.remove(account)
                gone += 1
                if gone == most:
                    break
        return gone

    def _over(self, visit: Visit, absent: float) -> bool:
        if not visit.spoke:
            return absent > UNSAID
        return 0 < self.keep < absent

    async def removed(self, account: str) -> None:
        """The account is no more. Its shelf goes with it, unless it never was."""
        self._members.pop(account, None)
        if self._visits.pop(account, None) is not None:
            with suppress(StoreUnavailable, OutcomeUnknown):
                await self._shelf.remove([(account, _VISIT)])

    # ------------------------------------------------------------ what she may do

    def confine(self) -> None:
        """The settings have changed, or the name of a room: who is here keeps no more than she might have now."""
        rooms, presence = self._people.rooms, self._people.presence
        for person in [person for person in self._people.persons.values() if person.site]:
            for room in list(rooms.rooms_of(person)):
                if not self.placed(person, room.name):
                    rooms.part(person.sessions[0], room.name)
            for session in person.sessions:
                account, name = person.account, session.info.realname
                if account is not None and self.shown(account, name) != name:
                    self._people.set_realname(session, name)
                for name in presence.watched(session):
                    try:
                        self.check_staff(person, name)
                    except NotAllowed:
                        presence.unwatch(session, name)
                        gone = PresenceView(Address(*split(name, self._people.domain)), State.OFFLINE, State.AVAILABLE)
                        session.client.presence_changed([gone])

    def site(self, person: Person) -> Site | None:
        """The visitor's site; None once the settings know it no more."""
        return self.sites.by_name.get(person.site)

    def check_staff(self, person: Person, name: str) -> None:
        """Raises `NotAllowed` for whoever is not the staff of the visitor's site: in the same words whether there is
        such an account or not (P5)."""
        site = self.site(person)
        bare, domain = split(name, self._people.domain)
        if site is None or domain != self._people.domain or fold(bare) not in site.staff_folded:
            raise NotAllowed("Visitors may write to the staff of their site only.")

    def placed(self, person: Person, room: str) -> bool:
        """Whether visitors of her site may be in this room."""
        site = self.site(person)
        return site is not None and fold(room) in site.rooms

    def check_place(self, person: Person, name: str) -> None:
        """The same for a room, where visitors of the site may be."""
        if not self.placed(person, name):
            raise NotAllowed("Visitors may enter the rooms of their site only.")

    def says(self, person: Person, draft: Draft) -> None:
        """A visitor says something to somebody. Raises `NotAllowed`."""
        self.check_staff(person, draft.to)
        if draft.kind.kept:
            self.spoke(person)

    def spoke(self, person: Person) -> None:
        """She has said something, and is remembered from now on."""
        visit = self._visits.get(person.key)
        if visit is not None and not visit.spoke:
            visit.spoke = True
            self._note(person.key, visit)

    @staticmethod
    def refuse(person: Person, what: str) -> None:
        """Raises `NotAllowed` for a visitor."""
        if person.site:
            raise NotAllowed(f"{what} is not for visitors.")

    def may_reach(self, sender: Person, visitor: Account) -> bool:
        """Whether somebody may write to this visitor, and know that there is such a name."""
        account = sender.account
        if account is None or account.visitor:
            return account is not None and account.id == visitor.id
        return self.serves(account, visitor.site) or self.attended(account, visitor)

    def serves(self, account: Account, site: str) -> bool:
        """Whether an account is staff of a site: named, or an agent of a desk that is."""
        return not account.visitor and self.sites.serves(account.name, site)

    # ------------------------------------------------------------ who she is

    def realname(self, account: Account) -> str:
        """What a visitor calls herself, and a site its member; "" for others."""
        visit = self._visits.get(account.id)
        return self._members.get(account.id, ("", ""))[0] if visit is None else visit.name

    def poses(self, site: str, name: str) -> bool:
        """Whether a visitor of this site who calls herself so would pass for one of its staff, or for a service."""
        own = self.sites.by_name.get(site)
        return poses(name, SERVICES if own is None else SERVICES | self.sites.names_answering(own))

    def shown(self, account: Account, name: str) -> str:
        """What others see of what somebody calls herself who came by a site: her nick, in place of what she must not be
        taken for. Only who answers a visitor is told the other, beside her nick (`introduction`). What a site calls its
        member is the site's to say."""
        if not account.site:
            return name
        name = in_sight(name)
        if not account.visitor and name == self._members.get(account.id, ("", ""))[0]:
            return name
        sites = (
            [account.site]
            if account.visitor
            else [each for each in self.sites.by_name if not self.serves(account, each)]
        )
        return account.name if name and any(self.poses(site, name) for site in sites) else name

    def introduction(self, person: Person) -> Introduction:
        """What she has said of herself, in the latest of her sessions where they differ."""
        visit = self._visits.get(person.key)
        page, title = next((p for s in reversed(person.sessions) if (p := self._pages.get(s.id))), ("", ""))
        name = next((session.info.realname for session in reversed(person.sessions) if session.info.realname), "")
        if visit is None:
            vouched, email = self._members.get(person.key, ("", ""))
            return Introduction(name=vouched or name, email=email, page=page, title=title)
        name = visit.name or name
        return Introduction(
            name=name, email=visit.email, page=page, title=title, poses=bool(name) and self.poses(person.site, name)
        )

    async def introduce(
        self, session: Session, *, name: str = "", email: str = "", page: str = "", title: str = ""
    ) -> None:
        """Somebody in a page says who she is and where; what is empty stays as it was. Name and e-mail of a member are
        her site's to tell, and hers are left alone. Raises `NotAllowed`, `Malformed`, `TooLong`, `StoreUnavailable`."""
        if session.peer.door not in EMBEDDED and not session.person.site:
            raise NotAllowed("Only who is in a page of a site introduces herself.")
        name = self._check(name, email)
        title = one_line(title)
        if not page.isprintable():
            raise Malformed("This is no address of a page.")
        if page and not self._of_site(session, page):
            page = title = ""
        if page or title:
            before = self._pages.get(session.id, ("", ""))
            # A page without a title has none: not that of the page before.
            self._pages[session.id] = (page, title) if page else (before[0], title)
        visit = self._visits.get(session.person.key)
        if visit is None or not (name or email):
            self.introduced(session.person)
            return
        name, email = name or visit.name, email or visit.email
        await self._keep(session.person.key, msgspec.structs.replace(visit, name=name, email=email))
        visit.name, visit.email = name, email
        account = session.account
        if name and account is not None and self.shown(account, name) != session.info.realname:
            self._people.set_realname(session, name)
        self.introduced(session.person)

    def _of_site(self, session: Session, page: str) -> bool:
        """Whether this is a page of the site she came by: her agents are told of it by their desk, which they believe,
        and may look at it. Frames without an address of their own have none to tell of."""
        try:
            parts = urlsplit(page)
        except ValueError:
            return False
        # Name and password before a host are no part of it here, nor of an origin.
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        if parts.scheme not in ("https", "http") or not parts.netloc:
            return False
        site = self.site(session.person)
        return origin == session.peer.origin or (site is not None and site.embeds(origin) and "@" not in origin)

    async def vouched(self, account: Account, name: str, email: str) -> None:
        """What a site says of its member. Raises `StoreUnavailable`."""
        said = name, email
        if self._members.get(account.id) == said:
            return
        try:
            await surely(lambda: self._shelf.put([(account.id, _MEMBER, _encode(said))]))
        finally:
            # She is who her site says also while it cannot be noted.
            self._members[account.id] = said
            if len(self._members) > _REMEMBERED:
                del self._members[next(iter(self._members))]

    async def email(self, account: Account) -> str:
        """Where somebody can be written to who is a visitor or a member, or "". Raises `StoreUnavailable`."""
        visit = self._visits.get(account.id)
        if visit is not None:
            return visit.email
        if account.id not in self._members:
            said = (await surely(lambda: self._shelf.of(account.id))).get(_MEMBER)
            return "" if said is None else _decode_member(said)[1]
        return self._members[account.id][1]

    def _check(self, name: str, email: str) -> str:
        """The name, in one line."""
        self.limits.check_size("real_name_length", "name", name)
        check_email(email)
        return one_line(name)

    # ------------------------------------------------------------ keeping

    async def _keep(self, account: str, visit: Visit) -> None:
        try:
            await self._shelf.put([(account, _VISIT, _encode(visit))])
        except OutcomeUnknown:
            raise StoreUnavailable from None

    def _note(self, account: str, visit: Visit) -> None:
        """Keep what nobody waits for."""
        self._environment.spawn("note that a visitor was here", self._noted(account, visit))

    async def _noted(self, account: str, visit: Visit) -> None:
        # Without it she may end too soon, after a crash: she is asked for again when she comes.
        with suppress(StoreUnavailable):
            if account in self._visits:
                await self._keep(account, visit)

    # ------------------------------------------------------------ for status

    def __contains__(self, account: str) -> bool:
        return account in self._visits

    def __len__(self) -> int:
        return len(self._visits)

    def here(self) -> int:
        """How many are on."""
        return sum(1 for person in self._people.persons.values() if person.site)
