"""What the core needs of the reactor."""

from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from imd.net.reactor_clock import ReactorClock, Spawner

T = TypeVar("T")


class Environment:
    """`imd.core.ports.Environment` on the reactor."""

    log = Logger(namespace="imd.core")

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self.clock = ReactorClock(reactor)
        self.spawn = Spawner(self.log)

    async def in_thread(self, call: Callable[[], T]) -> T:
        """What a call returns that would block the reactor."""
        result: T = await deferToThreadPool(self._reactor, self._reactor.getThreadPool(), call)
        return result

    def future(self) -> "Deferred[Any]":
        return Deferred()
