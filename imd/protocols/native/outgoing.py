"""The core's values as native messages, and the few that clients send as the core's.

What goes to many sessions is encoded once and kept with the value, under `KEY`.
"""

from typing import Any

import msgspec

from imd.core import contact as core_contact
from imd.core import message as core_message
from imd.core import session as core
from imd.core import talk
from imd.core.address import Address, split
from imd.messages import signals, values
from imd.messages.history import Line, Redacted
from imd.messages.messaging import Message, ReceiptEvent, Sent
from imd.messages.presence import PresenceOf
from imd.messages.rooms import RoomState
from imd.messages.roster import RosterChanged
from imd.protocols.native.wire.codec import encode

KEY = "native"
#: The same for what stands within a message, among others of its kind.
ENTRY = "native entry"


def word(value: str) -> Any:
    """A value of one of the core's enumerations as the word on the wire; a test compares the two sets."""
    return value


# ---------------------------------------------------------------- messages


def message(envelope: core_message.Envelope, least: talk.Role | None = None) -> bytes:
    """The payload of a message; empty for a signal that says nothing to a native client. `least` is the same each
    time it is asked for one envelope."""
    payload = envelope.encoded.get(KEY)
    if payload is None:
        payload = envelope.encoded[KEY] = _message(envelope, least)
    return payload


def _message(envelope: core_message.Envelope, least: talk.Role | None) -> bytes:
    told = envelope.message
    sender, to = str(told.sender), str(told.recipient)
    if told.kind is core_message.Kind.SIGNAL:
        signal = signals.from_tags(told.tags, sender, to, told.time)
        return b"" if signal is None else encode(signal)
    return encode(
        Message(
            id=told.id,
            seq=told.seq,
            time=told.time,
            from_=sender,
            to=to,
            body=told.body,
            kind=word(told.kind._value_),
            tags=told.tags,
            repeat=envelope.repeat,
            least="" if least is None else word(least.value),
        )
    )


def line(told: core_message.Message) -> Line:
    return Line(
        id=told.id,
        seq=told.seq,
        time=told.time,
        from_=str(told.sender),
        to=str(told.recipient),
        body=told.body,
        kind=word(told.kind._value_),
        tags=told.tags,
    )


def sent(receipt: core_message.Receipt, ref: int, client_id: str) -> Sent:
    """What became of a message, for who sent it."""
    reason = receipt.reason
    return Sent(
        ref=ref,
        id=receipt.id,
        client_id=client_id,
        outcome=word(receipt.outcome._value_),
        time=receipt.time,
        code="" if reason is None else reason.code,
        text="" if reason is None else reason.sentence,
        retry_after=getattr(reason, "retry_after", None),
    )


def receipt(step: core_message.Receipt) -> ReceiptEvent:
    return ReceiptEvent(
        id=step.id,
        client_id=step.client_id,
        to="" if step.to is None else str(step.to),
        outcome=word(step.outcome._value_),
        time=step.time,
    )


# ---------------------------------------------------------------- people


_AVAILABLE = core.Presence()


def own_presence(presence: values.OwnPresence) -> core.Presence:
    if presence.state == "available" and not presence.text and presence.idle_since is None:
        # What nearly all say, so that nearly all share it.
        return _AVAILABLE
    return core.Presence(core.State(presence.state), presence.text, presence.idle_since)


def presence(view: core.PresenceView) -> bytes:
    """The payload of a change of presence."""
    payload = view.encoded.get(KEY)
    if payload is None:
        payload = view.encoded[KEY] = encode(presence_of(view, 0))
    return payload


def presence_of(view: core.PresenceView, ref: int) -> PresenceOf:
    return PresenceOf(
        ref=ref,
        address=str(view.person),
        state=word(view.state.value),
        text=view.text,
        idle_since=view.idle_since,
        locations=_locations(view),
        renamed_from="" if view.renamed_from is None else str(view.renamed_from),
        realname=view.title,
    )


def person_presence(view: core.PresenceView) -> Any:
    """As it stands among others, encoded: all who may see the same share it."""
    payload = view.encoded.get(ENTRY)
    if payload is None:
        payload = view.encoded[ENTRY] = encode(
            values.PersonPresence(
                address=str(view.person),
                state=word(view.state.value),
                text=view.text,
                idle_since=view.idle_since,
                locations=_locations(view),
                realname=view.title,
            )
        )
    return msgspec.Raw(payload)


