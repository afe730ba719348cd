"""Resume tokens and invitations: 256 random bits for the client, only their SHA-256 digest for the store.

A token says nothing of its account, works once, and expires. A digest without salt is enough for what cannot be
guessed; whoever reads the store cannot sign on with what he finds there. A token may name the time up to which all
that follow from it are good, too, and the site's key by which they are: the digest is of the whole, so that nobody can
alter that.
"""

import hashlib
import re
import secrets

from imd.core.session import Vouched
from imd.core.stores import TokenStore

RESUME = "resume-"
INVITATION = "invite-"
#: After the prefix: 32 octets in base64url, perhaps a time, perhaps a key. Anything else is not worth a look into the
#: store.
_FORM = re.compile(r"[A-Za-z0-9_-]{43}(?:\.[0-9]{1,12}(?:\.[0-9a-f]{1,32})?)?", re.ASCII)


class Tokens:
    """Over a `TokenStore`. All methods raise `StoreUnavailable`."""

    def __init__(self, store: TokenStore) -> None:
        self._store = store

    async def issue(self, account: str, device: str, expires: float, vouched: Vouched | None = None) -> str:
        """A token with which this account's client can sign on once, until time `expires`, and by whose word."""
        token = RESUME + secrets.token_urlsafe(32)
        if vouched is not None:
            token = f"{token}.{int(vouched.until)}" + (f".{vouched.key}" if vouched.key else "")
        await self._store.add(digest(token), account, device, expires)
        return token

    async def redeem(self, token: str, now: float) -> tuple[str, Vouched | None] | None:
        """(account id, by whose word), and the token is used up; None if it is none, was used, or has expired."""
        found = await self._take(token, RESUME, now)
        if found is None:
            return None
        _, until, key, *_ = (*token.split("."), "", "")
        return found[0], Vouched(float(until), key) if until else None

    async def revoke(self, account: str) -> None:
        """All resume tokens of the account."""
        await self._store.revoke(account)

    async def invite(self, expires: float) -> str:
        """An invitation: whoever has it may register one account."""
        token = INVITATION + secrets.token_urlsafe(32)
        await self._store.add(digest(token), "", "", expires)
        return token

    async def accept(self, invitation: str, now: float) -> bool:
        """Whether this is a good invitation; it is used up."""
        return await self._take(invitation, INVITATION, now) is not None

    async def return_invitation(self, invitation: str, expires: float) -> None:
        """It was used up for nothing: good again until `expires`."""
        await self._store.add(digest(invitation), "", "", expires)

    async def _take(self, token: str, prefix: str, now: float) -> tuple[str, str] | None:
        # The prefix keeps an invitation from being tried as a resume token: both live in one store.
        if not token.startswith(prefix) or _FORM.fullmatch(token, len(prefix)) is None:
            return None
        return await self._store.take(digest(token), now)


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
