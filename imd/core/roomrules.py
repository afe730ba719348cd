"""Rules of a room: its name, who may come in, speak, and change what (RFC 2811 section 4)."""

from imd.core.limits import Limits, octets
from imd.core.message import Draft, Kind
from imd.core.people import People
from imd.core.refusal import CannotJoin, CannotSpeak, InvalidName, Locked, Malformed, NotAMember, NotOperator
from imd.core.roommasks import Prefix, always_invited, banned, silenced
from imd.core.roomranks import LASTING, RANKS, granted, may_alter, may_give, rules
from imd.core.session import Person
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
    RoomFlag,
)

#: RFC 2812 section 1.3: no space, comma, control G; and nothing that ends a line.
_FORBIDDEN = frozenset(" ,\x07\r\n\0:")
_MAX_KEY = 32
_MAX_MASK = 200


def check_room_name(name: str, limits: Limits) -> str:
    """Return `name` if a room may have it (RFC 2812 section 1.3), else raise `InvalidName`."""
    limit = limits.room_name_length
    long = octets("name", name) > limit > 0
    if long:
        limits.tally.count("room_name_length")
    if long or len(name) < 2 or name[0] != "#" or _FORBIDDEN.intersection(name):
        most = f"up to {limit - 1} more bytes" if limit else "more"
        raise InvalidName(name, f"'#' and {most} without space, comma or colon")
    return name


def apply(room: Room, actor: Member, change: RoomChange, people: People, by: str, now: float, limits: Limits) -> bool:
    """Carry out one change a member asked for; False when it changes nothing. Raises a `Refusal`."""
    if not may_alter(actor, change):
        raise NotOperator(room.name)
    match change:
        case FlagChange():
            return _change_flag(room, change)
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


def _change_flag(room: Room, change: FlagChange) -> bool:
    flag = change.flag
    if (flag in room.flags) is change.on:
        return False
    if flag in room.mode_lock:
        raise Locked(room.name, flag.value, {each.value: on for each, on in room.mode_lock.items()})
    (room.flags.add if change.on else room.flags.discard)(flag)
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
    # Giving up a right is everybody's own affair; taking one needs a rank above whoever has it.
    own = target is actor and not change.on
    if not own and not (may_give(actor.roles, change.role) and (change.on or rules(actor.roles, target.roles))):
        raise NotOperator(room.name)
    if (change.role in target.roles) is change.on:
        return False
    (target.roles.add if change.on else target.roles.discard)(change.role)
    if person.account is not None and room.founder:
        _remember(room, person.account.id, change)
    return True


def _remember(room: Room, account: str, change: RoleChange) -> None:
    """Who keeps order in a durable room does so whenever she comes in."""
    had = room.access.get(account)
    if not change.on:
        if had is change.role:
            del room.access[account]
    elif change.role in LASTING and account != room.founder and (had is None or RANKS[change.role] > RANKS[had]):
        room.access[account] = change.role


def check_entry(room: Room, person: Person, prefix: str, key: str, limits: Limits, *, invited: bool) -> None:
    """Raise `CannotJoin` when the person, seen as `prefix`, may not come in."""
    if room.closed:
        raise CannotJoin(room.name, "closed")
    role = granted(room, person)
    if role is not None and role is not Role.VOICE:
        return
    if banned(room, person, prefix) and not invited:
        raise CannotJoin(room.name, "banned")
    on_list = role is not None or always_invited(room, person, prefix)
    if RoomFlag.INVITE_ONLY in room.flags and not invited and not on_list:
        raise CannotJoin(room.name, "invite-only")
    if RoomFlag.ACCOUNTS_ONLY in room.flags and person.guest and not invited:
        raise CannotJoin(room.name, "accounts-only")
    if room.key and key != room.key and not invited:
        raise CannotJoin(room.name, "key")
    most = limits.room_members
    if most and len(room.members) >= most:
        limits.tally.count("room_members")
        raise CannotJoin(room.name, "full")
    if room.limit and len(room.members) >= room.limit and not invited:
        raise CannotJoin(room.name, "full")


def check_speech(room: Room, person: Person, draft: Draft, prefix: Prefix) -> None:
    """Raise `CannotSpeak` when the person may not say this; `prefix` tells how bans see her."""
    member = room.members.get(person.key)
    if member is None and RoomFlag.NO_OUTSIDERS in room.flags:
        raise CannotSpeak(room.name, "you are not in it")
    if RoomFlag.NO_CTCP in room.flags and draft.kind is Kind.SIGNAL and draft.body:
        # ACTION, which is talk, has a kind of its own.
        raise CannotSpeak(room.name, "it takes no CTCP")
    if member is not None and member.roles:
        return
    if RoomFlag.MODERATED in room.flags:
        raise CannotSpeak(room.name, "it is moderated")
    if silenced(room, person, prefix):
        raise CannotSpeak(room.name, "you are banned")
