"""Rooms as commands: JOIN, PART, TOPIC, LIST, KICK, INVITE, RENAME. MODE is in room_modes.py, NAMES in names.py.

What then happens in the room comes back as a `RoomEvent` to every member, the actor included (room_events.py), inside
the same call: so these commands answer only what the events do not say.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING

from imd.core.address import fold
from imd.core.refusal import (
    CannotRename,
    InvalidName,
    NoSuchAccount,
    NoSuchRoom,
    NotAMember,
    Refusal,
    RoomExists,
    TooMany,
)
from imd.core.talk import Room
from imd.protocols.irc import modes, numerics, refusals
from imd.protocols.irc.commands import command
from imd.protocols.irc.wire.line import Line, cut

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: Rows of one LIST: what comes behind would overrun the send queue; a mask narrows the list.
MAX_LISTED = 2_000

#: ISUPPORT ELIST: what LIST can be narrowed by (https://modern.ircdocs.horse/#elist-parameter).
ELIST = "CMNTU"


def is_room(name: str) -> bool:
    """Whether a target names a room (ISUPPORT CHANTYPES)."""
    return name.startswith("#")


def known_room(session: "IrcSession", name: str) -> Room:
    """The room, if the client may know that there is one. Raises `NoSuchRoom`."""
    room = session.hub.rooms.find(name) if is_room(name) else None
    if room is None or not session.hub.rooms.may_know(session.me, room):
        raise NoSuchRoom(name)
    return room


def is_member(session: "IrcSession", room: Room) -> bool:
    return session.me.person.key in room.members


def shortened(session: "IrcSession", text: str, name: str) -> str:
    """As much of the text as the limit of this name allows: ISUPPORT has told the client."""
    limits = session.door.settings.limits
    limit: int = getattr(limits, name)
    whole = text.encode()
    if not limit or len(whole) <= limit:
        return text
    limits.tally.count(name)
    return cut(whole, limit).decode()


# ---------------------------------------------------------------- coming and going


@command("JOIN", parameters=1, active=True)
def join(session: "IrcSession", line: Line) -> None:
    """``JOIN #room{,#room} [key{,key}]``; ``JOIN 0`` leaves all rooms (RFC 2812 section 3.2.1)."""
    if line.params[0] == "0":
        for room in list(session.hub.rooms.rooms_of(session.me.person)):
            session.hub.rooms.part(session.me, room.name)
        return
    keys = iter(line.param(1).split(","))
    for name in targets(line.params[0]):
        key = next(keys, "")
        if not is_room(name):
            refusals.answer(session, NoSuchRoom(name), line, name)
            continue
        try:
            session.hub.rooms.join(session.me, name, key)
        except TooMany as refusal:
            session.numeric(numerics.ERR_TOOMANYCHANNELS.saying(refusal.sentence), refusals.middle(name))
        except Refusal as refusal:
            refusals.answer(session, refusal, line, name)


@command("PART", parameters=1, active=True)
def part(session: "IrcSession", line: Line) -> None:
    """``PART #room{,#room} [:reason]``."""
    reason = shortened(session, line.param(1), "status_length")
    for name in targets(line.params[0]):
        try:
            session.hub.rooms.part(session.me, name, reason)
        except Refusal as refusal:
            refusals.answer(session, refusal, line, name)


@command("KICK", parameters=2, active=True)
def kick(session: "IrcSession", line: Line) -> None:
    """``KICK #room nick{,nick} [:reason]``, or as many rooms as nicks (RFC 2812 section 3.2.8)."""
    names, nicks = ([name for name in text.split(",") if name] for text in line.params[:2])
    if len(names) == 1:
        names *= len(nicks)
    if len(names) != len(nicks):
        session.numeric(numerics.ERR_NEEDMOREPARAMS, line.command)
        return
    # Modern IRC: without a reason the nick of who kicks.
    reason = shortened(session, line.param(2), "kick_length") or session.nick
    for name, nick in zip(names, nicks, strict=True):
        try:
            session.hub.rooms.remove_member(session.me, name, nick, reason)
        except NoSuchAccount:
            # Nobody, or somebody elsewhere: which of them is not the room's business (P5).
            refusals.answer(session, NotAMember(name, nick), line, name)
        except Refusal as refusal:
            refusals.answer(session, refusal, line, name)


