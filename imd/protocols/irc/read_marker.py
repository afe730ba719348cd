"""MARKREAD: how far one has read, the same on all one's devices (https://ircv3.net/specs/extensions/read-marker)."""

import calendar
import re
import time
from typing import TYPE_CHECKING

from imd.core.message import ReadMark
from imd.core.refusal import InvalidName, Refusal, StoreUnavailable
from imd.protocols.irc.capabilities import server_time
from imd.protocols.irc.commands import command
from imd.protocols.irc.refusals import middle
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

CAPABILITY = "draft/read-marker"

# "the format timestamp=YYYY-MM-DDThh:mm:ss.sssZ"
_TIMESTAMP = re.compile(r"timestamp=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})Z\Z", re.ASCII)


@command("MARKREAD")
async def markread(session: "IrcSession", line: Line) -> None:
    """``MARKREAD target`` asks, ``MARKREAD target timestamp=…`` sets; both are answered with what holds now."""
    target = line.param(0)
    if not target:
        session.fail("MARKREAD", "NEED_MORE_PARAMS", (), "Missing parameters", always=True)
        return
    reading = session.hub.read_marks
    try:
        if len(line.params) == 1:
            at = await reading.get(session.me, target)
        else:
            wanted = parsed(line.params[1])
            if wanted is None:
                shown = [middle(line.params[1])] if line.params[1] else []
                session.fail("MARKREAD", "INVALID_PARAMS", shown, "Invalid timestamp", always=True)
                return
            at = await reading.mark(session.me, target, wanted)
    except InvalidName:
        session.fail("MARKREAD", "INVALID_PARAMS", [middle(target)], "Invalid target", always=True)
    except Refusal as refusal:
        session.fail("MARKREAD", "INTERNAL_ERROR", [middle(target)], refusal.sentence, always=True)
    else:
        session.reply("MARKREAD", target, written(at))


def parsed(text: str) -> int | None:
    """A timestamp in milliseconds, or None."""
    found = _TIMESTAMP.match(text)
    if found is None:
        return None
    try:
        return calendar.timegm(time.strptime(found[1], "%Y-%m-%dT%H:%M:%S")) * 1000 + int(found[2])
    except (ValueError, OverflowError):
        return None


def written(at: int) -> str:
    """ "If there is no known last message read timestamp, the timestamp parameter is a literal ``*``"."""
    return f"timestamp={server_time(at / 1000)}" if at else "*"


def joined(session: "IrcSession", room: str) -> None:
    """After one's own JOIN, and before the end of NAMES."""
    if CAPABILITY not in session.caps:
        return
    at = session.hub.read_marks.known(session.me, room)
    if at is None:
        # Negotiated after the welcome, and not asked for since: it follows.
        session.door.spawn("tell a read mark", _tell_later(session, room))
    else:
        session.reply("MARKREAD", room, written(at))


async def _tell_later(session: "IrcSession", room: str) -> None:
    try:
        at = await session.hub.read_marks.get(session.me, room)
    except StoreUnavailable:
        # The client may ask.
        return
    session.push(session.format("MARKREAD", [room, written(at)]))


def read_elsewhere(session: "IrcSession", mark: ReadMark) -> None:
    """The core's `Client.message_read` of this door."""
    if CAPABILITY in session.caps:
        session.push(session.format("MARKREAD", [mark.target, written(mark.at)]))
