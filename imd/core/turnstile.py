"""One at a time, by key: keeps two changes of the same rosters from overtaking each other while the store is asked."""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from imd.core.ports import Environment, Future


class Turnstile:
    """A fair lock per key. Several keys are taken in sorted order, so that no two holders can wait for each other."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._waiting: dict[str, deque[Future[Any]]] = {}

    @asynccontextmanager
    async def alone(self, keys: Sequence[str]) -> AsyncIterator[None]:
        """Hold all `keys`; others who want one of them wait until this block is left."""
        held: list[str] = []
        try:
            for key in sorted(set(keys)):
                queue = self._waiting.get(key)
                if queue is None:
                    self._waiting[key] = deque()
                else:
                    turn = self._environment.future()
                    queue.append(turn)
                    try:
                        await turn
                    except BaseException:
                        # Whoever waits may be cancelled: then those behind move up, or it was its turn already.
                        if turn in queue:
                            queue.remove(turn)
                        else:
                            held.append(key)
                        raise
                held.append(key)
            yield
        finally:
            for key in held:
                queue = self._waiting[key]
                if queue:
                    queue.popleft().callback(None)
                else:
                    del self._waiting[key]
