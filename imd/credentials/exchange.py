"""One SCRAM conversation of a door, over the account store."""

from collections.abc import Callable

from twisted.logger import Logger

from imd.core.accounts import UNKNOWN, Accounts
from imd.core.address import fold
from imd.core.refusal import Malformed, SignOnFailed, Suspended
from imd.core.session import Account, Peer
from imd.credentials.portal import VerifierSource
from imd.credentials.scram import ServerExchange, parse_first
from imd.credentials.throttle import Throttle
from imd.net.scram import ScramError


class StoredScram:
    """`imd.core.ports.ScramExchange`. Each call is for once, in order; anything else is `Malformed`."""

    log = Logger()

    def __init__(
        self,
        peer: Peer,
        accounts: Accounts,
        verifiers: VerifierSource,
        throttle: Throttle,
        time: Callable[[], float],
        local_name: Callable[[str], str],
    ) -> None:
        self.account: Account | None = None
        self._peer = peer
        self._accounts = accounts
        self._verifiers = verifiers
        self._throttle = throttle
        self._time = time
        self._local_name = local_name
        self._begun = False
        self._folded = ""
        self._candidate: Account | None = None
        self._exchange: ServerExchange | None = None

    async def first(self, client_first: bytes) -> bytes:
        """client-first-message → server-first-message. Raises `Malformed`, `TooFast`, `StoreUnavailable`."""
        if self._begun:
            raise Malformed("The SCRAM conversation has begun already.")
        self._begun = True
        try:
            first = parse_first(client_first)
        except ScramError as error:
            raise Malformed(f"SCRAM: {error}.") from None
        self._folded = fold(self._local_name(first.name))
        self._throttle.begin(self._folded, self._peer.address, self._time())
        self._candidate, verifier = await self._verifiers.of(self._folded)
        self._exchange = ServerExchange(first, verifier)
        return self._exchange.server_first

    def final(self, client_final: bytes) -> bytes:
        """client-final-message → server-final-message. Raises `Malformed`, `SignOnFailed`, `Suspended`."""
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            raise Malformed("There is no SCRAM conversation to finish.")
        try:
            answer = exchange.final(client_final)
        except ScramError as error:
            self._failed()
            raise Malformed(f"SCRAM: {error}.") from None
        account = self._still_there()
        if answer is None or account is None:
            self._failed()
            raise SignOnFailed
        self._throttle.succeeded(self._folded, self._peer.address)
        if account.suspended:
            raise Suspended(account.name)
        self.account = account
        return answer

    def _failed(self) -> None:
        self._throttle.failed(self._folded, self._peer.address, self._time())
        self.log.info("sign-on from {address} by {door} failed", address=self._peer.address, door=self._peer.door)

    def _still_there(self) -> Account | None:
        """The account may have been removed or suspended since the first message."""
        now = self._accounts.cached(self._folded)
        if now is UNKNOWN or self._candidate is None:
            return self._candidate
        return now if now is not None and now.id == self._candidate.id else None
