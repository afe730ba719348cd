"""Messages on their way out: sent in order, kept until they are settled, repeated under the same id.

::

    add ─► waiting ──(window)──► under way ──sent──► settled
               ▲                     │
               └─ lost, too fast, unknown: back in their place, and sent again with the same client id

Repeating is safe by the protocol: the server knows a message again by (account, client id).
"""

import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from imd.messages.connection import Error
from imd.messages.messaging import Send, Sent
from imd.messages.signon import Limits
from imd.messages.values import MessageKind
from imd.protocols.native.wire.codec import encode

Outcome = Literal["accepted", "kept", "refused", "unknown"]

#: Messages under way at a time; the server holds more than 256 requests back.
WINDOW = 32
#: How often a message is sent again after an outcome that is not known, and seconds before the first time.
REPEATS = 4
REPEAT_DELAY = 0.5
#: Seconds to wait when the server says "too fast" and not how long.
TOO_FAST_DELAY = 1.0


@dataclass(frozen=True)
class Settled:
    """What became of a message. `code` and `text` say why, if it was not accepted; `id` "" if it never got one."""

    id: str
    client_id: str
    outcome: Outcome
    time: float = 0.0
    code: str = ""
    text: str = ""

    @property
    def accepted(self) -> bool:
        return self.outcome in ("accepted", "kept")


@dataclass
class Outgoing:
    """A message that is not settled yet."""

    number: int
    to: str
    body: str
    kind: MessageKind
    client_id: str
    settled: "Deferred[Settled]" = field(default_factory=Deferred)
    repeats: int = 0

    def request(self, ref: int) -> Send:
        return Send(ref=ref, to=self.to, client_id=self.client_id, body=self.body, kind=self.kind)


class OutgoingMessages:
    """All messages of a client that are not settled, over any number of connections.

    `write` sends a payload on the connection there is; `number` gives the next `ref` of it.
    """

    def __init__(self, clock: IReactorTime, write: Callable[[bytes], bool], number: Callable[[], int]) -> None:
        self._clock = clock
        self._write = write
        self._number = number
        self._limits: Limits | None = None
        self._count = 0
        self._waiting: deque[Outgoing] = deque()
        self._under_way: dict[int, Outgoing] = {}
        self._window = WINDOW
        self._pause: IDelayedCall | None = None

    def __len__(self) -> int:
        return len(self._waiting) + len(self._under_way)

    def add(self, to: str, body: str, kind: MessageKind = "text") -> Outgoing:
        """Send a message as soon as its turn comes; its `settled` fires once, and never fails."""
        self._count += 1
        message = Outgoing(self._count, to, body, kind, uuid.uuid4().hex)
        self._waiting.append(message)
        self._pump()
        return message

    def connected(self, limits: Limits) -> None:
        """There is a session again: what is not settled goes out, in order."""
        self._limits = limits
        self._pump()

    def lost(self) -> None:
        """The connection is gone: what was under way has to be repeated."""
        self._limits = None
        self._return(list(self._under_way.values()))

    def give_up(self, text: str) -> None:
        """There will be no connection any more."""
        self.lost()
        self._cancel_pause()
        waiting, self._waiting = self._waiting, deque()
        for message in waiting:
            # Some of these may have arrived before the connection was lost.
            self._settle(message, Settled("", message.client_id, "unknown", code="not-connected", text=text))

    # ------------------------------------------------------------ answers

    def heard(self, answer: Sent | Error) -> bool:
        """Whether the answer was to one of these messages."""
        message = self._under_way.pop(answer.ref, None)
        if message is None:
            return False
        if isinstance(answer, Error):
            self._failed(message, answer)
        elif answer.outcome == "unknown" and message.repeats < REPEATS:
            message.repeats += 1
            self._again(message, REPEAT_DELAY * 2 ** (message.repeats - 1))
        elif answer.outcome == "refused" and answer.code == "too-fast":
            self._again(message, answer.retry_after or TOO_FAST_DELAY)
        else:
            code, text = answer.code, answer.text
            self._settle(message, Settled(answer.id, message.client_id, answer.outcome, answer.time, code, text))
        self._pump()
        return True

    def _failed(self, message: Outgoing, error: Error) -> None:
        if error.code == "too-fast":
            self._again(message, error.retry_after or TOO_FAST_DELAY)
        else:
            self._settle(message, Settled("", message.client_id, "refused", code=error.code, text=error.text))

    # ------------------------------------------------------------ inside

    def _again(self, message: Outgoing, delay: float) -> None:
        """Back into its place. From now on one at a time, or later ones might overtake it."""
        self._window = 1
        self._return([message])
        self._cancel_pause()
        self._pause = self._clock.callLater(delay, self._resume)

    def _return(self, messages: list[Outgoing]) -> None:
        self._under_way = {ref: each for ref, each in self._under_way.items() if each not in messages}
        merged = sorted([*messages, *self._waiting], key=lambda each: each.number)
        self._waiting = deque(merged)

    def _resume(self) -> None:
        self._pause = None
        self._pump()

    def _cancel_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def _pump(self) -> None:
        limits = self._limits
        while self._waiting and limits is not None and self._pause is None and len(self._under_way) < self._window:
            message = self._waiting.popleft()
            ref = self._number()
            payload = encode(message.request(ref))
            excess = _too_long(message, payload, limits)
            if excess:
                self._settle(message, Settled("", message.client_id, "refused", code="too-long", text=excess))
                continue
            self._under_way[ref] = message
            if not self._write(payload):
                # The loss of the connection is told in a moment.
                return
        if not self._waiting and not self._under_way:
            self._window = WINDOW

    def _settle(self, message: Outgoing, settled: Settled) -> None:
        message.settled.callback(settled)


def _too_long(message: Outgoing, payload: bytes, limits: Limits) -> str:
    """Why the server would not even read it; "" if it would."""
    if limits.message and len(message.body.encode()) > limits.message:
        return f"The message is longer than the {limits.message} bytes this server takes."
    if limits.line and len(payload) >= limits.line:
        return f"The message is longer on its way than the {limits.line} bytes this server takes."
    return ""
