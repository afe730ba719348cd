"""Writes the tables of docs/protocols/irc.md from those in the code: ``python -m imd.protocols.irc.conformance``."""

import sys
from collections.abc import Iterable
from pathlib import Path

from imd.core.talk import ListKind, Role, RoomFlag
from imd.protocols.irc import buddyserv, isupport, modes, numerics, services, user_modes
from imd.protocols.irc.capabilities import CAPABILITIES
from imd.protocols.irc.commands import COMMANDS
from imd.protocols.irc.families import FAMILIES
from imd.protocols.irc.forms import FORMS
from imd.protocols.irc.settings import IrcSettings

BEGIN = "<!-- what follows is written by python -m imd.protocols.irc.conformance -->"
END = "<!-- end of what is written -->"

_FLAGS = {
    RoomFlag.ACCOUNTS_ONLY: "only accounts may enter",
    RoomFlag.NO_CTCP: "no CTCP but ACTION",
    RoomFlag.INVITE_ONLY: "only the invited may enter",
    RoomFlag.MODERATED: "only members with a role may speak",
    RoomFlag.NO_OUTSIDERS: "only members may speak",
    RoomFlag.SECRET: "not listed",
    RoomFlag.TOPIC_PROTECTED: "only operators set the topic",
}
_LISTS = {
    ListKind.BAN: "who may neither enter nor speak; `m:mask`: not speak; `a:account`",
    ListKind.EXCEPTION: "who may all the same",
    ListKind.INVITE_EXCEPTION: "who needs no invitation",
}
_ROLES = {
    Role.FOUNDER: "founded the room with an account; the room is kept",
    Role.ADMIN: "rules operators and below",
    Role.OPERATOR: "keeps order; rules other operators and below",
    Role.HALFOP: "may remove, give a voice, set the topic, and `b e I i m n t`",
    Role.VOICE: "may speak where it is moderated",
}


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    columns = list(head)
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    # A bar inside a cell would end it, also between backticks.
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return [*lines, ""]


def _family(name: str) -> str:
    return COMMANDS[name].run.__module__.rpartition(".")[2] + ".py"


def reference() -> str:
    """The part of the page that comes from the code."""
    if not FAMILIES:
        raise AssertionError("no command families")
    lines = ["## Commands", ""]
    lines += _table(
        ("command", "what it does", "before registration", "in"),
        (
            (f"`{FORMS[name].form}`", FORMS[name].does, "" if row.registered else "yes", f"`{_family(name)}`")
            for name, row in sorted(COMMANDS.items())
        ),
    )
    lines += ["## Capabilities", ""]
    lines += _table(
        ("capability", "specification"), ((f"`{name}`", f"<{link}>") for name, link in CAPABILITIES.items())
    )
    lines += ["## Modes of rooms", ""]
    rows = [(f"`{letter}`", "list of masks", _LISTS[kind]) for letter, kind in modes.LISTS.items()]
    rows += [(f"`{modes.KEY}`", "parameter", "the key to enter"), (f"`{modes.LIMIT}`", "parameter", "most members")]
    rows += [(f"`{letter}`", "switch", _FLAGS[flag]) for letter, flag in modes.FLAGS.items()]
    rows += [(f"`{letter}`", f"role, `{modes.PREFIXES[role]}`", _ROLES[role]) for letter, role in modes.ROLES.items()]
    lines += _table(("mode", "kind", "meaning"), rows)
    lines += ["## Modes of people", "", "Each session has its own.", ""]
    lines += _table(
        ("mode", "set by", "meaning"), ((f"`{row.letter}`", row.by, row.meaning) for row in user_modes.TABLE)
    )
    lines += ["## RPL_ISUPPORT", "", "With the default settings:", ""]
    lines += _table(("token", "value", "specification"), _isupport())
    lines += ["## BuddyServ", ""]
    lines += _table(("`/msg BuddyServ …`", "what it does"), ((f"`{use}`", does) for use, does in buddyserv.manual()))
    for service in services.ALL.values():
        lines += [f"## {service.nick}", ""]
        lines += _table(
            (f"`/msg {service.nick} …`", "what it does"), ((f"`{use}`", does) for use, does in service.manual())
        )
    lines += ["## Numerics", ""]
    lines += _table(
        ("number", "name", "reference"),
        ((row.number, f"`{name}`", row.reference) for name, row in sorted(numerics.TABLE.items(), key=_number)),
    )
    return "\n".join(lines).rstrip() + "\n"


def _number(item: tuple[str, numerics.Numeric]) -> str:
    return item[1].number


def _isupport() -> Iterable[tuple[str, str, str]]:
    settings = IrcSettings()
    for row in isupport.TABLE:
        value = row.value(settings)
        shown = "not announced" if value is None else f"`{value}`" if value else ""
        yield f"`{row.name}`", shown, f"<{row.reference}>"


def document(text: str) -> str:
    """``irc.md`` with its reference part as it has to be."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("The marks around the reference are missing.")
    return f"{before}{BEGIN}\n\n{reference()}\n{END}{after}"


def main(page: Path) -> None:
    page.write_text(document(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/protocols/irc.md"))
