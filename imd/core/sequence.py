"""Ids and sequence numbers, given when a message is read and never changed (DESIGN, "Ids" and "Order")."""

import hashlib
import secrets


class Sequence:
    """Numbers that only grow, also over restarts: microseconds of wall-clock time, pushed on where that repeats."""

    def __init__(self) -> None:
        self.last = 0

    def next(self, time: float) -> int:
        self.last = max(self.last + 1, int(time * 1_000_000))
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
        # For all other messages: a key of this run and a count. As hard to guess as random bytes, without asking the
        # system for some each time.
        self._key = secrets.token_bytes(32)
        self._count = 0

    def of(self, account: str, client_id: str) -> str:
        if client_id:
            data, key = f"{account}\n{client_id}".encode(), self._secret
        else:
            self._count += 1
            data, key = b"%d" % self._count, self._key
        return hashlib.blake2b(data, key=key, digest_size=12, person=b"imd-message").hexdigest()
