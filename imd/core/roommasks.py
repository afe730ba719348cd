"""Whom the entries of a room's lists mean (RFC 2811 section 4.3; Modern IRC, "EXTBAN").

An entry is a mask for ``nick!user@host``, or ``a:`` with a mask for the name of an account
(https://ircv3.net/specs/extensions/account-extban). ``m:`` before either mutes: whom it means may come in and may not
speak; among the exceptions it lets speak, and nothing else.
"""

from collections.abc import Callable

from imd.core.masks import matches
from imd.core.session import Person
from imd.core.talk import ListKind, Room

MUTE = "m:"
ACCOUNT = "a:"
#: Their letters, as ISUPPORT tells them.
LETTERS = "am"

#: How masks see a person: ``nick!user@host``, with the cloak for the host.
Prefix = Callable[[Person], str]


def meant(mask: str, person: Person, prefix: str) -> bool:
    """Whether an entry without ``m:`` means this person, seen as `prefix`."""
    if mask.startswith(ACCOUNT):
        return person.account is not None and matches(mask[len(ACCOUNT) :], person.account.name)
    return matches(mask, prefix)


def banned(room: Room, person: Person, prefix: str) -> bool:
    """Whether the room's bans shut this person out."""
    return _listed(room, ListKind.BAN, person, prefix) and not _listed(room, ListKind.EXCEPTION, person, prefix)


def silenced(room: Room, person: Person, prefix: Prefix) -> bool:
    """Whether bans or mutes of the room let this person not speak."""
    if not room.lists[ListKind.BAN]:
        return False
    seen = prefix(person)
    if _listed(room, ListKind.EXCEPTION, person, seen):
        return False
    if _listed(room, ListKind.BAN, person, seen):
        return True
    return _muted(room, ListKind.BAN, person, seen) and not _muted(room, ListKind.EXCEPTION, person, seen)


def always_invited(room: Room, person: Person, prefix: str) -> bool:
    return _listed(room, ListKind.INVITE_EXCEPTION, person, prefix)


def _listed(room: Room, kind: ListKind, person: Person, prefix: str) -> bool:
    return any(meant(entry.mask, person, prefix) for entry in room.lists[kind] if not entry.mask.startswith(MUTE))


def _muted(room: Room, kind: ListKind, person: Person, prefix: str) -> bool:
    return any(
        meant(entry.mask[len(MUTE) :], person, prefix) for entry in room.lists[kind] if entry.mask.startswith(MUTE)
    )
