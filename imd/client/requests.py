"""Requests under way on one connection: each gets a number, and its answer finds it by that number."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from twisted.internet.defer import Deferred

from imd.client.errors import NotConnected, Refused
from imd.messages.base import Answer, Request
from imd.messages.catalogue import FromServer
from imd.messages.connection import Error

_T = TypeVar("_T", bound=Answer)


class Requests:
    """The open requests of one connection, written by `send`."""

    def __init__(self, send: Callable[[Request], bool]) -> None:
        self._send = send
        self._last = 0
        self._open: dict[int, Deferred[Any]] = {}

    def number(self) -> int:
        """A fresh `ref`, for a request whose answer is looked for elsewhere."""
        self._last += 1
        return self._last

    async def ask(self, request: Request, answer: type[_T]) -> _T:
        """Send a request and wait for its answer. Raises `Refused` and `NotConnected`."""
        ref = self.number()
        waiting: Deferred[Any] = Deferred()
        self._open[ref] = waiting
        try:
            if not self._send(msgspec.structs.replace(request, ref=ref)):
                raise NotConnected("There is no connection to the server now.")
            heard = await waiting
        finally:
            del self._open[ref]
        if isinstance(heard, Error):
            raise Refused(heard.code, heard.text, heard.retry_after)
        if not isinstance(heard, answer):
            raise Refused("malformed", f"The server answered {type(heard).__name__}, which makes no sense here.")
        return heard

    def heard(self, message: FromServer) -> bool:
        """Whether this was the answer to an open request."""
        ref = getattr(message, "ref", 0)
        waiting = self._open.get(ref) if ref else None
        if waiting is None:
            return False
        if not waiting.called:
            waiting.callback(message)
        return True

    def lost(self, why: str) -> None:
        """The connection is gone: nobody will answer."""
        for waiting in list(self._open.values()):
            if not waiting.called:
                waiting.errback(NotConnected(f"The connection was lost before the answer: {why}"))
