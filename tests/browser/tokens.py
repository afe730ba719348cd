"""What a site's own server does: sign a token that says who its member is (docs/embed.md)."""

import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SECRET = "thirty-two bytes that nobody guesses"


class SigningSite:
    """A site with a key of each kind; `keys` are its settings."""

    def __init__(self, name: str = "shop", domain: str = "localhost") -> None:
        self._name = name
        self._domain = domain
        self._private = Ed25519PrivateKey.generate()
        public = self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.keys: list[dict[str, str]] = [
            {"id": "shared", "algorithm": "HS256", "secret": SECRET},
            {"id": "pair", "algorithm": "EdDSA", "public": public.decode()},
        ]

    def token(self, account: str, key: str = "shared", *, forged: bool = False, **claims: Any) -> str:
        """A token for an hour. `claims` are further ones, or others; `forged`: signed with a key that is not ours."""
        now = int(time.time())
        said = {"sub": account, "iss": self._name, "aud": self._domain, "iat": now, "exp": now + 3600, **claims}
        if key == "shared":
            return jwt.encode(said, SECRET + "!" * forged, "HS256", {"kid": key})
        private = Ed25519PrivateKey.generate() if forged else self._private
        return jwt.encode(said, private, "EdDSA", {"kid": key})
