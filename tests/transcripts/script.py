"""Reads a transcript: text → steps. The format is told in the package's docstring."""

import re
from pathlib import Path
from typing import NamedTuple


class NoStep(Exception):
    """A line of a transcript that means nothing."""


class Step(NamedTuple):
    """One line of a transcript. `kind` is the name of `stage.Stage`'s method; `words` are its arguments."""

    number: int
    text: str
    kind: str
    words: dict[str, str]


class Script(NamedTuple):
    """A transcript: what it shows, and its steps."""

    path: Path
    about: str
    steps: list[Step]


_WHO = r"(?P<who>[a-z0-9_-]+(?:, [a-z0-9_-]+)*)"
_ONE = r"(?P<who>[a-z0-9_-]+)"
_OTHER = r"(?P<other>[a-z0-9_-]+)"

#: Kind of step → its form. The first that fits counts.
_FORMS: dict[str, re.Pattern[str]] = {
    kind: re.compile(form)
    for kind, form in {
        "sends": rf"{_WHO}: (?P<text>.*)",
        "aside": rf"\({_WHO}: (?P<text>.*)\)",
        "types": rf"{_WHO}~ (?P<text>.*)",
        "gets_nothing": rf"{_WHO}< nothing",
        "gets_whatever": rf"{_WHO}< \.\.\.",
        "gets": rf"{_WHO}< (?P<text>.*)",
        "passes": r"\+ (?P<count>[0-9.]+) (?P<unit>second|minute|hour|day)s?",
        "setting": r"set (?P<text>\S+ = .*)",
        "store": r"store (?P<name>memory|sqlite)",
        "suspended": r"account (?P<name>\S+) is suspended",
        "account": r"account (?P<name>\S+) (?P<password>\S+)",
        "signs_on": rf"{_ONE} signs on(?: as (?P<nick>\S+))?(?: with (?P<caps>.*))?",
        "signs_on_elsewhere": rf"{_ONE} signs on by native",
        "signs_off": rf"{_ONE} signs off",
        "says": rf"{_ONE} says (?P<state>[a-z-]+)(?:: (?P<text>.*))?",
        "writes": rf"{_ONE} writes (?P<to>\S+): (?P<text>.*)",
        "befriend": rf"{_ONE} and {_OTHER} are friends",
        "share": rf"{_ONE} and {_OTHER} share",
        "connects": rf"{_ONE} connects(?: by (?P<tls>TLS))?(?: from (?P<address>\S+))?"
        r"(?: with certificate (?P<certificate>\S+))?",
        "is_cut_off": rf"{_ONE} is cut off",
        "is_gone": rf"{_ONE} is gone",
        "is_mute": rf"{_ONE} does not answer PING",
        "now": r"now (?P<text>\S+ = .*)",
        "restarts": r"the daemon restarts",
    }.items()
}
# "signs on by native" would be read as "signs on" with nothing after it only if that form were open; it is not.


def read(path: Path) -> Script:
    """Raises `NoStep` for a line that cannot be read."""
    about = ""
    steps: list[Step] = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.strip()
        if text.startswith("#"):
            about = about or text.lstrip("# ")
        elif text:
            steps.append(_step(path, number, text))
    return Script(path, about, steps)


def _step(path: Path, number: int, text: str) -> Step:
    for kind, form in _FORMS.items():
        found = form.fullmatch(text)
        if found is not None:
            return Step(number, text, kind, {key: value or "" for key, value in found.groupdict().items()})
    raise NoStep(f"{path}:{number}: not a step of a transcript: {text}")
