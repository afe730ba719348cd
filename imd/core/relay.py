"""Second step of the ladder: through the server to every live session of the recipient.

One `Inbox` for each account that is on, one `Channel` for each of its sessions. A channel is *live*, or it *catches
up* from the store while live messages queue behind it, or it is *behind*: its client has as much unconfirmed as the
window allows, and the rest waits in the store.

::

             begin ──► CATCHING_UP ──(store read to the end, held messages handed over)──► LIVE
                            ▲                                                               │
                            └──(half the window confirmed)── BEHIND ◄──(window full)────────┘
"""

import enum
from collections.abc import Callable
from typing import Any

from imd.core.message import Envelope, Message, Outcome, Receipt
from imd.core.ports import Future
from imd.core.session import Account, Person, Session
from imd.core.trace import Way


class Stored(enum.Enum):
    NO = "no"
    WRITING = "writing"
    YES = "yes"


class Pending:
    """A message that is neither acknowledged nor durable yet."""

    __slots__ = ("account", "attempts", "deadline", "handed", "message", "origin", "sender", "settles", "stored", "way")

    def __init__(
        self,
        account: Account,
        sender: Person,
        message: Message,
        way: Way,
        settle: Callable[[Receipt], None],
        origin: str,
    ) -> None:
        #: The recipient, and who sent it.
        self.account = account
        self.sender = sender
        self.message = message
        self.way = way
        #: Called once with the outcome; several when the sender repeated the message meanwhile.
        self.settles = [settle]
        #: Network address of a guest who sent it, for the guests' share of an inbox.
        self.origin = origin
        self.stored = Stored.NO
        self.handed = False
        self.attempts = 0
        #: When the sender is told *unknown*, once the store has failed; 0 before.
        self.deadline = 0.0

    @property
    def settled(self) -> bool:
        return not self.settles

    def settle(self, outcome: Outcome, receipt: Receipt) -> None:
        """Tell everyone who waits; later calls are ignored."""
        settles, self.settles = self.settles, []
        if settles:
            self.way.outcome = outcome
            for call in settles:
                call(receipt)


class Flow(enum.Enum):
    CATCHING_UP = "catching-up"
    LIVE = "live"
    BEHIND = "behind"


class Channel:
    """The way to one session of an account."""

    __slots__ = (
        "_closed",
        "cursor",
        "flow",
        "held",
        "overflow",
        "room",
        "session",
        "shown",
        "unconfirmed",
        "window",
    )

    def __init__(self, session: Session, window: int) -> None:
        self.session = session
        self.window = window or 2**31
        self.flow = Flow.CATCHING_UP
        self._closed = False
        #: Handed to the client and not acknowledged, by id.
        self.unconfirmed: dict[str, Message] = {}
        #: Greatest sequence number handed over.
        self.cursor = 0
        #: Live messages that wait until the channel has caught up.
        self.held: list[Envelope] = []
        #: More came than `held` takes: the rest is in the store.
        self.overflow = False
        #: Acknowledged by this client while catching up: not to be shown again out of `held`.
        self.shown: set[str] = set()
        #: Fires when there is room in the window again.
        self.room: Future[Any] | None = None

    def offer(self, envelope: Envelope) -> bool:
        """Hand over or hold a live message; whether the client has it now."""
        if self.flow is Flow.LIVE:
            if len(self.unconfirmed) < self.window:
                self.hand([envelope])
                return True
            self.flow = Flow.BEHIND
        if self.flow is Flow.CATCHING_UP and not self.overflow:
            if len(self.held) < self.window:
                self.held.append(envelope)
            else:
                self.overflow = True
        elif self.flow is Flow.BEHIND:
            # Read again from here, should it be older than what the client has.
            self.cursor = min(self.cursor, envelope.message.seq - 1)
        return False

    def hand(self, envelopes: list[Envelope]) -> None:
        confirms = self.session.confirms
        for envelope in envelopes:
            message = envelope.message
            if confirms:
                self.unconfirmed[message.id] = message
            self.cursor = max(self.cursor, message.seq)
        self.session.client.deliver(envelopes)

    def confirmed(self, id: str) -> bool:
        """Take `id` out of what is unconfirmed; whether it was there."""
        if self.unconfirmed.pop(id, None) is None:
            return False
        if self.flow is Flow.CATCHING_UP:
            self.shown.add(id)
        if self.room is not None and len(self.unconfirmed) <= self.window // 2:
            room, self.room = self.room, None
            room.callback(None)
        return True

    def over(self) -> bool:
        """Whether the session has ended; a call, because it can change whenever one waits."""
        return self._closed

    def close(self) -> None:
        self._closed = True
        if self.room is not None:
            room, self.room = self.room, None
            room.callback(None)


class Inbox:
    """What is under way to one account that is on."""

    __slots__ = ("account", "channels", "pending")

    def __init__(self, account: str) -> None:
        self.account = account
        self.channels: dict[str, Channel] = {}
        #: Neither acknowledged nor durable, in order of reading.
        self.pending: dict[str, Pending] = {}

    def relay(self, pending: Pending) -> bool:
        """Offer a message to every session; whether a client that confirms has it now."""
        envelope = Envelope(pending.message)
        confirming = False
        for channel in self.channels.values():
            if not channel.session.confirms:
                # Without confirmation the message is stored first, unless another session confirms it.
                continue
            if channel.offer(envelope):
                confirming = True
        if confirming:
            pending.handed = True
            pending.attempts = 1
            for channel in self.channels.values():
                if not channel.session.confirms:
                    channel.offer(envelope)
        return confirming

    def hand_unconfirming(self, message: Message) -> bool:
        """Hand a stored message to the sessions that never confirm; whether one of them has it now."""
        envelope = Envelope(message)
        taken = [channel.offer(envelope) for channel in self.channels.values() if not channel.session.confirms]
        return any(taken)
