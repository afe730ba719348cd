"""WHOWAS: who has been called so (Modern IRC, "WHOWAS message"). What is remembered, and for whom, is the core's."""

from itertools import islice
from typing import TYPE_CHECKING

from imd.protocols.irc import numerics
from imd.protocols.irc.commands import command
from imd.protocols.irc.refusals import middle
from imd.protocols.irc.whois import not_too_many
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: Entries of one nick in one answer.
MAX_ENTRIES = 100


@command("WHOWAS")
def whowas(session: "IrcSession", line: Line) -> None:
    """``WHOWAS nick{,nick} [count]``: the most recent first; a count that is not positive is none.

    When somebody went is not told: of somebody who hides it cannot be known, and she must look like one who has gone.
    """
    nicks = [nick for nick in line.param(0).split(",") if nick]
    if not nicks:
        session.numeric(numerics.ERR_NONICKNAMEGIVEN)
    for nick in not_too_many(session, nicks):
        found = False
        for entry in islice(session.hub.people.was(session.me, nick), _count(line.param(1))):
            found = True
            user, _, host = entry.origin.partition("@")
            session.numeric(numerics.RPL_WHOWASUSER, entry.name, user, host, "*", entry.realname or entry.name)
            session.numeric(numerics.RPL_WHOISSERVER, entry.name, session.door.server, session.door.settings.network)
            if entry.account:
                session.numeric(numerics.RPL_WHOISACCOUNT.saying("was logged in as"), entry.name, entry.account)
        if not found:
            session.numeric(numerics.ERR_WASNOSUCHNICK, middle(nick))
        session.numeric(numerics.RPL_ENDOFWHOWAS, middle(nick))


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return min(number, MAX_ENTRIES) if number > 0 else MAX_ENTRIES
