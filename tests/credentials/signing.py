"""A site's own server: it signs tokens that say who its member is, rightly or wrongly."""

import base64
import hmac
import json
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


def _part(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header: Any, claims: Any, secret: bytes | None = None, digest: str = "sha256") -> str:
    """A token that PyJWT would not write: signed by HMAC with whatever secret, or not at all."""
    text = f"{_part(header)}.{_part(claims)}"
    signature = b"" if secret is None else hmac.digest(secret, text.encode(), digest)
    return f"{text}.{_part(signature)}"


def message(signed: str, identity: str = "") -> bytes:
    """As a client of OAUTHBEARER says it (RFC 7628 section 3.1)."""
    return f"n,{'a=' + identity if identity else ''},\x01auth=Bearer {signed}\x01\x01".encode()
