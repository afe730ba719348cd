"""A site's own server: it signs tokens that say who its member is, rightly or wrongly."""

from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from imd.credentials.site_tokens import TokenKey, TokenSite, token_key

SECRET = "thirty-two bytes that nobody guesses"

_ED = ed25519.Ed25519PrivateKey.generate()
_EC = ec.generate_private_key(ec.SECP256R1())
_RSA = rsa.generate_private_key(65537, 2048)


def pem(private: Any) -> str:
    text: bytes = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


#: By algorithm: what signs, and what the settings have.
PAIRS: dict[str, tuple[Any, TokenKey]] = {
    "HS256": (SECRET, token_key("HS256", "HS256", SECRET, "")),
    "EdDSA": (_ED, token_key("EdDSA", "EdDSA", "", pem(_ED))),
    "ES256": (_EC, token_key("ES256", "ES256", "", pem(_EC))),
    "RS256": (_RSA, token_key("RS256", "RS256", "", pem(_RSA))),
}
RSA_PEM = pem(_RSA)


def site(members: str = "own", *algorithms: str, name: str = "shop") -> TokenSite:
    """A site with keys of these algorithms, or of all of them."""
    return TokenSite(name, members, tuple(PAIRS[each][1] for each in algorithms or PAIRS))


def token(
    now: float,
    algorithm: str = "HS256",
    *,
    headers: dict[str, Any] | None = None,
    key: Any = None,
    without: tuple[str, ...] = (),
    **claims: Any,
) -> str:
    """One that is good, but for what is given."""
    said = {"sub": "maria", "iss": "shop", "aud": "example.org", "iat": int(now), "exp": int(now) + 3600, **claims}
    for claim in without:
        del said[claim]
    signed = jwt.encode(said, key or PAIRS[algorithm][0], algorithm, {"kid": algorithm, **(headers or {})})
    assert isinstance(signed, str)
    return signed
