"""Writes the tables of docs/protocols/irc.md from those in the code: ``python -m imd.protocols.irc.conformance``.

Every command, numeric and capability stands there with its specification, how far we go, and a test that shows it.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from imd.core.talk import ListKind, Role, RoomFlag
from imd.protocols.irc import (
    evidence,
    isupport,
    modes,
    numerics,
    services,
    specifications,
    user_modes,
)
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


#: A row that ends with a test: what it is of, and the test.
_PROVEN = re.compile(r"^\| `?(?P<name>[^` |]+).*\| `(?P<test>tests/[^`]+)` \|$", re.MULTILINE)


def names() -> list[str]:
    """Everything that has to have a test."""
    return [*COMMANDS, *CAPABILITIES, *(row.number for row in numerics.TABLE.values())]


def proofs(text: str, root: Path) -> dict[str, str]:
    """A test for everything that has one, as the page `text` has it where that is still true."""
    before = {row["name"]: row["test"] for row in _PROVEN.finditer(text)}
    return evidence.chosen(names(), evidence.read(root), before)


def _commands(tests: Mapping[str, str]) -> Iterable[tuple[str, ...]]:
    for name, row in sorted(COMMANDS.items()):
        form = FORMS[name]
        place = row.run.__module__.removeprefix("imd.protocols.irc.").replace(".", "/") + ".py"
        link = specifications.of_command(name)
        specification = "ours" if link == "" else f"<{link}>"
        state = specifications.state(name)
        when = "" if row.registered else "yes"
        yield f"`{form.form}`", form.does, when, f"`{place}`", specification, state, _shown(tests, name)


def _shown(tests: Mapping[str, str], name: str) -> str:
    return f"`{tests[name]}`" if name in tests else "none"


def reference(tests: Mapping[str, str]) -> str:
    """The part of the page that comes from the code."""
    if not FAMILIES:
        raise AssertionError("no command families")
    lines = ["## Commands", ""]
    lines += _table(
        ("command", "what it does", "before registration", "in", "specification", "state", "test"), _commands(tests)
    )
    lines += ["## Capabilities", ""]
    lines += _table(
        ("capability", "specification", "state", "test"),
        (
            (f"`{name}`", f"<{link}>", specifications.state(name), _shown(tests, name))
            for name, link in CAPABILITIES.items()
        ),
    )
    lines += ["## What is left out", ""]
    lines += _table(("what", "specification", "why"), specifications.LEFT_OUT)
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
    for service in services.ALL.values():
        lines += [f"## {service.nick}", ""]
        lines += _table(
            (f"`/msg {service.nick} …`", "what it does"), ((f"`{use}`", does) for use, does in service.manual())
        )
    lines += ["## Numerics", "", "All of these are sent; those that are not stand in *What is left out*.", ""]
    lines += _table(
        ("number", "name", "specification", "test"),
        (
            (row.number, f"`{name}`", specifications.of_numeric(*row[:2], row.reference), _shown(tests, row.number))
            for name, row in sorted(numerics.TABLE.items(), key=_number)
        ),
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


def document(text: str, root: Path) -> str:
    """``irc.md`` with its reference part as it has to be; `root` is where ``tests`` is."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("The marks around the reference are missing.")
    return f"{before}{BEGIN}\n\n{reference(proofs(text, root))}\n{END}{after}"


def main(root: Path) -> None:
    page = root / "docs" / "protocols" / "irc.md"
    page.write_text(document(page.read_text(encoding="utf-8"), root), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
