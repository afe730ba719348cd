"""The edges of the core, as `typing.Protocol`s: what it needs, what doors offer it, what doors may ask of it.

Storage has its own page, `imd.core.stores`. Nothing here knows Twisted: an awaitable is whatever the environment's
coroutines can await, and `Spawn` runs a coroutine that nobody waits for.

::

    door ──(Hub: people, presence, rosters, rooms, delivery, history)──► core ──(Store, Clock, Log)──► outside
    door ◄──(Client: deliver, receipt, presence_changed, roster_changed, room_event, end)── core

All methods of `Client` and all non-awaitable methods of `Hub` are synchronous: they run in the reactor's thread, take
effect at once and write, if at all, into buffers. Methods that refuse raise a `Refusal`.
"""

from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from imd.core.address import Address
from imd.core.ban import Ban, BanKind
from imd.core.contact import Contact, RosterChange
from imd.core.message import Draft, Envelope, Message, ReadMark, Receipt
from imd.core.past import Heard, Part, Past, Redaction, Spot
from imd.core.refusal import Kicked, Refusal
from imd.core.session import (
    Account,
    Appearance,
    ClientInfo,
    Mark,
    Peer,
    Person,
    Presence,
    PresenceView,
    Privilege,
    Session,
    Visibility,
)
from imd.core.talk import Crowd, MetadataChange, Registration, Role, Room, RoomChange, RoomEvent, RoomFlag, RoomLines

T = TypeVar("T")

# ---------------------------------------------------------------- what the core needs of its environment


class Future(Protocol[T]):
    """Something to await that fires once; ``twisted.internet.defer.Deferred`` is one. Awaited by one coroutine only."""

    def callback(self, result: T) -> None: ...
    def errback(self, fail: Exception) -> None: ...
    def __await__(self) -> Generator[Any, None, T]: ...


class Timer(Protocol):
    def cancel(self) -> None:
        """Harmless when it has fired or was cancelled."""


class Clock(Protocol):
    def time(self) -> float:
        """Wall-clock seconds since the epoch."""

    def call_later(self, delay: float, call: Callable[[], None]) -> Timer: ...

    def soon(self, call: Callable[[], None]) -> None:
        """Run `call` once at the end of the present reactor turn (after what is being read has been read)."""

    def last(self, call: Callable[[], None]) -> None:
        """As `soon`, after everything asked for by `soon`: so that what leaves for a client leaves in one piece."""

    def when_read(self, call: Callable[[], None]) -> None:
        """As `soon`, in the turn in which the last of what has arrived by now is read: a busy daemon takes several."""


class Log(Protocol):
    """The part of ``twisted.logger.Logger`` the core uses; format strings with named fields."""

    def debug(self, format: str | None = None, **kwargs: object) -> None: ...
    def info(self, format: str | None = None, **kwargs: object) -> None: ...
    def warn(self, format: str | None = None, **kwargs: object) -> None: ...
    def error(self, format: str | None = None, **kwargs: object) -> None: ...
    def failure(self, format: str, **kwargs: Any) -> None: ...


class Spawn(Protocol):
    """Run a coroutine that nobody waits for; what it raises is logged as an error with `what`."""

    def __call__(self, what: str, coroutine: Coroutine[Any, Any, object]) -> None: ...


class Names(Protocol):
    """Names of network addresses (DNS)."""

    async def hostname(self, address: str) -> str:
        """The name of an address that leads back to it, or "". Bounded in time."""


class Identification(Protocol):
    """Who has a connection, as the machine says that it comes from (RFC 1413)."""

    async def user(self, address: str, port: int, local_address: str, local_port: int) -> str:
        """The user, or "". Bounded in time."""


class Environment(Protocol):
    """What surrounds the core: time, log, and the means to wait."""

    @property
    def clock(self) -> Clock: ...
    @property
    def log(self) -> Log: ...
    @property
    def spawn(self) -> Spawn: ...

    def future(self) -> Future[Any]:
        """A new, unfired future."""


# ---------------------------------------------------------------- what a door offers for each session


