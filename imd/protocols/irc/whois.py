"""Questions about people: WHOIS, ISON, USERHOST (Modern IRC, "User-Based Queries"); what `who` needs of them, too.

Somebody on through other doors only is a nick like any other. Who may not be seen (P5) is one who is offline: absent,
or 401. In a room they share people see each other whatever their privacy says, and they are then neither away nor idle.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from imd.core.session import Location, Mark, Person, PresenceView, Privilege, Session, State
from imd.core.talk import Member, Room
from imd.protocols.irc import modes, numerics, services, user_modes
from imd.protocols.irc.buddyserv.texts import location_text
from imd.protocols.irc.commands import allowed, command
from imd.protocols.irc.names import listed
from imd.protocols.irc.queries import asks_elsewhere
from imd.protocols.irc.refusals import middle
from imd.protocols.irc.room_events import away_text
from imd.protocols.irc.wire.line import MAX_BODY, Line
from imd.protocols.irc.wire.packing import packed

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: Nicks of one USERHOST (RFC 2812 section 4.8).
_MAX_USERHOST = 5


def visible(session: "IrcSession", nick: str) -> Person | None:
    """Who is on under this nick and may be seen by the client."""
    person = session.hub.people.find(nick)
    return person if person is not None and session.hub.people.may_see(session.me, person) else None


def view_of(session: "IrcSession", person: Person) -> PresenceView:
    return session.hub.presence.member(session.me, person)


def is_away(view: PresenceView) -> bool:
    return away_text(view.state, view.text) is not None


def realname(person: Person) -> str:
    """What the person's first session that has one calls her."""
    said = next((session.info.realname for session in person.sessions if session.info.realname), "")
    return said or (person.last.realname if person.last is not None else "") or person.address.name


def _shown_sessions(session: "IrcSession", person: Person) -> list[Session]:
    """The sessions that speak for a person: an invisible one is nobody else's business."""
    if person is session.me.person:
        return person.sessions
    return [other for other in person.sessions if other.presence.state is not State.INVISIBLE] or person.sessions


def user_and_host(session: "IrcSession", person: Person) -> tuple[str, str]:
    user, _, host = session.hub.people.origin(person).partition("@")
    return user, host


def shared_rooms(session: "IrcSession", person: Person) -> Iterator[tuple[Room, Member]]:
    """The rooms in which the client sees the person."""
    for room in session.hub.rooms.rooms_of(session.me.person):
        member = room.members.get(person.key)
        if member is not None:
            yield room, member


def knows_well(session: "IrcSession", person: Person) -> bool:
    """Whether the client may know more than "online" and "away": of guests, approved contacts, and oneself."""
    if person.guest or person is session.me.person:
        return True
    return any(view.person == person.address for view in session.hub.presence.roster_views(session.me))


def idle(session: "IrcSession", person: Person) -> int:
    """Seconds since the person did something."""
    active = max(other.active for other in _shown_sessions(session, person))
    return max(0, int(session.hub.clock.time() - active))


# ---------------------------------------------------------------- WHOIS


@command("WHOIS", active=True)
def whois(session: "IrcSession", line: Line) -> None:
    """``WHOIS [server] nick{,nick}``. The server is this one: named so, by a mask, or by the nick of who is on it."""
    asked = line.param(1 if len(line.params) > 1 else 0)
    nicks = [nick for nick in asked.split(",") if nick]
    if not nicks:
        session.numeric(numerics.ERR_NONICKNAMEGIVEN)
        return
    if len(line.params) > 1 and asks_elsewhere(session, line):
        return
    for nick in not_too_many(session, nicks):
        person = visible(session, nick)
        desk = session.hub.desks.named(nick)
        if desk is not None:
            _tell_desk(session, desk)
        elif person is not None:
            _tell_whois(session, person)
        elif (service := services.named(nick)) is not None:
            _tell_service(session, service)
        else:
            session.numeric(numerics.ERR_NOSUCHNICK, middle(nick))
    # "if the client sent multiple nicks, this MUST be the comma-separated list of nicks, even if some … were dropped".
    session.numeric(numerics.RPL_ENDOFWHOIS, middle(asked))


def _tell_service(session: "IrcSession", nick: str) -> None:
    """As Ergo tells of its services."""
    about = f"Service of this network, see /msg {nick} HELP"
    session.numeric(numerics.RPL_WHOISUSER, nick, "service", session.hub.people.domain, "*", about)
    session.numeric(numerics.RPL_WHOISSERVER, nick, session.door.server, session.door.settings.network)
    session.numeric(numerics.RPL_WHOISOPERATOR.saying("is a network service"), nick)


def _tell_desk(session: "IrcSession", desk: Person) -> None:
    """A desk is no secret, only who is at it."""
    nick = desk.address.name
    user, host = user_and_host(session, desk)
    session.numeric(numerics.RPL_WHOISUSER, nick, user, host, "*", realname(desk))
    session.numeric(numerics.RPL_WHOISSERVER, nick, session.door.server, session.door.settings.network)
    session.numeric(numerics.RPL_WHOISSPECIAL, nick, "is a desk: whoever is there answers what is said to it")
    view = session.hub.presence.view(session.me, nick)
    if not view.online:
        session.numeric(numerics.RPL_AWAY, nick, "Nobody is there now")
    elif view.state is not State.AVAILABLE:
        session.numeric(numerics.RPL_AWAY, nick, "Those who are there are away or busy")


