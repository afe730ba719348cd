"""What the core needs of its environment."""

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Future(Protocol[T]):
    """Something to await that fires once; ``twisted.internet.defer.Deferred`` is one. Awaited by one coroutine only."""

    def callback(self, result: T) -> None: ...
    def errback(self, fail: Exception) -> None: ...
    def __await__(self) -> Generator[Any, None, T]: ...


class Timer(Protocol):
    def cancel(self) -> None:
        """Harmless when it has fired or was cancelled."""


class Clock(Protocol):
    def time(self) -> float:
        """Wall-clock seconds since the epoch."""

    def call_later(self, delay: float, call: Callable[[], None]) -> Timer: ...

    def soon(self, call: Callable[[], None]) -> None:
        """Run `call` once at the end of the present reactor turn (after what is being read has been read)."""

    def last(self, call: Callable[[], None]) -> None:
        """As `soon`, after everything asked for by `soon`: so that what leaves for a client leaves in one piece."""

    def when_read(self, call: Callable[[], None]) -> None:
        """As `soon`, in the turn in which the last of what has arrived by now is read: a busy daemon takes several."""


class Log(Protocol):
    """The part of ``twisted.logger.Logger`` the core uses; format strings with named fields."""

    def debug(self, format: str | None = None, **kwargs: object) -> None: ...
    def info(self, format: str | None = None, **kwargs: object) -> None: ...
    def warn(self, format: str | None = None, **kwargs: object) -> None: ...
    def error(self, format: str | None = None, **kwargs: object) -> None: ...
    def failure(self, format: str, **kwargs: Any) -> None: ...


class Spawn(Protocol):
    """Run a coroutine that nobody waits for; what it raises is logged as an error with `what`."""

    def __call__(self, what: str, coroutine: Coroutine[Any, Any, object]) -> None: ...


class Names(Protocol):
    """Names of network addresses (DNS)."""

    async def hostname(self, address: str) -> str:
        """The name of an address that leads back to it, or "". Bounded in time."""


class Identification(Protocol):
    """Who has a connection, as the machine says that it comes from (RFC 1413)."""

    async def user(self, address: str, port: int, local_address: str, local_port: int) -> str:
        """The user, or "". Bounded in time."""


class Environment(Protocol):
    """What surrounds the core: time, log, and the means to wait."""

    @property
    def clock(self) -> Clock: ...
    @property
    def log(self) -> Log: ...
    @property
    def spawn(self) -> Spawn: ...

    def future(self) -> Future[Any]:
        """A new, unfired future."""
