"""The write path of a connection over WebSocket: the same queue, with frames in it."""

from collections.abc import Callable
from typing import Any

from imd.core.ports import Clock
from imd.net.sending import Outbox
from imd.net.websocket.frames import CloseCode, Framing, Opcode, close_frame, end_of_frame, frame


class WebSocketOutbox(Outbox):
    """Whatever ends the connection on our side, a Close frame comes last (RFC 6455 section 7.1.2)."""

    __slots__ = ("_framing", "code", "reason")

    def __init__(
        self,
        framing: Framing,
        transport: Any,
        clock: Clock,
        limit: int,
        overflow: Callable[[], None],
        stays: Callable[[], None],
    ) -> None:
        self._framing = framing
        #: What the Close frame says; 0: the code of all.
        self.code = 0
        self.reason = ""
        super().__init__(transport, clock, limit, overflow, stays)

    def use(self, framing: Framing) -> None:
        """Frame in another way from now on."""
        self._framing = framing

    def lines(self, data: bytes) -> None:
        self.write(self._framing.lines(data))

    def payload(self, payload: bytes) -> None:
        self.write(self._framing.payload(payload))

    def ask(self) -> None:
        self.write(frame(Opcode.PING, b""))

    def pong(self, data: bytes) -> None:
        """Section 5.5.3."""
        self.write(frame(Opcode.PONG, data))

    def close(self, after_flush: bool = True) -> None:
        if after_flush:
            self.write(close_frame(self.code or self._framing.closing_code, self.reason))
        super().close(after_flush)

    def _drop(self) -> None:
        self.code = self.code or CloseCode.POLICY_VIOLATION
        super()._drop()

    def _end_of_unit(self, data: bytes, start: int, at: int) -> int:
        return end_of_frame(data, start, at)
