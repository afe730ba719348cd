"""Ranks in a room: who may do what to whom (Modern IRC, "Channel Membership Prefixes").

A founder may do everything. Admins rule operators and below, operators each other and below, half-operators those with
a voice or nothing. Anybody may give up rights of her own.
"""

from collections.abc import Iterable

from imd.core.session import Person
from imd.core.talk import (
    FlagChange,
    ListChange,
    Member,
    Role,
    RoleChange,
    Room,
    RoomChange,
    RoomFlag,
)

#: From the lowest; 0 is a member without a role.
RANKS: dict[Role, int] = {role: rank for rank, role in enumerate(reversed(Role), 1)}
#: What somebody of each role rules: everything below this rank.
_REACH: dict[Role, int] = {
    Role.FOUNDER: RANKS[Role.FOUNDER] + 1,
    Role.ADMIN: RANKS[Role.ADMIN],
    Role.OPERATOR: RANKS[Role.OPERATOR] + 1,
    Role.HALFOP: RANKS[Role.HALFOP],
    Role.VOICE: 0,
}
#: Switches that half-operators may turn: those for keeping order at the moment.
_HALFOP_FLAGS = frozenset({RoomFlag.INVITE_ONLY, RoomFlag.MODERATED, RoomFlag.NO_OUTSIDERS, RoomFlag.TOPIC_PROTECTED})
#: Roles of an account that `MODE` gives for good in a durable room; a voice is for the visit, unless it is granted.
LASTING = frozenset({Role.ADMIN, Role.OPERATOR, Role.HALFOP})


def highest(roles: Iterable[Role]) -> Role | None:
    return max(roles, key=RANKS.__getitem__, default=None)


def at_least(member: Member | None, role: Role) -> bool:
    """Whether somebody in the room has this role or a higher one."""
    return member is not None and any(RANKS[mine] >= RANKS[role] for mine in member.roles)


def operator(member: Member) -> bool:
    """Whether a member keeps order in the room."""
    return at_least(member, Role.OPERATOR)


def rules(actor: Iterable[Role], target: Iterable[Role]) -> bool:
    """Whether who has the roles `actor` may remove who has `target`, or take rights from her."""
    reach = max((_REACH[role] for role in actor), default=0)
    return max((RANKS[role] for role in target), default=0) < reach


def may_give(actor: Iterable[Role], role: Role) -> bool:
    """Whether who has the roles `actor` may make somebody this, or unmake her."""
    return rules(actor, (role,))


def may_alter(actor: Member, change: RoomChange) -> bool:
    """Whether a member may ask for this, whoever it is about: roles have rules of their own, see `may_give`."""
    match change:
        case RoleChange():
            return True
        case FlagChange(flag):
            return at_least(actor, Role.HALFOP if flag in _HALFOP_FLAGS else Role.OPERATOR)
        case ListChange():
            return at_least(actor, Role.HALFOP)
        case _:
            return operator(actor)


def granted(room: Room, person: Person) -> Role | None:
    """The role an account has whenever it comes in: by the room's book, not by anybody's word of today."""
    if person.account is None:
        return None
    if room.founder and person.account.id == room.founder:
        return Role.FOUNDER
    return room.access.get(person.account.id)
