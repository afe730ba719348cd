"""Ids and sequence numbers, given when a message is read and never changed (DESIGN, "Ids" and "Order")."""

import hashlib
import secrets

#: So many random ids are made at once.
_STOCK = 64


class Sequence:
    """Numbers that only grow, also over restarts: microseconds of wall-clock time, pushed on where that repeats."""

    def __init__(self, time: float) -> None:
        #: Until the first message is read: what waits in the store is from before, whoever comes in which order.
        self.last = int(time * 1_000_000)

    def next(self, time: float) -> int:
        now = int(time * 1_000_000)
        self.last = now if now > self.last else self.last + 1
        return self.last

    def not_before(self, seq: int) -> None:
        """Go on above `seq`, which the store knows: the clock may have been set back since."""
        self.last = max(self.last, seq)


class MessageIds:
    """Message ids: 24 hexadecimal digits, the same in every protocol, in queue, history and trace.

    For a client that numbers its messages the id is a keyed function of (account, client id), so that a repetition
    after a crash is the same message, on any session or node. Nobody without the key can make one up.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        #: Random ones for all other messages: the system is asked for many at a time.
        self._stock: list[str] = []

    def of(self, account: str, client_id: str) -> str:
        if client_id:
            data = f"{account}\n{client_id}".encode()
            return hashlib.blake2b(data, key=self._secret, digest_size=12, person=b"imd-message").hexdigest()
        if not self._stock:
            digits = secrets.token_hex(12 * _STOCK)
            self._stock = [digits[at : at + 24] for at in range(0, len(digits), 24)]
        return self._stock.pop()
