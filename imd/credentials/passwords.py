"""What is kept of passwords: verifiers, made and written."""

import secrets

from twisted.internet.defer import DeferredLock
from twisted.logger import Logger

from imd.core.refusal import NotAllowed, Refusal
from imd.core.session import Account
from imd.core.stores import AccountStore, OutcomeUnknown, Verifier, surely
from imd.credentials.hashing import Hashing
from imd.credentials.scram import SALT_SIZE, new_verifier
from imd.net.opaque_string import UnusablePassword, prepare


class Passwords:
    """Over an `AccountStore`; new verifiers have `iterations` rounds."""

    log = Logger()

    def __init__(self, store: AccountStore, hashing: Hashing, iterations: int) -> None:
        self.iterations = iterations
        self._store = store
        self._hashing = hashing
        # Writers take turns: a change of password is not undone by a rehash of the old one.
        self._writing = DeferredLock()

    async def verifier(self, prepared: bytes) -> Verifier:
        """A new one for a password that `usable` has prepared."""
        salt, iterations = secrets.token_bytes(SALT_SIZE), self.iterations
        return new_verifier(await self._hashing.salted(prepared, salt, iterations), salt, iterations)

    async def change(self, account: Account, password: str) -> None:
        """This is the account's from now on. Raises `NotAllowed` for one that cannot be used, `StoreUnavailable`."""
        verifier = await self.verifier(usable(password))
        async with self._writing:
            await surely(lambda: self._store.set_verifier(account.id, verifier))

    async def renew(self, account: Account, password: str) -> None:
        """The password has just proved right: keep it with today's number of rounds."""
        try:
            old = await self._store.verifier(account.id)
            if old is None or old.iterations == self.iterations:
                return
            new = await self.verifier(prepare(password))
            async with self._writing:
                if await self._store.verifier(account.id) == old:
                    await self._store.set_verifier(account.id, new)
        except (Refusal, OutcomeUnknown) as reason:
            # The old one is as good until the next time.
            self.log.info("password of {account} not rehashed: {reason}", account=account.id, reason=reason)


def usable(password: str) -> bytes:
    """A password as it is hashed. Raises `NotAllowed` for one that cannot be used."""
    try:
        return prepare(password)
    except UnusablePassword as reason:
        raise NotAllowed(f"This password cannot be used: {reason}.") from None