class Client(Protocol):
    """The door's end of one session. Methods never raise and never wait; they encode and buffer."""

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        """Show these messages, in this order. Those of a kept kind are acknowledged later, by
        `Delivery.acknowledge`, once the client has confirmed them."""

    @property
    def takes_receipts(self) -> bool:
        """Whether the protocol has them; nothing is made up for who cannot show it."""

    def receipt(self, receipt: Receipt) -> None:
        """A later step (delivered, read) of a message this session sent."""

    def presence_changed(self, views: Sequence[PresenceView]) -> None:
        """People this session watches, by roster or `watch`, have changed. At most one call per reactor turn."""

    def roster_changed(self, change: RosterChange) -> None: ...

    def room_event(self, event: RoomEvent) -> None:
        """Something has happened in a room, other than talk."""

    def room_crowd(self, crowd: Crowd) -> None:
        """People have come into a room where this session is, or have signed off. Of somebody who comes herself her
        own sessions hear by `room_event`, at once."""

    def room_lines(self, told: RoomLines) -> None:
        """Something was said in a room, by this session or by others."""

    @property
    def takes_missed(self) -> bool:
        """Whether it is to be handed by `missed` what its device has missed: because it cannot read history."""

    def missed(self, name: str, envelopes: Sequence[Envelope]) -> None:
        """Show what was said in a room, or in the talk with somebody, while the device was off."""

    def probe(self) -> None:
        """Ask the client for a sign of life, if its protocol has one, and say so by `Session.track`."""

    def backlog(self) -> int:
        """Bytes written for this client that the network has not taken yet. Who never confirms is paced by it."""

    def message_redacted(self, redaction: Redaction) -> None:
        """Something said in a talk of this person was taken back, by either side."""

    def message_read(self, mark: ReadMark) -> None:
        """Another session of this person has read so far (read marks between devices)."""

    def metadata_changed(self, change: MetadataChange) -> None:
        """Somebody or some room this session may see, itself included, shows something else of itself."""

    def end(self, reason: Refusal) -> None:
        """Say why and close. `People.sign_off` has been done already."""


# ---------------------------------------------------------------- what doors may ask of the core


