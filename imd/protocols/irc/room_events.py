"""What happens in rooms, as lines: the core's `RoomEvent` → JOIN, PART, QUIT, KICK, TOPIC, MODE, NICK, INVITE, SETNAME,
AWAY, and what is said.

One event is shared by all sessions that hear of it: its line is encoded once per flavour, and kept in `event.encoded`.
Lines go through `IrcSession.answer`: inside a command of this session they are its answer, elsewhere they leave now.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from imd.core.address import Address, fold
from imd.core.session import Mark, Person, State
from imd.core.talk import (
    Crowd,
    Joined,
    Left,
    MemberDetailsChanged,
    MemberInvited,
    MemberPresenceChanged,
    MemberRenamed,
    MessageRedacted,
    Parted,
    RemovedFromRoom,
    RoomChanged,
    RoomEvent,
    RoomLine,
    RoomLines,
    RoomRenamed,
    TopicChanged,
)
from imd.protocols.irc import incoming, metadata, modes, read_marker, redacting
from imd.protocols.irc.capabilities import Flavour, line_tags
from imd.protocols.irc.names import tell_names
from imd.protocols.irc.rooms import tell_topic
from imd.protocols.irc.wire.line import MAX_BODY, encode

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


def room_event(session: "IrcSession", event: RoomEvent) -> None:
    """The core's `Client.room_event` of this door."""
    _TELL[type(event)](session, event)


def away_text(state: State, text: str) -> str | None:
    """What AWAY says of a state, or None while available. Never empty: an empty AWAY means back."""
    if state in _AWAY:
        return text or _AWAY[state]
    return None


_AWAY = {State.AWAY: "Away", State.EXTENDED_AWAY: "Away for a while", State.BUSY: "Busy"}


def encode_away(session: "IrcSession", person: Person, state: State, text: str) -> bytes:
    """``:nick!user@host AWAY [:text]`` (https://ircv3.net/specs/extensions/away-notify)."""
    away = away_text(state, text)
    tags = _tags(session, session.hub.clock.time(), person.address)
    return encode("AWAY", [] if away is None else [away], source=session.source_of(person), tags=tags, colon=True)


# ---------------------------------------------------------------- encoding


def _tags(session: "IrcSession", time: float, by: Address | None, msgid: str = "") -> str:
    if not session.flavour:
        return ""
    # Guests live under a domain of their own, so the domain tells whether the name is that of an account.
    account = by.name if by is not None and by.domain == session.hub.people.domain else ""
    more = None
    people = session.hub.people
    if by is not None and people.marked(Mark.BOT) and "message-tags" in session.flavour:
        # https://ircv3.net/specs/extensions/bot-mode: "added by the server to all commands sent by a bot".
        person = people.find(by.name)
        more = {"bot": ""} if person is not None and person.marked(Mark.BOT) else None
    return line_tags(session.flavour, time, account=account, msgid=msgid, more=more)


def _source(session: "IrcSession", event: RoomEvent) -> str:
    if event.by is None:
        return session.door.server
    return f"{event.by.name}!{event.origin}" if event.origin else event.by.name


def _line(session: "IrcSession", event: RoomEvent, command: str, *params: str, colon: bool = False) -> bytes:
    """The event's one line for this session's flavour."""
    key = ("irc", session.flavour)
    data = event.encoded.get(key)
    if data is None:
        tags = _tags(session, event.time, event.by, event.id)
        data = encode(command, params, source=_source(session, event), tags=tags, colon=colon)
        event.encoded[key] = data
    return data


# ---------------------------------------------------------------- one function for each kind


def _coming(session: "IrcSession", event: Joined) -> bytes:
    params = [event.room.name]
    if "extended-join" in session.flavour:
        params += _join_details(event.person, event.realname)
    return _line(session, event, "JOIN", *params, colon="extended-join" in session.flavour)


def _joined(session: "IrcSession", event: Joined) -> None:
    session.answer(_coming(session, event))
    if event.person is session.me.person:
        # Rooms belong to the person: one session's JOIN is everybody's, with all that a client expects after it.
        read_marker.joined(session, event.room.name)
        tell_topic(session, event.room)
        tell_names(session, event.room)
        metadata.joined(session, event.room)
    elif "away-notify" in session.caps:
        _tell_away_on_join(session, event.person)