@command("RENAME", parameters=2, active=True)
def rename(session: "IrcSession", line: Line) -> None:
    """``RENAME #room #name [:reason]`` (https://ircv3.net/specs/extensions/channel-rename)."""
    name, new = line.params[:2]
    try:
        session.hub.rooms.rename(session.me, name, new, shortened(session, line.param(2), "status_length"))
    except (RoomExists, CannotRename, InvalidName) as refusal:
        code = "CHANNEL_NAME_IN_USE" if isinstance(refusal, RoomExists) else "CANNOT_RENAME"
        context = [refusals.middle(name), refusals.middle(new)]
        session.fail(line.command, code, context, refusal.sentence, always=True)
    except Refusal as refusal:
        refusals.answer(session, refusal, line, name)


def targets(text: str) -> Iterable[str]:
    """The targets of a list with commas, each once."""
    return (name for name in dict.fromkeys(text.split(",")) if name)


# ---------------------------------------------------------------- topic


@command("TOPIC", parameters=1, active=True)
def topic(session: "IrcSession", line: Line) -> None:
    """``TOPIC #room`` asks, ``TOPIC #room :text`` sets, ``TOPIC #room :`` clears."""
    name = line.params[0]
    try:
        if len(line.params) > 1:
            text = shortened(session, line.params[1], "topic_length")
            session.hub.rooms.set_topic(session.me, name, text)
            return
        room = known_room(session, name)
    except Refusal as refusal:
        refusals.answer(session, refusal, line, name)
        return
    if room.topic is None or not room.topic.text:
        session.numeric(numerics.RPL_NOTOPIC, room.name)
    else:
        tell_topic(session, room)


def tell_topic(session: "IrcSession", room: Room) -> None:
    """332 and 333, or nothing where there is no topic."""
    if room.topic is not None and room.topic.text:
        session.numeric(numerics.RPL_TOPIC, room.name, room.topic.text)
        session.numeric(numerics.RPL_TOPICWHOTIME, room.name, room.topic.by or "*", str(int(room.topic.time)))


# ---------------------------------------------------------------- the list of rooms


@command("LIST", active=True)
def list_rooms(session: "IrcSession", line: Line) -> None:
    """``LIST [room{,room}] [condition{,condition}]``: rooms, masks, and what ELIST names, in whichever of the two. All
    conditions hold, of masks any."""
    now = session.hub.clock.time()
    conditions, masks = _conditions(line.param(0), now)
    # RFC 2812 has a server there: what is no condition is passed over.
    conditions += [condition for word in targets(line.param(1)) if (condition := _condition(word, now)) is not None]
    found = (
        room
        for room in session.hub.rooms.all()
        if session.hub.rooms.may_know(session.me, room)
        and (not masks or any(matches(room.name) for matches in masks))
        and all(holds(room) for holds in conditions)
    )
    session.numeric(numerics.RPL_LISTSTART, "Channel")
    for room in islice(found, MAX_LISTED):
        text = room.topic.text if room.topic is not None else ""
        session.numeric(numerics.RPL_LIST, room.name, str(len(room.members)), text)
    if next(found, None) is None:
        session.numeric(numerics.RPL_LISTEND)
    else:
        session.numeric(numerics.RPL_LISTEND.saying("End of /LIST; there are more: narrow it, as in LIST #a*"))


Condition = Callable[[Room], bool]


def _conditions(text: str, now: float) -> tuple[list[Condition], list[Callable[[str], bool]]]:
    conditions: list[Condition] = []
    masks: list[Callable[[str], bool]] = []
    for word in targets(text):
        condition = _condition(word, now)
        if condition is not None:
            conditions.append(condition)
        else:
            masks.append(modes.matcher(word, fold))
    return conditions, masks


def _condition(word: str, now: float) -> Condition | None:
    """One ELIST condition, or None for a mask."""
    if word[0] == "!" and len(word) > 1:
        matches = modes.matcher(word[1:], fold)
        return lambda room: not matches(room.name)
    kind = word[0] if word[0] in "CT" else ""
    sign, digits = word[len(kind) : len(kind) + 1], word[len(kind) + 1 :]
    if sign not in ("<", ">") or not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        return None
    number = int(digits)
    if not kind:
        return lambda room: len(room.members) < number if sign == "<" else len(room.members) > number
    # Minutes ago: "C<5" is made less than five minutes ago (ircdocs/modern-irc pull request 171).
    edge = now - 60 * number

    def recent(room: Room) -> bool:
        since = room.created if kind == "C" else room.topic.time if room.topic is not None else None
        if since is None:
            return False
        return since > edge if sign == "<" else since < edge

    return recent