class People(Protocol):
    """Who is here: sign-on, sign-off, and names."""

    domain: str
    #: Whether one may be here without an account.
    guests_allowed: bool

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
        """Open a session for `account`, or with None for a guest called `nick`.

        Entered into the ledger and the registry; nothing is sent to anybody before `begin`. `replaces` names a session
        of the same account that ends with `Replaced`, without its watchers noticing. Raises `NameInUse`,
        `InvalidName`, `GuestsRefused`, `Suspended`, `TooMany`, `StoreUnavailable`.
        """

    def begin(self, session: Session) -> None:
        """The client has been welcomed: announce its presence, mirror its person's rooms, deliver what waits."""

    def sign_off(self, session: Session, reason: str, text: str = "") -> None:
        """The session is over: `reason` is a short code for the ledger ("quit", "lost", "timeout", …), `text` what the
        person said. Whatever it had not confirmed stays in the inbox. Harmless when repeated."""

    async def hostname(self, address: str) -> str:
        """The name of a network address, or "" when there is none, or nobody is to look."""

    def find(self, name: str) -> Person | None:
        """Who is on under this name (folded; account or guest, ``name`` or ``name@domain``), visible or not; also who
        stays in rooms without a session."""

    def stays(self, person: Person) -> bool:
        """Whether the person stays in her rooms while none of her clients is connected."""

    async def set_always_on(self, session: Session, on: bool) -> None:
        """Stay in one's rooms while none of one's clients is connected, or no longer. Raises `NotForGuests`,
        `NotAllowed` where the settings forbid it, `TooMany`, `StoreUnavailable`."""

    def may_see(self, watcher: Session, person: Person) -> bool:
        """Whether `watcher` may know that `person` is on (P5), by presence or by a room they share."""

    async def resolve(self, name: str) -> Account:
        """The account of this name, on or off. Raises `NoSuchAccount`, `StoreUnavailable`."""

    def rename_guest(self, session: Session, nick: str) -> Awaitable[None]:
        """Raises `NameInUse`, `InvalidName`, `NotAllowed` for accounts: their nick is their name."""

    def naming(self, name: str, session: Session | None = None) -> AbstractContextManager[None]:
        """While within, an account of this name may be made: no guest takes the name meanwhile, and the guest
        `session`, which carries it or wants to, is not sent away for the account's sake. Raises `NameInUse` on
        entering, where somebody else carries the name. Who has not become the account at the end must go."""

    def end_others(self, session: Session, ids: Iterable[str] | None = None) -> int:
        """End other sessions of the same account: these, or all but this one; how many there were."""

    async def promote(self, session: Session, account: Account, device: str = "") -> None:
        """A guest has proved to be `account`: from now on the session is one of it, with its watches and in its rooms;
        its nick becomes the account's name. `device` is what it calls itself, if it does. Its clients are told by
        `MemberRenamed` and what else happens in rooms.
        Raises `NotAllowed` for who is no guest, `Suspended`, `TooMany`, `NoSuchAccount`, `StoreUnavailable`."""

    def set_client(self, session: Session, name: str, version: str) -> None:
        """What the client says it is, where its protocol tells that after the sign-on only: for the ledger, and for
        those who may know (P5)."""

    def set_realname(self, session: Session, realname: str) -> None: ...

    def mark(self, session: Session, mark: Mark, on: bool) -> bool:
        """Put a mark on a session, or take it off; whether that changed anything. Who may is the caller's to know."""

    def marked(self, mark: Mark) -> int:
        """How many people have the mark. Cheap."""

    def end(self, person: Person, why: Kicked, reason: str) -> int:
        """End all sessions of a person, telling their clients why; how many there were. `reason` is for the ledger."""

    def origin(self, person: Person) -> str:
        """``user@host`` as IRC shows it. The host is a cloak: never the network address (P5)."""

    def online(self) -> Iterable[Person]:
        """Everybody who is on, for LUSERS, WHO and the operator. Filter by `may_see` before showing."""

    def accept(self, session: Session, name: str, on: bool) -> bool:
        """Hear from a guest although one takes messages from accounts only (`Mark.ACCOUNTS_ONLY`), or no longer, as
        long as both are on; whether that changed anything. Raises `NoSuchAccount`, `TooMany`, `Malformed`."""

    def accepted(self, session: Session) -> Iterable[Person]:
        """Those whom the session's person has accepted."""

    def was(self, watcher: Session, name: str) -> Iterable[Appearance]:
        """Who has been called so and, as far as `watcher` sees, is so no longer; the youngest first. Only those whom
        she could see then (P5), out of the last `limits.whowas` appearances of anybody."""

    def person_count(self) -> int:
        """People who are on now. Cheap."""

    def session_count(self) -> tuple[int, int]:
        """Sessions now, and the most there have been. Cheap, unlike `counts`: IRC tells it at every sign-on."""

    def position(self) -> int:
        """Everything with a sequence number up to this one has been told to whoever it is for."""

    def counts(self) -> dict[str, int]:
        """``sessions``, ``accounts``, ``guests``, ``invisible``, ``peak`` (sessions)."""

    def seen_by_mutual(self, watcher: Session, person: Person) -> bool:
        """Whether `watcher` may know `person`'s addresses, ports and clients (P5)."""

    async def set_privacy(
        self, session: Session, visible_to: Visibility | None = None, share_location: bool | None = None
    ) -> Account: ...


class PresenceRegistryPort(Protocol):
    """The one presence registry."""

    def update(self, session: Session, presence: Presence) -> None:
        """What this session says of itself from now on."""

    def touched(self, session: Session) -> None:
        """The person behind the session did something: it is not idle."""

    def view(self, watcher: Session, name: str) -> PresenceView:
        """What `watcher` may see of `name` now; somebody unknown or hidden looks offline."""

    def member(self, watcher: Session, person: Person) -> PresenceView:
        """As `view`, in a room that both are in: who stays in it while she is off (or invisible) is away there, for
        those who could see her presence."""

    def roster_views(self, session: Session) -> list[PresenceView]:
        """Everyone of the session's own roster whose presence it may see, for the answer to sign-on."""

    def watch(self, session: Session, name: str) -> PresenceView:
        """Tell this session of changes of `name` (IRC MONITOR) until `unwatch` or its end; the state now.
        The name need not exist. Raises `TooMany`, `InvalidName`."""

    def unwatch(self, session: Session, name: str) -> None: ...

    def watches(self, session: Session, name: str) -> bool:
        """Whether the session watches this name."""

    def watched(self, session: Session) -> list[str]:
        """The names the session watches, as it gave them."""