def crowd(session: "IrcSession", told: Crowd) -> None:
    """Who came and who went, in one piece. It answers nothing, whatever runs when it is told."""
    me = session.signed_on
    if me is None:
        return
    if "away-notify" in session.caps and _somebody_away(told):
        outer, session.slot = session.slot, None
        try:
            for event in told.told(me.person):
                _TELL[type(event)](session, event)
        finally:
            session.slot = outer
        return
    known = told.late.get(me.person.key, 0)
    key = (session.flavour, known)
    data: bytes | None = told.encoded.get(key)
    if data is None:
        lines = [_coming(session, e) if isinstance(e, Joined) else _going(session, e) for e in told.events[known:]]
        data = told.encoded[key] = b"".join(lines)
    session.link.write(data)


def _somebody_away(told: Crowd) -> bool:
    away: bool | None = told.encoded.get("irc away")
    if away is None:
        away = told.encoded["irc away"] = any(
            isinstance(event, Joined)
            and any(other.presence.state is not State.AVAILABLE for other in event.person.sessions)
            for event in told.events
        )
    return away


def _tell_away_on_join(session: "IrcSession", person: Person) -> None:
    """https://ircv3.net/specs/extensions/away-notify: somebody comes in who is away."""
    if all(other.presence.state is State.AVAILABLE for other in person.sessions):
        return
    view = session.hub.presence.member(session.me, person)
    if away_text(view.state, view.text) is not None:
        session.answer(encode_away(session, person, view.state, view.text))


def _parted(session: "IrcSession", event: Parted) -> None:
    reason = (event.text,) if event.text else ()
    session.answer(_line(session, event, "PART", event.room.name, *reason, colon=bool(reason)))


def _left(session: "IrcSession", event: Left) -> None:
    session.answer(_going(session, event))


def _going(session: "IrcSession", event: Left) -> bytes:
    # Modern IRC, "QUIT message": "servers SHOULD prepend <reason> with the ASCII string "Quit: " … even if … empty".
    text = f"Quit: {event.text}" if event.quit else event.text
    return _line(session, event, "QUIT", text, colon=True)


def _removed(session: "IrcSession", event: RemovedFromRoom) -> None:
    session.answer(_line(session, event, "KICK", event.room.name, event.person.address.name, event.text, colon=True))


def _renamed_room(session: "IrcSession", event: RoomRenamed) -> None:
    """https://ircv3.net/specs/extensions/channel-rename, with what it tells clients that do not know it."""
    room = event.room
    if "draft/channel-rename" in session.caps:
        session.answer(_line(session, event, "RENAME", event.before, room.name, event.text, colon=True))
    elif fold(event.before) != fold(room.name):
        me = session.me
        reason = (event.text,) if event.text else ()
        tags = _tags(session, event.time, me.address)
        session.answer(encode("PART", [event.before, *reason], source=session.source, tags=tags, colon=bool(reason)))
        extended = "extended-join" in session.flavour
        params = [room.name, *_join_details(me.person, me.info.realname)] if extended else [room.name]
        session.answer(encode("JOIN", params, source=session.source, tags=tags, colon=extended))
        tell_topic(session, room)
        tell_names(session, room)


def _join_details(person: Person, realname: str) -> tuple[str, str]:
    """https://ircv3.net/specs/extensions/extended-join: "*" where there is no account."""
    return "*" if person.account is None else person.account.name, realname


def _topic(session: "IrcSession", event: TopicChanged) -> None:
    session.answer(_line(session, event, "TOPIC", event.room.name, event.topic.text, colon=True))


def _changed(session: "IrcSession", event: RoomChanged) -> None:
    key = ("irc", session.flavour)
    data = event.encoded.get(key)
    if data is None:
        source = _source(session, event)
        fixed = len(f":{source} MODE {event.room.name} \r\n".encode())
        tags = _tags(session, event.time, event.by, event.id)
        data = b"".join(
            encode("MODE", [event.room.name, *params], source=source, tags=tags)
            for params in modes.parameters(modes.written(event.changes), MAX_BODY - fixed)
        )
        event.encoded[key] = data
    session.answer_lines(data)


def _renamed(session: "IrcSession", event: MemberRenamed) -> None:
    if event.person is session.me.person:
        session.renamed(event.origin)
    elif event.before.name != event.person.address.name:
        session.answer(_line(session, event, "NICK", event.person.address.name, colon=True))
    if "chghost" in session.caps and (data := _moved(session, event)):
        session.answer(data)
    # An account with a new name, or a guest who has signed on.
    if "account-notify" in session.caps and event.person.account is not None:
        session.answer(_account(session, event))


