"""Questions about people: WHO with WHOX, WHOIS, WHOWAS, ISON, USERHOST (Modern IRC, "User-Based Queries").

Somebody on through other doors only is a nick like any other. Who may not be seen (P5) is one who is offline: absent,
or 401. In a room they share people see each other whatever their privacy says, and they are then neither away nor idle.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from imd.core.address import fold
from imd.core.session import Mark, Person, PresenceView, Session, State
from imd.core.talk import Member, Room
from imd.protocols.irc import modes, numerics
from imd.protocols.irc.buddyserv import location_text
from imd.protocols.irc.commands import command
from imd.protocols.irc.refusals import middle
from imd.protocols.irc.room_events import away_text
from imd.protocols.irc.rooms import is_member, is_room, packed
from imd.protocols.irc.wire.line import MAX_BODY, Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: Rows of one WHO: more would overrun the send queue.
MAX_WHO = 2_000
#: Nicks of one USERHOST (RFC 2812 section 4.8).
_MAX_USERHOST = 5


def visible(session: "IrcSession", nick: str) -> Person | None:
    """Who is on under this nick and may be seen by the client."""
    person = session.hub.people.find(nick)
    return person if person is not None and session.hub.people.may_see(session.me, person) else None


def view_of(session: "IrcSession", person: Person) -> PresenceView:
    return session.hub.presence.view(session.me, person.address.name)


def is_away(view: PresenceView) -> bool:
    return away_text(view.state, view.text) is not None


def realname(person: Person) -> str:
    """What the person's first session that has one calls her."""
    return next((session.info.realname for session in person.sessions if session.info.realname), person.address.name)


def _shown_sessions(session: "IrcSession", person: Person) -> list[Session]:
    """The sessions that speak for a person: an invisible one is nobody else's business."""
    if person is session.me.person:
        return person.sessions
    return [other for other in person.sessions if other.presence.state is not State.INVISIBLE] or person.sessions


def _shared_rooms(session: "IrcSession", person: Person) -> Iterator[tuple[Room, Member]]:
    """The rooms in which the client sees the person."""
    for room in session.hub.rooms.rooms_of(session.me.person):
        member = room.members.get(person.key)
        if member is not None:
            yield room, member


def _knows_well(session: "IrcSession", person: Person) -> bool:
    """Whether the client may know more than "online" and "away": of guests, approved contacts, and oneself."""
    if person.guest or person is session.me.person:
        return True
    return any(view.person == person.address for view in session.hub.presence.roster_views(session.me))


def _idle(session: "IrcSession", person: Person) -> int:
    """Seconds since the person did something."""
    active = max(other.active for other in _shown_sessions(session, person))
    return max(0, int(session.hub.clock.time() - active))


# ---------------------------------------------------------------- WHO


class _Found(NamedTuple):
    person: Person
    #: The room under which the person is shown, if any.
    room: Room | None
    member: Member | None


@command("WHO")
def who(session: "IrcSession", line: Line) -> None:
    """``WHO mask [o]``, or with WHOX ``WHO mask [o]%fields[,token]`` (https://ircv3.net/specs/extensions/whox)."""
    mask = line.param(0) or "*"
    flags, whox, fields = line.param(1).partition("%")
    found = _search(session, mask)
    if "o" in flags:
        found = [row for row in found if row.person.marked(Mark.OPERATOR)]
    for place, row in enumerate(found):
        if place >= MAX_WHO:
            break
        if whox:
            _tell_whox(session, row, fields)
        else:
            _tell_who(session, row)
    session.numeric(numerics.RPL_ENDOFWHO, middle(mask))


def _search(session: "IrcSession", mask: str) -> Iterable[_Found]:
    if is_room(mask):
        room = session.hub.rooms.find(mask)
        # Outsiders learn of nobody: membership is for members to see.
        if room is not None and is_member(session, room):
            return [_Found(member.person, room, member) for member in room.members.values()]
        return []
    if "*" in mask or "?" in mask or mask == "0":
        return _by_mask(session, "*" if mask == "0" else mask)
    person = visible(session, mask)
    return [] if person is None else [_placed(session, person)]


def _by_mask(session: "IrcSession", mask: str) -> Iterator[_Found]:
    """Everybody is +i: a mask finds those one shares a room with, and oneself."""
    me = session.me.person
    people = {me.key: me}
    for room in session.hub.rooms.rooms_of(me):
        people.update((key, member.person) for key, member in room.members.items())
    matches = modes.matcher(mask, fold)
    for person in people.values():
        if matches(person.address.name) or matches(session.source_of(person)):
            yield _placed(session, person)


def _placed(session: "IrcSession", person: Person) -> _Found:
    return _Found(person, *next(_shared_rooms(session, person), (None, None)))


def _flags(session: "IrcSession", row: _Found) -> str:
    """``H`` here or ``G`` gone, ``*`` an operator of the service, and the prefixes of the room shown."""
    roles = "" if row.member is None else modes.prefix(row.member, every="multi-prefix" in session.caps)
    away = "G" if is_away(view_of(session, row.person)) else "H"
    return away + "*" * row.person.marked(Mark.OPERATOR) + roles


def _user_and_host(session: "IrcSession", person: Person) -> tuple[str, str]:
    user, _, host = session.hub.people.origin(person).partition("@")
    return user, host


