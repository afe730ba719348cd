"""Visitors: people who came by a page of a site, without an account that they know of (`imd.core.sites`).

A visitor is an account without a password, so that answers find her when she comes back. She may write to the staff of
her site, enter the site's rooms, and little else. All others get to hear what they would of a name that nobody has:
from the staff that answers her, and from those in a room with her, she does not hide.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from imd.core.address import Address, fold, split
from imd.core.introduction import Introduction, check_email, in_sight, one_line
from imd.core.limits import Limits
from imd.core.members import Members
from imd.core.message import Draft
from imd.core.ports import Environment
from imd.core.posing import SERVICES, poses
from imd.core.refusal import Malformed, NotAllowed
from imd.core.session import Account, Person, PresenceView, Session, State
from imd.core.sites import Site, Sites
from imd.core.stores import InboxStore, ShelfStore
from imd.core.visits import Visits

if TYPE_CHECKING:
    from imd.core.people import People

#: Doors for pages that have the chat in them.
EMBEDDED: Final = frozenset({"web", "web-poll"})


class Visitors:
    """Who visitors are, and what they may do."""

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
        self.visits = Visits(environment, people, shelf, inbox, limits, keep=keep)
        self.members = Members(shelf)
        self._people = people
        #: By session id: page and title.
        self._pages: dict[str, tuple[str, str]] = {}
        #: Whether this account may speak with this visitor though it is not her site's staff: who has taken over.
        self.attended: Callable[[Account, Account], bool] = lambda account, visitor: False
        #: Told of whoever has said something new of herself.
        self.introduced: Callable[[Person], None] = lambda person: None

    # ------------------------------------------------------------ coming and going

    async def entered(self, account: str, name: str, email: str) -> None:
        """A visitor of this account id is about to be made. Raises `StoreUnavailable`, `Malformed`, `TooLong`."""
        self.visits.check_room()
        await self.visits.begin(account, self._check(name, email), email)

    def left(self, session: Session) -> None:
        """A session is over, of a visitor or of somebody else in a page."""
        self._pages.pop(session.id, None)
        person = session.person
        if person.sessions:
            return
        self.members.forget(person.key)
        self.visits.left(person.key)

    async def removed(self, account: str) -> None:
        """The account is no more, of a visitor or of a site's member."""
        self.members.forget(account)
        await self.visits.removed(account)

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
            self.visits.spoke(person.key)

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
        visit = self.visits.of(account.id)
        return self.members.said(account.id)[0] if visit is None else visit.name

    def poses(self, site: str, name: str) -> bool:
        """Whether a visitor of this site who calls herself so would pass for one of its staff, or for a service."""
        return poses(name, SERVICES, self.sites.names_answering(site))

    def shown(self, account: Account, name: str) -> str:
        """What others see of what somebody calls herself who came by a site: her nick, in place of what she must not be
        taken for. Only who answers a visitor is told the other, beside her nick (`introduction`). What a site calls its
        member is the site's to say."""
        if not account.site:
            return name
        name = in_sight(name)
        if not account.visitor and name == self.members.said(account.id)[0]:
            return name
        sites = (
            [account.site]
            if account.visitor
            else [each for each in self.sites.by_name if not self.serves(account, each)]
        )
        return account.name if name and any(self.poses(site, name) for site in sites) else name

    def introduction(self, person: Person) -> Introduction:
        """What she has said of herself, in the latest of her sessions where they differ."""
        visit = self.visits.of(person.key)
        page, title = next((p for s in reversed(person.sessions) if (p := self._pages.get(s.id))), ("", ""))
        name = next((session.info.realname for session in reversed(person.sessions) if session.info.realname), "")
        if visit is None:
            vouched, email = self.members.said(person.key)
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
        visit = self.visits.of(session.person.key)
        if visit is None or not (name or email):
            self.introduced(session.person)
            return
        name = name or visit.name
        await self.visits.tell(session.person.key, name, email or visit.email)
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

    async def email(self, account: Account) -> str:
        """Where somebody can be written to who is a visitor or a member, or "". Raises `StoreUnavailable`."""
        visit = self.visits.of(account.id)
        return await self.members.email(account.id) if visit is None else visit.email

    def _check(self, name: str, email: str) -> str:
        """The name, in one line."""
        self.limits.check_size("real_name_length", "name", name)
        check_email(email)
        return one_line(name)

    # ------------------------------------------------------------ for status

    def here(self) -> int:
        """How many are on."""
        return sum(1 for person in self._people.persons.values() if person.site)
