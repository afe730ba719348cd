"""What may be a key, what people and rooms show, and which of it somebody sees."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from imd.core.refusal import Refusal
from imd.core.talk import Room

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


#: "Key names are restricted to the ranges a-z, 0-9, and _./-"; longer ones nobody has.
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_./-")


_LONGEST = 64


def valid(key: str) -> bool:
    return 0 < len(key) <= _LONGEST and _LETTERS.issuperset(key)


Found = tuple[str, Mapping[str, str]]


def look(session: "IrcSession", target: str) -> Found:
    """The target as it is spelled, and what it shows. Raises `Refusal`."""
    if target.startswith("#"):
        room, values = session.hub.metadata.of_room(session.me, target)
        return room.name, values
    person, values = session.hub.metadata.of_person(session.me, target)
    return person.address.name, values


def in_room(session: "IrcSession", room: Room) -> Iterator[Found]:
    """A room, and those in it who show anything."""
    yield room.name, room.metadata or {}
    for person, values in session.hub.metadata.of_members(session.me, room):
        yield person.address.name, values


def visible(session: "IrcSession") -> Iterator[Found]:
    """Everything this client is told of: its rooms and who is in them, whom it watches, and itself; each once."""
    hub, me = session.hub, session.me
    seen: set[str] = set()

    def each() -> Iterator[Found]:
        for room in hub.rooms.rooms_of(me.person):
            yield from in_room(session, room)
        for name in [session.nick, *hub.presence.watched(me)]:
            try:
                yield look(session, name)
            except Refusal:
                continue

    for name, values in each():
        if name not in seen:
            seen.add(name)
            yield name, values


def chosen(found: Iterable[Found], keys: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    wanted = list(keys)
    for name, values in found:
        if values:
            for key in wanted:
                if key in values:
                    yield name, key, values[key]
