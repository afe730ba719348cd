"""The desk as styled text: the talk in front, the list at the left, the line at the bottom.

States have signs of their own, so that nothing depends on colours alone.
"""

import hashlib
import time as clock
from collections.abc import Iterator

from imd.client.printing import escaped
from imd.client.terminal import talks
from imd.client.terminal.desk import Desk
from imd.client.terminal.talks import Line, Talk
from imd.client.terminal.wrapping import cut, wrap

Row = list[tuple[str, str]]

SIGNS = {"available": "●", "away": "◐", "extended-away": "◔", "busy": "⊖", "invisible": "◌", "offline": "○"}
#: Readable on dark and on light ground.
STYLE = {
    "title": "reverse",
    "status": "reverse",
    "time": "ansibrightblack",
    "note": "ansibrightblack italic",
    "own": "bold",
    "mark": "ansibrightblack",
    "refused": "ansired bold",
    "heading": "bold underline",
    "current": "reverse",
    "unread": "bold",
    "called": "ansired bold",
    "available": "ansigreen",
    "away": "ansimagenta",
    "extended-away": "ansimagenta",
    "busy": "ansired",
    "offline": "ansibrightblack",
    "edge": "ansibrightblack",
    "name0": "ansicyan",
    "name1": "ansimagenta",
    "name2": "ansigreen",
    "name3": "ansiblue",
    "name4": "ansired",
}
_COLOURS = 5


def rows_of(desk: Desk, talk: Talk, width: int, height: int) -> list[Row]:
    """The rows of a talk that are seen, the newest at the bottom, `talk.scroll` rows up from the end."""
    wanted = height + talk.scroll
    found: list[Row] = []
    for line in _backwards(desk, talk):
        found[:0] = line_rows(desk, line, width)
        if len(found) >= wanted:
            break
    else:
        # The beginning is in sight: no further up than that.
        talk.scroll = max(0, min(talk.scroll, len(found) - height))
    end = len(found) - talk.scroll
    seen = found[max(0, end - height) : end]
    return [[] for _ in range(height - len(seen))] + seen


def _backwards(desk: Desk, talk: Talk) -> Iterator[Line]:
    if talk.typing > desk.time():
        yield Line(desk.time(), "", f"{talk.title} is writing …", "note")
    later: Line | None = None
    for line in reversed(talk.lines):
        if later is not None and _day(line.time) != _day(later.time):
            yield Line(later.time, "", f"── {_day(later.time)} ──", "note")
        yield line
        later = line


def line_rows(desk: Desk, line: Line, width: int) -> list[Row]:
    """A line in as many rows as it needs."""
    when = clock.strftime("%H:%M ", clock.localtime(line.time))
    if not line.sender:
        rows = [[("class:note", text)] for text in _wrapped(line.body, width - len(when), width - len(when))]
        return _dated(rows, when)
    name = escaped(desk.short(line.sender))
    own = line.sender.lower() == desk.own.lower()
    style = "class:own" if own else f"class:name{_colour(name)}"
    head = {"action": f"* {name} ", "notice": f"-{name}- "}.get(line.kind, f"{name}: ")
    indent = len(when)
    tail = f"  {line.mark}{f' {line.why}' if line.why else ''}" if line.mark else ""
    room = max(10, width - indent)
    texts = _wrapped(head + line.body + tail, room, room)
    rows = [[("", text)] for text in texts]
    rows[0] = [(style, texts[0][: len(head)]), ("", texts[0][len(head) :])]
    if line.mark:
        _mark(rows, line)
    return _dated(rows, when)


def _mark(rows: list[Row], line: Line) -> None:
    """Give the mark at the end its own style, where it stands in one row."""
    shown = f"{line.mark}{f' {line.why}' if line.why else ''}"
    style, text = rows[-1][-1]
    if text.endswith(shown):
        refused = line.mark in (talks.REFUSED, talks.UNKNOWN)
        rows[-1][-1:] = [(style, text[: -len(shown)]), ("class:refused" if refused else "class:mark", shown)]


