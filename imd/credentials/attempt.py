"""One attempt to sign on."""

from twisted.logger import Logger

from imd.core.address import fold
from imd.core.ports import Clock
from imd.core.refusal import SignOnFailed, Suspended
from imd.core.session import Account, Peer
from imd.credentials.throttle import Throttle


class Attempt:
    """Within ``with``: held up if need be, and the throttle is told how it went.

    What cannot be guessed, as a token, is not held up: many people come by one address, and some of them always with a
    token that was good once.
    """

    log = Logger()

    def __init__(self, throttle: Throttle, clock: Clock, folded: str, peer: Peer, *, guessable: bool = True) -> None:
        self._throttle = throttle
        self._clock = clock
        self._folded = folded
        self._peer = peer
        self._guessable = guessable

    def __enter__(self) -> "Attempt":
        if self._guessable:
            self._throttle.begin(self._folded, self._peer.address, self._clock.time())
        return self

    def succeeded(self, account: Account) -> None:
        """The secret was right. Raises `Suspended`, which only its owner gets to hear."""
        self._throttle.succeeded(fold(account.name), self._peer.address)
        if account.suspended:
            raise Suspended(account.name)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, SignOnFailed):
            if self._guessable:
                self._throttle.failed(self._folded, self._peer.address, self._clock.time())
            # Without the name: people type passwords into name fields.
            self.log.info("sign-on from {address} by {door} failed", address=self._peer.address, door=self._peer.door)
