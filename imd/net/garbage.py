"""Garbage collection that does not hold the reactor.

A full collection looks at every object that may be part of a cycle: with thousands of connections 50 to 200 ms. So what
one has survived is frozen (`gc.freeze`): it is taken to be there for good, and the next collection looks only at what
came since. What ends must therefore end without the collector: connections and sessions are taken apart when they are
lost, so that the last reference to them goes (`tests.promises.test_storm` counts them).
"""

import gc

#: A full collection after so many objects (the product, and half as many again), each of which it takes some 1 µs to
#: look at. As none is looked at twice, small collections cost no more than large ones.
THRESHOLDS = 1_000, 5, 2


class Garbage:
    """Started once the daemon is complete, stopped with it."""

    def __init__(self) -> None:
        self._before = gc.get_threshold()

    def start(self) -> None:
        gc.collect()
        gc.freeze()
        self._before = gc.get_threshold()
        gc.set_threshold(*THRESHOLDS)
        gc.callbacks.append(self._collected)

    def _collected(self, phase: str, info: dict[str, int]) -> None:
        if phase == "stop" and info["generation"] == 2:
            gc.freeze()

    def stop(self) -> None:
        if self._collected in gc.callbacks:
            gc.callbacks.remove(self._collected)
            gc.set_threshold(*self._before)
            gc.unfreeze()
