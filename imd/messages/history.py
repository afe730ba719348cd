"""What was said before."""

from typing import Annotated, ClassVar

import msgspec

from imd.messages.base import Answer, Event, Request, says
from imd.messages.messaging import MessageId
from imd.messages.values import AddressText, MessageKind, Value


class GetHistory(Request, kw_only=True, frozen=True, tag="get-history"):
    """Ask for what was said in a room one is in, or in one's talk with a person: the latest of it, or of what lies
    between `after` and `before`; or what lies `around` a message.

    Example::

        {"type":"get-history","ref":34,"with":"#tea","limit":50}
        {"type":"get-history","ref":35,"with":"bob","before":1790000000500000}
        {"type":"get-history","ref":36,"with":"#tea","after":1790000000500000,"oldest":true}
    """

    answers: ClassVar[tuple[str, ...]] = ("history",)

    with_: Annotated[str, says("A room or a person.", min_length=1)] = msgspec.field(name="with")
    before: Annotated[int, says("Only messages with a smaller `seq`; 0: the latest.", ge=0)] = 0
    after: Annotated[int, says("Only messages with a greater `seq`.", ge=0)] = 0
    oldest: Annotated[bool, says("If there are more than `limit`, the oldest of them and not the newest.")] = False
    around: Annotated[str, says("Id of a message: those before and after it, itself included.")] = ""
    limit: Annotated[int, says("At most so many.", ge=1, le=200)] = 50


class Redact(Request, kw_only=True, frozen=True, tag="redact"):
    """Take back what one has said, or in a room that one keeps in order what anybody has: it is in no history any more,
    and whoever has not seen it never will.

    Example::

        {"type":"redact","ref":37,"with":"#tea","id":"m6k2","text":"typo"}
    """

    with_: Annotated[str, says("A room or a person.", min_length=1)] = msgspec.field(name="with")
    id: MessageId
    text: Annotated[str, says("Why.")] = ""


class Redacted(Event, kw_only=True, frozen=True, tag="redacted"):
    """Something was taken back: clients take it off the screen. Told to who took it back, too.

    Example::

        {"type":"redacted","with":"#tea","id":"m6k2","time":1790000000.5,"by":"alice@example.org","text":"typo"}
    """

    with_: Annotated[str, says("A room, or the name of a person.")] = msgspec.field(name="with")
    id: MessageId
    time: float
    by: Annotated[str, says("Address of who took it back.")]
    text: str = ""


class Line(Value, kw_only=True, frozen=True):
    """A message as it was said."""

    id: MessageId
    seq: Annotated[int, says("Order of reading by the server: sort by it. Unique and growing.")]
    time: Annotated[float, says("When the server read it, also if it waited long since then.")]
    from_: Annotated[str, says("Address of the sender.")] = msgspec.field(name="from")
    to: AddressText
    body: str
    kind: MessageKind = "text"
    tags: dict[str, str] = msgspec.field(default_factory=dict)


class History(Answer, kw_only=True, frozen=True, tag="history"):
    """What was said, oldest first. Not to be acknowledged.

    For what came before, ask again with the first one's `seq` as `before`; an empty list is the beginning.

    Example::

        {"type":"history","ref":34,"messages":[{"id":"m6k2","seq":1790000000500000,"time":1790000000.5,"from":"alice@example.org","to":"#tea@example.org","body":"Tea?"}]}
    """

    messages: tuple[Line, ...]
