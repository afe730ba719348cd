"""KLINE, DLINE, UNKLINE, UNDLINE: bans of masks and addresses, which hold behind every door.

The syntax is Ergo's. Unlike there, who is on and fits a new ban goes at once, with or without ``ANDKILL``.
"""

import time
from typing import TYPE_CHECKING

import msgspec

from imd.core.ban import Ban, BanKind, address_text, mask_of, network_of, read_span
from imd.core.refusal import Malformed, Refusal
from imd.core.session import Privilege
from imd.protocols.irc import numerics, operators
from imd.protocols.irc.commands import command
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: What operators call each kind.
_LINES = {BanKind.MASK: "K-Line", BanKind.ADDRESS: "D-Line"}


class _Asked(msgspec.Struct):
    """The words of KLINE and DLINE: ``[ANDKILL] [MYSELF] [duration] target [ON server] [reason [| oper reason]]``."""

    target: str
    myself: bool = False
    seconds: float = 0.0
    reason: str = ""
    note: str = ""

    @classmethod
    def parse(cls, params: list[str]) -> "_Asked | None":
        """None when there is no target."""
        words, myself, seconds = list(params), False, 0.0
        if words and words[0].upper() == "ANDKILL":
            del words[0]
        if words and words[0].upper() == "MYSELF":
            myself = True
            del words[0]
        # A lone word is a target, whatever it looks like.
        if len(words) > 1 and (span := read_span(words[0])) is not None:
            seconds = span
            del words[0]
        if not words or not words[0]:
            return None
        target = words.pop(0)
        if len(words) > 1 and words[0].upper() == "ON":
            raise Malformed("There are no other servers.")
        reason, _, note = " ".join(words).partition("|")
        return cls(target, myself, seconds, reason.strip(), note.strip())


@command("KLINE", parameters=1, privilege=Privilege.BAN)
async def kline(session: "IrcSession", line: Line) -> None:
    """``KLINE [ANDKILL] [MYSELF] [duration] mask [reason [| oper reason]]``, or ``KLINE LIST``."""
    await _ban(session, line, BanKind.MASK)


@command("DLINE", parameters=1, privilege=Privilege.BAN)
async def dline(session: "IrcSession", line: Line) -> None:
    """The same for an address or network (CIDR)."""
    await _ban(session, line, BanKind.ADDRESS)


@command("UNKLINE", parameters=1, privilege=Privilege.BAN)
async def unkline(session: "IrcSession", line: Line) -> None:
    """``UNKLINE mask``."""
    await _lift(session, line, BanKind.MASK)


@command("UNDLINE", parameters=1, privilege=Privilege.BAN)
async def undline(session: "IrcSession", line: Line) -> None:
    """``UNDLINE address``."""
    await _lift(session, line, BanKind.ADDRESS)


def _target(kind: BanKind, text: str) -> str:
    """The normal form. Raises `Malformed`."""
    if kind is BanKind.MASK:
        return mask_of(text)
    network = network_of(text)
    if network is None:
        raise Malformed("Could not parse IP address or CIDR network")
    return address_text(network)


async def _ban(session: "IrcSession", line: Line, kind: BanKind) -> None:
    if line.params[0].upper() == "LIST" and len(line.params) == 1:
        _list(session, kind)
        return
    try:
        asked = _Asked.parse(line.params)
        if asked is None:
            session.numeric(numerics.ERR_NEEDMOREPARAMS, line.command)
            return
        now = session.hub.clock.time()
        ban = Ban(
            kind=kind,
            target=_target(kind, asked.target),
            by=f"{session.operator} ({session.nick})",
            reason=asked.reason,
            note=asked.note,
            since=now,
            expires=now + asked.seconds if asked.seconds else 0.0,
        )
        if session.hub.bans.fits(ban, session.me) and not asked.myself:
            raise Malformed(f"This ban matches you. To ban yourself, use {line.command} MYSELF <arguments>")
        ended = await session.hub.bans.add(ban)
    except Refusal as refusal:
        session.numeric(numerics.ERR_UNKNOWNERROR.saying(refusal.sentence), line.command)
        return
    name = f"{_LINES[kind]} for {ban.target}"
    said = f"Added temporary ({span_text(asked.seconds)}) {name}" if asked.seconds else f"Added {name}"
    session.notice(f"{said}; {ended} sessions ended")
    operators.tell(session.door, f"{session.nick} added {name} ({asked.reason})", but=session)


async def _lift(session: "IrcSession", line: Line, kind: BanKind) -> None:
    try:
        target = _target(kind, line.params[0])
        if not await session.hub.bans.remove(kind, target):
            raise Malformed("Could not remove ban [Ban does not exist]")
    except Refusal as refusal:
        session.numeric(numerics.ERR_UNKNOWNERROR.saying(refusal.sentence), line.command)
        return
    session.notice(f"Removed {_LINES[kind]} for {target}")
    operators.tell(session.door, f"{session.nick} removed {_LINES[kind]} for {target}", but=session)


def _list(session: "IrcSession", kind: BanKind) -> None:
    bans = [ban for ban in session.hub.bans.all() if ban.kind is kind]
    if not bans:
        session.notice(f"No {_LINES[kind]}s have been set!")
    for ban in bans:
        session.notice(f"Ban - {ban.target} - {described(ban)}")


def described(ban: Ban) -> str:
    """By whom, until when and why."""
    until = time.strftime("until %Y-%m-%d %H:%M:%S UTC", time.gmtime(ban.expires)) if ban.expires else "for ever"
    return f"added by {ban.by or '*'} - {until} - {ban.reason or 'No reason given'}" + f" | {ban.note}" * bool(ban.note)


def span_text(seconds: float) -> str:
    """``1d2h``, as `read_span` reads it."""
    text, rest = "", int(seconds)
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"
