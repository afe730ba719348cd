"""REDACT (https://ircv3.net/specs/extensions/message-redaction): taking back what was said.

Clients that have negotiated it are told, whoever took it back included; others are told nothing ("The fallback method
used (if any) is left up to server implementations").
"""

from typing import TYPE_CHECKING

from imd.core.past import Redaction
from imd.core.refusal import NoSuchMessage, RedactionForbidden, RedactionTooLate, Refusal, StoreUnavailable, TooMany
from imd.core.talk import MessageRedacted
from imd.protocols.irc import refusals
from imd.protocols.irc.capabilities import line_tags
from imd.protocols.irc.commands import command
from imd.protocols.irc.wire.line import Line, encode

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

CAPABILITY = "draft/message-redaction"


@command("REDACT", parameters=2, active=True)
async def redact(session: "IrcSession", line: Line) -> None:
    target, id = line.params[:2]
    try:
        await session.hub.history.redact(session.me, target, id, line.param(2))
    except (StoreUnavailable, TooMany):
        raise
    except Refusal as refusal:
        _fail(session, refusals.middle(target), refusals.middle(id), refusal)


def _fail(session: "IrcSession", target: str, id: str, refusal: Refusal) -> None:
    match refusal:
        case NoSuchMessage():
            code, context, text = "UNKNOWN_MSGID", [target, id], "This message does not exist or is too old"
        case RedactionForbidden():
            code, context, text = "REDACT_FORBIDDEN", [target, id], "You are not authorised to delete this message"
        case RedactionTooLate(window=window):
            code, context = "REDACT_WINDOW_EXPIRED", [target, id, f"{window:g}"]
            text = "You can no longer edit this message"
        case _:
            code, context, text = "INVALID_TARGET", [target], f"You cannot delete messages from {target}"
    session.fail("REDACT", code, context, text, always=True)


def message_redacted(session: "IrcSession", redaction: Redaction) -> None:
    """The core's `Client` method of this door, for talks."""
    if CAPABILITY not in session.caps:
        return
    by = redaction.by
    target = redaction.to if by == session.me.address else session.nick
    tags = line_tags(session.flavour, redaction.time, account=by.name if redaction.account else "", msgid=redaction.id)
    params = _params(target, redaction.message, redaction.text)
    session.answer(encode("REDACT", params, source=f"{by.name}!{redaction.origin}", tags=tags, colon=len(params) > 2))


def parameters(event: MessageRedacted) -> list[str]:
    """Of the line that tells the members of a room."""
    return _params(event.room.name, event.message, event.text)


def _params(target: str, id: str, text: str) -> list[str]:
    return [target, id, text] if text else [target, id]