def _moved(session: "IrcSession", event: MemberRenamed) -> bytes:
    """``:nick!old_user@old_host CHGHOST new_user new_host`` (https://ircv3.net/specs/extensions/chghost), or nothing:
    the host of an account is made of its name."""
    key = ("irc host", session.flavour)
    data = event.encoded.get(key)
    if data is None:
        now = session.hub.people.origin(event.person)
        data = b""
        if event.origin and now != event.origin:
            source = f"{event.person.address.name}!{event.origin}"
            tags = _tags(session, event.time, event.before)
            data = encode("CHGHOST", now.split("@", 1), source=source, tags=tags)
        event.encoded[key] = data
    return data


def _account(session: "IrcSession", event: MemberRenamed) -> bytes:
    """An account's nick is its name, so that with the one the other has changed."""
    key = ("irc account", session.flavour)
    data = event.encoded.get(key)
    if data is None:
        data = event.encoded[key] = encode_account(session, event.person, event.time, event.before)
    return data


def encode_account(session: "IrcSession", person: Person, time: float, before: Address) -> bytes:
    """``:nick!user@host ACCOUNT name`` (https://ircv3.net/specs/extensions/account-notify); its account-tag is the
    account that it had until now (https://ircv3.net/specs/extensions/account-tag, example)."""
    name = person.address.name
    return encode("ACCOUNT", [name], source=session.source_of(person), tags=_tags(session, time, before))


def _redacted(session: "IrcSession", event: MessageRedacted) -> None:
    if redacting.CAPABILITY in session.caps:
        parameters = redacting.parameters(event)
        session.answer(_line(session, event, "REDACT", *parameters, colon=len(parameters) > 2))


def _invited(session: "IrcSession", event: MemberInvited) -> None:
    mine = event.person == session.me.address
    if event.session == session.me.id or not (mine or "invite-notify" in session.caps):
        # Who invites gets RPL_INVITING.
        return
    session.answer(_line(session, event, "INVITE", event.person.name, event.room.name))


def _details(session: "IrcSession", event: MemberDetailsChanged) -> None:
    if "setname" not in session.caps or event.session == session.me.id:
        return
    # In no room: told to who watches her (https://ircv3.net/specs/extensions/extended-monitor), and to herself.
    if event.room.name or event.person is session.me.person or "extended-monitor" in session.caps:
        session.answer(_line(session, event, "SETNAME", event.realname, colon=True))


def _presence(session: "IrcSession", event: MemberPresenceChanged) -> None:
    away = away_text(event.state, event.text)
    if "away-notify" in session.caps and away != away_text(event.before, event.before_text):
        params = () if away is None else (away,)
        session.answer(_line(session, event, "AWAY", *params, colon=away is not None))


def said(session: "IrcSession", told: RoomLines) -> None:
    """What is said in a room, to one of its thousand members: no detour, and nothing made per member."""
    me = session.signed_on
    if me is None:
        return
    flavour = session.flavour
    if me.id in told.speakers:
        # The sender's own session hears itself where messaging.py answers its command (echo-message).
        if data := _talk(flavour, [line for line in told.lines if line.session != me.id]):
            session.link.write(data)
        return
    known = told.encoded.get(flavour)
    if known is None:
        known = told.encoded[flavour] = _talk(flavour, told.lines)
    session.link.write(known)


def _talk(flavour: Flavour, lines: Sequence[RoomLine]) -> bytes:
    return b"".join(_said(flavour, line) for line in lines)


def _said(flavour: Flavour, line: RoomLine) -> bytes:
    envelope = line.envelope
    # Nothing else is encoded of a message to a room, so the flavour alone is the key.
    data = envelope.encoded.get(flavour)
    if data is None:
        target = line.room.name if line.least is None else modes.PREFIXES[line.least] + line.room.name
        data = incoming.encode_message(envelope.message, target, flavour, repeat=envelope.repeat)
        envelope.encoded[flavour] = data
    return data


_TELL: dict[type[RoomEvent], Callable[["IrcSession", Any], None]] = {
    Joined: _joined,
    Left: _left,
    MemberDetailsChanged: _details,
    MemberInvited: _invited,
    MemberPresenceChanged: _presence,
    MemberRenamed: _renamed,
    MessageRedacted: _redacted,
    Parted: _parted,
    RemovedFromRoom: _removed,
    RoomChanged: _changed,
    RoomRenamed: _renamed_room,
    TopicChanged: _topic,
}
