"""Who may operate the service, by the settings: name, and password, account, certificate or place as each login asks.

A password is kept as a SCRAM verifier (`imd.core.verifier`), like those of accounts, and checked in hashing threads.
A name nobody has takes as long as one with a wrong password.
"""

import hmac
import ipaddress
from collections.abc import Callable, Iterable, Sequence

import msgspec

from imd.core.address import fold
from imd.core.ban import Network
from imd.core.refusal import NotAllowed, SignOnFailed
from imd.core.session import EVERYTHING, Privilege, Session
from imd.core.stores import Verifier
from imd.credentials.hashing import Hashing
from imd.credentials.scram import decoy, matches
from imd.credentials.throttle import Throttle
from imd.net.opaque_string import UnusablePassword, prepare


class OperatorLogin(msgspec.Struct, frozen=True, kw_only=True):
    """One operator. Each condition that is given must hold; without any nobody gets in."""

    name: str
    verifier: Verifier | None = None
    #: Folded name of the account one must be signed on to.
    account: str = ""
    #: SHA-256 fingerprint of the client certificate one must show, hexadecimal.
    certificate: str = ""
    #: Where one must come from; empty: anywhere.
    networks: tuple[Network, ...] = ()
    privileges: frozenset[Privilege] = EVERYTHING


class Operators:
    """All operators the settings know. `now` is the wall clock."""

    def __init__(self, hashing: Hashing, throttle: Throttle, secret: bytes, now: Callable[[], float]) -> None:
        self._hashing = hashing
        self._throttle = throttle
        self._secret = secret
        self._now = now
        self._logins: dict[str, OperatorLogin] = {}
        #: For names nobody has.
        self.iterations = 100_000

    def apply(self, logins: Iterable[OperatorLogin], delay: float, iterations: int) -> None:
        """New settings. What has failed so far stays counted."""
        self._throttle.set_base(delay)
        self.iterations = iterations
        self._logins = {fold(login.name): login for login in logins}

    def names(self) -> Sequence[str]:
        return [login.name for login in self._logins.values()]

    def by_account_alone(self, folded: str) -> bool:
        """Whether whoever has the account of this name, and nothing else, may operate the service."""
        return any(
            fold(login.account) == folded and not (login.verifier or login.certificate)
            for login in self._logins.values()
            if login.account
        )

    def guards(self, folded: str) -> bool:
        """Whether an operator has the account of this name."""
        return any(fold(login.account) == folded for login in self._logins.values() if login.account)

    def privileges(self, name: str) -> frozenset[Privilege]:
        login = self._logins.get(fold(name))
        return frozenset() if login is None else login.privileges

    async def admit(self, name: str, password: str, session: Session) -> str:
        """`imd.core.ports.Credentials.operator`."""
        peer, folded = session.peer, fold(name)
        if password and not peer.confidential:
            raise NotAllowed("Passwords are accepted over TLS only")
        self._throttle.begin(folded, peer.address, self._now())
        login = self._logins.get(folded)
        right = await self._right_password(folded, password, login)
        if login is None or not right or not _fits(login, session):
            self._throttle.failed(folded, peer.address, self._now())
            raise SignOnFailed
        self._throttle.succeeded(folded, peer.address)
        if not _from_there(login, peer.address):
            raise NotAllowed("No O-lines for your host")
        return login.name

    async def _right_password(self, folded: str, password: str, login: OperatorLogin | None) -> bool:
        verifier = login.verifier if login is not None else None
        if not password:
            return login is not None and verifier is None
        if verifier is None and login is not None:
            # Account or certificate decide.
            return True
        try:
            prepared = prepare(password)
        except UnusablePassword:
            prepared = b"\0"
        checked = verifier or decoy(self._secret, folded, self.iterations)
        salted = await self._hashing.salted(prepared, checked.salt, checked.iterations)
        return matches(checked, salted)


def _fits(login: OperatorLogin, session: Session) -> bool:
    if not (login.verifier or login.account or login.certificate):
        return False
    account = session.account
    if login.account and (account is None or fold(account.name) != fold(login.account)):
        return False
    return not login.certificate or hmac.compare_digest(login.certificate, session.peer.certificate)


def _from_there(login: OperatorLogin, address: str) -> bool:
    if not login.networks:
        return True
    try:
        place = ipaddress.ip_address(address)
    except ValueError:
        # A Unix socket has no address.
        return False
    return any(place in network for network in login.networks)
