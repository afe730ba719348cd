"""Which test shows a command, a numeric or a capability at work: read from the texts of the tests.

A test once chosen stands in the page, and is kept as long as it still shows it: otherwise every new test would change
the page. Transcripts come first (`tests/transcripts`), because they can be read.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_SENT = re.compile(r"\(?[a-z0-9_, -]+: (?:@\S+ )?(?::\S+ )?([A-Za-z]+)")
_GOT = re.compile(r"[a-z0-9_, -]+< (?:@\S+ )?(?::\S+ )?([A-Z]+|\d{3})\b")
_WITH = re.compile(r"[a-z0-9_-]+ signs on .*with (.*)")
_STRINGS = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_WORDS = re.compile(r"[^\s:;,=(){}\[\]'\"]+")

Shown = dict[str, frozenset[str]]


def read(root: Path) -> Shown:
    """What each test shows, by its path from the root of the repository."""
    shown = {}
    for path in sorted((root / "tests" / "transcripts").rglob("*.txt")):
        shown[str(path.relative_to(root))] = _of_transcript(path.read_text(encoding="utf-8"))
    for path in sorted((root / "tests" / "protocols" / "irc").rglob("test_*.py")):
        if path.name not in ("test_conformance.py", "test_privacy.py"):
            # These have lists of everything, and show nothing of it.
            shown[str(path.relative_to(root))] = _of_module(path.read_text(encoding="utf-8"))
    return shown


def _of_transcript(text: str) -> frozenset[str]:
    found: set[str] = set()
    for line in text.splitlines():
        if sent := _SENT.match(line):
            found.add(sent[1].upper())
            if " REQ " in line:
                found.update(_WORDS.findall(line.partition(" REQ ")[2]))
        elif got := _GOT.match(line):
            found.add(got[1])
        elif caps := _WITH.match(line):
            found.update(caps[1].split())
    return frozenset(found)


def _of_module(text: str) -> frozenset[str]:
    """Of strings: any word, but a command only at the beginning of a line."""
    found: set[str] = set()
    for string in _STRINGS.findall(text):
        words = _WORDS.findall(string)
        found.update(word for word in words if not word.isupper())
        found.update([word for word in words if not word.startswith("@")][:1])
    return frozenset(found)


def chosen(names: Iterable[str], shown: Shown, before: Mapping[str, str]) -> dict[str, str]:
    """A test for each name that has one: the one it had, or else the one that is most about it."""
    found = {}
    for name in names:
        kept = before.get(name, "")
        if name in shown.get(kept, ()):
            found[name] = kept
            continue
        tests = [path for path, words in shown.items() if name in words]
        if tests:
            found[name] = min(tests, key=lambda path: (_foreign(name, path), len(shown[path]), path))
    return found


def _foreign(name: str, path: str) -> int:
    """0 for the transcript that is called so, 1 for other transcripts, 2 for tests in Python."""
    stem = Path(path).stem.replace("test_", "")
    if stem in (name.lower(), name.lower().removeprefix("draft/")):
        return 0
    return 1 if path.endswith(".txt") else 2
