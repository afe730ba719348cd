"""Resume tokens and invitations: 256 random bits for the client, only their SHA-256 digest for the store.

A token says nothing of its account, works once, and expires. A digest without salt is enough for what cannot be
guessed; whoever reads the store cannot sign on with what he finds there.
"""

import hashlib
import secrets

from imd.core.stores import TokenStore

RESUME = "resume-"
INVITATION = "invite-"
#: Prefix and 32 octets in base64url; anything else is not worth a look into the store.
_LENGTH = 43


class Tokens:
    """Over a `TokenStore`. All methods raise `StoreUnavailable`."""

    def __init__(self, store: TokenStore) -> None:
        self._store = store

    async def issue(self, account: str, device: str, expires: float) -> str:
        """A token with which this account's client can sign on once, until time `expires`."""
        token = RESUME + secrets.token_urlsafe(32)
        await self._store.add(digest(token), account, device, expires)
        return token

    async def redeem(self, token: str, now: float) -> tuple[str, str] | None:
        """(account id, device), and the token is used up; None if it is none, was used, or has expired."""
        return await self._take(token, RESUME, now)

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
        if not token.startswith(prefix) or len(token) != len(prefix) + _LENGTH or not token.isascii():
            return None
        return await self._store.take(digest(token), now)


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
