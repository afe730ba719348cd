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
from imd.core.ports import Future, Timer
from imd.core.session import Account, Person, Session
from imd.core.stores import Queued
from imd.core.tally import Tally
from imd.core.trace import Way

#: Ids remembered of what was shown to a session that never confirms.
_SHOWN = 1_000

#: What a protocol puts around a body: names, ids, times, tags. Bytes.
_WRAPPING = 512


class Stored(enum.Enum):
    NO = "no"
    WRITING = "writing"
    YES = "yes"


class Pending:
    """A message that is neither acknowledged nor durable yet."""

    __slots__ = (
        "account",
        "acknowledged",
        "after",
        "doubtful",
        "key",
        "message",
        "origin",
        "recording",
        "sender",
        "settles",
        "speaker",
        "stored",
        "timer",
        "tried",
        "way",
    )

    def __init__(
        self,
        account: Account,
        sender: Person,
        message: Message,
        way: Way,
        settle: Callable[[Receipt], None] | None,
        origin: str,
        speaker: Session | None = None,
    ) -> None:
        #: The recipient, and who sent it.
        self.account = account
        self.sender = sender
        #: The session that sent it: the sender's others are shown a copy.
        self.speaker = speaker
        self.message = message
        #: Under which it is known among all that is under way: the message's id, or `copy_key`.
        self.key = message.id
        self.way = way
        #: Called once with the outcome; several when the sender repeated the message meanwhile.
        self.settles = [] if settle is None else [settle]
        #: Network address of a guest who sent it, for the guests' share of an inbox.
        self.origin = origin
        self.stored = Stored.NO
        #: A client of the recipient has confirmed it.
        self.acknowledged = False
        #: It was given to the store at least once, so the store must hear of its acknowledgement.
        self.tried = False
        #: The store died with it: it may have it.
        self.doubtful = False
        #: It is on its way into history, and the sender waits for that.
        self.recording = False
        #: What the sender hears once it is settled.
        self.after: Callable[[], None] | None = None
        #: Runs while the sender waits for a store that failed; then it hears *unknown*.
        self.timer: Timer | None = None

    @property
    def settled(self) -> bool:
        return not self.settles

    def settle(self, outcome: Outcome, receipt: Receipt) -> None:
        """Tell everyone who waits; later calls are ignored."""
        settles, self.settles = self.settles, []
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if settles:
            self.way.outcome = outcome
            for call in settles:
                call(receipt)
            after, self.after = self.after, None
            if after is not None:
                after()


def copy_key(id: str, account: str) -> str:
    """The key of one agent's copy of a message to a desk: all copies have the one id."""
    return f"{id} {account}"


def weight(message: Message) -> int:
    """At most so many bytes in a client's queue, roughly, and cheap to tell."""
    body = message.body
    return _WRAPPING + (len(body) if body.isascii() else 4 * len(body))


class Flow(enum.Enum):
    CATCHING_UP = "catching-up"
    LIVE = "live"
    BEHIND = "behind"


