"""CHATHISTORY (https://ircv3.net/specs/extensions/chathistory): what was said before, as a batch.

The core reads it (`imd.core.past` has the words for it); here is what IRC calls its parts, and how the answer looks.
"""

import calendar
import re
from typing import TYPE_CHECKING

from imd.core.past import MOST, Part, Past, Spot, moment
from imd.core.refusal import Refusal, StoreUnavailable, TooMany
from imd.protocols.irc import playback, refusals
from imd.protocols.irc.capabilities import server_time
from imd.protocols.irc.commands import command
from imd.protocols.irc.replies import with_tag
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: "in order of decreasing preference".
MSGREFTYPES = "msgid,timestamp"

_TIMESTAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z\Z", re.ASCII)

#: Subcommand → how many parameters follow it.
_PARAMETERS = {"LATEST": 3, "BEFORE": 3, "AFTER": 3, "AROUND": 3, "BETWEEN": 4, "TARGETS": 3}

#: So much of an answer may wait for the client: a share of its send queue.
_SHARE = 4


class _Wrong(Exception):
    """A parameter that cannot be read: the context and the text of the FAIL."""

    def __init__(self, context: tuple[str, ...], text: str) -> None:
        super().__init__(text)
        self.context = context
        self.text = text


@command("CHATHISTORY", parameters=1, cost=5)
async def chathistory(session: "IrcSession", line: Line) -> None:
    given = refusals.middle(line.params[0])
    name = given.upper()
    try:
        _check_count(name, line)
        if name == "TARGETS":
            await _targets(session, line)
        else:
            await _messages(session, name, line)
    except _Wrong as wrong:
        session.fail("CHATHISTORY", "INVALID_PARAMS", (given, *wrong.context), wrong.text, always=True)
    except TooMany:
        raise
    except Refusal as refusal:
        target = () if name == "TARGETS" else (refusals.middle(line.params[1]),)
        code = "MESSAGE_ERROR" if name == "TARGETS" or _is_there(refusal) else "INVALID_TARGET"
        session.fail("CHATHISTORY", code, (given, *target), "Messages could not be retrieved", always=True)


def _is_there(refusal: Refusal) -> bool:
    """Whether the target may be read, and it is something else that went wrong."""
    return isinstance(refusal, StoreUnavailable) or refusal.code == "no-such-message"


def _check_count(name: str, line: Line) -> None:
    wanted = _PARAMETERS.get(name)
    if wanted is None:
        raise _Wrong((), "Unknown command")
    if len(line.params) - 1 < wanted or "" in line.params[: wanted + 1]:
        raise _Wrong((), "Insufficient parameters")
    if len(line.params) - 1 > wanted:
        raise _Wrong((), "Too many parameters")


async def _messages(session: "IrcSession", name: str, line: Line) -> None:
    _, target, first, *rest = line.params
    limit = _limit(rest[-1])
    events = "draft/event-playback" in session.caps
    # Some clients say BEFORE * for LATEST *.
    spot = None if first == "*" and name in ("LATEST", "BEFORE") else _spot(first)
    match name:
        case "LATEST":
            part = Part(limit=limit, after=spot, events=events)
        case "BEFORE":
            part = Part(limit=limit, before=spot, events=events)
        case "AFTER":
            part = Part(limit=limit, after=spot, newest=False, events=events)
        case "AROUND":
            part = Part(limit=limit, around=spot, events=events)
        case _:
            part = Part(limit=limit, after=spot, before=_spot(rest[0]), either=True, events=events)
    session.hub.history.want(session.me)
    past = await session.hub.history.read(session.me, target, part)
    _answer(session, past, newest=name in ("LATEST", "BEFORE"))


async def _targets(session: "IrcSession", line: Line) -> None:
    first, last = (_spot(text, messages=False) for text in line.params[1:3])
    limit = _limit(line.params[3])
    backwards = first.first > last.first
    after, before = (last, first) if backwards else (first, last)
    session.hub.history.want(session.me)
    heard = await session.hub.history.heard(session.me, after, before, limit, newest=backwards)
    reference = session.open_batch("draft/chathistory-targets")
    for each in heard:
        data = session.format("CHATHISTORY", ["TARGETS", each.name, server_time(each.time)])
        session.answer(with_tag(data, "batch", reference))
    session.close_batch(reference)


# ---------------------------------------------------------------- reading parameters


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not int(text[:9]):
        raise _Wrong((refusals.middle(text),), "Invalid limit")
    return min(int(text[:9]), MOST)


def _spot(text: str, *, messages: bool = True) -> Spot:
    """``msgid=…`` or ``timestamp=…``."""
    kind, equals, value = text.partition("=")
    kind = kind.lower()
    if messages and kind == "msgid" and value:
        return Spot(id=value)
    if kind == "timestamp" and equals:
        time = read_time(value)
        if time is None:
            raise _Wrong((refusals.middle(text),), "Invalid timestamp")
        return moment(time)
    raise _Wrong((refusals.middle(text),), "Invalid message reference")


def read_time(text: str) -> float | None:
    """``YYYY-MM-DDThh:mm:ss.sssZ`` (https://ircv3.net/specs/extensions/server-time) as seconds since the epoch."""
    found = _TIMESTAMP.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    # RFC 3339 section 5.7: a second 60 is a leap second.
    if not (year and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second <= 60):
        return None
    return calendar.timegm((year, month, day, hour, minute, second)) + float(f"0.{found[7] or 0}")


# ---------------------------------------------------------------- answering


def _answer(session: "IrcSession", past: Past, *, newest: bool) -> None:
    """As many of the messages as a client can be asked to take at once; the next page has the others."""
    most = session.door.settings.limits.send_queue // _SHARE or 2**62
    reference = session.open_batch("chathistory", past.name)
    found: list[bytes] = []
    size = 0
    for message in reversed(past.messages) if newest else past.messages:
        data = playback.encode(session, message, past.name, reference)
        size += len(data)
        if size > most and found:
            break
        found.append(data)
    for data in reversed(found) if newest else found:
        session.answer_lines(data)
    session.close_batch(reference)
