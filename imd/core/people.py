"""Who is on: sessions opened and closed, names found, and who may know of whom.

A `Person` exists here from the first sign-on to the last sign-off. Presence, rooms, rosters and delivery are told in
that order when somebody comes, and in reverse when somebody goes, so that each finds the others as it expects them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import msgspec

from imd.core.accepting import Accepting
from imd.core.accounts import AccountChange, Accounts
from imd.core.address import Address, fold, split
from imd.core.arriving import Arriving
from imd.core.gone import GONE
from imd.core.ledger import Ledger
from imd.core.limits import Limits
from imd.core.nicks import Nicks
from imd.core.origins import Origins
from imd.core.ports import Environment, Names
from imd.core.promotion import Promotion
from imd.core.refusal import Kicked, NoSuchAccount, NotForGuests, Refusal, Replaced, ShuttingDown, SignOnFailed
from imd.core.session import Account, Appearance, Mark, Person, Session, Visibility, Vouched
from imd.core.talk import MemberDetailsChanged, Room
from imd.core.visitors import EMBEDDED
from imd.core.whowas import WhoWas

if TYPE_CHECKING:
    from imd.core.bans import Bans
    from imd.core.delivery import Delivery
    from imd.core.desks.service import Desks
    from imd.core.metadata import Metadata
    from imd.core.missed import Missed
    from imd.core.offers import Offers
    from imd.core.presence import PresenceRegistry
    from imd.core.read_marks import ReadMarks
    from imd.core.rooms import Rooms
    from imd.core.roster import Rosters
    from imd.core.staying import Staying
    from imd.core.visitors import Visitors


class People:
    """The `imd.core.ports.People` of this daemon. The hub completes it with the parts that need it themselves."""

    presence: "PresenceRegistry"
    rosters: "Rosters"
    rooms: "Rooms"
    delivery: "Delivery"
    desks: "Desks"
    offers: "Offers"
    missed: "Missed"
    staying: "Staying"
    metadata: "Metadata"
    bans: "Bans"
    #: Who looks up the names of addresses; None: nobody does.
    names: Names | None = None
    read_marks: "ReadMarks"
    visitors: "Visitors"

    def __init__(
        self,
        environment: Environment,
        accounts: Accounts,
        ledger: Ledger,
        limits: Limits,
        *,
        domain: str,
        secret: bytes,
        guests: bool,
        international: bool = False,
    ) -> None:
        self.domain = domain
        self.guests_allowed = guests
        self.limits = limits
        self.accounts = accounts
        self._environment = environment
        self._ledger = ledger
        self.origins = Origins(secret)
        #: Asked for each message, and so without a step between.
        self.origin = self.origins.of
        #: Who is on, by `Person.key`. Only read by others, and only where a call for each would cost too much.
        self.persons: dict[str, Person] = {}
        #: Sessions that take another's place when they begin: id → the other's id.
        self._replacing: dict[str, str] = {}
        self._sessions: dict[str, Session] = {}
        self._peak = 0
        #: How many people have each mark: it is asked at every sign-on.
        self.marks = dict.fromkeys(Mark, 0)
        self.closing = False
        self.whowas = WhoWas(self, limits)
        self.accepting = Accepting(limits)
        self._promotion = Promotion(self, environment, ledger)
        self.nicks = Nicks(self, self._promotion, international=international)
        self._names = self.nicks.by_name
        arriving = Arriving(self, environment, ledger, international=international)
        self.sign_on, self.prepared = arriving.sign_on, arriving.prepared
        accounts.observers.append(self._account_changed)

    # ------------------------------------------------------------ coming

    def come(self, session: Session, replaces: str) -> None:
        """One more session of a person, who may not have been on until now; it takes the place of `replaces`."""
        if replaces:
            self._replacing[session.id] = replaces
        person = session.person
        if not person.sessions:
            self.staying.back(person.key)
            self.persons[person.key] = person
            self._names[fold(person.address.name)] = person
        for mark in session.marks:
            self.marks[mark] += not person.marked(mark)
        person.sessions.append(session)
        self._sessions[session.id] = session
        self._peak = max(self._peak, len(self._sessions))

    def enter(self, person: Person) -> None:
        """The person is on, under its key and its name."""
        self.nicks.make_way(person)
        self.persons[person.key] = person
        self._names[fold(person.address.name)] = person

    def leave(self, person: Person) -> None:
        """The person is on no more under its key and its name."""
        del self.persons[person.key]
        self.accepting.gone(person)
        self.metadata.left(person)
        self.read_marks.left(person)
        folded = fold(person.address.name)
        if self._names.get(folded) is person:
            del self._names[folded]

    def move(self, session: Session, person: Person) -> None:
        """The session is `person`'s from now on; who has none left has gone."""
        before = session.person
        before.sessions.remove(session)
        for mark in session.marks:
            self.marks[mark] += (not person.marked(mark)) - (not before.marked(mark))
        if not before.sessions:
            self.leave(before)
        session.person = person
        person.sessions.append(session)

    def naming(self, name: str, session: Session | None = None) -> AbstractContextManager[None]:
        return self._promotion.naming(name, session)

    async def promote(self, session: Session, account: Account, device: str = "") -> None:
        await self._promotion.promote(session, account, device)

    def begin(self, session: Session) -> None:
        if session.begun or session.id not in self._sessions:
            return
        self.rooms.settle(session.person)
        session.begun = True
        self.presence.opened(session)
        old = self._sessions.get(self._replacing.pop(session.id, ""))
        if old is not None and old.person is session.person and old is not session:
            # In the same reactor turn as the new one's beginning, so that nobody sees a change.
            client = old.client
            self.sign_off(old, "resumed")
            client.end(Replaced())
        self.rooms.mirror(session)
        self.desks.begun(session)
        # Before the inbox: what waits there comes after it.
        self.missed.begun(session)
        self.delivery.attach(session)

    # ------------------------------------------------------------ going

    def sign_off(self, session: Session, reason: str, text: str = "") -> None:
        if self._sessions.pop(session.id, None) is None:
            return
        self._replacing.pop(session.id, None)
        person = session.person
        self.delivery.detach(session)
        self.missed.ended(session, reason)
        stays = len(person.sessions) == 1 and self.staying.may_go(person, reason)
        if stays:
            self.rooms.settle(person)
        elif len(person.sessions) == 1:
            # While the session still says whence the person was: `origin`.
            self.rooms.left(person, text, quit=reason == "quit")
        person.sessions.remove(session)
        for mark in session.marks:
            self.marks[mark] -= not person.marked(mark)
        if stays:
            self.staying.gone(person, session)
        if not person.sessions:
            self.leave(person)
        self.presence.closed(session)
        self.offers.closed(session)
        if person.site or session.peer.door in EMBEDDED:
            self.visitors.left(session)
        self._ledger.ended(self._promotion.line(session), self._environment.clock.time(), reason)
        session.client = GONE

    def end(self, person: Person, why: Kicked, reason: str) -> int:
        """End all sessions of a person, telling their clients why; how many there were. She stays in no rooms."""
        self.staying.leave(person, why.sentence)
        return self._end(list(person.sessions), why, reason)

    def end_others(self, session: Session, ids: Iterable[str] | None = None) -> int:
        chosen = None if ids is None else set(ids)
        others = [each for each in session.person.sessions if each is not session]
        mine = others if session.account is not None else []
        ending = [each for each in mine if chosen is None or each.id in chosen]
        return self._end(ending, Kicked("Another client of yours ended this session."), "ended")

    def _end(self, sessions: Sequence[Session], why: Kicked, reason: str) -> int:
        for session in sessions:
            client = session.client
            self.sign_off(session, reason, why.sentence)
            client.end(why)
        return len(sessions)

    def vouched(self, session: Session, vouched: Vouched) -> None:
        session.info = msgspec.structs.replace(session.info, vouched=vouched)

    def disown(self, stands: Callable[[Vouched], bool]) -> int:
        """End the sessions for which no site vouches any more; how many there were."""
        found = [each for each in self._sessions.values() if each.info.vouched and not stands(each.info.vouched)]
        why = SignOnFailed("The site has taken back the key by which this session was begun.")
        for session in found:
            self.expel(session, why, "kicked")
        return len(found)

    def expel(self, session: Session, why: Refusal, reason: str) -> None:
        """End one session, telling its client why."""
        client = session.client
        self.sign_off(session, reason, why.sentence)
        client.end(why)

    def close(self) -> None:
        """The daemon stops: nobody comes any more, and everybody is told to go."""
        self.closing = True
        for session in list(self._sessions.values()):
            client = session.client
            self.sign_off(session, "stopped", "Server stopping")
            client.end(ShuttingDown())

    # ------------------------------------------------------------ names

    async def hostname(self, address: str) -> str:
        return "" if self.names is None else await self.names.hostname(address)

    def find(self, name: str) -> Person | None:
        if "@" not in name:
            folded = fold(name)
            return self._names.get(folded) or self.staying.find(folded)
        bare, domain = split(name, "")
        folded = fold(bare)
        person = self._names.get(folded) or self.staying.find(folded)
        if person is None or (domain and domain != person.address.domain):
            return None
        return person

    def person(self, account: str) -> Person | None:
        """Whoever is on under this account id."""
        return self.persons.get(account)

    async def resolve(self, name: str, asking: Person | None = None) -> Account:
        bare, domain = split(name, self.domain)
        person = self.find(name)
        account = None if person is None else person.account
        if account is None and domain == self.domain:
            account = await self.accounts.by_name(fold(bare))
        if account is None or (account.visitor and not (asking and self.visitors.may_reach(asking, account))):
            raise NoSuchAccount(name)
        return account

    async def rename_guest(self, session: Session, nick: str) -> None:
        await self.nicks.rename_guest(session, nick)

    def _account_changed(self, change: AccountChange) -> None:
        """An operator, or the owner, made, altered, renamed or removed an account."""
        before, now = change.before, change.after
        if now is not None and (before is None or change.renamed):
            guest = self._names.get(fold(now.name))
            if guest is not None and guest.guest and not self._promotion.spared(guest):
                self.end(guest, Kicked("This name now belongs to an account."), "kicked")
        if before is None:
            return
        person = self.persons.get(before.id)
        self.delivery.forget_recipient(before)
        self.staying.account_changed(before, now)
        if person is not None:
            if now is None or now.suspended:
                self.end(person, Kicked("This account was removed." if now is None else "Suspended."), "kicked")
            else:
                person.account = now
                if now.name != before.name:
                    self.nicks.rename(person, Address(now.name, self.domain))
        self.rosters.account_changed(before, now)
        if now is None:
            if before.site:
                self._environment.spawn("forget a visitor", self.visitors.removed(before.id))
            self.rooms.account_removed(before.id)
            self.metadata.removed(before.id)

    # ------------------------------------------------------------ who may know what

    def stays(self, person: Person) -> bool:
        return self.staying.stays(person.account)

    async def set_always_on(self, session: Session, on: bool) -> None:
        await self.staying.choose(session, on)

    def may_see(self, watcher: Session, person: Person) -> bool:
        return self.presence.visible(watcher, person) or self.rooms.share(watcher.person, person)

    def seen_by_mutual(self, watcher: Session, person: Person) -> bool:
        return self.presence.mutual(watcher, person)

    async def set_privacy(
        self, session: Session, visible_to: Visibility | None = None, share_location: bool | None = None
    ) -> Account:
        account = session.account
        if account is None:
            raise NotForGuests("Privacy")
        self.visitors.refuse(session.person, "Privacy")
        return await self.accounts.set_privacy(account, visible_to, share_location)

    def set_client(self, session: Session, name: str, version: str) -> None:
        if session.id in self._sessions:
            session.info = msgspec.structs.replace(session.info, name=name, version=version)
            self._ledger.named(self._promotion.current_line(session), name, version)
            self.presence.refresh(session.person)

    def set_realname(self, session: Session, realname: str) -> None:
        self.limits.check_size("real_name_length", "realname", realname)
        if session.account is not None:
            realname = self.visitors.shown(session.account, realname)
        session.info = msgspec.structs.replace(session.info, realname=realname)

        def changed(room: Room) -> MemberDetailsChanged:
            return MemberDetailsChanged(
                room=room,
                time=self._environment.clock.time(),
                by=session.address,
                origin=self.origin(session.person),
                session=session.id,
                person=session.person,
                realname=realname,
            )

        self.rooms.tell_about(session, changed)
        watchers = self.presence.watching(session.person)
        if watchers:
            # In no room: in which she is they may not know.
            event = changed(Room("", 0))
            for watcher in watchers:
                watcher.client.room_event(event)

    def mark(self, session: Session, mark: Mark, on: bool) -> bool:
        if (mark in session.marks) == on or session.id not in self._sessions:
            return False
        before = session.person.marked(mark)
        session.marks = session.marks | {mark} if on else session.marks - {mark}
        self.marks[mark] += session.person.marked(mark) - before
        return True

    def marked(self, mark: Mark) -> int:
        return self.marks[mark]

    # ------------------------------------------------------------ for status

    def online(self) -> Iterable[Person]:
        return self.persons.values()

    def position(self) -> int:
        return self.missed.position()

    def sessions(self) -> Iterable[Session]:
        return self._sessions.values()

    def session(self, id: str) -> Session | None:
        return self._sessions.get(id)

    def accept(self, session: Session, name: str, on: bool) -> bool:
        other = self.find(name)
        if other is None or not self.may_see(session, other):
            raise NoSuchAccount(name)
        change = self.accepting.accept if on else self.accepting.refuse
        return change(session.person, other)

    def accepted(self, session: Session) -> Iterable[Person]:
        for other in self.accepting.accepted(session.person):
            if not self.may_see(session, other):
                # As of one who has gone, and as lasting (P5).
                self.accepting.refuse(session.person, other)
        return self.accepting.accepted(session.person)

    def was(self, watcher: Session, name: str) -> Iterator[Appearance]:
        return self.whowas.was(watcher, name)

    def person_count(self) -> int:
        return len(self.persons)

    def session_count(self) -> tuple[int, int]:
        return len(self._sessions), self._peak

    def counts(self) -> dict[str, int]:
        guests = sum(person.guest for person in self.persons.values())
        visitors = self.visitors.here()
        return {
            "sessions": len(self._sessions),
            "accounts": len(self.persons) - guests - visitors,
            "guests": guests,
            "visitors": visitors,
            "invisible": sum(self.presence.invisible(person) for person in self.persons.values()),
            "peak": self._peak,
        }