def _wrapped(text: str, first: int, rest: int) -> list[str]:
    rows: list[str] = []
    for part in text.split("\n"):
        rows += wrap(escaped(part.replace("\t", "    ")).replace("\\\\", "\\"), first, rest)
    return rows


def _dated(rows: list[Row], when: str) -> list[Row]:
    blank = " " * len(when)
    return [[("class:time", when if index == 0 else blank), *row] for index, row in enumerate(rows)]


def _colour(name: str) -> int:
    return hashlib.sha256(name.lower().encode()).digest()[0] % _COLOURS


def _day(time: float) -> str:
    return clock.strftime("%A, %d %B %Y", clock.localtime(time))


# ---------------------------------------------------------------- the list at the left


def side_rows(desk: Desk, width: int, height: int) -> list[Row]:
    """Talks by number, then buddies who have no talk open."""
    rows: list[Row] = [[("class:heading", "Talks")]]
    for number, talk in enumerate(desk.talks, 1):
        rows.append(_talk_row(desk, talk, number, width))
    requests = [each for each in desk.contacts.values() if each.asked]
    if requests:
        rows += [[], [("class:heading", "Asking you")]]
        rows += [[("class:called", cut(f"? {desk.short(each.address)}", width))] for each in requests]
    rows += [[], [("class:heading", "Buddies")]]
    listed = [
        each for each in desk.contacts.values() if not each.blocked and (each.subscription != "none" or each.asking)
    ]
    order = ["available", "busy", "away", "extended-away", "offline", "invisible"]
    listed.sort(key=lambda each: (order.index(desk.state_of(each.address)), each.address.lower()))
    for contact in listed:
        state = desk.state_of(contact.address)
        seen = desk.presence.get(contact.address.lower())
        text = f" {escaped(seen.text)}" if seen is not None and seen.text else ""
        name = contact.label or desk.short(contact.address)
        row = cut(f" {escaped(name)}{' (asked)' if contact.asking else text}", width - 1)
        rows.append([(f"class:{state}", SIGNS[state]), ("class:offline" if state == "offline" else "", row)])
    if not listed:
        rows.append([("class:note", cut("/add NAME", width))])
    return rows[:height]


def _talk_row(desk: Desk, talk: Talk, number: int, width: int) -> Row:
    sign = "" if talk.room or not talk.address else f"{SIGNS[desk.state_of(talk.address)]} "
    count = f" ({talk.unread})" if talk.unread else ""
    text = cut(f"{number} {sign}{escaped(talk.title)}", width - len(count)) + count
    if talk is desk.current:
        return [("class:current", text.ljust(width))]
    return [("class:called" if talk.called else "class:unread" if talk.unread else "", text)]


# ---------------------------------------------------------------- title and status


def title(desk: Desk, width: int) -> str:
    """Of the talk in front."""
    talk = desk.current
    if not talk.address:
        said = "imc: /help says what you can do"
    elif talk.room:
        said = f"{talk.title} ({len(talk.people)} in) {escaped(talk.topic)}"
    else:
        seen = desk.presence.get(talk.address.lower())
        text = f" “{escaped(seen.text)}”" if seen is not None and seen.text else ""
        known = talk.address.lower() in desk.contacts or seen is not None
        said = f"{talk.title}: {desk.state_of(talk.address)}{text}" if known else talk.title
    return cut(f" {said}", width).ljust(width)


def status(desk: Desk, width: int) -> str:
    """One's own name and state, the connection, what is unread."""
    state = f"{desk.state}{f' “{desk.state_text}”' if desk.state_text else ''}"
    who = f"{desk.short(desk.own)} {SIGNS[desk.state]} {state}" if desk.online else desk.connection
    parts = [who]
    if desk.unread:
        parts.append(f"{desk.unread} unread: Alt-A")
    if desk.current.scroll:
        parts.append("PageDown: to the end")
    unsettled = desk.client.unsettled if hasattr(desk, "client") else 0
    if unsettled and not desk.online:
        parts.append(f"{unsettled} to be sent")
    return cut(" " + "  │  ".join(parts), width).ljust(width)
