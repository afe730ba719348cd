#!/usr/bin/env python3
"""Writes the table of imd/core/confusables.py: ``tools/confusables.py CONFUSABLES.JSON``.

The file is that of the package confusable_homoglyphs (``pip download --no-deps confusable_homoglyphs``), which has the
lines of confusables.txt in both directions. What is connected by them looks alike; the member with most connections is
the prototype. With a newer one the skeletons that stores keep must be entered again (decision 0013).
"""

import json
import re
import sys
import textwrap
import unicodedata
from collections import defaultdict
from pathlib import Path

TARGET = Path(__file__).parents[1] / "imd/core/confusables.py"
#: RFC 8264 section 9.1, LetterDigits: what a name may have beyond ASCII.
LETTERS = frozenset({"Ll", "Lu", "Lo", "Nd", "Lm", "Mn", "Mc"})


def allowed(sign: str) -> bool:
    """Whether a character may stand in the name of an account or a guest."""
    if sign.isascii():
        return sign.isprintable() and sign != " "
    return unicodedata.category(sign) in LETTERS and unicodedata.normalize("NFKC", sign) == sign


def groups(file: Path) -> dict[str, list[str]]:
    """Prototype → the characters that look like it."""
    near: defaultdict[str, set[str]] = defaultdict(set)
    for one, others in json.loads(file.read_text("utf-8")).items():
        for other in others:
            # The file marks what is written from right to left.
            pair = [text.strip("\u200e\u200f") for text in (one, other["c"])]
            if all(pair) and pair[0] != pair[1]:
                near[pair[0]].add(pair[1])
                near[pair[1]].add(pair[0])
    found: defaultdict[str, list[str]] = defaultdict(list)
    seen: set[str] = set()
    for first in sorted(near):
        group, waiting = [], [first]
        while waiting:
            text = waiting.pop()
            if text not in seen:
                seen.add(text)
                group.append(text)
                waiting += near[text]
        if group:
            # "m" looks like "rn" there: with names that would be too much.
            prototype = "m" if "m" in group else min(group, key=lambda t: (-len(near[t]), not t.isascii(), len(t), t))
            found[prototype] += [text for text in group if len(text) == 1 and text != prototype and allowed(text)]
    return found


def settled(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Prototypes of several characters hold none that another one stands for."""
    table = {ord(sign): prototype for prototype, signs in found.items() for sign in signs}
    final: defaultdict[str, list[str]] = defaultdict(list)
    for prototype, signs in found.items():
        while (after := prototype.translate(table)) != prototype:
            prototype = after
        final[prototype] += signs
    return {prototype: sorted(signs) for prototype, signs in sorted(final.items()) if signs}


def points(text: str) -> str:
    return "+".join(f"{ord(sign):x}" for sign in text)


def main(file: Path) -> None:
    entries = [f"{points(key)}:{','.join(map(points, signs))}" for key, signs in settled(groups(file)).items()]
    table = "\n".join(textwrap.wrap(" ".join(entries), 118, break_long_words=False, break_on_hyphens=False))
    module = TARGET.read_text("utf-8")
    TARGET.write_text(re.sub(r'(_TABLE = """\n).*?(\n""")', rf"\g<1>{table}\g<2>", module, flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
