"""Names that look like one another: skeletons (UTS #39, https://www.unicode.org/reports/tr39/ section 4).

Two names that have one skeleton look alike, whatever their characters: the Latin and the Cyrillic "a", and among ASCII
"I", "l" and "1", "O" and "0". Case is looked at first and then forgotten, so that "Ian" looks like "lan", and "ian"
does not.
"""

import unicodedata
from functools import lru_cache

from imd.core.confusables import PROTOTYPES

_ASCII = {point: PROTOTYPES[point] for point in range(128) if point in PROTOTYPES}


def skeleton(name: str) -> str:
    """What all names have in common that look like this one."""
    if name.isascii():
        return name.translate(_ASCII).lower()
    # The width mapping of RFC 8265 comes first: confusables.txt has not all of it.
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name))
    # "the resulting skeleton may need NFD again"; case folding at last, as no two names may differ by it.
    return unicodedata.normalize("NFD", plain.translate(PROTOTYPES)).casefold()


#: For guests, whose nicks are asked for again and again.
remembered = lru_cache(maxsize=8_192)(skeleton)