def _locations(view: core.PresenceView) -> tuple[values.Location, ...]:
    return tuple(
        values.Location(
            door=location.door,
            address=location.address,
            port=location.port,
            tcp_port=location.tcp_port,
            udp_port=location.udp_port,
            client=location.client,
            version=location.version,
            since=location.since,
        )
        for location in view.locations
    )


def own_session(session: core.Session) -> values.OwnSession:
    return values.OwnSession(
        session=session.id,
        door=session.peer.door,
        address=session.peer.address,
        port=session.peer.port,
        secure=session.peer.secure,
        client=session.info.name,
        version=session.info.version,
        device=session.info.device,
        since=session.since,
        state=word(session.presence.state.value),
    )


def contact(entry: core_contact.Contact) -> values.Contact:
    # A hundred of them for each sign-on: nothing is called here.
    address = entry.address
    return values.Contact(
        address=f"{address.name}@{address.domain}",
        label=entry.label,
        groups=entry.groups,
        subscription=("both" if entry.from_ else "to") if entry.to else ("from" if entry.from_ else "none"),
        asking=entry.asking,
        asked=entry.asked,
        approved=entry.approved,
        blocked=entry.blocked,
    )


def roster_change(change: core_contact.RosterChange) -> RosterChanged:
    return RosterChanged(action=word(change.action.value), contact=contact(change.contact))


# ---------------------------------------------------------------- rooms


def _words(members: set[Any]) -> tuple[Any, ...]:
    # In the order of their definition: sets have none, and examples should not change from run to run.
    return tuple(member.value for kind in {type(member) for member in members} for member in kind if member in members)


def room_info(room: talk.Room, person: core.Person) -> values.RoomInfo:
    member = room.members.get(person.key)
    return values.RoomInfo(
        name=room.name,
        topic=None if room.topic is None else topic(room.topic),
        members=len(room.members),
        flags=_words(room.flags),
        limit=room.limit,
        created=room.created,
        roles=() if member is None else _words(member.roles),
    )


def room_state(room: talk.Room, person: core.Person, ref: int) -> RoomState:
    people = tuple(
        values.Member(
            address=str(member.person.address),
            roles=_words(member.roles),
            realname=next((each.info.realname for each in member.person.sessions if each.info.realname), ""),
        )
        for member in room.members.values()
    )
    return RoomState(ref=ref, room=room_info(room, person), people=people)


def topic(set_topic: talk.Topic) -> values.Topic:
    return values.Topic(text=set_topic.text, by=setter(set_topic.by), time=set_topic.time)


def setter(by: str) -> str:
    """Who set a topic or a mask: the core keeps it as IRC shows it, ``nick!user@host``; here the name says it."""
    return by.partition("!")[0]


def mask(entry: talk.BanEntry) -> values.Mask:
    return values.Mask(mask=entry.mask, by=setter(entry.by), time=entry.time)


def change(made: talk.RoomChange) -> values.RoomChange:
    """What has changed in a room."""
    match made:
        case talk.FlagChange(flag=flag, on=on):
            return values.FlagChange(flag=word(flag.value), on=on)
        case talk.KeyChange(key=key):
            return values.KeyChange(key=key)
        case talk.LimitChange(limit=limit):
            return values.LimitChange(limit=limit)
        case talk.ListChange(kind=kind, mask=mask, on=on):
            return values.ListChange(list=word(kind.value), mask=mask, on=on)
        case talk.RoleChange(role=role, who=who, on=on):
            return values.RoleChange(role=word(role.value), who=str(who), on=on)


def core_change(asked: values.RoomChange, domain: str) -> talk.RoomChange:
    """What a client wants changed; bare names belong to `domain`."""
    match asked:
        case values.FlagChange(flag=flag, on=on):
            return talk.FlagChange(talk.RoomFlag(flag), on)
        case values.KeyChange(key=key):
            return talk.KeyChange(key)
        case values.LimitChange(limit=limit):
            return talk.LimitChange(limit)
        case values.ListChange(list=name, mask=mask, on=on):
            return talk.ListChange(talk.ListKind(name), mask, on)
        case values.RoleChange(role=role, who=who, on=on):
            return talk.RoleChange(talk.Role(role), Address(*split(who, domain)), on)


def redacted(with_: str, id: str, time: float, by: Address, text: str) -> Redacted:
    return Redacted(with_=with_, id=id, time=time, by=str(by), text=text)