class Rosters(Protocol):
    """Buddy lists (RFC 6121 sections 2 and 3). Each change is pushed to every session of those concerned by
    `Client.roster_changed`, the session that asked included. Guests have none: `NotForGuests`."""

    async def contacts(self, session: Session) -> list[Contact]: ...

    async def ask(self, session: Session, name: str, label: str = "", groups: Sequence[str] = ()) -> Contact:
        """Add to the list and ask to see their presence; answered at once where they have approved beforehand."""

    async def put(self, session: Session, name: str, label: str, groups: Sequence[str]) -> Contact:
        """Add or alter label and groups, without asking."""

    async def approve(self, session: Session, name: str) -> Contact:
        """Let them see one's presence, whether or not they have asked yet."""

    async def refuse(self, session: Session, name: str) -> None:
        """Refuse a request, or stop somebody who was approved."""

    async def cancel(self, session: Session, name: str) -> None:
        """No longer see their presence, or withdraw one's request."""

    async def remove(self, session: Session, name: str) -> None:
        """Off the list, both subscriptions ended (RFC 6121 section 2.5)."""

    async def block(self, session: Session, name: str) -> Contact: ...
    async def unblock(self, session: Session, name: str) -> None: ...


class Rooms(Protocol):
    """Rooms. Events reach every session of every member, the actor's included, by `Client.room_event`."""

    def find(self, name: str) -> Room | None: ...

    def all(self) -> Iterable[Room]: ...

    def rooms_of(self, person: Person) -> Sequence[Room]: ...

    def may_know(self, session: Session, room: Room) -> bool:
        """Whether a room shows up in lists: not secret, or one is a member."""

    def catch_up(self, room: Room) -> None:
        """Tell the members now what has happened and waits for the end of the turn: somebody asks who is in."""

    def join(self, session: Session, name: str, key: str = "", *, service: bool = False) -> Room:
        """Make the session's person a member, making the room if there is none. Already in: no event, the room.
        `service` is the word of an operator of the service: whatever the room says of who may come in.
        Raises `CannotJoin`, `TooMany`, `InvalidName`."""

    def part(self, session: Session, name: str, text: str = "") -> None: ...

    def say(
        self,
        session: Session,
        name: str,
        draft: Draft,
        outcome: Callable[[Receipt], None] | None = None,
        least: Role | None = None,
    ) -> Message:
        """Say something; raises `CannotSpeak`, `NoSuchRoom`. `outcome` hears *accepted* when the line is committed to
        history, or with history off when handed to the members; or *unknown*. With `least` only members of at least
        that role get it, and no history keeps it."""

    def set_topic(self, session: Session, name: str, text: str) -> None: ...

    def change(
        self, session: Session, name: str, changes: Sequence[RoomChange], *, service: bool = False
    ) -> list[Refusal]:
        """Apply what may be applied, in order, as one event; the refusals of the rest. `service` is the word of an
        operator of the service, who needs to be no member, and may what a founder may."""

    def remove_member(self, session: Session, name: str, who: str, text: str = "") -> None:
        """IRC KICK."""

    def invite(self, session: Session, name: str, who: str) -> Address: ...

    def invitations(self, session: Session) -> Sequence[Room]:
        """The rooms into which the session's person is invited, and has not gone since."""

    @property
    def keeping(self) -> "RoomsKept":
        """What accounts have of rooms beyond being in them."""

    def rename(self, session: Session, name: str, new: str, text: str = "") -> None:
        """Give a room another name, for its operators, and for its founder alone if it has one. Members, settings and
        history stay. Raises `InvalidName`, `RoomExists`, `CannotRename`."""


