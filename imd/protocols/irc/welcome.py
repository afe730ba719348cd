"""What a client is told when it has signed on: 001 to 005, LUSERS, MOTD (Modern IRC, "Connection Registration")."""

import time
from typing import TYPE_CHECKING

from imd.protocols.irc import isupport, metadata, modes, numerics, user_modes
from imd.protocols.irc.commands import COMMANDS
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


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
    isupport.tell(session)
    COMMANDS["LUSERS"].run(session, Line("LUSERS"))
    # "If the user has client modes set on them automatically …, the server SHOULD send … RPL_UMODEIS".
    session.numeric(numerics.RPL_UMODEIS, user_modes.of_session(session.me))
    metadata.welcome(session)
    COMMANDS["MOTD"].run(session, Line("MOTD"))
