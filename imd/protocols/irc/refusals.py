"""Reasons for which the core says no, as numerics: one table for all families.

``numeric_for(refusal, target)`` gives the numeric and its parameters, or None where IRC has no word for it; then the
answer is FAIL or a NOTICE (`IrcSession.refuse`).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from imd.core.refusal import (
    AccountsOnly,
    AlreadyMember,
    CannotJoin,
    CannotSpeak,
    InvalidName,
    Locked,
    NoSuchAccount,
    NoSuchRoom,
    NotAMember,
    NotOperator,
    Refusal,
)
from imd.core.talk import RoomFlag
from imd.protocols.irc import modes, numerics
from imd.protocols.irc.numerics import Numeric

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession
    from imd.protocols.irc.wire.line import Line

#: `CannotJoin.why` → numeric (Modern IRC, "JOIN message", numerics).
CANNOT_JOIN: dict[str, Numeric] = {
    "invite-only": numerics.ERR_INVITEONLYCHAN,
    "banned": numerics.ERR_BANNEDFROMCHAN,
    "key": numerics.ERR_BADCHANNELKEY,
    "full": numerics.ERR_CHANNELISFULL,
    "accounts-only": numerics.ERR_NEEDREGGEDNICK,
}

Reply = tuple[Numeric, tuple[str, ...]]


def _cannot_join(refusal: CannotJoin, room: str) -> Reply:
    return CANNOT_JOIN.get(refusal.why, numerics.ERR_UNAVAILRESOURCE.saying(refusal.sentence)), (room,)


def _not_a_member(refusal: NotAMember, room: str) -> Reply:
    if refusal.who == "You":
        return numerics.ERR_NOTONCHANNEL, (room,)
    return numerics.ERR_USERNOTINCHANNEL, (refusal.who, room)


def _locked(refusal: Locked, room: str) -> Reply:
    locks = {RoomFlag(flag): on for flag, on in refusal.locks.items()}
    letter = modes.LETTERS_OF_FLAGS[RoomFlag(refusal.flag)]
    return numerics.ERR_MLOCKRESTRICTED, (room, letter, modes.of_locks(locks))


#: Refusal → numeric and parameters, given what the command was about as its client spelled it.
_TABLE: dict[type[Refusal], Callable[[Any, str], Reply]] = {
    NoSuchRoom: lambda refusal, room: (numerics.ERR_NOSUCHCHANNEL, (room,)),
    NoSuchAccount: lambda refusal, target: (numerics.ERR_NOSUCHNICK, (refusal.name,)),
    InvalidName: lambda refusal, room: (numerics.ERR_BADCHANMASK, (room,)),
    CannotJoin: _cannot_join,
    CannotSpeak: lambda refusal, room: (numerics.ERR_CANNOTSENDTOCHAN.saying(refusal.sentence), (room,)),
    AccountsOnly: lambda refusal, target: (numerics.ERR_NEEDREGGEDNICK.saying(refusal.sentence), (refusal.name,)),
    NotAMember: _not_a_member,
    AlreadyMember: lambda refusal, room: (numerics.ERR_USERONCHANNEL, (refusal.who, room)),
    Locked: _locked,
    NotOperator: lambda refusal, room: (numerics.ERR_CHANOPRIVSNEEDED, (room,)),
}


def numeric_for(refusal: Refusal, target: str) -> Reply | None:
    """The numeric for a refusal of a command about `target` (a room or a nick), and its parameters."""
    row = _TABLE.get(type(refusal))
    if row is None:
        return None
    numeric, parameters = row(refusal, target)
    return numeric, tuple(map(middle, parameters))


def middle(text: str) -> str:
    """What a client wrote, as a parameter that others may follow: with a space or colon it would shift them."""
    return text if text and text[0] != ":" and " " not in text else "*"


def answer(session: "IrcSession", refusal: Refusal, line: "Line", target: str) -> None:
    """Tell the client that what `line` asked of `target` is refused."""
    reply = numeric_for(refusal, target)
    if reply is None:
        session.refuse(refusal, line)
    else:
        session.numeric(reply[0], *reply[1])
