"""Names of visitors that pass for somebody who answers them: anybody may call herself "Sales".

Her name on IRC, which others see too, always has an ending of its own; what she calls herself has not.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from imd.core.accounts import RESERVED
from imd.core.lookalike import skeleton

_WORD = re.compile(r"[^\W_]+")
#: Names have no more words than this.
_WORDS = 8

#: The services of this daemon, to whom people give their passwords.
SERVICES = frozenset(name for name in RESERVED if name.endswith("serv"))


def poses(name: str, *answering: frozenset[str]) -> bool:
    """Whether a name, or words in a row of it, look like one of these, whatever stands between their letters."""
    runs = {run for words in _read(name) for run in _runs(words)}
    return any(not runs.isdisjoint(_known(names)) for names in answering)


@lru_cache(maxsize=256)
def _known(names: frozenset[str]) -> frozenset[str]:
    """Names out of the settings, in all forms in which they are looked for: once for all who come."""
    return frozenset("".join(words) for name in names for words in _read(name)) - {""}


def _read(name: str) -> list[list[str]]:
    """The words of a name: by how it looks as it is written (a capital i like a small l), and in small letters."""
    return [_WORD.findall(_plain(each)) for each in {name, name.casefold()}]


def _plain(name: str) -> str:
    """Without accents; and "m" looks like "rn" here, as confusables.txt has it and `imd.core.confusables` has not."""
    bare = "".join(each for each in skeleton(name) if unicodedata.category(each) != "Mn")
    return bare.replace("m", "rn")


def _runs(words: list[str]) -> Iterator[str]:
    yield "".join(words)
    for first in range(len(words)):
        for last in range(first + 1, min(len(words), first + _WORDS) + 1):
            yield "".join(words[first:last])
