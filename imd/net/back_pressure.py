"""A client that does not read its answers is asked nothing more: so it cannot make the daemon hold what it likes, and
need not be cut off for asking faster than it reads.

::

    a request ── full? ── no ──► handled
                   └─ yes: the door keeps it, and does not read ── the client has read ──► go_on
"""

from functools import cache

from imd.core.ports import Clock
from imd.core.refusal import ShortOfMemory
from imd.net.memory import Memory
from imd.net.sending import Outbox

#: Bytes of which the half is too much to go on, where the settings give no bound.
SEND_QUEUE = 512 * 1024


@cache
def half(send_queue: int) -> int:
    """So much of a send queue may be in use while requests are handled; 0: no bound is set, and one of our own holds.
    One number for all connections."""
    return (send_queue or SEND_QUEUE) // 2


class BackPressure:
    """Base of a door's stream connections: between its outbox, the books of memory, and what it does with requests.

    `stays` goes to the outbox. A door that is told `full` stops, and is told `go_on` once.
    """

    #: The door has stopped.
    held_back = False
    _most = SEND_QUEUE // 2
    _waited = 0
    _outbox: Outbox
    _clock: Clock

    def bound(self, send_queue: int) -> None:
        """The send queue its outbox has."""
        self._most = half(send_queue)

    @property
    def full(self) -> bool:
        """Whether so much waits for the client that it is asked nothing more."""
        if self._outbox.pending <= self._most:
            return False
        if not self.held_back:
            self.held_back = True
            self._clock.soon(self._look_again)
        return True

    def _look_again(self) -> None:
        # The kernel may take it all; if not, the outbox says when it has.
        self._outbox.flush()
        self._room()

    def _room(self) -> None:
        if self.held_back and self._outbox.pending <= self._most:
            self.held_back = False
            self.go_on()

    def stays(self) -> None:
        """What is held has changed."""
        pending = self._outbox.pending
        if pending < self._waited:
            self.reads()
        self._waited = pending
        self.memory.note(self, self.held())
        self._room()

    # ------------------------------------------------------------ the door's part

    @property
    def memory(self) -> Memory:
        """The books."""
        raise NotImplementedError

    def go_on(self) -> None:
        """There is room again: handle what waits, and read."""
        raise NotImplementedError

    def reads(self) -> None:
        """Perhaps slowly, but the client reads: that is a sign of life."""
        raise NotImplementedError

    # ------------------------------------------------------------ imd.net.memory.Holder

    def held(self) -> int:
        raise NotImplementedError

    def shed(self, why: ShortOfMemory) -> None:
        raise NotImplementedError

    def whose(self) -> str:
        raise NotImplementedError
