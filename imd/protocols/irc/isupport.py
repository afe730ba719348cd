"""RPL_ISUPPORT: what this server can do and how much of it, one table; ISUPPORT, which asks for it before the welcome.

https://modern.ircdocs.horse/#rplisupport-parameters; https://ircv3.net/specs/extensions/extended-isupport.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from imd.core.past import MOST
from imd.protocols.irc import chathistory, modes, numerics, registration, rooms, user_modes
from imd.protocols.irc.commands import command
from imd.protocols.irc.replies import with_tag
from imd.protocols.irc.settings import IrcSettings
from imd.protocols.irc.wire.line import MAX_BODY, Line, encode
from imd.protocols.irc.wire.packing import grouped

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

CAPABILITY = "draft/extended-isupport"
#: The type of a batch of RPL_ISUPPORT.
BATCH = "draft/isupport"
#: Tokens in one line: with nick and text that makes 15 parameters (Modern IRC, RPL_ISUPPORT).
MAX_TOKENS = 13

_MODERN = "https://modern.ircdocs.horse/#{}-parameter"
_IRCV3 = "https://ircv3.net/specs/extensions/{}"
_DEFS = "https://defs.ircdocs.horse/defs/isupport#{}"

Value = Callable[[IrcSettings], str | int | None]


class Token(NamedTuple):
    """One row: `value` gives None where the token is not announced, and "" for one without a value."""

    name: str
    value: Value
    reference: str


def _targets(settings: IrcSettings) -> str:
    """TARGMAX: every command that takes several targets; nothing behind the colon means any number."""
    most = settings.limits.targets or ""
    limits = {name: "" for name in ("JOIN", "KICK", "LIST", "NAMES", "PART")}
    limits |= dict.fromkeys(("NOTICE", "PRIVMSG", "TAGMSG", "WHOIS", "WHOWAS"), str(most))
    return ",".join(f"{name}:{limit}" for name, limit in sorted(limits.items()))


def _modern(name: str, value: Value) -> Token:
    return Token(name, value, _MODERN.format(name.lower()))


TABLE: tuple[Token, ...] = (
    Token("ACCOUNTEXTBAN", lambda _: "a", _IRCV3.format("account-extban")),
    _modern("AWAYLEN", lambda s: s.limits.status_length or None),
    Token("BOT", lambda _: user_modes.BOT, _IRCV3.format("bot-mode")),
    # What `imd.core.address.fold` does, on top of it for letters beyond ASCII (RFC 8265).
    _modern("CASEMAPPING", lambda _: "rfc1459"),
    _modern("CHANLIMIT", lambda s: f"#:{s.limits.rooms or ''}"),
    _modern("CHANMODES", lambda _: modes.CHANMODES),
    _modern("CHANNELLEN", lambda s: s.limits.room_name_length or None),
    _modern("CHANTYPES", lambda _: "#"),
    Token("CHATHISTORY", lambda s: MOST if s.history else None, _IRCV3.format("chathistory")),
    # "RPL_ISUPPORT Tokens".
    Token("CLIENTTAGDENY", lambda s: ",".join(s.deny_client_tags) or None, _IRCV3.format("message-tags")),
    _modern("ELIST", lambda _: rooms.ELIST),
    _modern("EXCEPTS", lambda _: "e"),
    _modern("EXTBAN", lambda _: modes.EXTBAN),
    _modern("INVEX", lambda _: "I"),
    Token("KEYLEN", lambda _: modes.MAX_KEY, _DEFS.format("keylen")),
    _modern("KICKLEN", lambda s: s.limits.kick_length or None),
    _modern(
        "MAXLIST", lambda s: f"{''.join(sorted(modes.LISTS))}:{s.limits.room_masks}" if s.limits.room_masks else None
    ),
    # "This parameter … has been superseded by TARGMAX", for clients that know no other.
    _modern("MAXTARGETS", lambda s: s.limits.targets or None),
    _modern("MODES", lambda _: modes.MODES),
    Token("MONITOR", lambda s: s.limits.watches or "", _IRCV3.format("monitor")),
    Token("MSGREFTYPES", lambda s: chathistory.MSGREFTYPES if s.history else None, _IRCV3.format("chathistory")),
    Token("NAMELEN", lambda s: s.limits.real_name_length or None, _IRCV3.format("setname")),
    _modern("NETWORK", lambda s: escaped(s.network)),
    _modern("NICKLEN", lambda s: s.limits.nick_length or None),
    _modern("PREFIX", lambda _: modes.PREFIX),
    # LIST is cut before it could overrun the send queue (`rooms.MAX_LISTED`).
    _modern("SAFELIST", lambda _: ""),
    _modern("STATUSMSG", lambda _: modes.STATUSMSG),
    _modern("TARGMAX", _targets),
    _modern("TOPICLEN", lambda s: s.limits.topic_length or None),
    _modern("USERLEN", lambda _: registration.USER_LENGTH),
    Token("UTF8ONLY", lambda _: "", _IRCV3.format("utf8-only")),
    Token("WHOX", lambda _: "", _IRCV3.format("whox")),
    Token("draft/FILEHOST", lambda s: escaped(s.filehost) or None, _IRCV3.format("filehost")),
    # "the value MUST be a URL": as it is, as the specification's own example has it.
    Token("draft/ICON", lambda s: s.icon or None, _IRCV3.format("network-icon")),
    # The name that soju gave it before.
    Token("soju.im/FILEHOST", lambda s: escaped(s.filehost) or None, _IRCV3.format("filehost")),
)


def escaped(value: str) -> str:
    """Modern IRC, RPL_ISUPPORT: what would end a value is written as ``\\xHH``."""
    return value.replace("\\", "\\x5C").replace("=", "\\x3D").replace(" ", "\\x20")


def tokens(settings: IrcSettings) -> list[str]:
    """What is true with these settings, in alphabetical order."""
    found = ((row.name, row.value(settings)) for row in TABLE)
    return [name if value == "" else f"{name}={value}" for name, value in found if value is not None]


def tell(session: "IrcSession") -> None:
    """RPL_ISUPPORT, in as many lines as it takes."""
    door = session.door
    # Everybody is told at sign-on, so they are made once.
    settings, words = door.supported
    if settings is not door.settings or not words:
        words = tokens(door.settings)
        door.supported = (door.settings, words)
    for line in _lines(session, words):
        session.answer(line)


def announce(session: "IrcSession", before: IrcSettings) -> None:
    """After a change of settings: "the server SHOULD re-advertise the parameter with the new value", and negate what is
    gone."""
    if not session.registered:
        return
    old, new = tokens(before), tokens(session.door.settings)
    names = {token.partition("=")[0] for token in new}
    gone = [f"-{name}" for name in (token.partition("=")[0] for token in old) if name not in names]
    for line in _lines(session, [token for token in new if token not in old] + gone):
        session.push(line)


def _lines(session: "IrcSession", words: Sequence[str]) -> Iterator[bytes]:
    """Encoded lines, in a batch for who has asked for that: "The server MUST NOT send any unbatched RPL_ISUPPORT
    message while both of these capabilities are enabled"."""
    if not words:
        return
    server, number = session.door.server, numerics.RPL_ISUPPORT.number
    text = numerics.RPL_ISUPPORT.text or ""
    fixed = len(f":{server} {number} {session.nick} :{text}\r\n".encode())
    lines = [
        encode(number, [session.nick, *part, text], source=server, colon=True)
        for part in grouped(words, MAX_BODY - fixed, MAX_TOKENS)
    ]
    if not {CAPABILITY, "batch"} <= session.caps:
        yield from lines
        return
    reference = session.replies.reference()
    yield session.format("BATCH", [f"+{reference}", BATCH])
    for line in lines:
        yield with_tag(line, "batch", reference)
    yield session.format("BATCH", [f"-{reference}"])


@command("ISUPPORT", registered=False)
def isupport(session: "IrcSession", line: Line) -> None:
    """``ISUPPORT``; before the welcome for those who have the capability."""
    if session.registered or CAPABILITY in session.caps:
        tell(session)
    else:
        session.numeric(numerics.ERR_NOTREGISTERED)
