"""What a client is told when it has signed on: 001 to 005, LUSERS, MOTD (Modern IRC, "Connection Registration")."""

import time
from typing import TYPE_CHECKING

from imd.protocols.irc import modes, numerics, rooms, user_modes
from imd.protocols.irc.commands import COMMANDS
from imd.protocols.irc.settings import IrcSettings
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: Tokens in one 005 line: with nick and text that makes 15 parameters (Modern IRC, RPL_ISUPPORT).
_TOKENS = 13


def welcome(session: "IrcSession") -> None:
    settings = session.door.settings
    server = session.door.server
    created = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(settings.created))
    session.numeric(
        numerics.RPL_WELCOME, f"Welcome to the {settings.network} Network, {session.nick}!{session.source_user}"
    )
    session.numeric(numerics.RPL_YOURHOST, f"Your host is {server}, running version {settings.version}")
    session.numeric(numerics.RPL_CREATED, f"This server was created {created}")
    session.numeric(
        numerics.RPL_MYINFO,
        server,
        settings.version,
        user_modes.LETTERS,
        modes.CHANNEL_MODES,
        modes.CHANNEL_MODES_WITH_PARAMETER,
    )
    tell_isupport(session)
    COMMANDS["LUSERS"].run(session, Line("LUSERS"))
    # "If the user has client modes set on them automatically …, the server SHOULD send … RPL_UMODEIS".
    session.numeric(numerics.RPL_UMODEIS, user_modes.of_session(session.me))
    COMMANDS["MOTD"].run(session, Line("MOTD"))


def tell_isupport(session: "IrcSession") -> None:
    """RPL_ISUPPORT, in as many lines as it takes."""
    tokens = isupport(session.door.settings)
    for at in range(0, len(tokens), _TOKENS):
        session.numeric(numerics.RPL_ISUPPORT, *tokens[at : at + _TOKENS])


def isupport(settings: IrcSettings) -> list[str]:
    """https://modern.ircdocs.horse/#rplisupport-parameters, in alphabetical order; only what is true here."""
    limits = settings.limits
    targets = _number(limits.targets)
    tokens = {
        "ACCOUNTEXTBAN": "a",
        "AWAYLEN": _number(limits.status_length),
        "CASEMAPPING": "rfc1459",
        "CHANLIMIT": f"#:{_number(limits.rooms)}",
        "CHANMODES": modes.CHANMODES,
        "CHANNELLEN": _number(limits.room_name_length),
        "CHANTYPES": "#",
        # IRCv3 message-tags, "RPL_ISUPPORT Tokens".
        "CLIENTTAGDENY": ",".join(settings.deny_client_tags),
        "ELIST": rooms.ELIST,
        "EXCEPTS": "e",
        "EXTBAN": modes.EXTBAN,
        "INVEX": "I",
        "KEYLEN": str(modes.MAX_KEY),
        "KICKLEN": _number(limits.kick_length),
        "MAXLIST": f"{''.join(sorted(modes.LISTS))}:{_number(limits.room_masks)}",
        "MODES": str(modes.MODES),
        "MONITOR": _number(limits.watches),
        "NAMELEN": _number(limits.real_name_length),
        "NETWORK": settings.network.replace(" ", "\\x20"),
        "NICKLEN": _number(limits.nick_length),
        "PREFIX": modes.PREFIX,
        "STATUSMSG": modes.STATUSMSG,
        "TARGMAX": f"JOIN:,KICK:,LIST:,NAMES:,NOTICE:{targets},PART:,PRIVMSG:{targets},TAGMSG:{targets},"
        f"WHOIS:{targets},WHOWAS:{targets}",
        "TOPICLEN": _number(limits.topic_length),
        "USERLEN": "18",
        "UTF8ONLY": "",
        "WHOX": "",
    }
    if settings.filehost:
        # https://ircv3.net/specs/extensions/filehost, and by the name that soju gave it before.
        tokens["draft/FILEHOST"] = tokens["soju.im/FILEHOST"] = _escaped(settings.filehost)
    if not limits.room_masks:
        del tokens["MAXLIST"]
    if not settings.deny_client_tags:
        del tokens["CLIENTTAGDENY"]
    return [f"{name}={value}" if value or name in _MAY_BE_EMPTY else name for name, value in tokens.items()]


#: "If the value is not specified, there is no limit".
_MAY_BE_EMPTY = {"MONITOR", "CHANLIMIT"}


def _escaped(value: str) -> str:
    """Modern IRC, RPL_ISUPPORT: what would end a value is written as ``\\xHH``."""
    return value.replace("\\", "\\x5C").replace("=", "\\x3D").replace(" ", "\\x20")


def _number(limit: int) -> str:
    """A limit as ISUPPORT writes it: "" is none."""
    return str(limit) if limit else ""