class RoomsKept(Protocol):
    """Rooms of accounts: whose they are, who has which role for good, what is locked. `service` is the word of an
    operator of the service, for whom no rule of the room holds. All raise `NoSuchRoom` for what the session may not
    know, and `NotRegistered` for a room without a founder; those for founders `NotFounder`."""

    async def registration(self, session: Session, name: str, *, service: bool = False) -> Registration:
        """Raises `StoreUnavailable`."""

    def founded(self, session: Session) -> Sequence[Room]:
        """The rooms of the session's account."""

    def registered(self) -> Sequence[Room]:
        """All of them; for operators of the service."""

    def register(self, session: Session, name: str) -> Room:
        """Make a room without a founder one's own, being its operator. Raises `NotForGuests`, `NotOperator`,
        `NotAllowed` for a room that has a founder."""

    def drop(self, session: Session, name: str, *, service: bool = False) -> None:
        """Give a room up, with all that was granted and locked in it: for founders."""

    async def transfer(self, session: Session, name: str, to: str, *, service: bool = False) -> str:
        """Offer a room to another account (``"offered"``), or by naming oneself take that back (``"withdrawn"``): for
        founders. The service does not ask (``"done"``). Raises `NoSuchAccount`, `StoreUnavailable`."""

    def accept(self, session: Session, name: str) -> Room:
        """Become the founder of a room that was offered. Raises `NotRegistered`."""

    async def grant(
        self, session: Session, name: str, to: str, role: Role | None, *, service: bool = False
    ) -> Account | None:
        """Give an account a role for good, or with None take what it has; what it is at the moment follows. None when
        nothing changed. By the ranks, see `imd.core.roomranks`; raises `NotOperator`, `Malformed` for founders,
        `NoSuchAccount`, `TooMany`, `StoreUnavailable`."""

    def wear(
        self, session: Session, name: str, who: str, role: Role | None, on: bool, *, service: bool = False
    ) -> bool:
        """Give or take a role for the visit by one's rank in the book, "" being oneself and None the role one has
        there. Whether anything changed. Raises `NotAMember`, `NotOperator`."""

    def clear_access(self, session: Session, name: str, *, service: bool = False) -> int:
        """Take back all that was granted; how many accounts had something: for founders."""

    def clear_members(self, session: Session, name: str, text: str = "", *, service: bool = False) -> int:
        """Remove everybody else from the room; how many: for founders."""

    def lock_topic(self, session: Session, name: str, on: bool, *, service: bool = False) -> None:
        """Let founder and admins alone set the topic, or not: for founders."""

    def lock_modes(self, session: Session, name: str, locks: Mapping[RoomFlag, bool], *, service: bool = False) -> None:
        """Turn these switches so and keep them (`Locked`) until locked otherwise: for founders."""

    def close(self, session: Session, name: str, reason: str) -> int:
        """Shut a room for everybody, whether or not there is one; how many were removed. For operators of the service;
        raises `InvalidName`, `TooMany`."""

    def reopen(self, name: str) -> None:
        """Raises `NoSuchRoom` for what is not closed."""

    def closed(self) -> Sequence[Room]: ...


class Delivery(Protocol):
    """The way of messages from person to person: direct, relay, offline, extended."""

    def send(self, session: Session, draft: Draft, outcome: Callable[[Receipt], None]) -> str:
        """Take a message for a person; its id. `outcome` is called exactly once, perhaps before `send` returns, with
        *accepted*, *kept*, *refused* or *unknown*; *delivered* and *read* follow by `Client.receipt`.

        Bad input raises `Refusal` instead, and then there is no id.
        """

    def acknowledge(self, session: Session, ids: Iterable[str]) -> None:
        """A client of the recipient confirmed these messages. Unknown ids are ignored."""

    def read(self, session: Session, id: str) -> None:
        """The person has read up to this message."""

    def fetch(self, session: Session) -> Awaitable[int]:
        """Deliver again what waits because five attempts were not confirmed; how many messages wait in all."""

    def waiting(self, session: Session) -> Awaitable[int]:
        """How many messages wait in the session's own inbox."""


class HistoryPort(Protocol):
    """What was said, for those who may read it: of a room one is in (``#name``), or of one's talk with a person."""

    def latest(self, session: Session, target: str, before: int, limit: int) -> Awaitable[list[Message]]:
        """What was said last, oldest first, seq < `before` (0: now).
        Raises `NotAMember`, `NoSuchAccount`, `NotForGuests`, `StoreUnavailable`."""

    def read(self, session: Session, target: str, part: Part) -> Awaitable[Past]:
        """Any part of it. Raises as `latest`, and `NoSuchMessage` for an id that is not in this history."""

    def want(self, session: Session) -> None:
        """The client of this session reads history: from now on its account has copies of its talks. Cheap, and
        harmless when repeated."""

    def heard(self, session: Session, after: Spot, before: Spot, limit: int, *, newest: bool) -> Awaitable[list[Heard]]:
        """The rooms one is in, and the people one has talked with, whose latest message lies between two moments, in
        order of it; if there are more than `limit`, the newest or the oldest. Raises `StoreUnavailable`."""

    @property
    def own(self) -> "OwnHistoryPort":
        """What an account has said, for that account."""

    def redact(self, session: Session, target: str, id: str, text: str, /) -> Awaitable[None]:
        """Take back message `id`, said in a room or to a person, for the reason `text`: it is in no history any more,
        and shown to nobody who has not seen it; those who are on are told. Raises `NotAMember`, `NoSuchAccount`,
        `NoSuchMessage`, `RedactionForbidden`, `RedactionTooLate`, `StoreUnavailable`."""


