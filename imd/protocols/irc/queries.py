"""Questions about the server: MOTD, LUSERS, VERSION, TIME, ADMIN, INFO, HELP (Modern IRC, "Server Queries and
Commands")."""

import time
from typing import TYPE_CHECKING

from imd.core.address import fold
from imd.core.session import Mark
from imd.protocols.irc import numerics
from imd.protocols.irc.commands import COMMANDS, command
from imd.protocols.irc.forms import FORMS
from imd.protocols.irc.refusals import middle
from imd.protocols.irc.rooms import packed
from imd.protocols.irc.wire.line import MAX_BODY, Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


def asks_elsewhere(session: "IrcSession", line: Line, index: int = 0) -> bool:
    """Whether the command names another server; then it is answered here: 402. There is one server, this one."""
    target = line.param(index)
    if not target or fold(target) == fold(session.door.server) or session.is_me(target):
        return False
    session.numeric(numerics.ERR_NOSUCHSERVER, middle(target))
    return True


@command("MOTD")
def motd(session: "IrcSession", line: Line) -> None:
    if asks_elsewhere(session, line):
        return
    text = session.door.settings.motd.strip("\n")
    if not text:
        session.numeric(numerics.ERR_NOMOTD)
        return
    session.numeric(numerics.RPL_MOTDSTART, f"- {session.door.server} Message of the day - ")
    fixed = len(f":{session.door.server} 372 {session.nick} :- \r\n".encode())
    for row in text.splitlines():
        for part in packed(row.split(" "), MAX_BODY - fixed):
            session.numeric(numerics.RPL_MOTD, f"- {part}")
    session.numeric(numerics.RPL_ENDOFMOTD)


@command("LUSERS")
def lusers(session: "IrcSession", line: Line) -> None:
    """How many are here, through all doors; everybody counts as invisible, for everybody is +i."""
    if asks_elsewhere(session, line, 1):
        return
    here, most = session.hub.people.session_count()
    unknown = session.door.unregistered
    session.numeric(numerics.RPL_LUSERCLIENT, f"There are 0 users and {here} invisible on 1 servers")
    session.numeric(numerics.RPL_LUSEROP, str(session.hub.people.marked(Mark.OPERATOR)))
    if unknown:
        session.numeric(numerics.RPL_LUSERUNKNOWN, str(unknown))
    session.numeric(numerics.RPL_LUSERCHANNELS, str(sum(1 for _ in session.hub.rooms.all())))
    session.numeric(numerics.RPL_LUSERME, f"I have {here} clients and 0 servers")
    session.numeric(numerics.RPL_LOCALUSERS, str(here), str(most), f"Current local users {here}, max {most}")
    session.numeric(numerics.RPL_GLOBALUSERS, str(here), str(most), f"Current global users {here}, max {most}")


@command("VERSION")
def version(session: "IrcSession", line: Line) -> None:
    if asks_elsewhere(session, line):
        return
    # Late: welcome.py runs LUSERS and MOTD, which are in this file.
    from imd.protocols.irc.welcome import tell_isupport

    session.numeric(numerics.RPL_VERSION, session.door.settings.version, session.door.server, "")
    tell_isupport(session)


@command("TIME")
def time_(session: "IrcSession", line: Line) -> None:
    if not asks_elsewhere(session, line):
        now = time.strftime("%A %B %d %Y -- %H:%M:%S +00:00", time.gmtime(session.hub.clock.time()))
        session.numeric(numerics.RPL_TIME, session.door.server, now)


@command("ADMIN")
def admin(session: "IrcSession", line: Line) -> None:
    if not asks_elsewhere(session, line):
        session.numeric(numerics.ERR_NOADMININFO, session.door.server)


@command("INFO")
def info(session: "IrcSession", line: Line) -> None:
    if asks_elsewhere(session, line):
        return
    settings = session.door.settings
    created = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(settings.created))
    session.numeric(numerics.RPL_INFO, f"{settings.network} runs {settings.version}: one account behind many doors.")
    session.numeric(numerics.RPL_INFO, f"Started {created}")
    session.numeric(numerics.RPL_ENDOFINFO)


@command("HELP")
def help_(session: "IrcSession", line: Line) -> None:
    """``HELP [command]``: what the table of commands knows, and where BuddyServ is (Modern IRC, "HELP message")."""
    subject = line.param(0)
    if not subject:
        rows = [*packed(sorted(COMMANDS), 400), "Your buddy list: /msg BuddyServ HELP"]
        start = "Commands of this server"
    else:
        form = FORMS.get(subject.upper())
        if form is None:
            session.numeric(numerics.ERR_HELPNOTFOUND, middle(subject))
            return
        rows, start = [form.does], form.form
    subject = middle(subject)
    session.numeric(numerics.RPL_HELPSTART, subject, start)
    for text in rows:
        session.numeric(numerics.RPL_HELPTXT, subject, text)
    session.numeric(numerics.RPL_ENDOFHELP, subject, "End of /HELP")
