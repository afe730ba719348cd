"""PBKDF2 in threads of its own: the reactor is never held, and a storm of sign-ons waits in a bounded queue.

`hashlib.pbkdf2_hmac` releases the GIL. With two threads others wait at most some 4 ms for the processor; with
Twisted's default ten it would be 28 ms.
"""

from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from imd.core.refusal import ShuttingDown, TooFast
from imd.core.tally import Tally
from imd.net.scram import salted_password

#: Seconds one hash takes, about; only for the advice when to try again.
GUESS = 0.05


class Hashing:
    """Started and stopped with the daemon. At most `waiting` hashes wait for the `threads` at one time."""

    def __init__(
        self, reactor: IReactorFromThreads, threads: int = 2, waiting: int = 200, tally: Tally | None = None
    ) -> None:
        self._reactor = reactor
        self._threads = threads
        self._waiting = waiting
        self._tally = tally or Tally()
        self._pool = ThreadPool(minthreads=0, maxthreads=threads, name="imd-hashing")
        self._stopped = False
        #: Hashes asked for and not yet answered.
        self.depth = 0
        #: Hashes asked for since the start.
        self.asked = 0

    def start(self) -> None:
        self._pool.start()

    def stop(self) -> None:
        """Hashes under way are finished, those that wait are dropped with `ShuttingDown`; takes one hash's time."""
        self._stopped = True
        if self._pool.started:
            self._pool.stop()

    async def salted(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        """SaltedPassword of a prepared password. Raises `TooFast` when too many wait, `ShuttingDown`."""
        if self._stopped:
            raise ShuttingDown
        if self.depth >= self._waiting + self._threads:
            self._tally.count("accounts.hashing_threads")
            raise TooFast("sign-ons at this moment", self.depth * GUESS / self._threads)
        self.depth += 1
        self.asked += 1
        try:
            return await deferToThreadPool(self._reactor, self._pool, self._work, password, salt, iterations)
        finally:
            self.depth -= 1

    def _work(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        # In a thread. Reading the flag needs no lock.
        if self._stopped:
            raise ShuttingDown
        return salted_password(password, salt, iterations)
