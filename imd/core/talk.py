"""Rooms, as doors see them: who is in, with which rights, and what happens in a room.

`Room` objects are read-only for doors; every change goes through the `Rooms` port.
"""

import enum
from typing import Any

import msgspec

from imd.core.address import Address, fold
from imd.core.message import Envelope
from imd.core.session import Person, State


class Role(enum.Enum):
    """Rights of a member, IRC prefix modes in descending order (Modern IRC, "Channel Membership Prefixes")."""

    FOUNDER = "founder"  # q
    ADMIN = "admin"  # a
    OPERATOR = "operator"  # o
    HALFOP = "half-operator"  # h
    VOICE = "voice"  # v


class RoomFlag(enum.Enum):
    """Switches of a room; the IRC letter stands beside it for reference only, doors translate."""

    INVITE_ONLY = "invite-only"  # i
    MODERATED = "moderated"  # m
    NO_OUTSIDERS = "no-outsiders"  # n
    SECRET = "secret"  # s  # noqa: S105
    TOPIC_PROTECTED = "topic-protected"  # t
    ACCOUNTS_ONLY = "accounts-only"  # R
    NO_CTCP = "no-ctcp"  # C


class Topic(msgspec.Struct, frozen=True):
    text: str
    by: str
    time: float


class BanEntry(msgspec.Struct, frozen=True):
    """One entry of a list (ban, ban exception, invite exception): mask, who set it, when."""

    mask: str
    by: str
    time: float


class ListKind(enum.Enum):
    """The mask lists of a room (RFC 2811 section 4.3)."""

    BAN = "ban"  # b
    EXCEPTION = "exception"  # e
    INVITE_EXCEPTION = "invite-exception"  # I


class Member:
    """Somebody in a room: an account (through all its sessions) or a guest."""

    __slots__ = ("joined", "person", "roles")

    def __init__(self, person: Person, joined: float) -> None:
        self.person = person
        self.joined = joined
        self.roles: set[Role] = set()


class Room:
    """A named group talk: IRC channel, later MUC room."""

    __slots__ = (
        "access",
        "archive",
        "closed",
        "created",
        "encoded",
        "flags",
        "founder",
        "heir",
        "key",
        "limit",
        "lists",
        "members",
        "mode_lock",
        "metadata",
        "name",
        "newest",
        "renamed",
        "topic",
        "topic_lock",
    )

    def __init__(self, name: str, created: float) -> None:
        self.name = name
        self.created = created
        #: Under what its history is kept: that stays when the room is renamed.
        self.archive = fold(name)
        #: When it was given this name, if it has had another since the daemon began.
        self.renamed = float("-inf")
        self.topic: Topic | None = None
        self.flags: set[RoomFlag] = {RoomFlag.NO_OUTSIDERS, RoomFlag.TOPIC_PROTECTED}
        self.key = ""
        self.limit = 0
        self.lists: dict[ListKind, list[BanEntry]] = {kind: [] for kind in ListKind}
        #: By `Person.key`, in order of joining.
        self.members: dict[str, Member] = {}
        #: For doors: what they have encoded of the members, by a key of their own, with how many members that were.
        #: None as soon as anything but a further member makes it wrong.
        self.encoded: dict[Any, Any] | None = None
        #: The account id that founded it, or "": rooms of accounts are durable.
        self.founder = ""
        #: Account id → the role it has whenever it comes in.
        self.access: dict[str, Role] = {}
        #: The account id to which the founder offers the room, or "".
        self.heir = ""
        #: Whether only founder and admins set the topic.
        self.topic_lock = False
        #: Switches that nobody turns by a change of settings, and how they stand.
        self.mode_lock: dict[RoomFlag, bool] = {}
        #: Sequence number of the last line that its members were told since the daemon began.
        self.newest = 0
        #: Why operators of the service have closed it, or "".
        self.closed = ""
        #: What the room shows of itself (`imd.core.metadata`); replaced, never altered. None: nothing.
        self.metadata: dict[str, str] | None = None


# What can be asked of a room's settings (IRC MODE and its kin), and what then happened: the same values.
class FlagChange(msgspec.Struct, frozen=True):
    flag: RoomFlag
    on: bool


class KeyChange(msgspec.Struct, frozen=True):
    #: "" removes the key.
    key: str


class LimitChange(msgspec.Struct, frozen=True):
    #: 0 removes the limit.
    limit: int


class ListChange(msgspec.Struct, frozen=True):
    kind: ListKind
    mask: str
    on: bool


class RoleChange(msgspec.Struct, frozen=True):
    role: Role
    who: Address
    on: bool


RoomChange = FlagChange | KeyChange | LimitChange | ListChange | RoleChange


