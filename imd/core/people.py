"""Who is on: sessions opened and closed, names found, and who may know of whom.

A `Person` exists here from the first sign-on to the last sign-off. Presence, rooms, rosters and delivery are told in
that order when somebody comes, and in reverse when somebody goes, so that each finds the others as it expects them.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from imd.core.accepting import Accepting
from imd.core.accounts import RESERVED, AccountChange, Accounts
from imd.core.address import Address, check_nick, fold, split
from imd.core.contact import RosterChange
from imd.core.ledger import Ledger
from imd.core.limits import Limits
from imd.core.message import Envelope, ReadMark, Receipt
from imd.core.past import Redaction
from imd.core.ports import Client, Environment, Names
from imd.core.promotion import Promotion
from imd.core.refusal import (
    Banned,
    GuestsRefused,
    Kicked,
    LooksAlike,
    NameInUse,
    NoSuchAccount,
    NotAllowed,
    NotForGuests,
    Refusal,
    Replaced,
    ShuttingDown,
    Suspended,
)
from imd.core.session import (
    Account,
    Appearance,
    ClientInfo,
    Mark,
    Peer,
    Person,
    Presence,
    PresenceView,
    Session,
    Visibility,
)
from imd.core.talk import Crowd, MemberDetailsChanged, MetadataChange, Room, RoomEvent, RoomLines
from imd.core.whowas import WhoWas

if TYPE_CHECKING:
    from imd.core.bans import Bans
    from imd.core.delivery import Delivery
    from imd.core.metadata import Metadata
    from imd.core.missed import Missed
    from imd.core.offers import Offers
    from imd.core.presence import PresenceRegistry
    from imd.core.read_marks import ReadMarks
    from imd.core.rooms import Rooms
    from imd.core.roster import Rosters
    from imd.core.staying import Staying

#: Network addresses whose cloaks are remembered: one is asked for with each line of a guest.
_CLOAKS = 10_000


class _Gone:
    """The client of a session that is over. The session lets go of the one it had, which nearly always knows the
    session: both go with their last reference, and need no collection of garbage."""

    def deliver(self, envelopes: Sequence[Envelope]) -> None: ...
    def receipt(self, receipt: Receipt) -> None: ...
    def presence_changed(self, views: Sequence[PresenceView]) -> None: ...
    def roster_changed(self, change: RosterChange) -> None: ...
    def room_event(self, event: RoomEvent) -> None: ...
    def room_crowd(self, crowd: Crowd) -> None: ...
    def room_lines(self, told: RoomLines) -> None: ...
    def message_redacted(self, redaction: Redaction) -> None: ...
    def message_read(self, mark: ReadMark) -> None: ...
    def metadata_changed(self, change: MetadataChange) -> None: ...

    @property
    def takes_receipts(self) -> bool:
        return False

    @property
    def takes_missed(self) -> bool:
        return False

    def missed(self, name: str, envelopes: Sequence[Envelope]) -> None: ...
    def probe(self) -> None: ...

    def backlog(self) -> int:
        return 0

    def end(self, reason: Refusal) -> None: ...


_GONE = _Gone()


class People:
    """The `imd.core.ports.People` of this daemon. `join` completes it with the parts that need it themselves."""

    presence: "PresenceRegistry"
    rosters: "Rosters"
    rooms: "Rooms"
    delivery: "Delivery"
    offers: "Offers"
    missed: "Missed"
    staying: "Staying"
    metadata: "Metadata"
    bans: "Bans"
    #: Who looks up the names of addresses; None: nobody does.
    names: Names | None = None
    read_marks: "ReadMarks"

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
        self._secret = secret
        self._cloak = lru_cache(maxsize=_CLOAKS)(self._made_cloak)
        self._international = international
        #: Who is on, by `Person.key`. Only read by others, and only where a call for each would cost too much.
        self.persons: dict[str, Person] = {}
        self._names: dict[str, Person] = {}
        self._claimed: set[str] = set()
        #: Sessions that take another's place when they begin: id → the other's id.
        self._replacing: dict[str, str] = {}
        self._sessions: dict[str, Session] = {}
        self._peak = 0
        #: How many people have each mark: it is asked at every sign-on.
        #: How many people have each mark.
        self.marks = dict.fromkeys(Mark, 0)
        self._closing = False
        self.whowas = WhoWas(self, limits)
        self.accepting = Accepting(limits)
        self._promotion = Promotion(self, environment, ledger)
        accounts.observers.append(self._account_changed)

    # ------------------------------------------------------------ coming

    async def sign_on(
        self,
        account: Account | None,
        nick: str,
        peer: Peer,
        info: ClientInfo,
        client: Client,
        *,
        presence: Presence = Presence(),
        confirms: bool = True,
        replaces: str = "",
    ) -> Session:
        if self._closing:
            raise ShuttingDown
        self.limits.check_size("real_name_length", "realname", info.realname)
        self.limits.check_size("status_length", "status text", presence.text)
        now = self._environment.clock.time()
        session_id = secrets.token_hex(8)
        if self.names is not None and not peer.hostname:
            peer = msgspec.structs.replace(peer, hostname=await self.names.hostname(peer.address))
        if account is None:
            person = await self._guest(nick)
        else:
            if account.suspended:
                raise Suspended(account.name)
            person = self._present(account) or Person(account.id, Address(account.name, self.domain), account)
            self._check_sessions(person, replaces)
        name = person.address.name
        try:
            self.check_bans(person, peer, info)
            await self._ledger.began(session_id, person, peer, info, now)
            if account is not None:
                await self.rosters.load(account.id)
                await self.metadata.arriving(account.id)
        except BaseException:
            self._claimed.discard(fold(name))
            raise
        try:
            if account is not None:
                person = await self._by_now(account)
                self._check_sessions(person, replaces)
            # A ban that was set meanwhile found no session to end.
            self.check_bans(person, peer, info)
        except Refusal as refusal:
            reason = "banned" if isinstance(refusal, Banned | Suspended) else "failed"
            self._ledger.ended(session_id, self._environment.clock.time(), reason)
            raise
        finally:
            self._claimed.discard(fold(name))
        if account is not None:
            self._make_way(person)
        session = Session(session_id, person, peer, info, client, now, confirms)
        session.presence = presence
        if replaces:
            self._replacing[session_id] = replaces
        self._come(session)
        return session

    def _come(self, session: Session) -> None:
        """One more session of a person, who may not have been on until now."""
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

    def _present(self, account: Account) -> Person | None:
        return self.persons.get(account.id) or self.staying.persons.get(account.id)

    def _check_sessions(self, person: Person, replaces: str) -> None:
        """Raises `TooMany` where one more would be; the session it replaces does not count."""
        old = self._sessions.get(replaces)
        others = len(person.sessions) - (old is not None and old.person is person)
        self.limits.check_count("sessions_per_account", "sessions of one account", others)

    async def _by_now(self, account: Account) -> Person:
        """Who the account is after the store was asked: another session may have come meanwhile, or the account been
        altered or removed. True until the next await."""
        account = await self.accounts.current(account)
        return self._present(account) or Person(account.id, Address(account.name, self.domain), account)

    def check_bans(self, person: Person, peer: Peer, info: ClientInfo) -> None:
        """Raises `Banned`, `Suspended`."""
        nick = person.address.name
        ban = self.bans.of(person.account, nick, self._user(person, info), self._hosts(person, peer), peer)
        if ban is not None:
            self._environment.log.info(
                "{nick} from {address} is banned as {target}", nick=nick, address=peer.address, target=ban.shown
            )
            raise Banned(ban)
        if person.account is not None and person.account.suspended:
            # By an operator's program, which has no reason to give.
            raise Suspended(person.account.name)

    async def _guest(self, nick: str) -> Person:
        if not self.guests_allowed:
            raise GuestsRefused
        check_nick(nick, international=self._international)
        await self._claim(nick)
        return Person(f"guest:{secrets.token_hex(6)}", Address(nick, f"guest.{self.domain}"), None)

    async def _claim(self, nick: str) -> None:
        """Keep `nick` for a guest while the accounts are asked; raise `NameInUse` when it is somebody else's."""
        folded = fold(nick)
        if folded in self._names or self.claimed(folded) or self._promotion.reserved(folded):
            raise NameInUse(nick)
        self._claimed.add(folded)
        try:
            if await self.accounts.by_name(folded) is not None:
                raise NameInUse(nick)
            if await self.accounts.looks_like(nick):
                raise LooksAlike(nick)
        except BaseException:
            self._claimed.discard(folded)
            raise

    def claimed(self, folded: str) -> bool:
        """Whether this is a service's name, or one for which it is being found out whether an account has it."""
        return folded in RESERVED or folded in self._claimed

    def enter(self, person: Person) -> None:
        """The person is on, under its key and its name."""
        self._make_way(person)
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

    def _make_way(self, person: Person) -> None:
        """An account's name is its own: a guest who carries it (the account is younger) has to go."""
        other = self._names.get(fold(person.address.name))
        if other is not None and other is not person:
            self.end(other, Kicked("This name now belongs to an account."), "kicked")

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
        self._ledger.ended(self._promotion.line(session), self._environment.clock.time(), reason)
        session.client = _GONE

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

    def expel(self, session: Session, why: Kicked, reason: str) -> None:
        """End one session, telling its client why."""
        client = session.client
        self.sign_off(session, reason, why.sentence)
        client.end(why)

    def close(self) -> None:
        """The daemon stops: nobody comes any more, and everybody is told to go."""
        self._closing = True
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

    async def resolve(self, name: str) -> Account:
        bare, domain = split(name, self.domain)
        person = self.find(name)
        if person is not None and person.account is not None:
            return person.account
        account = await self.accounts.by_name(fold(bare)) if domain == self.domain else None
        if account is None:
            raise NoSuchAccount(name)
        return account

    async def rename_guest(self, session: Session, nick: str) -> None:
        person = session.person
        if not person.guest:
            raise NotAllowed("The nick of an account is its name.")
        check_nick(nick, international=self._international)
        before = person.address
        if nick == before.name:
            return
        mine = fold(nick) == fold(before.name)
        if not mine:
            await self._claim(nick)
            self._claimed.discard(fold(nick))
            if session.id not in self._sessions:
                return
            # A mask may mean the nick, which nobody should get by another way.
            self.check_bans(Person(person.key, Address(nick, before.domain), None), session.peer, session.info)
        self._rename(person, Address(nick, before.domain))

    def _account_changed(self, change: AccountChange) -> None:
        """An operator, or the owner, made, altered, renamed or removed an account."""
        before, now = change.before, change.after
        if before is None:
            guest = self.find(now.name) if now is not None else None
            if guest is not None and not self._promotion.spared(guest):
                self.end(guest, Kicked("This name now belongs to an account."), "kicked")
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
                    self._rename(person, Address(now.name, self.domain))
        self.rosters.account_changed(before, now)
        if now is None:
            self.rooms.account_removed(before.id)
            self.metadata.removed(before.id)

    def _rename(self, person: Person, address: Address) -> None:
        # What waits to be told is of who she was.
        self.rooms.settle(person)
        before, origin = person.address, self.origin(person)
        if self._names.get(fold(before.name)) is person:
            del self._names[fold(before.name)]
        person.address = address
        self._make_way(person)
        self._names[fold(address.name)] = person
        self.rooms.renamed(person, before, origin)
        self.presence.renamed(person, before)

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
        return await self.accounts.set_privacy(account, visible_to, share_location)

    def set_client(self, session: Session, name: str, version: str) -> None:
        if session.id in self._sessions:
            session.info = msgspec.structs.replace(session.info, name=name, version=version)
            self._ledger.named(self._promotion.current_line(session), name, version)
            self.presence.refresh(session.person)

    def set_realname(self, session: Session, realname: str) -> None:
        self.limits.check_size("real_name_length", "realname", realname)
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

    def origin(self, person: Person) -> str:
        if not person.sessions:
            user = self._user(person, person.last or ClientInfo())
            return f"{user}@user/{person.address.name}" if person.account is not None else "guest@guest/-"
        session = person.sessions[0]
        return f"{self._user(person, session.info)}@{self._host(person, session.peer)}"

    def _user(self, person: Person, info: ClientInfo) -> str:
        return info.user or (person.address.name if person.account is not None else "guest")

    def _host(self, person: Person, peer: Peer) -> str:
        return f"guest/{self._cloak(peer.address)}" if person.account is None else f"user/{person.address.name}"

    def _hosts(self, person: Person, peer: Peer) -> tuple[str, ...]:
        """What a ban may call the place: as it is shown, and what is known of it."""
        cloak = f"guest/{self._cloak(peer.address)}"
        return tuple(filter(None, (self._host(person, peer), peer.address, peer.hostname, cloak)))

    def known_as(self, session: Session) -> tuple[str, str, tuple[str, ...]]:
        """Nick, user and hosts by which a mask may mean this session."""
        person = session.person
        return person.address.name, self._user(person, session.info), self._hosts(person, session.peer)

    def _made_cloak(self, address: str) -> str:
        """A name for a network address that is the same each time and tells nothing of it (P5)."""
        digest = hashlib.blake2b(address.encode(), key=self._secret, digest_size=5, person=b"imd-cloak").digest()
        return base64.b32encode(digest).decode().lower()

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
        return {
            "sessions": len(self._sessions),
            "accounts": len(self.persons) - guests,
            "guests": guests,
            "invisible": sum(self.presence.invisible(person) for person in self.persons.values()),
            "peak": self._peak,
        }
