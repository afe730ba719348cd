"""The write path of a session by long polling: what is said waits until it is acknowledged."""

from collections.abc import Callable
from typing import Any

from imd.core.ports import Clock
from imd.net.polling.numbering import Said
from imd.net.sending import LINGER, Outbox

#: Bytes of messages in one answer; a message that is longer is alone in its own.
PAGE = 64 * 1024


class PollOutbox(Outbox):
    """The transport is a `imd.net.polling.session.PollSession`, which is told at the end of a turn that there is
    something to say. Whatever is not acknowledged counts as not read."""

    __slots__ = ("_said",)

    def __init__(
        self,
        transport: Any,
        clock: Clock,
        limit: int,
        overflow: Callable[[], None],
        stays: Callable[[], None],
    ) -> None:
        self._said = Said()
        super().__init__(transport, clock, limit, overflow, stays)
        transport.outbox = self

    # ------------------------------------------------------------ the door's side

    def payload(self, payload: bytes) -> None:
        if not self._open or self._closing:
            return
        self._said.put(payload)
        self.pending = self._said.size
        if self._choked and self._too_much():
            self._drop()
        elif not self._scheduled:
            self._scheduled = True
            self._clock.last(self.flush)

    def write(self, data: bytes) -> None:
        self.payload(data)

    def lines(self, data: bytes) -> None:
        for line in data.splitlines():
            if line:
                self.payload(line)

    def flush(self) -> None:
        self._scheduled = False
        if not self._open or not self.pending:
            return
        self._transport.deliver()
        if self._gone():
            return
        if self._too_much() and not self._closing:
            self._drop()
        else:
            self._stay()

    @property
    def backlog(self) -> int:
        return self.pending

    @property
    def held(self) -> int:
        return self.pending

    def let_go(self) -> None:
        self._said.forget()
        self.pending = 0

    def close(self, after_flush: bool = True) -> None:
        if not self._open:
            return
        if not after_flush:
            self._abort()
        elif not self._closing:
            self._closing = True
            # So long the last words may be asked for.
            self._linger = self._clock.call_later(LINGER, self._abort)
            self._transport.deliver()

    def lost(self) -> None:
        self._said.forget()
        super().lost()

    def _too_much(self) -> bool:
        return bool(self._limit) and self.pending > self._limit

    # ------------------------------------------------------------ the client's side

    @property
    def closing(self) -> bool:
        """The door has said its last words."""
        return self._closing

    def listened_to(self, listening: bool) -> None:
        """Whether a request waits for what is said. While none does, what is too much is known at once."""
        self._choked = not listening

    def acknowledged(self, number: int) -> None:
        """The client has all messages up to this one."""
        self._said.acknowledge(number)
        if self.pending != self._said.size:
            self.pending = self._said.size
            self._staying = self.pending > 0
            self._stays()

    def page(self) -> tuple[int, list[bytes], bool]:
        """The number of the first message to be said, the messages, and whether those are the last words."""
        first, messages = self._said.page(PAGE)
        return first, messages, self._closing and first + len(messages) == self._said.next
