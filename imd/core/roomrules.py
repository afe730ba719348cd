"""What may be changed about a room, by whom: one rule per kind of change (RFC 2811 section 4)."""

from imd.core.limits import Limits
from imd.core.people import People
from imd.core.refusal import Malformed, NotAMember, NotOperator
from imd.core.talk import (
    BanEntry,
    FlagChange,
    KeyChange,
    LimitChange,
    ListChange,
    Member,
    Role,
    RoleChange,
    Room,
    RoomChange,
)

_MAX_KEY = 32
_MAX_MASK = 200


def operator(member: Member) -> bool:
    """Whether a member keeps order in the room."""
    return Role.OPERATOR in member.roles or Role.FOUNDER in member.roles


def apply(room: Room, actor: Member, change: RoomChange, people: People, by: str, now: float, limits: Limits) -> bool:
    """Carry out one change an operator asked for; False when it changes nothing. Raises a `Refusal`."""
    match change:
        case FlagChange(flag, on):
            if (flag in room.flags) is on:
                return False
            (room.flags.add if on else room.flags.discard)(flag)
        case KeyChange(key):
            if len(key.encode()) > _MAX_KEY or any(c in " ,:" or not c.isprintable() for c in key):
                raise Malformed(f"A key has at most {_MAX_KEY} bytes, without spaces, commas and colons.")
            if room.key == key:
                return False
            room.key = key
        case LimitChange(limit):
            if limit < 0 or limit > 1_000_000:
                raise Malformed("A limit is a positive number.")
            if room.limit == limit:
                return False
            room.limit = limit
        case ListChange():
            return _change_list(room, change, by, now, limits)
        case RoleChange():
            return _change_role(room, actor, change, people)
    return True


def _change_list(room: Room, change: ListChange, by: str, now: float, limits: Limits) -> bool:
    entries = room.lists[change.kind]
    present = [entry for entry in entries if entry.mask.lower() == change.mask.lower()]
    if bool(present) is change.on:
        return False
    if not change.on:
        entries.remove(present[0])
        return True
    if not change.mask or len(change.mask) > _MAX_MASK or any(c.isspace() for c in change.mask):
        raise Malformed("That is not a mask.")
    limits.check_count("room_masks", "entries of a room's list", len(entries))
    entries.append(BanEntry(change.mask, by, now))
    return True


def _change_role(room: Room, actor: Member, change: RoleChange, people: People) -> bool:
    person = people.find(change.who.name)
    target = None if person is None else room.members.get(person.key)
    if person is None or target is None:
        # Whether somebody of that name is elsewhere is not the room's business (P5).
        raise NotAMember(room.name, change.who.name)
    # Only a founder makes, or unmakes, a founder, and nobody else takes rights from one.
    if (change.role is Role.FOUNDER or (Role.FOUNDER in target.roles and not change.on)) and (
        Role.FOUNDER not in actor.roles
    ):
        raise NotOperator(room.name)
    if (change.role in target.roles) is change.on:
        return False
    (target.roles.add if change.on else target.roles.discard)(change.role)
    if person.account is not None and room.founder and change.role is Role.OPERATOR:
        # Operators of a durable room are operators whenever they come in.
        (room.operators.add if change.on else room.operators.discard)(person.account.id)
    return True
