"""Values inside messages: states, contacts, rooms. Plain strings and small structs, as they stand on the wire."""

from typing import Annotated, Literal

import msgspec

from imd.messages.base import says

#: What a client may say of itself; watchers see `invisible` as `offline`.
OwnState = Literal["available", "away", "extended-away", "busy", "invisible"]
State = Literal["available", "away", "extended-away", "busy", "invisible", "offline"]
Visibility = Literal["everyone", "contacts", "nobody"]
Registration = Literal["open", "invite", "closed"]
Subscription = Literal["none", "to", "from", "both"]
RosterAction = Literal["changed", "removed", "asked", "approved", "refused"]
MessageKind = Literal["text", "action", "notice"]
Settled = Literal["accepted", "kept", "refused", "unknown"]
Role = Literal["founder", "admin", "operator", "half-operator", "voice"]
RoomFlag = Literal["invite-only", "moderated", "no-outsiders", "secret", "topic-protected", "accounts-only", "no-ctcp"]
MaskList = Literal["ban", "exception", "invite-exception"]

Name = Annotated[
    str,
    says("A person: `alice`, or in full `alice@example.org`. A bare name belongs to the server's domain."),
]
AddressText = Annotated[str, says("An address in full, `alice@example.org`; a room's is `#tea@example.org`.")]
RoomName = Annotated[str, says("A room's name, with its `#`.")]
Setter = Annotated[str, says("Name of who set it.")]
Time = Annotated[float, says("Seconds since 1970-01-01 00:00 UTC.")]
Port = Annotated[int, says("A port, or 0.", ge=0, le=65535)]


class Value(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Part of a message."""


class OwnPresence(Value, kw_only=True, frozen=True):
    """What a session says of itself."""

    state: OwnState = "available"
    text: Annotated[str, says("Free text, shown to watchers.")] = ""
    idle_since: Annotated[
        float | None, says("Since when the person has done nothing (a time), or null while active.")
    ] = None


class Location(Value, kw_only=True, frozen=True):
    """Where one session of a person can be reached. Sent to mutual contacts who both opted in, to nobody else."""

    door: Annotated[str, says("The protocol the session uses: `native`, `irc`, …")]
    address: Annotated[str, says("Network address.")]
    port: Port
    tcp_port: Annotated[int, says("Where the client listens for direct TCP connections; 0: nowhere.")] = 0
    udp_port: Annotated[int, says("The same for UDP.")] = 0
    client: Annotated[str, says("Name of the client program.")] = ""
    version: str = ""
    since: Time


class PersonPresence(Value, kw_only=True, frozen=True):
    """What one may see of a person now."""

    address: AddressText
    state: State
    text: str = ""
    idle_since: Annotated[float | None, says("Since when the person has done nothing, if so.")] = None
    locations: Annotated[tuple[Location, ...], says("The person's sessions; empty unless one may know them.")] = ()
    realname: Annotated[str, says("Of a desk, on or off: its title. Of people it is told in rooms.")] = ""


class Contact(Value, kw_only=True, frozen=True):
    """An entry of the buddy list."""

    address: AddressText
    label: Annotated[str, says("One's own name for the contact.")] = ""
    groups: tuple[str, ...] = ()
    subscription: Annotated[
        Subscription,
        says("Who sees whose presence (RFC 6121): `to`: I see theirs, `from`: they see mine, `both`, `none`."),
    ] = "none"
    asking: Annotated[bool, says("I have asked and wait for the answer.")] = False
    asked: Annotated[bool, says("They have asked and wait for my `roster-approve` or `roster-refuse`.")] = False
    approved: Annotated[bool, says("I have approved before they asked.")] = False
    blocked: bool = False


class Topic(Value, kw_only=True, frozen=True):
    """What a room is about."""

    text: str
    by: Setter
    time: Time


class RoomInfo(Value, kw_only=True, frozen=True):
    """A room at a glance."""

    name: RoomName
    topic: Annotated[Topic | None, says("Null: none.")] = None
    members: Annotated[int, says("How many are in.")] = 0
    flags: tuple[RoomFlag, ...] = ()
    limit: Annotated[int, says("Most members; 0: no limit.")] = 0
    created: Time
    roles: Annotated[tuple[Role, ...], says("One's own rights in it.")] = ()


class Member(Value, kw_only=True, frozen=True):
    """Somebody in a room."""

    address: AddressText
    roles: tuple[Role, ...] = ()
    realname: str = ""


class Mask(Value, kw_only=True, frozen=True):
    """An entry of a room's ban, exception or invite-exception list."""

    mask: Annotated[
        str,
        says("`nick!user@host` with `*` and `?`, or `a:account`. `m:` before either: may come in, and not speak."),
    ]
    by: Setter
    time: Time


class OwnSession(Value, kw_only=True, frozen=True):
    """One of one's own sessions."""

    session: Annotated[str, says("Its id.")]
    door: str
    address: str
    port: Port
    secure: Annotated[bool, says("TLS or DTLS.")] = False
    client: str = ""
    version: str = ""
    device: str = ""
    since: Time
    state: State = "available"


class Reason(Value, kw_only=True, frozen=True):
    """Why something was refused."""

    code: Annotated[str, says("Stable, for programs; see *Errors*.")]
    text: Annotated[str, says("A sentence for people.")]


# What can be asked of a room's settings, and what then happened: the same values.
class Change(msgspec.Struct, tag_field="change", kw_only=True, frozen=True, omit_defaults=True):
    """One alteration of a room; `change` says of what."""


class FlagChange(Change, kw_only=True, frozen=True, tag="flag"):
    flag: RoomFlag
    on: bool


class KeyChange(Change, kw_only=True, frozen=True, tag="key"):
    key: Annotated[str, says("What one must say to enter; empty removes it.")]


class LimitChange(Change, kw_only=True, frozen=True, tag="limit"):
    limit: Annotated[int, says("Most members; 0 removes the limit.", ge=0)]


class ListChange(Change, kw_only=True, frozen=True, tag="list"):
    list: MaskList
    mask: str
    on: bool


class RoleChange(Change, kw_only=True, frozen=True, tag="role"):
    role: Role
    who: Name
    on: bool


RoomChange = FlagChange | KeyChange | LimitChange | ListChange | RoleChange
