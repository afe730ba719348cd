"""Garbage collection that does not hold the reactor.

A full collection looks at every object that may be part of a cycle: with thousands of connections 50 to 200 ms, and
while they come it is run again and again. So there is none while the daemon is busy. Small ones go on as ever, but what
has survived two of them is left alone; what ends must therefore end without the collector. Connections and sessions
let go of each other when they are lost, so that they go with their last reference (`tests.net.test_garbage`).

What slips through all the same is found by a full collection in a quiet moment, with so few connections that it is
short.
"""

import gc

#: Objects that make a small collection, each some 0.3 µs to look at; small ones that make a larger one; and larger ones
#: that make a full one: never. Messages under way are some twenty objects each, so a small collection should be rare
#: while a hundred are. But each TLS connection that is lost leaves sixty objects, and 50 KB of OpenSSL's with them.
THRESHOLDS = 3_000, 5, 1_000_000
#: Connections with which a full collection takes some 20 ms at most.
QUIET = 1_000


class Garbage:
    """Started once the daemon is complete, stopped with it."""

    def __init__(self) -> None:
        self._before: tuple[int, int, int] | None = None

    def start(self) -> None:
        """What is there now is there for good: no collection need look at it again."""
        gc.collect()
        gc.freeze()
        self._before = gc.get_threshold()
        gc.set_threshold(*THRESHOLDS)

    def quiet(self, connections: int) -> None:
        """Called now and then, with the number of connections there are."""
        if self._before is not None and connections <= QUIET:
            gc.collect()

    def stop(self) -> None:
        if self._before is not None:
            gc.set_threshold(*self._before)
            self._before = None
            gc.unfreeze()
