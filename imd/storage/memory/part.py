"""What the parts of the store have in common: the store does their work, or does not."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from twisted.internet.defer import Deferred

T = TypeVar("T")


class Call(Protocol):
    """Does work as the store is now: well, away, or dying."""

    def __call__(self, work: Callable[[], T], /) -> Deferred[T]: ...


class Part:
    def __init__(self, call: Call) -> None:
        self._call = call

    def _do(self, work: Callable[[], object]) -> Deferred[None]:
        """`_call` for work whose result says nothing."""

        def nothing() -> None:
            work()

        return self._call(nothing)
