"""What clients in Python have in common that only load a server: a core of their own, and its CPU time."""

import os
import selectors
import socket
import time
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from tests.bench.load import cores


class Connected(Protocol):
    socket: socket.socket


_C = TypeVar("_C", bound=Connected)


class Clients(Generic[_C]):
    """Of the server of process `pid`. Used by ``with``, which closes them."""

    def __init__(self, pid: int) -> None:
        #: CPU-time clock of another process (clock_getcpuclockid(3)).
        self._clock = (~pid << 3) | 2
        self._clients: list[_C] = []
        self._selector = selectors.DefaultSelector()
        self._cores = os.sched_getaffinity(0)

    def __enter__(self) -> Self:
        os.sched_setaffinity(0, cores()[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            client.socket.close()
        self._selector.close()
        os.sched_setaffinity(0, self._cores)

    def _cpu(self) -> float:
        """Of the server, in seconds."""
        return time.clock_gettime(self._clock)