def _tell_whois(session: "IrcSession", person: Person) -> None:
    nick = person.address.name
    own = person is session.me.person
    view = view_of(session, person)
    user, host = user_and_host(session, person)
    session.numeric(numerics.RPL_WHOISUSER, nick, user, host, "*", realname(person))
    _tell_rooms(session, person)
    session.numeric(numerics.RPL_WHOISSERVER, nick, session.door.server, session.door.settings.network)
    if person.marked(Mark.OPERATOR):
        session.numeric(numerics.RPL_WHOISOPERATOR, nick)
    if person.account is not None:
        session.numeric(numerics.RPL_WHOISACCOUNT, nick, person.account.name)
    if person.marked(Mark.BOT):
        session.numeric(numerics.RPL_WHOISBOT, nick)
    away = away_text(view.state, view.text)
    if away is not None:
        session.numeric(numerics.RPL_AWAY, nick, away)
    if own:
        _tell_own(session)
    elif allowed(session, Privilege.SEE):
        _tell_operator(session, person)
    elif session.hub.people.seen_by_mutual(session.me, person):
        _tell_locations(session, person, view)
    if knows_well(session, person) and (view.online or own):
        since = min(other.since for other in _shown_sessions(session, person))
        session.numeric(numerics.RPL_WHOISIDLE, nick, str(idle(session, person)), str(int(since)))


def _tell_rooms(session: "IrcSession", person: Person) -> None:
    """The rooms in which the client may see the person: those they share; of somebody who is listed (not +i) also
    those that are not secret."""
    every = "multi-prefix" in session.caps
    rooms = list(shared_rooms(session, person))
    if person is not session.me.person and listed(session, person):
        shared = {room.name for room, _ in rooms}
        rooms += [
            (room, room.members[person.key])
            for room in session.hub.rooms.rooms_of(person)
            if room.name not in shared and session.hub.rooms.may_know(session.me, room)
        ]
    fixed = len(f":{session.door.server} 319 {session.nick} {person.address.name} :\r\n".encode())
    for text in packed((modes.prefix(member, every=every) + room.name for room, member in rooms), MAX_BODY - fixed):
        session.numeric(numerics.RPL_WHOISCHANNELS, person.address.name, text)


def _tell_own(session: "IrcSession") -> None:
    """What one may know of oneself: address, certificate, modes, and one's other clients."""
    me, nick = session.me, session.nick
    if session.peer.certificate:
        # "Clients MUST only be sent this numeric if they are either using the WHOIS command on themselves or …".
        text = f"has client certificate fingerprint {session.peer.certificate}"
        session.numeric(numerics.RPL_WHOISCERTFP, nick, text)
    address = session.peer.address or "0"
    session.numeric(numerics.RPL_WHOISACTUALLY, nick, f"0{address}" if address.startswith(":") else address)
    session.numeric(numerics.RPL_WHOISMODES, nick, f"is using modes {user_modes.of_session(me)}")
    if all(other.peer.secure for other in me.person.sessions):
        session.numeric(numerics.RPL_WHOISSECURE, nick)
    for other in me.person.sessions:
        if other is not me:
            session.numeric(numerics.RPL_WHOISSPECIAL, nick, f"is also at {location_text(location_of(other))}")


def location_of(session: Session) -> Location:
    """Where one of one's own sessions is."""
    peer, info = session.peer, session.info
    return Location(
        peer.door, peer.address, peer.port, info.tcp_port, info.udp_port, info.name, info.version, session.since
    )


def _tell_operator(session: "IrcSession", person: Person) -> None:
    """Whence each session comes, for an operator who may see it: what bans are set by."""
    nick = person.address.name
    for other in person.sessions:
        address, hostname = other.peer.address or "0", other.peer.hostname
        session.numeric(numerics.RPL_WHOISACTUALLY, nick, f"0{address}" if address.startswith(":") else address)
        known = f", called {hostname}" if hostname else ""
        session.numeric(numerics.RPL_WHOISSPECIAL, nick, f"is at {location_text(location_of(other))}{known}")


def _tell_locations(session: "IrcSession", person: Person, view: PresenceView) -> None:
    """Door, address, ports and client of each session, for mutual contacts who both opted in (P5)."""
    nick = person.address.name
    if all(other.peer.secure for other in _shown_sessions(session, person)):
        session.numeric(numerics.RPL_WHOISSECURE, nick)
    for location in view.locations:
        session.numeric(numerics.RPL_WHOISACTUALLY, nick, location.address)
        session.numeric(numerics.RPL_WHOISSPECIAL, nick, f"is at {location_text(location)}")


def not_too_many(session: "IrcSession", nicks: list[str]) -> list[str]:
    """As many as TARGMAX says; the others are not answered."""
    limits = session.door.settings.limits
    if limits.targets and len(nicks) > limits.targets:
        limits.tally.count("targets")
    return nicks[: limits.targets or None]


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
