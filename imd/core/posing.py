"""Names of visitors that pass for somebody who answers them: anybody may call herself "Sales".

Her name on IRC, which others see too, always has an ending of its own; what she calls herself has not.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from imd.core.accounts import RESERVED
from imd.core.lookalike import skeleton

_WORD = re.compile(r"[^\W_]+")
#: Names have no more words than this.
_WORDS = 8

#: The services of this daemon, to whom people give their passwords.
SERVICES = frozenset(name for name in RESERVED if name.endswith("serv"))


def poses(name: str, answering: Iterable[str]) -> bool:
    """Whether a name, or words in a row of it, look like one of these, whatever stands between their letters."""
    known = frozenset().union(*map(_whole, answering))
    return any(run in known for words in _read(name) for run in _runs(words))


@lru_cache(maxsize=4_096)
def _whole(name: str) -> frozenset[str]:
    """A name out of the settings, in all forms in which it is looked for."""
    return frozenset("".join(words) for words in _read(name)) - {""}


def _read(name: str) -> list[list[str]]:
    """The words of a name: by how it looks as it is written (a capital i like a small l), and in small letters."""
    return [_WORD.findall(_plain(each)) for each in {name, name.casefold()}]


def _plain(name: str) -> str:
    """Without accents; and "m" looks like "rn" here, as confusables.txt has it and `imd.core.confusables` has not."""
    bare = "".join(each for each in skeleton(name) if unicodedata.category(each) != "Mn")
    return bare.replace("m", "rn")


def _runs(words: list[str]) -> Iterable[str]:
    yield "".join(words)
    for first in range(len(words)):
        for last in range(first + 1, min(len(words), first + _WORDS) + 1):
            yield "".join(words[first:last])
