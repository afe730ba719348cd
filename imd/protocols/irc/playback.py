"""What history has, as the lines that it once was: messages, and for those with draft/event-playback what happened."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from imd.core.message import Kind, Message
from imd.core.past import decode_changes
from imd.protocols.irc import incoming, modes
from imd.protocols.irc.capabilities import line_tags
from imd.protocols.irc.wire.line import MAX_BODY
from imd.protocols.irc.wire.line import encode as line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


def encode(session: "IrcSession", message: Message, place: str, batch: str) -> bytes:
    """All lines of a message or an event of the history of `place`, a room or a person; in a batch, if it has a
    reference."""
    if message.kind is Kind.EVENT:
        return _encode_event(session, message, place, batch)
    target = place
    account = session.me.account
    if not place.startswith("#") and (account is None or message.sender_account != account.id):
        target = session.nick
    # Word for word, also for who has no server-time: HistServ is there for people.
    return incoming.encode_message(message, target, session.flavour, batch=batch)


def _encode_event(session: "IrcSession", message: Message, room: str, batch: str) -> bytes:
    row = _EVENTS.get(message.tags.get("event", ""))
    if row is None:
        return b""
    name = message.sender.name
    source = f"{name}!{message.origin}" if message.origin else name or session.door.server
    account = name if message.sender_account else ""
    more = {"bot": ""} if "bot" in message.tags else None
    tags = line_tags(session.flavour, message.time, account=account, msgid=message.id, more=more)
    if batch:
        tags = f"batch={batch};{tags}".rstrip(";")
    fixed = len(f":{source} MODE {room} \r\n".encode())
    return b"".join(
        line(command, parameters, source=source, tags=tags, colon=colon)
        for command, parameters, colon in row(session, message, room, MAX_BODY - fixed)
    )


_Lines = list[tuple[str, list[str], bool]]


def _join(session: "IrcSession", message: Message, room: str, space: int) -> _Lines:
    if "extended-join" in session.flavour:
        return [("JOIN", [room, message.tags.get("account") or "*", message.tags.get("realname", "")], True)]
    return [("JOIN", [room], False)]


def _part(session: "IrcSession", message: Message, room: str, space: int) -> _Lines:
    return [("PART", [room, message.body] if message.body else [room], bool(message.body))]


def _quit(session: "IrcSession", message: Message, room: str, space: int) -> _Lines:
    # As it was told (`room_events`).
    text = f"Quit: {message.body}" if "quit" in message.tags else message.body
    return [("QUIT", [text], True)]


def _kick(session: "IrcSession", message: Message, room: str, space: int) -> _Lines:
    return [("KICK", [room, message.tags.get("who", "*"), message.body], True)]


def _topic(session: "IrcSession", message: Message, room: str, space: int) -> _Lines:
    return [("TOPIC", [room, message.body], True)]


def _mode(session: "IrcSession", message: Message, room: str, space: int) -> _Lines:
    changes = decode_changes(message.body)
    return [("MODE", [room, *words], False) for words in modes.parameters(modes.written(changes), space)]


def _nick(session: "IrcSession", message: Message, room: str, space: int) -> _Lines:
    return [("NICK", [message.tags.get("name", "*")], True)]


#: ``tags["event"]`` (`imd.core.happening`) → commands, their parameters, and whether the last has a colon.
_EVENTS: dict[str, Callable[["IrcSession", Message, str, int], _Lines]] = {
    "join": _join,
    "part": _part,
    "quit": _quit,
    "kick": _kick,
    "topic": _topic,
    "mode": _mode,
    "nick": _nick,
}
