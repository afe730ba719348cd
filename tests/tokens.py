"""The site that the tests' pages belong to, and the tokens it signs, by code of the tests' own (RFC 7515, RFC 7519)."""

import base64
import hmac
import json
import time
from collections.abc import Sequence
from typing import Any

#: Where the pages of the tests' site come from, and its name.
ORIGIN = "https://shop.example.org"
SITE = "shop"

KEY, SECRET = "test", "a secret of the tests that is long enough"


def site(
    staff: Sequence[str] = ("sales",), rooms: Sequence[str] = (), *, members: str = "any", name: str = SITE
) -> str:
    """The setting ``web.sites`` with this one site. `members`: any account may sign on by its tokens."""

    def words(values: Sequence[str]) -> str:
        return ", ".join(f'"{value}"' for value in values)

    key = f'{{id="{KEY}", algorithm="HS256", secret="{SECRET}"}}'
    keys = f"[{key}]" if members != "none" else "[]"
    return (
        f'web.sites=[{{name="{name}", origins=["{ORIGIN}"], staff=[{words(staff)}], rooms=[{words(rooms)}], '
        f'members="{members}", keys={keys}}}]'
    )


def _part(value: Any) -> str:
    """base64url without padding (RFC 7515 section 2)."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header: Any, claims: Any, secret: bytes | None = None, digest: str = "sha256") -> str:
    """A token signed by HMAC with whatever secret, or not at all; also one that PyJWT would not write."""
    text = f"{_part(header)}.{_part(claims)}"
    signature = b"" if secret is None else hmac.digest(secret, text.encode(), digest)
    return f"{text}.{_part(signature)}"


def token(name: str, *, secret: str = SECRET, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A JWT for the account of this name, good for an hour; `claims` and `header` take the place of what is usual."""
    now = int(time.time())
    head = {"typ": "JWT", "alg": "HS256", "kid": KEY, **(header or {})}
    said = {"iss": SITE, "sub": name, "aud": "localhost", "iat": now, "exp": now + 3600, **claims}
    return by_hand(head, said, secret.encode())


def message(signed: str, identity: str = "") -> bytes:
    """What a client says by SASL OAUTHBEARER (RFC 7628 section 3.1)."""
    return f"n,{'a=' + identity if identity else ''},\x01auth=Bearer {signed}\x01\x01".encode()


def bearer(signed: str) -> str:
    """The same in base64."""
    return base64.b64encode(message(signed)).decode()
