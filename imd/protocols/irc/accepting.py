"""ACCEPT: hear from guests although one has mode ``R``. The command and its numerics are those of Solanum
(doc/features/modeg.txt), the meaning is Ergo's."""

from typing import TYPE_CHECKING

from imd.core.refusal import Malformed, NoSuchAccount, TooMany
from imd.protocols.irc import numerics
from imd.protocols.irc.commands import command
from imd.protocols.irc.refusals import middle
from imd.protocols.irc.wire.line import MAX_BODY, Line
from imd.protocols.irc.wire.packing import packed

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


@command("ACCEPT", parameters=1)
def accept(session: "IrcSession", line: Line) -> None:
    """``ACCEPT nick{,nick}``, ``ACCEPT -nick``, and ``ACCEPT *`` for the list. Success has no answer."""
    for word in filter(None, line.params[0].split(",")):
        nick = word.removeprefix("-")
        if word == "*":
            _tell(session)
            continue
        try:
            changed = session.hub.people.accept(session.me, nick, nick == word)
        except NoSuchAccount:
            session.numeric(numerics.ERR_NOSUCHNICK, middle(nick))
        except TooMany:
            session.numeric(numerics.ERR_ACCEPTFULL)
            return
        except Malformed:
            # Oneself: one hears from oneself anyhow.
            continue
        else:
            if not changed:
                row = numerics.ERR_ACCEPTEXIST if nick == word else numerics.ERR_ACCEPTNOT
                session.numeric(row, nick)


def _tell(session: "IrcSession") -> None:
    fixed = len(f":{session.door.server} 281 {session.nick} :\r\n".encode())
    nicks = (person.address.name for person in session.hub.people.accepted(session.me))
    for text in packed(nicks, MAX_BODY - fixed):
        session.numeric(numerics.RPL_ACCEPTLIST, text)
    session.numeric(numerics.RPL_ENDOFACCEPT)
