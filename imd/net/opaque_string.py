"""Passwords as both ends must see them: the OpaqueString profile of PRECIS (RFC 8265 section 4.2).

It takes the place of SASLprep (RFC 4013), which RFC 5802 names and which stops at Unicode 3.2. For ASCII the two
agree. They differ where SASLprep folds compatibility characters (NFKC) or drops characters without a word.
"""

import unicodedata

#: Longest password in bytes of UTF-8, before and after preparation.
MAX_PASSWORD = 1024

# RFC 8264 section 8: what the FreeformClass admits (sections 9.1 LetterDigits, 9.14 Spaces, 9.15 Symbols,
# 9.16 Punctuation, 9.18 OtherLetterDigits; HasCompat, 9.17, falls under these by its category).
_FREEFORM = frozenset(
    "Ll Lu Lo Nd Lm Mn Mc Zs Sm Sc Sk So Pc Pd Ps Pe Pi Pf Po Lt Nl No Me".split()  # noqa: SIM905 - reads as a list
)
# Section 9.13 PrecisIgnorableProperties, as far as their category would let them in: Default_Ignorable_Code_Point.
_IGNORABLE = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810)})
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


class UnusablePassword(ValueError):
    """The text cannot be a password; the message says why."""


def _admits(character: str) -> bool:
    code = ord(character)
    if 0x21 <= code <= 0x7E:  # section 9.11 ASCII7
        return True
    if 0x1100 <= code <= 0x11FF or 0xA960 <= code <= 0xA97C or 0xD7B0 <= code <= 0xD7FB:  # section 9.9 OldHangulJamo
        return False
    if code in _IGNORABLE or any(code in selectors for selectors in _VARIATION_SELECTORS):
        return False
    # Exceptions that need context (section 9.6, RFC 5892 appendix A) are letters or marks here and do no harm in a
    # secret, except the joiners U+200C and U+200D, whose category (Cf) keeps them out.
    return unicodedata.category(character) in _FREEFORM


def prepare(password: str) -> bytes:
    """The octets that are hashed. Raises `UnusablePassword`. Preparing twice changes nothing."""
    if len(password) > MAX_PASSWORD:
        raise UnusablePassword(f"a password has at most {MAX_PASSWORD} bytes")
    if password.isascii() and password.isprintable():
        prepared = password
    else:
        # RFC 8265 section 4.2.2: other spaces become U+0020, then NFC. No width mapping, no case mapping.
        spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in password)
        prepared = unicodedata.normalize("NFC", spaced)
        for character in prepared:
            if not _admits(character):
                raise UnusablePassword(f"a password cannot contain the character U+{ord(character):04X}")
    if not prepared:
        raise UnusablePassword("a password cannot be empty")
    octets = prepared.encode()
    if len(octets) > MAX_PASSWORD:
        raise UnusablePassword(f"a password has at most {MAX_PASSWORD} bytes")
    return octets
