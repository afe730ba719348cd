"""What stands in for a thread where there is none."""

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure


def at_once(call: Any) -> Any:
    """Instead of a thread."""
    try:
        return succeed(call())
    except Exception:
        failed: Deferred[Any] = Deferred()
        failed.errback(Failure())
        return failed
