"""Names and addresses: who somebody is, in a form every door can show.

An account is ``alice`` or in full ``alice@example.org``; a guest is ``nick@guest.example.org``, so that a later
account of that name inherits nothing of the guest's. Two names that are equal under ASCII, RFC 1459 or PRECIS
folding are the same name.
"""

import re
import unicodedata
from functools import lru_cache

import msgspec

from imd.core.precis import valid
from imd.core.refusal import InvalidName

#: Longest account name, in UTF-8 bytes: what every door can carry.
MAX_NAME = 30

_ACCOUNT = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
# RFC 2812 section 2.3.1 "nickname", without the length rule.
_NICK = re.compile(r"[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]*\Z")
# RFC 1459 section 2.2: {}|^ are the lower case of []\~. Nicks hold no "~", so "^" stays as it is.
_RFC1459 = str.maketrans("[]\\~", "{}|^")


#: Names up to this length are remembered folded; longer ones are no names.
_SHORT = 64


class Address(msgspec.Struct, frozen=True, gc=False):
    """``name@domain``. Compare people by :func:`fold` of the name, or by account id, never by spelling."""

    name: str
    domain: str

    def __str__(self) -> str:
        return f"{self.name}@{self.domain}"


def fold(name: str) -> str:
    """The form under which names are compared: PRECIS UsernameCaseMapped (RFC 8265 section 3.3) plus RFC 1459.

    Width and case are mapped and the result is in NFC; ``[]\\~`` become ``{}|^``.
    """
    return _remembered(name) if len(name) <= _SHORT else _folded(name)


def _folded(name: str) -> str:
    if name.isascii():
        folded = name.lower().translate(_RFC1459)
        return name if folded == name else folded
    # RFC 8265 section 3.3.2: width mapping, case mapping, normalisation. NFKC does the width mapping for the
    # characters that PRECIS lets into usernames at all.
    mapped = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFC", mapped).translate(_RFC1459)


_remembered = lru_cache(maxsize=32_768)(_folded)


def check_account_name(name: str, *, international: bool = False) -> str:
    """Return `name` if an account may have it behind every door, else raise `InvalidName`."""
    if not name or len(name.encode()) > MAX_NAME:
        raise InvalidName(name, f"a name has 1 to {MAX_NAME} bytes")
    if _ACCOUNT.match(name):
        return name
    if not international or name.isascii():
        raise InvalidName(name, "a letter, then letters, digits, '-' or '_'")
    if unicodedata.normalize("NFC", name) != name or unicodedata.normalize("NFKC", name) != name:
        raise InvalidName(name, "characters must be in their composed, plain form (NFC, no width variants)")
    # RFC 8264 section 4.2 IdentifierClass, in the subset that also fits the rule above: letters, marks, digits.
    if not name[0].isalpha() or not valid(name):
        raise InvalidName(name, "a letter, then letters, digits, '-' or '_', all of them plain and in one direction")
    return name


def check_nick(nick: str, *, limit: int = MAX_NAME, international: bool = False) -> str:
    """Return `nick` if a guest may be called so (RFC 2812 section 2.3.1), else raise `InvalidName`."""
    if not nick or len(nick.encode()) > limit:
        raise InvalidName(nick, f"a nick has 1 to {limit} bytes")
    if not _NICK.match(nick):
        check_account_name(nick, international=international)
    return nick


def split(text: str, domain: str) -> tuple[str, str]:
    """``"alice"`` or ``"alice@example.org"`` as (name, domain); a bare name belongs to `domain`."""
    name, at, where = text.partition("@")
    return name, (where.lower() if at else domain)
