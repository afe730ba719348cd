"""CAP (https://ircv3.net/specs/extensions/capability-negotiation), version 302, with cap-notify."""

from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any

from imd.protocols.irc import metadata, multiline, numerics, sts
from imd.protocols.irc.capabilities import CAPABILITIES, CHANGING, INFORMATIONAL, available, value_of
from imd.protocols.irc.commands import command
from imd.protocols.irc.registration import progress, shown
from imd.protocols.irc.sasl import aborted
from imd.protocols.irc.wire.line import MAX_BODY, Line
from imd.protocols.irc.wire.packing import packed

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


@command("CAP", parameters=1, registered=False)
def cap(session: "IrcSession", line: Line) -> Coroutine[Any, Any, None] | None:
    match line.params[0].upper():
        case "LS":
            _ls(session, line.param(1))
        case "LIST":
            _say(session, "LIST", sorted(session.caps), many=session.cap_version >= 302)
        case "REQ":
            _req(session, line.param(1))
        case "END":
            if not session.registered:
                session.registration.negotiating = False
                # sasl-3.1: "SHOULD abort it and send a 906 numeric, then register the client".
                return progress(session) if session.registration.exchange is None else aborted(session)
        case _:
            session.numeric(numerics.ERR_INVALIDCAPCMD, shown(line.params[0]))
    return None


def _ls(session: "IrcSession", version: str) -> None:
    if not session.registered:
        session.registration.negotiating = True
    # "the server MUST remember the highest version".
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 6 else 301
    session.cap_version = max(session.cap_version, number)
    # "servers SHOULD return a CAP LS reply consistent with the request's version, but keep storing the … higher".
    modern = number >= 302
    if modern:
        # "implicitly enabled by CAP LS 302".
        session.set_caps(session.caps | {"cap-notify"})
    session.offered = offer(session) | (sts.told(session) if modern else {})
    names = _written(session.offered, values=modern)
    if not modern:
        # There may not be room for all of them: drafts last.
        names.sort(key=lambda name: name.startswith("draft/"))
    _say(session, "LS", names, many=modern)


def _req(session: "IrcSession", text: str) -> None:
    if not session.registered:
        session.registration.negotiating = True
    caps = set(session.caps)
    for word in text.split():
        name = word.removeprefix("-")
        if name == sts.NAME:
            fine = False
        elif word.startswith("-"):
            # "cap-notify … MUST NOT be disabled" for who has it by version 302.
            fine = name in CAPABILITIES and not (name == "cap-notify" and session.cap_version >= 302)
            caps.discard(name)
        else:
            fine = name in CAPABILITIES and name not in INFORMATIONAL and available(session, name)
            caps.add(name)
        if not fine:
            _answer(session, "NAK", text)
            return
    if {"draft/metadata-2", "draft/metadata-3"} <= caps:
        # "Servers MUST NOT accept these requests either".
        _answer(session, "NAK", text)
        return
    _answer(session, "ACK", text)
    session.set_caps(frozenset(caps))
    if session.registered and "draft/chathistory" in caps:
        session.hub.history.want(session.me)
    metadata.capabilities_changed(session)
    multiline.capabilities_changed(session)


def _answer(session: "IrcSession", subcommand: str, text: str) -> None:
    """ACK or NAK; of a request as long as a line several, each whole ("spread across multiple lines")."""
    room = MAX_BODY - len(f":{session.door.server} CAP {session.nick} {subcommand} :\r\n".encode())
    for part in packed(text.split(), room) if len(text) > room else (text,):
        session.reply("CAP", session.nick, subcommand, part, colon=True)


def offer(session: "IrcSession") -> dict[str, str]:
    """What this client may request now, with values."""
    return {
        name: value_of(session, name) if name in CHANGING else ""
        for name in CAPABILITIES
        if name not in CHANGING or available(session, name)
    }


def announce(session: "IrcSession") -> None:
    """After a change of settings: CAP NEW and CAP DEL for who has cap-notify.

    "When a capability's value changes, … the server SHOULD use CAP NEW" (capability-negotiation, cap-notify).
    """
    before, now = session.offered, offer(session) | (sts.told(session) if session.cap_version >= 302 else {})
    if before is None or "cap-notify" not in session.caps:
        return
    session.offered = now
    # "Servers MUST NOT send … CAP DEL for sts".
    gone = [name for name in before if name not in now and name != sts.NAME]
    new = {name: value for name, value in now.items() if before.get(name) != value}
    if gone:
        session.push(session.format("CAP", [session.nick, "DEL", " ".join(gone)], colon=True))
        session.set_caps(session.caps - set(gone))
    if new:
        text = " ".join(_written(new, values=session.cap_version >= 302))
        session.push(session.format("CAP", [session.nick, "NEW", text], colon=True))


def _written(caps: dict[str, str], *, values: bool) -> list[str]:
    return [f"{name}={value}" if value and values else name for name, value in caps.items()]


def _say(session: "IrcSession", subcommand: str, words: Iterable[str], *, many: bool) -> None:
    """One line, or for 302 as many as needed, all but the last with ``*``. What does not fit the only line of older
    clients they can request all the same."""
    lines = [""]
    room = MAX_BODY - len(f":{session.door.server} CAP {session.nick} {subcommand} * :\r\n".encode())
    for word in words:
        if lines[-1] and len(lines[-1].encode()) + len(word) >= room:
            if not many:
                break
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".lstrip()
    for text in lines[:-1]:
        session.reply("CAP", session.nick, subcommand, "*", text, colon=True)
    session.reply("CAP", session.nick, subcommand, lines[-1], colon=True)
