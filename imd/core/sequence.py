"""Ids and sequence numbers, given when a message is read and never changed (DESIGN, "Ids" and "Order")."""

import base64
import hashlib
import secrets

from imd.core.ports import Clock


class Sequence:
    """Numbers that only grow, also over restarts: microseconds of wall-clock time, pushed on where that repeats."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.last = 0

    def next(self, time: float) -> int:
        self.last = max(self.last + 1, int(time * 1_000_000))
        return self.last

    def not_before(self, seq: int) -> None:
        """Go on above `seq`, which the store knows: the clock may have been set back since."""
        self.last = max(self.last, seq)


class MessageIds:
    """Message ids: 24 characters of base32, the same in every protocol, in queue, history and trace.

    For a client that numbers its messages the id is a keyed function of (account, client id), so that a repetition
    after a crash is the same message, on any session or node. Nobody without the key can make one up.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, account: str, client_id: str) -> str:
        if not client_id:
            return self._text(secrets.token_bytes(15))
        data = f"{account}\n{client_id}".encode()
        return self._text(hashlib.blake2b(data, key=self._secret, digest_size=15, person=b"imd-message").digest())

    @staticmethod
    def _text(raw: bytes) -> str:
        return base64.b32encode(raw).decode().lower()
