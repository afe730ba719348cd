"""WHO and WHOX: who is in a room, or fits a mask (Modern IRC, "WHO message"; https://ircv3.net/specs/extensions/whox).

"Visible users are users who either aren't invisible (+i) or have a common channel with the requesting client": a mask
finds those one shares a room with, and of the others those who have taken ``i`` from themselves, as far as their
presence may be seen (P5). Who knows the nick finds anybody she may see.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from imd.core.address import fold
from imd.core.session import Mark, Person
from imd.core.talk import Member, Room
from imd.protocols.irc import modes, numerics, user_modes
from imd.protocols.irc.commands import command
from imd.protocols.irc.names import listed, seen_members
from imd.protocols.irc.refusals import middle
from imd.protocols.irc.rooms import is_room
from imd.protocols.irc.whois import idle, is_away, knows_well, realname, shared_rooms, user_and_host, view_of, visible
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: Rows of one WHO: more would overrun the send queue.
MAX_WHO = 2_000


class _Found(NamedTuple):
    person: Person
    #: The room under which the person is shown, if any.
    room: Room | None
    member: Member | None


@command("WHO")
def who(session: "IrcSession", line: Line) -> None:
    """``WHO [mask [o]]``, or with WHOX ``WHO mask [o]%fields[,token]``."""
    mask = line.param(0) or "*"
    flags, whox, fields = line.param(1).partition("%")
    found = _search(session, mask)
    if "o" in flags:
        found = (row for row in found if row.person.marked(Mark.OPERATOR))
    for row in islice(found, MAX_WHO):
        if whox:
            _tell_whox(session, row, fields)
        else:
            _tell_who(session, row)
    session.numeric(numerics.RPL_ENDOFWHO, middle(mask))


def _search(session: "IrcSession", mask: str) -> Iterable[_Found]:
    if is_room(mask):
        room = session.hub.rooms.find(mask)
        if room is not None:
            session.hub.rooms.catch_up(room)
            return (_Found(member.person, room, member) for member in seen_members(session, room))
        return ()
    if mask == "0":
        mask = "*"
    if "*" in mask or "?" in mask:
        return (_placed(session, person) for person in _by_mask(session, modes.matcher(mask, fold)))
    person = visible(session, mask)
    return () if person is None else (_placed(session, person),)


def _by_mask(session: "IrcSession", matches: Callable[[str], bool]) -> Iterator[Person]:
    people = session.hub.people
    me = session.me.person
    near = {me.key: me}
    for room in session.hub.rooms.rooms_of(me):
        near.update((key, member.person) for key, member in room.members.items())
    for person in near.values():
        if matches(person.address.name) or matches(session.source_of(person)):
            yield person
    if people.person_count() == people.marked(Mark.UNLISTED):
        # So it is nearly always.
        return
    for person in list(people.online()):
        if person.key in near or not listed(session, person):
            continue
        if matches(person.address.name) or matches(session.source_of(person)):
            yield person


def _placed(session: "IrcSession", person: Person) -> _Found:
    return _Found(person, *next(shared_rooms(session, person), (None, None)))


def _flags(session: "IrcSession", row: _Found) -> str:
    """``H`` here or ``G`` gone, ``*`` an operator of the service, the prefixes of the room shown, ``B`` a bot."""
    person = row.person
    roles = "" if row.member is None else modes.prefix(row.member, every="multi-prefix" in session.caps)
    away = "G" if is_away(view_of(session, person)) else "H"
    return away + "*" * person.marked(Mark.OPERATOR) + roles + user_modes.BOT * person.marked(Mark.BOT)


def _tell_who(session: "IrcSession", row: _Found) -> None:
    user, host = user_and_host(session, row.person)
    session.numeric(
        numerics.RPL_WHOREPLY,
        "*" if row.room is None else row.room.name,
        user,
        host,
        session.door.server,
        row.person.address.name,
        _flags(session, row),
        f"0 {realname(row.person)}",
    )


def _tell_whox(session: "IrcSession", row: _Found, text: str) -> None:
    """354 holds the fields asked for, in the order of the specification."""
    fields, _, token = text.partition(",")
    person = row.person
    user, host = user_and_host(session, person)
    values = {
        # "The token MUST contain only digit characters and MUST contain at most 3 characters."
        "t": token if token.isascii() and token.isdigit() and len(token) <= 3 else "0",
        "c": "*" if row.room is None else row.room.name,
        "u": user,
        # Never the network address (P5): what the specification gives for a hidden one.
        "i": "255.255.255.255",
        "h": host,
        "s": session.door.server,
        "n": person.address.name,
        "f": _flags(session, row),
        "d": "0",
        "l": str(idle(session, person)) if "l" in fields and knows_well(session, person) else "0",
        "a": "0" if person.account is None else person.account.name,
        "o": "n/a",
        "r": realname(person),
    }
    session.numeric(numerics.RPL_WHOSPCRPL, *(value for field, value in values.items() if field in fields))
