"""NAMES, and the list of members that follows a JOIN (Modern IRC, "NAMES message")."""

from collections.abc import Iterable
from itertools import chain, islice
from typing import TYPE_CHECKING

from imd.core.session import Mark, Person
from imd.core.talk import Member, Room, RoomFlag
from imd.protocols.irc import modes, numerics, refusals
from imd.protocols.irc.commands import command
from imd.protocols.irc.rooms import is_member, targets
from imd.protocols.irc.wire.line import MAX_BODY, Line
from imd.protocols.irc.wire.packing import packed

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: Either opts out of NAMES after a JOIN: the specification has been ratified, and clients still ask for the draft.
_SILENT = frozenset({"no-implicit-names", "draft/no-implicit-names"})


@command("NAMES", active=True)
def names(session: "IrcSession", line: Line) -> None:
    """``NAMES [#room{,#room}]``; without a room those one is in."""
    if not line.params or not line.params[0]:
        for room in session.hub.rooms.rooms_of(session.me.person):
            session.hub.rooms.catch_up(room)
            _tell_members(session, room)
        session.numeric(numerics.RPL_ENDOFNAMES, "*")
        return
    for name in targets(line.params[0]):
        found = session.hub.rooms.find(name)
        if found is not None:
            session.hub.rooms.catch_up(found)
            _tell_members(session, found)
        # Modern IRC, "NAMES message": names "are evaluated one-by-one", and each has "a single RPL_ENDOFNAMES".
        session.numeric(numerics.RPL_ENDOFNAMES, refusals.middle(name))


def tell_names(session: "IrcSession", room: Room) -> None:
    """353 as often as needed, and 366: what follows a JOIN, for who has not opted out
    (https://ircv3.net/specs/extensions/no-implicit-names)."""
    if not _SILENT.isdisjoint(session.caps):
        return
    _tell_members(session, room)
    session.numeric(numerics.RPL_ENDOFNAMES, room.name)


def _tell_members(session: "IrcSession", room: Room) -> None:
    symbol = "@" if RoomFlag.SECRET in room.flags else "="
    # ":server 353 nick = #room :…\r\n"
    room_for = MAX_BODY - len(f":{session.door.server} 353 {session.nick} {symbol} {room.name} :\r\n".encode())
    every = "multi-prefix" in session.caps
    if "userhost-in-names" in session.caps:
        texts: Iterable[str] = packed(
            (modes.prefix(each, every=every) + session.source_of(each.person) for each in seen_members(session, room)),
            room_for,
        )
    elif is_member(session, room):
        texts = _known(room, every, room_for)
    else:
        texts = packed(_words(seen_members(session, room), every), room_for)
    for text in texts:
        session.numeric(numerics.RPL_NAMREPLY, symbol, room.name, text)


def _words(members: Iterable[Member], every: bool) -> Iterable[str]:
    return (modes.prefix(member, every=every) + member.person.address.name for member in members)


class _Known:
    """What stands in the answer of the first so many members of a room."""

    __slots__ = ("count", "texts")

    def __init__(self) -> None:
        self.count = 0
        self.texts: list[str] = []


def _known(room: Room, every: bool, room_for: int) -> list[str]:
    """All members, in texts of at most so many bytes.

    A thousand people who enter a room are told a thousand times who is in. So what was made for one is kept with the
    room for the next, and added to as long as the room only grows. (With userhosts it is not: what stands behind a nick
    may change without anything happening in the room.)
    """
    if room.encoded is None:
        room.encoded = {}
    # Nicks differ in length; to the next sixteen, nearly all have the same.
    room_for -= room_for % 16
    known: _Known = room.encoded.setdefault(("irc names", every, room_for), _Known())
    if known.count < len(room.members):
        words = _words(islice(room.members.values(), known.count, None), every)
        if known.texts:
            # The last one may have room for more.
            words = chain((known.texts.pop(),), words)
        known.texts += packed(words, room_for)
        known.count = len(room.members)
    return known.texts


def seen_members(session: "IrcSession", room: Room) -> Iterable[Member]:
    """Members see members. Outsiders learn of nobody (P5) but those who have taken ``i`` from themselves, in rooms that
    are not secret (Modern IRC, "Invisible User Mode")."""
    if is_member(session, room):
        return room.members.values()
    people = session.hub.people
    if not session.hub.rooms.may_know(session.me, room) or people.person_count() == people.marked(Mark.UNLISTED):
        return ()
    return (member for member in room.members.values() if listed(session, member.person))


def listed(session: "IrcSession", person: Person) -> bool:
    """Whether somebody is shown where she and the client are not together: she has no mode ``i``, and her presence may
    be seen. That they share some room is not enough: there she is a member, and no more (P5)."""
    return not person.marked(Mark.UNLISTED) and session.hub.presence.view(session.me, person.address.name).online
