"""Questions about the server: MOTD, LUSERS, LINKS, VERSION, TIME, ADMIN, INFO, HELP (Modern IRC, "Server Queries and
Commands")."""

import time
from typing import TYPE_CHECKING

from imd.core.address import fold
from imd.core.session import Mark
from imd.protocols.irc import isupport, modes, numerics
from imd.protocols.irc.commands import COMMANDS, command
from imd.protocols.irc.forms import FORMS
from imd.protocols.irc.refusals import middle
from imd.protocols.irc.wire.line import MAX_BODY, Line
from imd.protocols.irc.wire.packing import packed

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


def asks_elsewhere(session: "IrcSession", line: Line, index: int = 0) -> bool:
    """Whether the command names another server; then it is answered here: 402.

    There is one server, this one. It may be named by its name, by a mask ("Wildcards are allowed in the <target>
    parameter"), or by the nick of whoever is on ("If <target> is a client, … the server that client is connected to").
    """
    target = line.param(index)
    if not target or modes.matcher(target, fold)(session.door.server):
        return False
    person = session.hub.people.find(target)
    if person is not None and session.hub.people.may_see(session.me, person):
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
    """How many are here, through all doors. Invisible is who has +i; one person with several clients counts once among
    the users, and as so many clients."""
    if asks_elsewhere(session, line, 1):
        return
    people = session.hub.people
    here, most = people.session_count()
    unlisted = people.marked(Mark.UNLISTED)
    listed = people.person_count() - unlisted
    session.numeric(numerics.RPL_LUSERCLIENT, f"There are {listed} users and {unlisted} invisible on 1 servers")
    session.numeric(numerics.RPL_LUSEROP, str(people.marked(Mark.OPERATOR)))
    session.numeric(numerics.RPL_LUSERUNKNOWN, str(session.door.unregistered))
    session.numeric(numerics.RPL_LUSERCHANNELS, str(sum(1 for _ in session.hub.rooms.all())))
    session.numeric(numerics.RPL_LUSERME, f"I have {here} clients and 0 servers")
    session.numeric(numerics.RPL_LOCALUSERS, str(here), str(most), f"Current local users {here}, max {most}")
    session.numeric(numerics.RPL_GLOBALUSERS, str(here), str(most), f"Current global users {here}, max {most}")


@command("LINKS")
def links(session: "IrcSession", line: Line) -> None:
    """``LINKS [[server] mask]``: this server, the only one (RFC 2812 section 3.4.5 for the parameters)."""
    if len(line.params) > 1 and asks_elsewhere(session, line):
        return
    mask = line.params[-1] if line.params and line.params[-1] else "*"
    if modes.matcher(mask, fold)(session.door.server):
        session.numeric(numerics.RPL_LINKS, "*", session.door.server, f"0 {session.door.settings.network}")
    session.numeric(numerics.RPL_ENDOFLINKS, middle(mask))


@command("VERSION")
def version(session: "IrcSession", line: Line) -> None:
    if asks_elsewhere(session, line):
        return
    session.numeric(numerics.RPL_VERSION, session.door.settings.version, session.door.server, "")
    isupport.tell(session)


@command("TIME")
def time_(session: "IrcSession", line: Line) -> None:
    if not asks_elsewhere(session, line):
        now = time.strftime("%A %B %d %Y -- %H:%M:%S +00:00", time.gmtime(session.hub.clock.time()))
        session.numeric(numerics.RPL_TIME, session.door.server, now)


@command("ADMIN")
def admin(session: "IrcSession", line: Line) -> None:
    """Who runs the server, as the settings say. Mail for the postmaster arrives wherever mail does (RFC 5321 section
    4.5.1), so that is where to write to when they say nothing."""
    if asks_elsewhere(session, line):
        return
    settings = session.door.settings
    session.numeric(numerics.RPL_ADMINME, session.door.server)
    session.numeric(numerics.RPL_ADMINLOC1, settings.admin_location or "No location given")
    session.numeric(numerics.RPL_ADMINLOC2, settings.admin_organisation or settings.network)
    session.numeric(numerics.RPL_ADMINEMAIL, settings.admin_email or f"postmaster@{settings.domain}")


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
    """``HELP [subject]``: what the table of commands knows, and where the services are (Modern IRC, "HELP message").

    A title, an empty line, and lines of which the last is RPL_ENDOFHELP.
    """
    subject = line.param(0)
    if not subject:
        title = "Commands of this server"
        rows = [
            *packed(sorted(COMMANDS), 400),
            "HELP and a command tells more of it. Your buddy list: /msg BuddyServ HELP",
        ]
    else:
        form = FORMS.get(subject.upper())
        if form is None:
            session.numeric(numerics.ERR_HELPNOTFOUND, middle(subject))
            return
        title, rows = form.form, [form.does]
    subject = middle(subject)
    session.numeric(numerics.RPL_HELPSTART, subject, title)
    for text in ("", *rows[:-1]):
        session.numeric(numerics.RPL_HELPTXT, subject, text)
    session.numeric(numerics.RPL_ENDOFHELP, subject, rows[-1])


@command("HELPOP")
def helpop(session: "IrcSession", line: Line) -> None:
    """The same under the name that older servers have for it."""
    help_(session, line)