class OwnHistoryPort(Protocol):
    def page(self, account: str, cursor: str) -> Awaitable[tuple[list[Message], str]]:
        """Some of its messages that are kept, and the cursor of the next ones; "" is the beginning, and the end. Oldest
        first within a page. Raises `StoreUnavailable`."""

    def erase(self, account: str) -> Awaitable[int]:
        """Forget all it has said, in everybody's history; how many messages. Raises `StoreUnavailable`."""


class ReadMarks(Protocol):
    """How far people have read. Marks are milliseconds since the epoch, 0 where there is none; they only grow."""

    async def load(self, session: Session) -> None:
        """Have the marks at hand, for `known`. Raises `StoreUnavailable`."""

    def known(self, session: Session, room: str) -> int | None:
        """The mark of a room, if the marks are at hand."""

    async def get(self, session: Session, target: str) -> int:
        """The mark of a room or of one's talk with somebody. Raises `InvalidName`, `StoreUnavailable`."""

    async def mark(self, session: Session, target: str, at: int, id: str = "") -> int:
        """Read up to `at` (message `id`, where that is known): told to the person's other sessions once it is durable.
        What holds then, which is another's if that is later. Raises `InvalidName`, `StoreUnavailable`."""


class Offers(Protocol):
    """Offers between client programs (direct connections, files, calls): how many one session has open."""

    def make(self, session: Session, to: str, offer: str) -> None:
        """The session makes an offer to `to`, with an id of its own. Raises `TooMany`."""

    def settle(self, session: Session, other: str, offer: str) -> None:
        """The session answers an offer of `other`, or withdraws one it has made to `other`. Unknown ones are
        ignored."""


class Metadata(Protocol):
    """What people and rooms show of themselves, by key (IRCv3 metadata). Changes reach `Client.metadata_changed`."""

    def of_person(self, session: Session, name: str) -> tuple[Person, Mapping[str, str]]:
        """Raises `NoSuchAccount` for who is off, or may not be seen (P5)."""

    def of_room(self, session: Session, name: str) -> tuple[Room, Mapping[str, str]]:
        """For whoever may know of the room. Raises `NoSuchRoom`."""

    def of_members(self, session: Session, room: Room) -> Iterator[tuple[Person, Mapping[str, str]]]:
        """Those members who show anything; nobody to who is not in the room."""

    async def set_own(self, session: Session, key: str, value: str | None) -> bool:
        """Set a key of the session's own person, or with None remove it; False: it was not set. For accounts it is
        durable. Raises `InvalidName` for a key, `TooLong`, `TooMany`, `StoreUnavailable`."""

    async def clear_own(self, session: Session) -> list[str]:
        """Remove all; the keys."""

    def set_room(self, session: Session, name: str, key: str, value: str | None) -> bool:
        """For operators of the room. Raises `NotOperator` and `NoSuchRoom` besides."""

    def clear_room(self, session: Session, name: str) -> list[str]: ...


class Bans(Protocol):
    """Bans of accounts, masks and addresses, which hold behind every door."""

    async def add(self, ban: Ban, *, spare: Session | None = None) -> int:
        """Set a ban, or set it anew, and end the sessions it is for, but for `spare`; how many. Raises `TooMany`,
        `StoreUnavailable`."""

    async def remove(self, kind: BanKind, target: str) -> bool:
        """Lift a ban; False when there is none. Raises `StoreUnavailable`."""

    def all(self) -> Sequence[Ban]:
        """Those in force, the oldest first."""

    def find(self, kind: BanKind, target: str) -> Ban | None: ...

    def fits(self, ban: Ban, session: Session) -> bool:
        """Whether a ban, set or not, is for this session."""


