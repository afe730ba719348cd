"""SASL OAUTHBEARER (RFC 7628): the client's only message, and what a server says that refuses it."""

from typing import Final

MECHANISM: Final = "OAUTHBEARER"

#: Section 3.2.2: what a refused client is told before it is refused; it answers with ``%x01``.
FAILURE: Final = b'{"status":"invalid_token"}'

#: Longer ones are nobody's.
LONGEST: Final = 4096


class UnreadableBearer(ValueError):
    """A message that is not of this form."""


def parse(message: bytes) -> tuple[str, str]:
    """Authorization identity ("" where none is given) and token. Raises `UnreadableBearer`.

    Section 3.1: ``gs2-header kvsep *kvpair kvsep``, the header as RFC 5801 section 4 has it; of the pairs ``auth`` is
    needed, and others are for proxies.
    """
    if len(message) > LONGEST + 1024:
        raise UnreadableBearer("it is too long")
    try:
        text = message.decode()
    except UnicodeDecodeError:
        raise UnreadableBearer("it is no UTF-8") from None
    header, *pairs = text.split("\x01")
    flag, *rest = header.split(",")
    # Nothing is bound to a channel here: a client that wants to ("p=…") is not understood.
    if flag not in ("n", "y") or len(rest) != 2 or rest[1] or len(pairs) < 3 or any(pairs[-2:]):
        raise UnreadableBearer("it is not of the form of RFC 7628")
    identity = rest[0]
    if identity and not identity.startswith("a="):
        raise UnreadableBearer("its identity is not of the form of RFC 5801")
    named = [value for key, equals, value in (pair.partition("=") for pair in pairs[:-2]) if equals and key == "auth"]
    if len(named) != 1:
        raise UnreadableBearer("it has not one auth")
    scheme, _, token = named[0].partition(" ")
    # RFC 6750 section 2.1; the scheme is compared without case (RFC 9110 section 11.1).
    if scheme.lower() != "bearer" or not token.strip():
        raise UnreadableBearer("its auth is no Bearer")
    # RFC 5801 section 4: saslname.
    return identity[2:].replace("=2C", ",").replace("=3D", "="), token.strip()
