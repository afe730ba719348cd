"""One SASL conversation (RFC 4422) per mechanism: what the client said → a challenge, or who it is."""

from typing import Protocol

from imd.core.address import split
from imd.core.ports import Credentials
from imd.core.refusal import MechanismRefused, SignOnFailed
from imd.core.session import Account, Peer, Vouched


class Exchange(Protocol):
    """A conversation under way."""

    #: Set when it has succeeded.
    account: Account | None
    #: By whose word, if that is a site's.
    vouched: Vouched | None

    async def step(self, data: bytes | None) -> bytes | None:
        """The client's `data` (None: it sent none with its first message) → a challenge; or, once `account` is set,
        the mechanism's last word, if it has one. Raises `SignOnFailed` and what `Credentials` raises."""


def begin(mechanism: str, credentials: Credentials, peer: Peer, domain: str) -> Exchange:
    """Raises `MechanismRefused` for what is not offered to this peer."""
    mechanism = mechanism.upper()
    if mechanism not in offered(credentials, peer):
        raise MechanismRefused(f"{mechanism[:20]} is not offered here.")
    if mechanism == "SCRAM-SHA-256":
        return _Scram(credentials, peer)
    return _OneStep(mechanism, credentials, peer, domain)


def offered(credentials: Credentials, peer: Peer) -> tuple[str, ...]:
    """The mechanisms for this peer, best first. A token is as good as a password: it goes where PLAIN may go."""
    mechanisms = credentials.mechanisms(peer)
    return (*mechanisms, "TOKEN") if peer.confidential else mechanisms


class _Scram:
    """RFC 5802 and 7677."""

    def __init__(self, credentials: Credentials, peer: Peer) -> None:
        self._scram = credentials.scram(peer)
        self._begun = False
        self.account: Account | None = None
        self.vouched: Vouched | None = None

    async def step(self, data: bytes | None) -> bytes | None:
        if data is None:
            if self._begun:
                raise SignOnFailed
            return b""
        if not self._begun:
            self._begun = True
            return await self._scram.first(data)
        last = self._scram.final(data)
        self.account = self._scram.account
        return last


class _OneStep:
    """Mechanisms in which the client speaks once: PLAIN (RFC 4616), EXTERNAL (RFC 4422 appendix A), OAUTHBEARER
    (RFC 7628), TOKEN (ours)."""

    def __init__(self, mechanism: str, credentials: Credentials, peer: Peer, domain: str) -> None:
        self._mechanism = mechanism
        self._credentials = credentials
        self._peer = peer
        self._domain = domain
        self.account: Account | None = None
        self.vouched: Vouched | None = None

    async def step(self, data: bytes | None) -> bytes | None:
        if data is None:
            return b""
        if self._mechanism == "OAUTHBEARER":
            # RFC 7628 section 3.2.2 would have us say why in a challenge first: here an error says it.
            self.account, self.vouched = await self._credentials.bearer(data, self._peer)
            return None
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise SignOnFailed from error
        if self._mechanism == "PLAIN":
            self.account = await self._plain(text)
        elif self._mechanism == "EXTERNAL":
            self.account = await self._credentials.external(self._local(text), self._peer)
        else:
            self.account, self.vouched = await self._credentials.token(text, self._peer)
        return None

    async def _plain(self, text: str) -> Account:
        # RFC 4616 section 2: [authzid] NUL authcid NUL passwd
        parts = text.split("\0")
        if len(parts) != 3:
            raise SignOnFailed
        wanted, name, password = parts
        if wanted and self._local(wanted) != self._local(name):
            raise SignOnFailed("Nobody may sign on as somebody else.")
        return await self._credentials.plain(self._local(name), password, self._peer)

    def _local(self, name: str) -> str:
        """The account of an address at this domain; other domains have none here."""
        bare, domain = split(name, self._domain)
        return bare if domain == self._domain else name
