"""Which program a client is: asked once, by CTCP VERSION, where the settings say so (https://modern.ircdocs.horse/ctcp).

The answer goes to the ledger and to WHOIS of those who may know (P5); nobody is shown it as a message. BuddyServ asks,
because clients answer people and services, and not always servers.
"""

from typing import TYPE_CHECKING

from imd.core.address import fold
from imd.protocols.irc.wire.line import Line, cut, encode

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: Who asks.
_ASKER = "BuddyServ"
_QUESTION = "\x01VERSION\x01"
_ANSWER = "\x01VERSION "
#: Most bytes of an answer that are kept.
MAX_NAME = 100


def ask(session: "IrcSession") -> None:
    """After the welcome."""
    if session.door.settings.ask_version:
        session.door.asked.add(session)
        source = f"{_ASKER}!service@{session.hub.people.domain}"
        session.push(encode("PRIVMSG", [session.nick, _QUESTION], source=source, colon=True))


def answered(session: "IrcSession", line: Line) -> bool:
    """Whether a NOTICE of somebody who was asked is the answer: then it has been taken."""
    text = line.param(1)
    if not text.startswith(_ANSWER) or fold(line.param(0)) != fold(_ASKER):
        return False
    session.door.asked.discard(session)
    shown = "".join(sign for sign in text.removeprefix(_ANSWER).partition("\x01")[0] if sign.isprintable())
    session.hub.people.set_client(session.me, cut(shown.encode(), MAX_NAME).decode().strip(), "")
    return True
