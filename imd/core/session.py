"""Who is on: a session, what it says of itself, and what others may see of a person."""

import enum
import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from imd.core.address import Address
from imd.core.message import BOT_TAG
from imd.core.track import Track

if TYPE_CHECKING:
    from imd.core.ports import Client


class State(enum.Enum):
    """Presence states (RFC 6121 section 4.7.2.1 `show`, plus invisible, which watchers see as offline)."""

    # Members are one of a kind, and that of `Enum` is written in Python.
    __hash__ = object.__hash__

    AVAILABLE = "available"
    AWAY = "away"
    EXTENDED_AWAY = "extended-away"
    BUSY = "busy"
    INVISIBLE = "invisible"
    OFFLINE = "offline"


class Presence(msgspec.Struct, frozen=True):
    """What one session says of itself (RFC 2778 "presence information")."""

    state: State = State.AVAILABLE
    text: str = ""
    #: Wall-clock time of the last sign of life of the person, or None while active.
    idle_since: float | None = None
    #: False: the client runs by itself, and this presence counts only where no other session says anything.
    attended: bool = True


class Mark(enum.Enum):
    """What a session has said of itself beside its presence, or was made: the user modes of IRC, for every door."""

    __hash__ = object.__hash__

    #: Listed only to those who share a room with the person (IRC +i).
    UNLISTED = "unlisted"
    #: May operate the service (IRC +o).
    OPERATOR = "operator"
    #: No person but a program (IRC +B, https://ircv3.net/specs/extensions/bot-mode).
    BOT = "bot"
    #: Hears from accounts only (IRC +R).
    ACCOUNTS_ONLY = "accounts-only"
    #: Hears what operators tell everybody who wants to know (IRC +w).
    WALLOPS = "wallops"
    #: Hears what operators should know (IRC +s).
    SERVER_NOTICES = "server-notices"


#: What every session begins with.
FIRST_MARKS = frozenset({Mark.UNLISTED})


class Privilege(enum.Enum):
    """What an operator may do. The values are the words of the setting ``operators.logins``."""

    __hash__ = object.__hash__

    #: End somebody's sessions.
    KILL = "kill"
    #: Ban accounts, masks and addresses, and lift bans.
    BAN = "ban"
    #: Have the settings read again.
    REHASH = "rehash"
    #: Tell everybody who wants to know.
    WALLOPS = "wallops"
    #: Act in rooms whatever one's role there.
    ROOMS = "rooms"
    #: See network addresses and what the server counts.
    SEE = "see"


#: What an operator may do of whom nothing else is said.
EVERYTHING = frozenset(Privilege)


class Visibility(enum.Enum):
    """An account's `visible_to` (promise P5)."""

    EVERYONE = "everyone"
    CONTACTS = "contacts"
    NOBODY = "nobody"


class Account(msgspec.Struct, frozen=True):
    """A person (or bot) the daemon knows. `id` is for life; `name` may be changed by an operator."""

    id: str
    name: str
    created: float
    visible_to: Visibility = Visibility.EVERYONE
    #: Opted in to tell mutual contacts address, ports and client (and to be told theirs).
    share_location: bool = False
    suspended: bool = False
    #: SHA-256 fingerprints (hex) of client certificates that may sign on (SASL EXTERNAL).
    certificates: tuple[str, ...] = ()
    #: Devices it has signed on with, the latest last: with a second one its talks go into history.
    devices: tuple[str, ...] = ()
    #: Somebody who came by a page of `site`, without a password; what she may do, `imd.core.visitors` says.
    visitor: bool = False
    #: The site that made the account: its visitor, or its member; "" for all others.
    site: str = ""


@lru_cache(maxsize=8_192)
def place_of(address: str) -> str:
    """What limits count as one place: an IPv4 address, an IPv6 /64 (one household, RFC 6177), or the text itself."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.IPv6Network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address


class Peer(msgspec.Struct, frozen=True):
    """The far end of a connection, as seen before anyone has signed on."""

    door: str
    address: str
    port: int
    #: TLS or DTLS; `tls` then names version and cipher for the ledger.
    secure: bool = False
    tls: str = ""
    loopback: bool = False
    #: SHA-256 fingerprint (hex, lower case) of the client's certificate, or "".
    certificate: str = ""
    #: The host name of the address, where one is known; for bans and operators, shown to nobody else (P5).
    hostname: str = ""
    #: Of a page that came from a browser: its origin as the browser wrote it (RFC 6454), or "".
    origin: str = ""

    @property
    def confidential(self) -> bool:
        """Whether a password may be sent in the clear over it (TLS, or loopback only)."""
        return self.secure or self.loopback


class Vouched(msgspec.Struct, frozen=True):
    """Somebody has signed on by the word of a site, with nothing that is the account's own."""

    #: The time up to which what follows may be resumed.
    until: float
    #: The site's key that has signed it, as `imd.core.ports.Credentials.stands` knows it; "": not known.
    key: str = ""


