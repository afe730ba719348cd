"""How long the reactor is held by one piece of work: the figure that tells whether everybody is served in time.

A timer is set every 20 ms; how late it fires is how long something held the reactor meanwhile. Times in seconds.
"""

from twisted.internet.interfaces import IDelayedCall, IReactorTime

INTERVAL = 0.02


class Holding:
    """Started and stopped with the daemon."""

    def __init__(self, reactor: IReactorTime) -> None:
        self._reactor = reactor
        self._due = 0.0
        self._call: IDelayedCall | None = None
        #: The longest hold since the start.
        self.longest = 0.0

    def start(self) -> None:
        self._due = self._reactor.seconds() + INTERVAL
        self._call = self._reactor.callLater(INTERVAL, self._look)

    def _look(self) -> None:
        self.longest = max(self.longest, self._reactor.seconds() - self._due)
        self.start()

    def stop(self) -> None:
        if self._call is not None and self._call.active():
            self._call.cancel()