class Channel:
    """The way to one session of an account."""

    __slots__ = (
        "_closed",
        "_held_weight",
        "again",
        "cursor",
        "flow",
        "held",
        "overflow",
        "room",
        "session",
        "shown",
        "tally",
        "unconfirmed",
        "weight",
        "window",
        "window_bytes",
    )

    def __init__(self, session: Session, window: int, window_bytes: int, tally: Tally) -> None:
        self.tally = tally
        self.session = session
        self.window = window or 2**31
        self.window_bytes = window_bytes or 2**62
        #: Bytes of what is unconfirmed, and of what is held.
        self.weight = 0
        self._held_weight = 0
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
        #: Somebody asked for everything while it was catching up: read from the beginning once more.
        self.again = False
        #: Confirmed by this client while catching up, or shown to one that never confirms: not to be shown again.
        self.shown: dict[str, None] = {}
        #: Fires when there is room in the window again.
        self.room: Future[Any] | None = None

    def offer(self, envelope: Envelope) -> bool:
        """Hand over or hold a live message; whether the client has it now."""
        id = envelope.message.id
        if id in self.unconfirmed or id in self.shown:
            return True
        if self.flow is Flow.LIVE:
            if len(self.unconfirmed) < self.window and self.weight < self.window_bytes:
                self.hand([envelope])
                return True
            self.flow = Flow.BEHIND
            self.tally.count("window")
        if self.flow is Flow.CATCHING_UP and not self.overflow:
            if len(self.held) < self.window and self._held_weight < self.window_bytes:
                self.held.append(envelope)
                self._held_weight += weight(envelope.message)
            else:
                self._overflow(envelope)
        elif self.flow is Flow.CATCHING_UP:
            self._overflow(envelope)
        elif self.flow is Flow.BEHIND:
            # Read again from here, should it be older than what the client has.
            self.cursor = min(self.cursor, envelope.message.seq - 1)
        return False

    @property
    def ready(self) -> bool:
        """Whether it is live and its window has room."""
        return self.flow is Flow.LIVE and len(self.unconfirmed) < self.window and self.weight < self.window_bytes

    def fitting(self, page: list[Queued]) -> list[Queued]:
        """As many of the first as the window has room for, at least one."""
        total = self.weight
        for number, queued in enumerate(page):
            total += weight(queued.message)
            if total > self.window_bytes and number:
                return page[:number]
        return page

    def take_held(self) -> list[Envelope]:
        """What was held, which is held no longer."""
        held, self.held = self.held, []
        self._held_weight = 0
        return held

    def _overflow(self, envelope: Envelope) -> None:
        self.overflow = True
        if envelope.message.seq <= self.cursor:
            self.again = True

    def hand(self, envelopes: list[Envelope]) -> None:
        confirms = self.session.confirms
        for envelope in envelopes:
            message = envelope.message
            if confirms:
                if message.id not in self.unconfirmed:
                    self.weight += weight(message)
                self.unconfirmed[message.id] = message
            else:
                self._show(message.id)
            if message.seq > self.cursor:
                self.cursor = message.seq
        self.session.client.deliver(envelopes)

    def _show(self, id: str) -> None:
        self.shown[id] = None
        if len(self.shown) > _SHOWN:
            del self.shown[next(iter(self.shown))]

    def confirmed(self, id: str) -> bool:
        """Take `id` out of what is unconfirmed; whether it was there."""
        message = self.unconfirmed.pop(id, None)
        if message is None:
            return False
        self.weight -= weight(message)
        if self.flow is Flow.CATCHING_UP:
            self.shown[id] = None
        if self.room is not None and self.half_empty:
            room, self.room = self.room, None
            room.callback(None)
        return True

    def passed(self, message: Message) -> None:
        """Another session has confirmed what this one has not been handed yet. It will not find it in the inbox any
        more, so it is handed over now."""
        if not self.session.confirms or message.id in self.shown:
            return
        if any(envelope.message.id == message.id for envelope in self.held):
            return
        # It may be in a page that is being read.
        self._show(message.id)
        # As out of the store: some client has had it, and perhaps this one, by a connection that is over.
        self.session.client.deliver([Envelope(message, repeat=True)])

    @property
    def half_empty(self) -> bool:
        """Whether half of the window is confirmed."""
        return len(self.unconfirmed) <= self.window // 2 and self.weight <= self.window_bytes // 2

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

    def relay(self, pending: Pending, now: float) -> bool:
        """Offer a message to every session; whether a client that confirms has it now, or had.

        Sessions that do not confirm get it too then; else it is stored first, see `hand_late`.
        """
        way = pending.way
        envelope = Envelope(pending.message, repeat=way.handed)
        handed = others = False
        # A list, because a client that is handed a message may turn out to be dead.
        for channel in list(self.channels.values()):
            if not channel.session.confirms:
                others = True
            elif channel.ready:
                if not handed:
                    handed = way.handed = True
                    way.steps.append((now, "relay", "handed to a client"))
                channel.offer(envelope)
            else:
                channel.offer(envelope)
        if handed and others:
            for channel in list(self.channels.values()):
                if not channel.session.confirms:
                    channel.offer(envelope)
        if pending.acknowledged:
            # At once: those that were handed it after that need not confirm it.
            for channel in self.channels.values():
                channel.confirmed(envelope.message.id)
        return handed

    def hand_late(self, message: Message, handed: bool) -> tuple[bool, bool]:
        """Hand a message that is stored now to sessions that have not got it: to those that never confirm, and to
        those that had read the store before it was there.

        Whether one that never confirms has it now, and whether one that confirms was handed it now.
        """
        envelope = Envelope(message, repeat=handed)
        final = attempted = False
        for channel in list(self.channels.values()):
            if channel.session.confirms:
                if message.id not in channel.unconfirmed:
                    attempted |= channel.offer(envelope)
            elif message.id not in channel.shown:
                final |= channel.offer(envelope)
        return final, attempted

    def unconfirmed(self, id: str) -> bool:
        """Whether a client that is here has the message and may still confirm it."""
        return any(id in channel.unconfirmed for channel in self.channels.values())

    def holds(self, id: str) -> bool:
        """Whether a client that confirms is handed this message as soon as it has caught up."""
        return any(
            channel.session.confirms and any(envelope.message.id == id for envelope in channel.held)
            for channel in self.channels.values()
        )

    def not_again(self, id: str) -> None:
        """A session may have read it from the store already, and not handed it to its client."""
        for channel in self.channels.values():
            if channel.flow is Flow.CATCHING_UP:
                channel.shown[id] = None

    def withdraw(self, id: str) -> None:
        """Nobody may be handed this message any more."""
        for channel in self.channels.values():
            # Only a channel that catches up holds anything; the list is short.
            channel.held = [envelope for envelope in channel.held if envelope.message.id != id]