class ClientInfo(msgspec.Struct, frozen=True):
    """What a client says of itself at sign-on; recorded in the ledger."""

    name: str = ""
    version: str = ""
    #: Ports on which the client listens for direct connections; 0 where it does not.
    tcp_port: int = 0
    udp_port: int = 0
    #: Stable name of the device, chosen by the client; "" where the protocol has none.
    device: str = ""
    #: What a person calls herself: IRC `realname`.
    realname: str = ""
    #: IRC `user`; doors without one leave it empty.
    user: str = ""
    #: Who says that it is the account's, if that is a site.
    vouched: Vouched | None = None


class Location(msgspec.Struct, frozen=True):
    """Where one session can be reached. Goes to mutual contacts who opted in, and to nobody else (P5)."""

    door: str
    address: str
    port: int
    tcp_port: int
    udp_port: int
    client: str
    version: str
    since: float


class PresenceView(msgspec.Struct):
    """What one class of watchers may see of a person now. Shared by all watchers that may see the same."""

    person: Address
    state: State
    #: The state this watcher was told last (OFFLINE if none): doors keep no presence of their own.
    before: State
    text: str = ""
    idle_since: float | None = None
    #: Empty unless this watcher may know (mutual contacts who opted in).
    locations: tuple[Location, ...] = ()
    #: Set when this change is an account's new name; `person` is the new one.
    renamed_from: Address | None = None
    #: The text this watcher was told last, with `before`.
    before_text: str = ""
    #: Of a desk, on or off: what it is called.
    title: str = ""
    #: For doors: their encodings, by a key of their own (encode once, send many).
    encoded: dict[Any, bytes] = msgspec.field(default_factory=dict)

    @property
    def online(self) -> bool:
        return self.state is not State.OFFLINE


class Appearance(msgspec.Struct, frozen=True, gc=False):
    """Somebody who has been seen under a name (IRC WHOWAS). What doors may show is above the line."""

    key: str
    name: str
    #: ``user@host`` as IRC shows it.
    origin: str
    realname: str
    #: The name of the account, "" for guests.
    account: str
    # -- who could see it
    visible_to: Visibility
    #: Account ids.
    blocked: frozenset[str]


class Person:
    """Somebody who is on now, with all sessions, or who stays in her rooms without one; account or guest.

    `key` is the account id or ``guest:…``.
    """

    __slots__ = ("account", "address", "kept", "key", "last", "sessions", "site")

    def __init__(self, key: str, address: Address, account: Account | None) -> None:
        self.key = key
        self.address = address
        self.account = account
        #: Of a visitor: the site she came by, for life. "" for everybody else, and the one thing to ask on hot paths.
        self.site = account.site if account is not None and account.visitor else ""
        self.sessions: list[Session] = []
        #: Of who stays in rooms without any session: what the last one said of itself.
        self.last: ClientInfo | None = None
        #: And how it was marked.
        self.kept: frozenset[Mark] = frozenset()

    @property
    def guest(self) -> bool:
        return self.account is None

    @property
    def title(self) -> str:
        """What a desk is called besides its name, which everybody may know; people have none."""
        return ""

    def marked(self, mark: Mark) -> bool:
        """Whether any of the person's sessions has the mark; of who stays without one, whether the last had it."""
        if not self.sessions:
            return mark in self.kept
        return any(mark in session.marks for session in self.sessions)


class Session:
    """One signed-on client of a person (RFC 3261 *binding*, RFC 6120 *resource*)."""

    __slots__ = (
        "__weakref__",
        "active",
        "begun",
        "client",
        "confirms",
        "id",
        "info",
        "marks",
        "peer",
        "person",
        "presence",
        "since",
        "track",
    )

    def __init__(
        self, id: str, person: Person, peer: Peer, info: ClientInfo, client: "Client", since: float, confirms: bool
    ) -> None:
        self.id = id
        self.person = person
        self.peer = peer
        self.info = info
        self.client = client
        self.since = since
        self.presence = Presence()
        #: Changed by `People.mark`, which counts them.
        self.marks: frozenset[Mark] = FIRST_MARKS
        #: Whether this client's door acknowledges deliveries (False: ``irc.confirm = false``).
        self.confirms = confirms
        #: Wall-clock time of the person's last own action (IRC WHOIS idle).
        self.active = since
        #: What it has confirmed of what was said to its person, where that matters: `imd.core.missed`.
        self.track: Track | None = None
        #: Whether the client has been welcomed: before that nothing is delivered to it and nobody is told of it.
        self.begun = False

    @property
    def device(self) -> str:
        """Under which name the account knows the device: its own, or that of its door."""
        return self.info.device or self.peer.door

    @property
    def address(self) -> Address:
        return self.person.address

    @property
    def account(self) -> Account | None:
        return self.person.account

    def signed(self, tags: dict[str, str]) -> dict[str, str]:
        """The tags of what this session says: with `BOT_TAG` where it is a bot's."""
        return {**tags, BOT_TAG: ""} if Mark.BOT in self.marks else tags
