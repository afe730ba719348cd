"""Operators of the service: OPER, KILL, WALLOPS, REHASH, STATS, and what they are told (Modern IRC, "Operator
Messages").

Who may become one, and what for, the settings say (``operators.*``); `Credentials.operator` checks it.
"""

from typing import TYPE_CHECKING

from imd.core.address import fold
from imd.core.ban import BanKind
from imd.core.refusal import Killed, NotAllowed, SignOnFailed, TooFast
from imd.core.session import Mark, Privilege
from imd.protocols.irc import numerics, user_modes
from imd.protocols.irc.commands import allowed, command, refuse
from imd.protocols.irc.queries import asks_elsewhere
from imd.protocols.irc.refusals import middle
from imd.protocols.irc.wire.line import Line, encode

if TYPE_CHECKING:
    from imd.protocols.irc.door import Door
    from imd.protocols.irc.session import IrcSession


# ---------------------------------------------------------------- becoming one, and being one no more


@command("OPER", parameters=1)
async def oper(session: "IrcSession", line: Line) -> None:
    """``OPER name password``. Without a password only for who signs on by account or certificate."""
    name, password = line.params[0], line.param(1)
    door, me = session.door, session.me
    try:
        operator = await door.credentials.operator(name, password, me)
    except SignOnFailed:
        if len(line.params) < 2:
            session.numeric(numerics.ERR_NEEDMOREPARAMS, line.command)
            return
        tell(door, f"Failed OPER attempt by {session.source}")
        session.numeric(numerics.ERR_PASSWDMISMATCH)
    except TooFast as refusal:
        session.numeric(numerics.ERR_PASSWDMISMATCH.saying(refusal.sentence))
    except NotAllowed as refusal:
        session.numeric(numerics.ERR_NOOPERHOST.saying(refusal.sentence))
    else:
        if session.closing:
            return
        session.operator = operator
        changed = [(letter, True) for letter in "os" if user_modes.put(session, letter, True)]
        session.numeric(numerics.RPL_YOUREOPER)
        user_modes.tell(session, changed)
        door.log.info("{nick} operates the service as {name}", nick=session.nick, name=operator)
        tell(door, f"{session.source} is now an operator ({operator})", but=session)


@command("DEOPER")
def deoper(session: "IrcSession", line: Line) -> None:
    """The same as ``MODE nick -o``, as in Ergo."""
    if not session.operator:
        refuse(session, Privilege.SEE)
        return
    user_modes.put(session, "o", False)
    user_modes.tell(session, [("o", False)])


def reconsider(session: "IrcSession") -> None:
    """The settings are new: who is not in them any more is no operator."""
    if session.operator and not session.door.credentials.privileges(session.operator):
        had = [letter for letter in "os" if user_modes.has(session.me, letter)]
        user_modes.put(session, "o", False)
        session.push(session.format("MODE", [session.nick, "-" + "".join(had)], source=session.source))


def tell(door: "Door", text: str, *, but: "IrcSession | None" = None) -> None:
    """A NOTICE to all who hear what operators should know (user mode s)."""
    for session in door.sessions:
        if session is not but and session.signed_on is not None and Mark.SERVER_NOTICES in session.signed_on.marks:
            session.push(session.format("NOTICE", [session.nick, f"*** {text}"], colon=True))


# ---------------------------------------------------------------- KILL


@command("KILL", parameters=2, privilege=Privilege.KILL)
def kill(session: "IrcSession", line: Line) -> None:
    """``KILL nick :comment``: all sessions of the person or guest, behind every door, end."""
    nick, comment = line.params[0], line.params[1]
    person = session.hub.people.find(nick)
    if person is None and fold(nick) == fold(session.door.server):
        session.numeric(numerics.ERR_CANTKILLSERVER)
    elif person is None:
        session.numeric(numerics.ERR_NOSUCHNICK, middle(nick))
    else:
        session.door.log.info("{by} killed {name}: {why}", by=session.nick, name=person.address.name, why=comment)
        tell(session.door, f"{session.nick} killed {person.address.name} ({comment})", but=session)
        session.hub.people.end(person, Killed(session.source, comment), "killed")


def killed(session: "IrcSession", why: Killed) -> None:
    """Tell a client that it is it: KILL, its own QUIT; ERROR follows."""
    session.push(encode("KILL", [session.nick, why.comment], source=why.by, colon=True))
    session.push(session.format("QUIT", [why.sentence], source=session.nick, colon=True))