class Hub(Protocol):
    """All of the core, as a door sees it."""

    @property
    def people(self) -> People: ...
    @property
    def presence(self) -> PresenceRegistryPort: ...
    @property
    def rosters(self) -> Rosters: ...
    @property
    def rooms(self) -> Rooms: ...
    @property
    def delivery(self) -> Delivery: ...
    @property
    def history(self) -> HistoryPort: ...
    @property
    def offers(self) -> Offers: ...
    @property
    def metadata(self) -> Metadata: ...
    @property
    def bans(self) -> Bans: ...
    @property
    def read_marks(self) -> ReadMarks: ...
    @property
    def clock(self) -> Clock: ...


# ---------------------------------------------------------------- signing on, outside the core (`imd.credentials`)


class ScramExchange(Protocol):
    """One SCRAM-SHA-256 conversation on the server's side (RFC 5802 section 5)."""

    def first(self, client_first: bytes) -> Awaitable[bytes]:
        """client-first-message → server-first-message."""

    def final(self, client_final: bytes) -> bytes:
        """client-final-message → server-final-message; then `account` is set. Raises `SignOnFailed`."""

    account: Account | None


class Credentials(Protocol):
    """The user database's front. Every failure takes the same time and says the same, known name or not."""

    def mechanisms(self, peer: Peer) -> tuple[str, ...]:
        """SASL mechanisms offered to this peer, best first, out of SCRAM-SHA-256, EXTERNAL, PLAIN."""

    async def plain(self, name: str, password: str, peer: Peer) -> Account:
        """Raises `SignOnFailed`, `MechanismRefused`, `TooFast`, `Suspended`, `StoreUnavailable`."""

    def scram(self, peer: Peer, account: Callable[[str], str] | None = None) -> ScramExchange:
        """`account` makes the account's name of what the client calls itself, where the protocol has it say more."""

    async def external(self, name: str, peer: Peer) -> Account:
        """By the peer's certificate; `name` may be "" (RFC 4422 appendix A)."""

    async def token(self, token: str, peer: Peer) -> Account:
        """By a resume token, which is used up."""

    async def issue_token(self, account: Account, device: str) -> str: ...

    async def register(self, name: str, password: str, peer: Peer, invitation: str = "") -> Account:
        """In-band registration, when settings allow. Raises `RegistrationRefused`, `NameInUse`, `InvalidName`,
        `TooFast`."""

    async def change_password(self, account: Account, password: str) -> None:
        """A new password; all resume tokens of the account end. Raises `NotAllowed` for one that cannot be used, and
        where passwords are kept elsewhere."""

    async def add_certificate(self, account: Account, fingerprint: str) -> Account:
        """The client certificate of this SHA-256 fingerprint (hex, with or without colons) may sign on as the account.
        Raises `Malformed`, `TooMany`, `NameInUse` where it is another account's, `NotAllowed`."""

    async def remove_certificate(self, account: Account, fingerprint: str) -> Account:
        """It may no longer. Raises `Malformed`, `NotAllowed` where the account has no such certificate."""

    async def remove_account(self, account: Account) -> None:
        """The account and all that belongs to it; its sessions end. Raises `NotAllowed` where users are kept
        elsewhere."""

    async def operator(self, name: str, password: str, session: Session) -> str:
        """Let a session operate the service under `name`, which is returned as the settings spell it.

        Raises `SignOnFailed` when name, password, account or certificate is wrong, `NotAllowed` when the place is,
        `TooFast`.
        """

    async def gateway(self, password: str, peer: Peer) -> str:
        """The name of the gateway that this peer is, which may say whose connection it passes on (IRC WEBIRC). Raises
        `SignOnFailed`, `TooFast`."""

    def operators(self) -> Sequence[str]:
        """The names the settings know of operators."""

    def privileges(self, operator: str) -> frozenset[Privilege]:
        """What the operator of this name may do now; nothing when the settings know no such operator (any more)."""

    def registration(self, peer: Peer) -> str:
        """``"open"``, ``"invite"`` or ``"closed"``, for this peer (never open without TLS off loopback)."""


# ---------------------------------------------------------------- the daemon itself


class Operations(Protocol):
    """What an operator may ask of the daemon by way of a door."""

    async def rehash(self) -> Sequence[str]:
        """Read the settings again; what has changed, one sentence each. Raises `NotAllowed` when they are wrong."""
