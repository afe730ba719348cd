"""twisted.cred: every password in the clear passes through a `Portal`, to our accounts or to any Twisted checker.

::

    front ─► Portal.login(IUsernamePassword) ─► StoredPasswords ── account id ──► StoredRealm ──► Account
                                          └──► (--auth STRCRED) ── user name ──► ForeignRealm ─► Account, made if new
"""

from collections.abc import Callable
from typing import Any, Protocol, cast

from twisted.cred.checkers import ICredentialsChecker, InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from zope.interface import Interface, implementer

from imd.core.accounts import Accounts
from imd.core.address import fold
from imd.core.refusal import NameInUse, SignOnFailed
from imd.core.session import Account
from imd.core.stores import AccountStore, Verifier
from imd.credentials.hashing import Hashing
from imd.credentials.scram import decoy, matches
from imd.net.opaque_string import UnusablePassword, prepare

#: Looked up for names nobody has, so that the store has the same work.
NOBODY = "A-nobody"


class IAccount(Interface):
    """The avatar: an `imd.core.session.Account`."""


Avatar = tuple[type[Interface], object, Callable[[], None]]


class VerifierSource(Protocol):
    """Where the verifier of a name comes from; see `Verifiers`."""

    async def of(self, folded: str) -> tuple[Account | None, Verifier]: ...


class Verifiers:
    """Verifiers by name. A name nobody has gets a decoy, with the same work done."""

    def __init__(self, accounts: Accounts, store: AccountStore, secret: bytes, iterations: int) -> None:
        self._accounts = accounts
        self._store = store
        self._secret = secret
        self.iterations = iterations

    async def of(self, folded: str) -> tuple[Account | None, Verifier]:
        """The account, or None if nobody can sign on under this name, and what to check the password against."""
        account = await self._accounts.by_name(folded)
        verifier = await self._store.verifier(NOBODY if account is None else account.id)
        # Made in any case: who exists must not show in the time it takes.
        stand_in = decoy(self._secret, folded, self.iterations)
        if account is None or verifier is None:
            return None, stand_in
        return account, verifier


@implementer(ICredentialsChecker)
class StoredPasswords:
    """The checker over our own accounts. The avatar id is the account's id."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, verifiers: VerifierSource, hashing: Hashing) -> None:
        self._verifiers = verifiers
        self._hashing = hashing

    def requestAvatarId(self, credentials: Any) -> Deferred[bytes | tuple[()]]:
        return Deferred.fromCoroutine(self.check(credentials.username.decode(), credentials.password.decode()))

    async def check(self, name: str, password: str) -> bytes | tuple[()]:
        """The id of the account these belong to. Raises `UnauthorizedLogin`, after the same work in any case."""
        account, verifier = await self._verifiers.of(fold(name))
        try:
            prepared, usable = prepare(password), True
        except UnusablePassword:
            # No stored password is like this; hashed all the same.
            prepared, usable = b"unusable", False
        salted = await self._hashing.salted(prepared, verifier.salt, verifier.iterations)
        right = matches(verifier, salted)
        if account is None or not usable or not right:
            raise UnauthorizedLogin
        return account.id.encode()


@implementer(IRealm)
class StoredRealm:
    """Our own accounts, by id."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def requestAvatar(
        self, avatarId: bytes | tuple[()], mind: object, *interfaces: type[Interface]
    ) -> Deferred[Avatar]:
        return Deferred.fromCoroutine(self._avatar(avatarId))

    async def _avatar(self, avatar_id: bytes | tuple[()]) -> Avatar:
        id = avatar_id.decode() if avatar_id else ""
        account = (await self._accounts.by_id([id])).get(id)
        if account is None:
            raise UnauthorizedLogin
        return IAccount, account, _no_logout


@implementer(IRealm)
class ForeignRealm:
    """Users of another database; an account without a password of its own is made at the first sign-on."""

    log = Logger()

    def __init__(self, accounts: Accounts, time: Callable[[], float]) -> None:
        self._accounts = accounts
        self._time = time

    def requestAvatar(
        self, avatarId: bytes | tuple[()], mind: object, *interfaces: type[Interface]
    ) -> Deferred[Avatar]:
        return Deferred.fromCoroutine(self._avatar(avatarId))

    async def _avatar(self, avatar_id: bytes | tuple[()] | str) -> Avatar:
        # twisted.cred.checkers.ANONYMOUS is (); nobody signs on to an account as anybody.
        if not avatar_id:
            raise UnauthorizedLogin
        name = avatar_id.decode() if isinstance(avatar_id, bytes) else str(avatar_id)
        account = await self._accounts.by_name(fold(name))
        if account is None:
            try:
                account = await self._accounts.create(name, None, self._time(), distinct=False)
            except NameInUse:
                # Two first sign-ons at the same time.
                account = await self._accounts.resolve(name)
        if account.name != name:
            # Their database may have both "Bob" and "bob"; here they are one name, and the first one has it.
            self.log.warn(
                "user {user} may not sign on: the account {name} is somebody else", user=name, name=account.name
            )
            raise UnauthorizedLogin
        return IAccount, account, _no_logout


def usable_checker(checker: ICredentialsChecker) -> ICredentialsChecker:
    """A foreign checker as we can ask it. Raises ValueError if it does not check passwords."""
    if IUsernamePassword not in checker.credentialInterfaces:
        raise ValueError("this user database does not check names and passwords")
    if isinstance(checker, InMemoryUsernamePasswordDatabaseDontUse):
        # Twisted 26.10 makes ``memory:NAME:PASSWORD`` of text, but asks for octets.
        users: dict[Any, Any] = checker.users
        checker.users = {_octets(name): _octets(password) for name, password in users.items()}
    return checker


def _octets(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _no_logout() -> None:
    """Sessions end by `People.sign_off`; the avatar itself holds nothing."""


async def login(portal: Portal, credentials: Any) -> Account:
    """Pass a credential through the portal. Raises `SignOnFailed`, and whatever `Refusal` a part of it raises."""
    try:
        _, account, _ = await portal.login(credentials, None, IAccount)
    except UnauthorizedLogin:
        raise SignOnFailed from None
    # Both realms give nothing else.
    return cast(Account, account)