class Registration(msgspec.Struct, frozen=True):
    """What the book says of a room, by names, as far as somebody may know."""

    room: Room
    founder: str
    heir: str
    #: From the highest role; empty for who has none.
    access: list[tuple[str, Role]]


class RoomEvent(msgspec.Struct, kw_only=True):
    """Something that happened in a room, told to every session of every member (the actor's included).

    One object for all of them; `encoded` is for doors (encode once, send many). `by` is None for the service itself.
    """

    room: Room
    time: float
    by: Address | None
    #: What IRC shows as the actor's ``user@host``.
    origin: str = ""
    #: Id of the session that caused it, so that its own door can answer rather than announce; "" for the service.
    session: str = ""
    #: The id under which history keeps it, or "".
    id: str = ""
    encoded: dict[Any, bytes] = msgspec.field(default_factory=dict)


class Joined(RoomEvent):
    person: Person
    realname: str


class Parted(RoomEvent):
    person: Person
    text: str


class Left(RoomEvent):
    """The last session of a member ended (IRC QUIT). Told once per watching session, for all shared rooms at once;
    `room` is one of them."""

    person: Person
    text: str
    #: The person said that she goes, and `text` is what she said; otherwise something has ended her session.
    quit: bool = False


class Crowd:
    """Who came into a room, and who signed off, during one turn, in order, as `Client.room_crowd` gets it: one object
    for all who hear of it. `encoded` is for doors."""

    __slots__ = ("encoded", "events", "late")

    def __init__(self, events: "list[Joined | Left]", late: dict[str, int]) -> None:
        self.events = events
        #: By `Person.key` of those who have come themselves: how many of the events, from the first, they know already.
        self.late = late
        self.encoded: dict[Any, Any] = {}

    def told(self, person: Person) -> "list[Joined | Left]":
        """What is news to this person."""
        known = self.late.get(person.key)
        return self.events[known:] if known else self.events


class RemovedFromRoom(RoomEvent):
    """An operator of the room removed `person` (IRC KICK)."""

    person: Person
    text: str


class RoomRenamed(RoomEvent):
    """`room` was called `before` until now; members, settings and history are the same."""

    before: str
    text: str


class TopicChanged(RoomEvent):
    topic: Topic


class RoomChanged(RoomEvent):
    changes: list[RoomChange]


class MemberRenamed(RoomEvent):
    """A guest's new nick, an account's new name, or a guest who has become an account. Told once per watching session;
    `room` is one shared room, `origin` where the person was seen before."""

    person: Person
    before: Address


class MessageRedacted(RoomEvent):
    """What was said under the id `message` was taken back: it is in no history any more."""

    message: str
    text: str


class MemberInvited(RoomEvent):
    """Told to operators of the room (IRCv3 invite-notify) and to the invited person's sessions."""

    person: Address


class MetadataChange(msgspec.Struct, kw_only=True):
    """A room, or a person, shows something else of itself (`imd.core.metadata`). One object for all who are told."""

    room: Room | None
    person: Person | None
    key: str
    #: None: no longer set.
    value: str | None
    time: float
    by: Address
    origin: str
    #: Id of the session that did it.
    session: str
    #: For doors: their encodings, by a key of their own.
    encoded: dict[Any, bytes] = msgspec.field(default_factory=dict)


class RoomLine(msgspec.Struct):
    """Somebody said something. `envelope.message.recipient` is the room's address ``#room@domain``."""

    room: Room
    #: Id of the session that said it, whose door answers rather than announces.
    session: str
    envelope: Envelope
    #: Only members of at least this role get it (ISUPPORT STATUSMSG).
    least: Role | None = None


class RoomLines:
    """What was said in one room during one turn, in order, as `Client.room_lines` gets it: one object for all members.

    `encoded` is for doors, for members who have said nothing of it themselves.
    """

    __slots__ = ("encoded", "lines", "speakers")

    def __init__(self, lines: list[RoomLine]) -> None:
        self.lines = lines
        #: Ids of the sessions that spoke; their doors answer rather than announce.
        self.speakers = frozenset(line.session for line in lines)
        self.encoded: dict[Any, bytes] = {}


class MemberDetailsChanged(RoomEvent):
    """A member's realname changed (IRCv3 setname), or an account signed on/off behind a nick (account-notify)."""

    person: Person
    realname: str


class MemberPresenceChanged(RoomEvent):
    """What a member says of herself changed between available, away and their kin (IRCv3 away-notify).

    Told once per watching session that may see her presence and is not told by `Client.presence_changed` of the same
    change; never for coming, going, or turning invisible. `room` is one shared room.
    """

    person: Person
    state: State
    text: str
    #: What this session's person was told last.
    before: State = State.OFFLINE
    before_text: str = ""
