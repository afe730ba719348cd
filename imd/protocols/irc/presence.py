"""Presence as commands and lines: AWAY, MONITOR, and what watchers are told.

The door keeps no presence and no list of watches: `PresenceView.before` says what this client was told last, and the
watches are the core's. Somebody who is watched with MONITOR shows as 730 and 731, and with extended-monitor and
away-notify as AWAY too; a buddy shows as a notice of BuddyServ where these cannot say it. Nothing is told twice
(docs/presence.md).
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from imd.core.address import Address, fold
from imd.core.refusal import InvalidName, TooMany
from imd.core.session import Person, PresenceView, State
from imd.protocols.irc import buddyserv, metadata, numerics
from imd.protocols.irc.commands import command
from imd.protocols.irc.numerics import Numeric
from imd.protocols.irc.room_events import away_text, encode_account, encode_away
from imd.protocols.irc.rooms import shortened
from imd.protocols.irc.wire.line import MAX_BODY, Line, encode
from imd.protocols.irc.wire.packing import packed

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

# ---------------------------------------------------------------- AWAY


@command("AWAY", registered=False)
def away(session: "IrcSession", line: Line) -> None:
    """``AWAY :text``, and back with ``AWAY`` (Modern IRC, "AWAY message").

    ``AWAY *`` of who has draft/pre-away: nobody is at this client, and it is as if it were not there
    (https://ircv3.net/specs/extensions/pre-away). With that AWAY may also come before the welcome.
    """
    if not session.registered and "draft/pre-away" not in session.caps:
        session.numeric(numerics.ERR_NOTREGISTERED)
        return
    text = shortened(session, line.param(0), "status_length")
    before = session.me.presence if session.registered else session.registration.presence
    state = State.AWAY if text else State.AVAILABLE
    if before.state is State.INVISIBLE:
        # Invisible by another client of hers, or by BuddyServ: AWAY does not undo it.
        state = State.INVISIBLE
    alone = text == "*" and "draft/pre-away" in session.caps
    now = msgspec.structs.replace(before, state=state, text="" if alone else text, attended=not alone)
    if session.registered:
        session.hub.presence.update(session.me, now)
    else:
        session.registration.presence = now
    session.numeric(numerics.RPL_NOWAWAY if text else numerics.RPL_UNAWAY)


# ---------------------------------------------------------------- MONITOR (https://ircv3.net/specs/extensions/monitor)


@command("MONITOR", parameters=1)
def monitor(session: "IrcSession", line: Line) -> None:
    """``MONITOR + nick{,nick}``, ``- nick{,nick}``, ``C``, ``L``, ``S``."""
    what = line.params[0].upper()
    if what in ("+", "-") and not _names(line):
        session.numeric(numerics.ERR_NEEDMOREPARAMS, line.command)
    elif what == "+":
        _watch(session, _names(line))
    elif what == "-":
        for name in _names(line):
            session.hub.presence.unwatch(session.me, name)
    elif what == "C":
        for name in session.hub.presence.watched(session.me):
            session.hub.presence.unwatch(session.me, name)
    elif what == "L":
        _tell_all(session, numerics.RPL_MONLIST, session.hub.presence.watched(session.me))
        session.numeric(numerics.RPL_ENDOFMONLIST)
    elif what == "S":
        watched = session.hub.presence.watched(session.me)
        _tell_states(session, [session.hub.presence.view(session.me, name) for name in watched], watched)
    else:
        session.numeric(numerics.ERR_UNKNOWNERROR, line.command, "Use + nick, - nick, C, L or S")


def _names(line: Line) -> list[str]:
    return [name for name in line.param(1).split(",") if name]


def _watch(session: "IrcSession", names: Sequence[str]) -> None:
    views: list[PresenceView] = []
    watched: list[str] = []
    for place, name in enumerate(names):
        try:
            view = session.hub.presence.watch(session.me, name)
        except TooMany as refusal:
            # "<nick> <limit> <targets>": what was not added.
            _tell_states(session, views, watched)
            for rest in packed(names[place:], 300, ","):
                session.numeric(numerics.ERR_MONLISTFULL, str(refusal.limit), rest)
            return
        except InvalidName:
            # Nobody can be called so; "target MUST be a valid nick", and there is no numeric for one that is not.
            continue
        views.append(view)
        watched.append(name)
    _tell_states(session, views, watched)


def _tell_states(session: "IrcSession", views: Sequence[PresenceView], names: Sequence[str]) -> None:
    """730 for those who are on, 731 for the others, several in a line."""
    online: list[str] = []
    offline: list[str] = []
    here: list[Person] = []
    for view, name in zip(views, names, strict=True):
        person = session.hub.people.find(name) if view.online else None
        if person is not None:
            online.append(session.source_of(person))
            here.append(person)
        else:
            offline.append(name)
    _tell_all(session, numerics.RPL_MONONLINE, online)
    _tell_all(session, numerics.RPL_MONOFFLINE, offline)
    for person in here:
        metadata.watched(session, person)


def _tell_all(session: "IrcSession", numeric: Numeric, targets: Iterable[str]) -> None:
    fixed = len(f":{session.door.server} {numeric.number} {session.nick} :\r\n".encode())
    for text in packed(targets, MAX_BODY - fixed, ","):
        session.numeric(numeric, text)


# ---------------------------------------------------------------- what watchers are told


def presence_changed(session: "IrcSession", views: Sequence[PresenceView]) -> None:
    """The core's `Client.presence_changed` of this door."""
    for view in views:
        if view.renamed_from is not None and fold(view.renamed_from.name) != fold(view.person.name):
            _renamed(session, view, view.renamed_from.name)
        else:
            _changed(session, view)
            if view.renamed_from is not None and view.online:
                _signed_on(session, view, view.renamed_from)
        if view.before is State.OFFLINE and view.locations:
            buddyserv.tell_locations(session, view)


def _changed(session: "IrcSession", view: PresenceView) -> None:
    person = session.hub.people.find(view.person.name) if view.online else None
    monitored = session.hub.presence.watches(session.me, view.person.name)
    away_before = away_text(view.before, view.before_text)
    flipped = view.online is (view.before is State.OFFLINE)
    if flipped:
        if not monitored:
            buddyserv.tell_presence(session, view)
            _tell_stayed(session, view)
            return
        _tell_monitored(session, view, person)
        if view.state in (State.OFFLINE, State.AVAILABLE):
            _tell_stayed(session, view)
        away_before = None
    changed = away_before != away_text(view.state, view.text)
    if changed and person is not None and _hears_away(session, person, monitored):
        _tell_away(session, view, person)
    elif not monitored or (changed and not flipped and _is_buddy(session, view)):
        # MONITOR alone does not tell away and back; of a buddy, BuddyServ does.
        buddyserv.tell_presence(session, view)


def _tell_stayed(session: "IrcSession", view: PresenceView) -> None:
    """Somebody stays in a room with this client while she is off: there she is away, and comes back."""
    person = session.hub.people.find(view.person.name)
    if person is None or "away-notify" not in session.caps or not session.hub.people.stays(person):
        return
    now = session.hub.presence.member(session.me, person)
    if now.online and _together(session, person):
        session.push(encode_away(session, person, now.state, now.text))


def _is_buddy(session: "IrcSession", view: PresenceView) -> bool:
    return any(buddy.person == view.person for buddy in session.hub.presence.roster_views(session.me))


def _tell_away(session: "IrcSession", view: PresenceView, person: Person) -> None:
    """The view is shared by all who may see the same, so its line is too, for each flavour."""
    key = ("irc away", session.flavour)
    data = view.encoded.get(key)
    if data is None:
        data = view.encoded[key] = encode_away(session, person, view.state, view.text)
    session.push(data)


def _hears_away(session: "IrcSession", person: Person, monitored: bool) -> bool:
    """Whether AWAY is the way to tell this client: by a room they share, or for who is watched."""
    return "away-notify" in session.caps and (
        (monitored and "extended-monitor" in session.caps) or _together(session, person)
    )


def _together(session: "IrcSession", person: Person) -> bool:
    return any(person.key in room.members for room in session.hub.rooms.rooms_of(session.me.person))


def _tell_monitored(session: "IrcSession", view: PresenceView, person: Person | None) -> None:
    """One 730 or 731. To all watchers alike, so its client is "*" (https://ircv3.net/specs/extensions/monitor)."""
    data = view.encoded.get("irc monitor")
    if data is None:
        if person is not None:
            numeric, target = numerics.RPL_MONONLINE, session.source_of(person)
        else:
            numeric, target = numerics.RPL_MONOFFLINE, view.person.name
        data = encode(numeric.number, ["*", target], source=session.door.server, colon=True)
        view.encoded["irc monitor"] = data
    session.push(data)
    if person is not None:
        metadata.watched(session, person)


def _signed_on(session: "IrcSession", view: PresenceView, before: Address) -> None:
    """A guest one watches has become an account of the same name. Room mates hear of it in the room."""
    person = session.hub.people.find(view.person.name)
    wanted = {"account-notify", "extended-monitor"} <= session.caps
    if person is None or not wanted or person.account is None or _together(session, person):
        return
    if session.hub.presence.watches(session.me, view.person.name):
        key = ("irc account", session.flavour)
        data = view.encoded.get(key)
        if data is None:
            data = view.encoded[key] = encode_account(session, person, session.hub.clock.time(), before)
        session.push(data)


def _renamed(session: "IrcSession", view: PresenceView, before: str) -> None:
    """For MONITOR a rename is one name going and another coming; a buddy list follows the person."""
    presence = session.hub.presence
    old, new = presence.watches(session.me, before), presence.watches(session.me, view.person.name)
    if old and view.before is not State.OFFLINE:
        session.push(encode(numerics.RPL_MONOFFLINE.number, ["*", before], source=session.door.server, colon=True))
    if new and view.online:
        person = session.hub.people.find(view.person.name)
        if person is not None:
            _tell_monitored(session, view, person)
    if not new:
        # Only for a buddy is the new name known to be the same person: who watches by name sees the old one go.
        buddyserv.tell_presence(session, view)
