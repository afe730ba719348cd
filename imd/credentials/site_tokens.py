"""Tokens in which a site says who its member is: JWT (RFC 7519) signed by one of the site's keys.

The key decides the algorithm, never the token (RFC 8725 section 3.1): so that "none", or a public key taken for a
shared secret, are nothing. Times are judged here, by our own clock.
"""

import hashlib
import math
from typing import TYPE_CHECKING, Any, Final

import jwt
import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from twisted.logger import Logger

from imd.core.refusal import SignOnFailed, TokenExpired
from imd.core.sites import ANY, OWN
from imd.net.oauthbearer import LONGEST

if TYPE_CHECKING:
    from jwt.types import Options

#: A token is good for so long at most, in seconds: whoever has found one has it no longer.
LIFETIME: Final = 86_400.0
#: Clocks differ by so much.
LEEWAY: Final = 30.0

#: By whom a site may sign on: whom it might have signed on under other settings, who may all stay.
_INCLUDED: Final = {OWN: (OWN,), ANY: (OWN, ANY)}

#: PyJWT looks at the signature only.
_SIGNATURE_ALONE: Final["Options"] = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
_NOTHING: Final["Options"] = {**_SIGNATURE_ALONE, "verify_signature": False}


class TokenKey(msgspec.Struct, frozen=True):
    """One key of a site."""

    id: str
    algorithm: str
    #: As PyJWT takes it: a secret, or a public key.
    key: Any

    def __repr__(self) -> str:
        return f"TokenKey({self.id!r})"


class TokenSite(msgspec.Struct, frozen=True):
    """A site that has keys."""

    name: str
    #: Whom it may sign on: "none", "own" or "any" (`imd.core.sites`).
    members: str
    keys: tuple[TokenKey, ...]


class Member(msgspec.Struct, frozen=True):
    """What a token says."""

    site: TokenSite
    #: As the site spells it.
    account: str
    name: str
    email: str
    #: The key that says it (`SiteTokens.stands`).
    key: str = ""


def token_key(id: str, algorithm: str, secret: str, public: str) -> TokenKey:
    """A key of the settings. Raises ValueError for a public key that is none (never after `load`)."""
    key = secret.encode() if algorithm == "HS256" else load_pem_public_key(public.encode())
    return TokenKey(id, algorithm, key)


class SiteTokens:
    """All sites that have keys."""

    log = Logger()

    def __init__(self, secret: bytes = b"") -> None:
        """`secret` is the daemon's own."""
        self._secret = secret[:64]
        self._sites: dict[str, TokenSite] = {}
        #: Names of the keys there are, by which resume tokens know them.
        self._standing: frozenset[str] = frozenset()
        #: The same of those in use, by names of site and key.
        self._names: dict[tuple[str, str], str] = {}

    def apply(self, sites: tuple[TokenSite, ...]) -> None:
        """New settings: a key that is gone has signed nothing from now on."""
        self._sites = {site.name: site for site in sites if site.keys}
        keys = [(site, key) for site in self._sites.values() for key in site.keys]
        self._names = {(site.name, key.id): self._named(site, key, site.members) for site, key in keys}
        self._standing = frozenset(
            self._named(site, key, members) for site, key in keys for members in _INCLUDED.get(site.members, ())
        )

    def stands(self, name: str) -> bool:
        """Whether the key of this name (`Member.key`) is there, and for members of no fewer kinds."""
        return name in self._standing

    def _named(self, site: TokenSite, key: TokenKey, members: str) -> str:
        """A name that says nothing of the key, and is another one's if anything about it is."""
        of = key.key
        text = of if isinstance(of, bytes) else of.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        said = "\0".join((site.name, members, key.id, key.algorithm, "")).encode() + text
        return hashlib.blake2b(said, key=self._secret, digest_size=12, person=b"imd-site-key").hexdigest()

    def __bool__(self) -> bool:
        return bool(self._sites)

    def read(self, token: str, domain: str, now: float) -> Member:
        """What a token says. Raises `SignOnFailed`, `TokenExpired` for one that was good."""
        if len(token) > LONGEST or not token.isascii():
            raise self._refused("it is too long, or no token at all")
        try:
            site, key = self._choose(token)
            claims = jwt.decode(token, key.key, algorithms=[key.algorithm], options=_SIGNATURE_ALONE)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as reason:
            raise self._refused(f"{type(reason).__name__}: {reason}") from None
        try:
            member = self._judge(site, claims, domain, now)
            return msgspec.structs.replace(member, key=self._names[site.name, key.id])
        except (SignOnFailed, TokenExpired) as refusal:
            self.log.info("a token of site {site} was refused: {reason}", site=site.name, reason=refusal.sentence)
            raise

    def _refused(self, reason: str) -> SignOnFailed:
        """What is wrong with a token of which nothing is proved is for the operator alone to know."""
        self.log.info("a token was refused: {reason}", reason=repr(reason[:200]))
        return SignOnFailed("The token is not valid.")

    def _choose(self, token: str) -> tuple[TokenSite, TokenKey]:
        """Whose it says it is, and with which key. Raises `SignOnFailed`, and what PyJWT and its parts raise."""
        unproved = jwt.decode_complete(token, options=_NOTHING)
        header = unproved["header"]
        issuer, id = unproved["payload"].get("iss"), header.get("kid", "")
        site = self._sites.get(issuer) if isinstance(issuer, str) else None
        # RFC 7515 section 4.1.11: there is no extension that we understand.
        if site is None:
            raise self._refused(f"no site called {issuer} has keys (iss)")
        if "crit" in header or not isinstance(id, str):
            raise self._refused(f"its header is not understood, of site {site.name}")
        # With one key the token need not say which; if it does it must be right all the same.
        if not id and len(site.keys) == 1:
            return site, site.keys[0]
        key = next((key for key in site.keys if key.id == id and id), None)
        if key is None:
            raise self._refused(f"site {site.name} has no key {id!r} (kid)")
        return site, key

    @staticmethod
    def _judge(site: TokenSite, claims: dict[str, Any], domain: str, now: float) -> Member:
        """RFC 7519 section 4.1. The signature is right: what is wrong may be said to the site's owner."""
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if domain not in audiences:
            raise SignOnFailed(f"The token is not for {domain} (aud).")
        expires = _moment(claims, "exp")
        if expires is None:
            raise SignOnFailed("The token does not say when it expires (exp).")
        for claim in ("nbf", "iat"):
            begins = _moment(claims, claim)
            if begins is not None and begins > now + LEEWAY:
                raise SignOnFailed(f"The token is not valid yet ({claim}).")
        if expires <= now - LEEWAY:
            raise TokenExpired
        if expires > now + LIFETIME + LEEWAY:
            raise SignOnFailed("The token is valid for more than 24 hours (exp).")
        account = _text(claims, "sub")
        if not account:
            raise SignOnFailed("The token does not say who it is (sub).")
        return Member(site, account, _text(claims, "name"), _text(claims, "email"))


def _moment(claims: dict[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519 section 2). Raises `SignOnFailed` for what is none."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(_float(value)):
        raise SignOnFailed(f"The token's {name} is no time.")
    return _float(value)


def _float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _text(claims: dict[str, Any], name: str) -> str:
    """ "" for what is no text, or has half a character: JSON can say that, but no store can take it (RFC 8259 section
    8.2)."""
    value = claims.get(name)
    return value if isinstance(value, str) and value == value.encode(errors="ignore").decode() else ""