# ---------------------------------------------------------------- WALLOPS, REHASH


@command("WALLOPS", parameters=1, privilege=Privilege.WALLOPS)
def wallops(session: "IrcSession", line: Line) -> None:
    """``WALLOPS :text``: to everybody with user mode w, wherever they are; to the sender in any case."""
    text, source = line.params[0], session.source
    if not text:
        session.numeric(numerics.ERR_NEEDMOREPARAMS, line.command)
        return
    for other in session.door.sessions:
        if other is session:
            session.reply("WALLOPS", text, source=source, colon=True)
        elif other.signed_on is not None and Mark.WALLOPS in other.signed_on.marks:
            other.push(other.format("WALLOPS", [text], source=source, colon=True))


@command("REHASH", privilege=Privilege.REHASH)
async def rehash(session: "IrcSession", line: Line) -> None:
    """What SIGHUP and ``imdctl reload`` do. What is wrong with the new settings is told, and the old ones hold."""
    operations = session.door.operations
    if operations is None:
        raise NotAllowed("The settings of this server cannot be read again.")
    session.numeric(numerics.RPL_REHASHING, "imd.toml")
    try:
        changed = await operations.rehash()
    except NotAllowed as refusal:
        session.fail("REHASH", "NOT_RELOADED", (), refusal.sentence)
        return
    for text in changed:
        session.notice(f"*** {text}")
    tell(session.door, f"{session.nick} had the settings read again", but=session)


@command("SQUIT", parameters=2, privilege=Privilege.REHASH)
def squit(session: "IrcSession", line: Line) -> None:
    """``SQUIT server :comment``: there is no other server to part from."""
    session.numeric(numerics.ERR_NOSUCHSERVER, middle(line.params[0]))


@command("CONNECT", parameters=1, privilege=Privilege.REHASH)
def connect(session: "IrcSession", line: Line) -> None:
    """``CONNECT server [port [server]]``: servers do not form networks here."""
    session.numeric(numerics.ERR_NOSUCHSERVER, middle(line.params[0]))


# ---------------------------------------------------------------- STATS


@command("STATS")
def stats(session: "IrcSession", line: Line) -> None:
    """``STATS letter [server]``. Only ``u`` is for everybody (Modern IRC, "STATS message")."""
    letter = line.param(0)[:1]
    if not letter:
        session.numeric(numerics.ERR_NEEDMOREPARAMS, line.command)
        return
    if asks_elsewhere(session, line, 1):
        return
    if letter == "u":
        _uptime(session)
    elif letter in _REPORTS:
        if not allowed(session, Privilege.SEE):
            refuse(session, Privilege.SEE)
        else:
            _REPORTS[letter](session)
    session.numeric(numerics.RPL_ENDOFSTATS, middle(letter))


def _uptime(session: "IrcSession") -> None:
    seconds = int(max(0.0, session.hub.clock.time() - session.door.settings.created))
    hours, rest = divmod(seconds % 86_400, 3_600)
    text = f"Server Up {seconds // 86_400} days {hours}:{rest // 60:02}:{rest % 60:02}"
    session.numeric(numerics.RPL_STATSUPTIME, text)


def _operators_known(session: "IrcSession") -> None:
    for name in session.door.credentials.operators():
        session.numeric(numerics.RPL_STATSOLINE, "O", "*", "*", middle(name))


def _operators_on(session: "IrcSession") -> None:
    """InspIRCd, STATS P: who operates now."""
    for other in session.door.sessions:
        if other.operator:
            session.numeric(numerics.RPL_STATSDEBUG, f"{other.nick} ({other.source_user}) as {other.operator}")


def _masks(session: "IrcSession") -> None:
    """RFC 1459 section 6.1, RPL_STATSKLINE: ``K host * user :reason``."""
    for ban in session.hub.bans.all():
        if ban.kind is BanKind.MASK:
            nick, _, rest = ban.target.partition("!")
            user, _, host = rest.rpartition("@")
            who = user if nick == "*" else f"{nick}!{user}"
            session.numeric(numerics.RPL_STATSKLINE, "K", middle(host), "*", middle(who), ban.reason)


def _addresses(session: "IrcSession") -> None:
    for ban in session.hub.bans.all():
        if ban.kind is BanKind.ADDRESS:
            session.numeric(numerics.RPL_STATSDLINE, "D", ban.target, ban.reason)


_REPORTS = {
    "d": _addresses,
    "k": _masks,
    "o": _operators_known,
    "p": _operators_on,
    "P": _operators_on,
}