def _tell_who(session: "IrcSession", row: _Found) -> None:
    user, host = _user_and_host(session, row.person)
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
    user, host = _user_and_host(session, person)
    values = {
        "t": middle(token)[:3] or "0",
        "c": "*" if row.room is None else row.room.name,
        "u": user,
        # Never the network address (P5): what the specification gives for a hidden one.
        "i": "255.255.255.255",
        "h": host,
        "s": session.door.server,
        "n": person.address.name,
        "f": _flags(session, row),
        "d": "0",
        "l": str(_idle(session, person)) if "l" in fields and _knows_well(session, person) else "0",
        "a": "0" if person.account is None else person.account.name,
        "o": "n/a",
        "r": realname(person),
    }
    session.numeric(numerics.RPL_WHOSPCRPL, *(value for field, value in values.items() if field in fields))


# ---------------------------------------------------------------- WHOIS


@command("WHOIS", active=True)
def whois(session: "IrcSession", line: Line) -> None:
    """``WHOIS [server] nick{,nick}``."""
    nicks = [nick for nick in line.param(1 if len(line.params) > 1 else 0).split(",") if nick]
    if not nicks:
        session.numeric(numerics.ERR_NONICKNAMEGIVEN)
        return
    if len(line.params) > 1:
        server = line.params[0]
        if fold(server) != fold(session.door.server) and visible(session, server) is None:
            session.numeric(numerics.ERR_NOSUCHSERVER, middle(server))
            return
    for nick in _not_too_many(session, nicks):
        person = visible(session, nick)
        if person is None:
            session.numeric(numerics.ERR_NOSUCHNICK, middle(nick))
        else:
            _tell_whois(session, person)
        session.numeric(numerics.RPL_ENDOFWHOIS, middle(nick))


def _tell_whois(session: "IrcSession", person: Person) -> None:
    nick = person.address.name
    own = person is session.me.person
    view = view_of(session, person)
    user, host = _user_and_host(session, person)
    session.numeric(numerics.RPL_WHOISUSER, nick, user, host, "*", realname(person))
    every = "multi-prefix" in session.caps
    rooms = (modes.prefix(member, every=every) + room.name for room, member in _shared_rooms(session, person))
    fixed = len(f":{session.door.server} 319 {session.nick} {nick} :\r\n".encode())
    for text in packed(rooms, MAX_BODY - fixed):
        session.numeric(numerics.RPL_WHOISCHANNELS, nick, text)
    session.numeric(numerics.RPL_WHOISSERVER, nick, session.door.server, session.door.settings.network)
    if person.marked(Mark.OPERATOR):
        session.numeric(numerics.RPL_WHOISOPERATOR, nick)
    if person.account is not None:
        session.numeric(numerics.RPL_WHOISACCOUNT, nick, person.account.name)
    away = away_text(view.state, view.text)
    if away is not None:
        session.numeric(numerics.RPL_AWAY, nick, away)
    if own or session.hub.people.seen_by_mutual(session.me, person):
        _tell_locations(session, person, view)
    if _knows_well(session, person) and (view.online or own):
        since = min(other.since for other in _shown_sessions(session, person))
        session.numeric(numerics.RPL_WHOISIDLE, nick, str(_idle(session, person)), str(int(since)))


def _tell_locations(session: "IrcSession", person: Person, view: PresenceView) -> None:
    """Address, ports and client: for oneself, and for mutual contacts who both opted in (P5)."""
    nick = person.address.name
    sessions = _shown_sessions(session, person)
    if all(other.peer.secure for other in sessions):
        session.numeric(numerics.RPL_WHOISSECURE, nick)
    if person is session.me.person:
        for address in dict.fromkeys(other.peer.address for other in sessions):
            session.numeric(numerics.RPL_WHOISACTUALLY, nick, address)
        return
    for location in view.locations:
        session.numeric(numerics.RPL_WHOISACTUALLY, nick, location.address)
        session.numeric(numerics.RPL_WHOISSPECIAL, nick, f"is at {location_text(location)}")


def _not_too_many(session: "IrcSession", nicks: list[str]) -> list[str]:
    """As many as TARGMAX says; the others are not answered."""
    limits = session.door.settings.limits
    if limits.targets and len(nicks) > limits.targets:
        limits.tally.count("targets")
    return nicks[: limits.targets or None]


@command("WHOWAS")
def whowas(session: "IrcSession", line: Line) -> None:
    """Nothing is kept of who has gone: that would be presence, told to anybody who asks."""
    nicks = [nick for nick in line.param(0).split(",") if nick]
    if not nicks:
        session.numeric(numerics.ERR_NONICKNAMEGIVEN)
    for nick in _not_too_many(session, nicks):
        session.numeric(numerics.ERR_WASNOSUCHNICK, middle(nick))
        session.numeric(numerics.RPL_ENDOFWHOWAS, middle(nick))


# ---------------------------------------------------------------- ISON and USERHOST


@command("ISON", parameters=1)
def ison(session: "IrcSession", line: Line) -> None:
    """``ISON nick{ nick}``: those who are on, in one line (RFC 2812 section 4.9)."""
    asked = dict.fromkeys(nick for word in line.params for nick in word.split())
    online = (person.address.name for nick in asked if (person := visible(session, nick)) is not None)
    fixed = len(f":{session.door.server} 303 {session.nick} :\r\n".encode())
    session.numeric(numerics.RPL_ISON, next(iter(packed(online, MAX_BODY - fixed)), ""))


@command("USERHOST", parameters=1)
def userhost(session: "IrcSession", line: Line) -> None:
    """``USERHOST nick{ nick}``, five at most."""
    asked = [nick for word in line.params for nick in word.split()][:_MAX_USERHOST]
    replies = []
    for nick in asked:
        person = visible(session, nick)
        if person is not None:
            sign = "-" if is_away(view_of(session, person)) else "+"
            star = "*" * person.marked(Mark.OPERATOR)
            replies.append(f"{person.address.name}{star}={sign}{session.hub.people.origin(person)}")
    session.numeric(numerics.RPL_USERHOST, " ".join(replies))
