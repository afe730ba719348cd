"""A SCRAM verifier as text, for settings (RFC 5803 section 3): ``SCRAM-SHA-256$100000:salt$stored:server``."""

import base64
import binascii

from imd.core.stores import Verifier

MECHANISM = "SCRAM-SHA-256"
#: Rounds: RFC 7677 section 4, and no more than a hashing thread should be given.
FEWEST, MOST = 4096, 10_000_000
_KEY = 32


def written(verifier: Verifier) -> str:
    salt, stored, server = (
        base64.b64encode(octets).decode() for octets in (verifier.salt, verifier.stored_key, verifier.server_key)
    )
    return f"{MECHANISM}${verifier.iterations}:{salt}${stored}:{server}"


def read(text: str) -> Verifier:
    """What `written` has written. Raises ValueError with a reason for people, which repeats nothing of the text."""
    mechanism, _, rest = text.partition("$")
    info, _, keys = rest.partition("$")
    rounds, _, salt = info.partition(":")
    stored, _, server = keys.partition(":")
    if mechanism != MECHANISM or not (rounds.isascii() and rounds.isdigit() and len(rounds) < 10):
        raise ValueError("it is no verifier; 'imdctl operator-password' makes one")
    try:
        verifier = Verifier(_octets(salt), int(rounds), _octets(stored), _octets(server))
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("it is no verifier: a part of it is not base64") from None
    if not FEWEST <= verifier.iterations <= MOST:
        raise ValueError(f"a verifier has from {FEWEST} (RFC 7677) to {MOST} rounds")
    if not verifier.salt or len(verifier.stored_key) != _KEY or len(verifier.server_key) != _KEY:
        raise ValueError("it is no verifier: a part of it is missing")
    return verifier


def _octets(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii"), validate=True)
