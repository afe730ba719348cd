"""The modes of a session, and MODE for one's own nick (Modern IRC, "User Modes").

A mode that can be set is a `Mark` of the core's session, so that every door can ask for it; ``r`` and ``Z`` are facts.
"""

from typing import TYPE_CHECKING, NamedTuple

from imd.core.session import Mark, Session
from imd.protocols.irc import numerics, refusals
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


class UserMode(NamedTuple):
    letter: str
    #: None for what follows from facts.
    mark: Mark | None
    #: Who sets it: "anybody" for oneself; "OPER", which anybody may give up; "operators", only while one is one; or
    #: "the server".
    by: str
    meaning: str


TABLE = (
    UserMode("B", Mark.BOT, "anybody", "a program, not a person"),
    UserMode("R", Mark.ACCOUNTS_ONLY, "anybody", "takes private messages from accounts only"),
    UserMode("Z", None, "the server", "connected by TLS"),
    UserMode(
        "i",
        Mark.UNLISTED,
        "anybody",
        "listed only to those who share a room; from the start, if settings do not say otherwise",
    ),
    UserMode("o", Mark.OPERATOR, "OPER", "operates the service"),
    UserMode("r", None, "the server", "signed on with an account"),
    UserMode("s", Mark.SERVER_NOTICES, "operators", "hears what operators should know"),
    UserMode("w", Mark.WALLOPS, "anybody", "hears WALLOPS"),
)
_BY_LETTER = {row.letter: row for row in TABLE}
#: ISUPPORT BOT, and the flag of WHO.
BOT = next(row.letter for row in TABLE if row.mark is Mark.BOT)
#: For RPL_MYINFO.
LETTERS = "".join(_BY_LETTER)


def of_session(session: Session) -> str:
    """What RPL_UMODEIS tells of a session."""
    facts = {"Z": session.peer.secure, "r": session.account is not None}
    return "+" + "".join(
        row.letter for row in TABLE if (facts[row.letter] if row.mark is None else row.mark in session.marks)
    )


def mode(session: "IrcSession", line: Line) -> None:
    """``MODE nick [modes]``."""
    target = line.params[0]
    if not session.is_me(target):
        person = session.hub.people.find(target)
        if person is not None and session.hub.people.may_see(session.me, person):
            session.numeric(numerics.ERR_USERSDONTMATCH)
        else:
            session.numeric(numerics.ERR_NOSUCHNICK, refusals.middle(target))
    elif len(line.params) == 1:
        session.numeric(numerics.RPL_UMODEIS, of_session(session.me))
    else:
        _change(session, "".join(line.params[1:]))


def first(session: "IrcSession") -> None:
    """Give a session that has just begun the modes of the settings; nobody is told but by RPL_UMODEIS."""
    letters = session.door.settings.first_modes
    for row in TABLE:
        if row.by == "anybody":
            put(session, row.letter, row.letter in letters)


def _change(session: "IrcSession", letters: str) -> None:
    """Apply what may be applied, tell it in one MODE, and say once if there was an unknown letter.

    What one may not set is passed over in silence, as RFC 2812 section 3.1.5 says of ``+o``.
    """
    on, unknown = True, False
    changed: list[tuple[str, bool]] = []
    for letter in letters:
        if letter in "+-":
            on = letter == "+"
        elif letter not in _BY_LETTER:
            unknown = True
        elif _may(session, _BY_LETTER[letter], on) and put(session, letter, on):
            changed.append((letter, on))
    tell(session, changed)
    if unknown:
        session.numeric(numerics.ERR_UMODEUNKNOWNFLAG)


def _may(session: "IrcSession", row: UserMode, on: bool) -> bool:
    if row.mark is None or (row.by == "OPER" and on):
        return False
    return row.by != "operators" or not on or Mark.OPERATOR in session.me.marks


def put(session: "IrcSession", letter: str, on: bool) -> bool:
    """Set or clear a mode, whoever asks; whether that changed anything. Who is no operator any more hears nothing of
    operators' business."""
    mark = _BY_LETTER[letter].mark
    if mark is None:
        raise ValueError(f"{letter} is no mode that can be set")
    if mark is Mark.OPERATOR and not on:
        session.operator = ""
        session.hub.people.mark(session.me, Mark.SERVER_NOTICES, False)
    return session.hub.people.mark(session.me, mark, on)


def has(session: Session, letter: str) -> bool:
    """Whether a mode that can be set is set."""
    return _BY_LETTER[letter].mark in session.marks


def tell(session: "IrcSession", changed: list[tuple[str, bool]]) -> None:
    """The client's own MODE: ``:nick!user@host MODE nick +w-i``."""
    if not changed:
        return
    text, sign = "", ""
    for letter, on in changed:
        wanted = "+" if on else "-"
        text += letter if wanted == sign else wanted + letter
        sign = wanted
    session.reply("MODE", session.nick, text, source=session.source)
