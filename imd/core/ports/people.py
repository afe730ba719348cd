"""People: who is here, how they are, and whom they know."""

from collections.abc import Awaitable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from imd.core.contact import Contact
from imd.core.ports.client import Client
from imd.core.refusal import Kicked
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
    Vouched,
)


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

    def vouched(self, session: Session, vouched: Vouched) -> None:
        """A session that goes on was signed on by the word of a site."""

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
