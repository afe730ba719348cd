"""Which characters a name may have: the IdentifierClass of PRECIS (RFC 8264 sections 4.2 and 8), for what is not ASCII.

Only what goes beyond general categories and normal forms, of which `unicodedata` knows: code points that are exceptions
(section 9.6), cannot be seen (9.13), or are parts of old Hangul (9.9); digits of two alphabets (RFC 5892 appendix A.8
and A.9); and the rule for names that are written from right to left (RFC 5893 section 2, which RFC 8265 section 3.3.2
asks for).
"""

import unicodedata

#: Section 9.1, LetterDigits.
_CATEGORIES = frozenset({"Ll", "Lu", "Lo", "Nd", "Lm", "Mn", "Mc"})
#: Section 9.6, those that would be LetterDigits and are disallowed.
_EXCEPTIONS = frozenset("\u0640\u07fa\u302e\u302f\u3031\u3032\u3033\u3034\u3035\u303b")
#: Section 9.13: Default_Ignorable_Code_Point, as far as they are LetterDigits and their own NFKC.
_UNSEEN = (
    *((0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180D), (0x180F, 0x180F)),
    *((0xFE00, 0xFE0F), (0xE0100, 0xE01EF)),
)
#: Section 9.9: Hangul_Syllable_Type L, V and T.
_OLD_HANGUL = ((0x1100, 0x11FF), (0xA960, 0xA97C), (0xD7B0, 0xD7C6), (0xD7CB, 0xD7FB))

_ARABIC_DIGITS = frozenset(map(chr, range(0x0660, 0x066A)))
_EXTENDED_ARABIC_DIGITS = frozenset(map(chr, range(0x06F0, 0x06FA)))

#: RFC 5893 section 2, conditions 2 and 5: what may stand in a label of either direction.
_RIGHT = frozenset({"R", "AL", "AN", "EN", "ES", "CS", "ET", "ON", "BN", "NSM"})
_LEFT = frozenset({"L", "EN", "ES", "CS", "ET", "ON", "BN", "NSM"})


def valid(name: str) -> bool:
    """Whether a name of letters, digits, "-" and "_", all in NFKC, belongs to the class."""
    signs = set(name)
    if any(sign not in "-_" and not _letter(sign) for sign in signs):
        return False
    return not (signs & _ARABIC_DIGITS and signs & _EXTENDED_ARABIC_DIGITS) and _one_direction(name)


def _letter(sign: str) -> bool:
    point = ord(sign)
    return (
        unicodedata.category(sign) in _CATEGORIES
        and sign not in _EXCEPTIONS
        and not any(first <= point <= last for first, last in (*_UNSEEN, *_OLD_HANGUL))
    )


def _one_direction(name: str) -> bool:
    """The Bidi Rule, for names in which something is written from right to left."""
    classes = [unicodedata.bidirectional(sign) for sign in name]
    if not {"R", "AL", "AN"} & set(classes):
        return True
    last = next((each for each in reversed(classes) if each != "NSM"), "")
    if classes[0] in ("R", "AL"):
        mixed = "EN" in classes and "AN" in classes
        return set(classes) <= _RIGHT and last in ("R", "AL", "EN", "AN") and not mixed
    return classes[0] == "L" and set(classes) <= _LEFT and last in ("L", "EN")
