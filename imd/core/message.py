"""A message, from the reading of it to the last receipt. Belongs to no protocol."""

import enum
from collections.abc import Callable
from typing import Any

import msgspec

from imd.core.address import Address
from imd.core.refusal import Refusal


class Kind(enum.Enum):
    """What a message is; decides whether it is kept for somebody offline (DESIGN, "What is kept")."""

    # Members are one of a kind, and that of `Enum` is written in Python.
    __hash__ = object.__hash__

    TEXT = "text"
    #: ``/me waves``: CTCP ACTION on IRC.
    ACTION = "action"
    #: Never answered automatically (RFC 2812 section 3.3.2), never kept.
    NOTICE = "notice"
    #: No text for people: typing, reactions, TAGMSG, call signalling. Never kept, never acknowledged.
    SIGNAL = "signal"
    #: What happened in a room (`imd.core.past`): only in history, never sent. ``tags["event"]`` says what.
    EVENT = "event"

    #: Whether it waits for somebody who is off. Asked for each message and recipient, so that it is no property.
    kept: bool

    def __init__(self, value: str) -> None:
        self.kept = value in ("text", "action")


#: Among the tags of a message, set by the server alone (`SERVER_TAGS`). On what an agent says into a conversation: the
#: name of the desk, under which the person who is answered has the talk.
DESK_TAG = "imd/desk"
#: On an agent's copy of what somebody has said to a desk: the name of the desk.
FOR_DESK_TAG = "imd/for-desk"
#: Who wrote it is marked as a bot.
BOT_TAG = "imd/bot"

#: What a client cannot say.
SERVER_TAGS = frozenset({DESK_TAG, FOR_DESK_TAG, BOT_TAG})

#: What is remembered of the tags of a message whose way is traced.
_TRACED = frozenset({DESK_TAG, FOR_DESK_TAG})


class Draft(msgspec.Struct, gc=False):
    """What a door read, before the core has given it an id."""

    to: str
    body: str
    kind: Kind = Kind.TEXT
    #: The sender's own unique id (native, web), or "": then every reading is a new message.
    client_id: str = ""
    #: Client-only tags without the leading "+" (IRCv3 message-tags), or a native signal's fields.
    tags: dict[str, str] = msgspec.field(default_factory=dict)


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message for life: the same id in every protocol, in the queue, in history and in the trace."""

    id: str
    #: Order of reading; unique and growing for the life of the store. Microseconds, nearly wall-clock time.
    seq: int
    #: Wall-clock time of reading, seconds since the epoch.
    time: float
    sender: Address
    #: Account id of the sender, or "" for a guest.
    sender_account: str
    recipient: Address
    body: str
    kind: Kind = Kind.TEXT
    client_id: str = ""
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    #: What IRC shows between "!" and the end of the prefix: ``user@cloaked-host``.
    origin: str = ""

    def stub(self) -> "Message":
        """All but what was said: for remembering what became of thousands of messages, of whatever length."""
        # Replacing costs more than it saves where there is little to leave out.
        if len(self.body) < 500 and (not self.tags or self.tags.keys() <= _TRACED):
            return self
        tags = {key: value for key, value in self.tags.items() if key in _TRACED} if self.tags else {}
        return msgspec.structs.replace(self, body="", tags=tags)


class Envelope:
    """A message on its way to sessions. One object for all of them, so that doors can encode once, send many."""

    __slots__ = ("encoded", "message", "repeat")

    def __init__(self, message: Message, *, repeat: bool = False) -> None:
        self.message = message
        #: May have been shown before: it was handed out, and its connection died unconfirmed.
        self.repeat = repeat
        #: For doors: their encodings of this message, by a key of their own.
        self.encoded: dict[Any, bytes] = {}


class ReadMark(msgspec.Struct, frozen=True):
    """How far a person has read one room or talk, as one of her sessions said."""

    #: A room, or the name of a person.
    target: str
    #: Time of the last message read, in milliseconds since the epoch.
    at: int
    #: That message's id, or "" where the session did not say it.
    id: str = ""


class Outcome(enum.Enum):
    """What became of a message, as the sender may know it (DESIGN, "Outcomes for the sender")."""

    #: Acknowledged by a client of the recipient or durable in the store. Settles `send`.
    ACCEPTED = "accepted"
    #: Accepted, and it waits because the recipient is offline. Settles `send`.
    KEPT = "kept"
    #: Will never be shown. Settles `send`.
    REFUSED = "refused"
    #: It may have been seen or stored; sending it again with the same id is safe. Settles `send`.
    UNKNOWN = "unknown"
    #: Later: a client of the recipient acknowledged it.
    DELIVERED = "delivered"
    #: Later: the recipient read it.
    READ = "read"


class Receipt(msgspec.Struct, frozen=True):
    """One step of a message's way, told to its sender. Only what the sender may know (promise P5)."""

    id: str
    client_id: str
    to: Address | None
    outcome: Outcome
    #: When the message was read by the server; of a later step, when that happened.
    time: float
    reason: Refusal | None = None


Settle = Callable[[Receipt], None]
"""Who is told what became of a message, once."""


def receipt(message: Message, outcome: Outcome, reason: Refusal | None = None, *, time: float | None = None) -> Receipt:
    """A step of a message's way; `time` where it is not that of reading."""
    when = message.time if time is None else time
    return Receipt(message.id, message.client_id, message.recipient, outcome, when, reason)
