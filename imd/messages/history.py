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
    redacted: Annotated[
        tuple[str, ...],
        says(
            "Asked `after` and not `before`: ids of what was taken back since, whenever it was said. Clients forget it."
        ),
    ] = ()


class GetTalks(Request, kw_only=True, frozen=True, tag="get-talks"):
    """Ask where there is something to read: the rooms one is in and the people one has talked with, whose latest
    message lies between two times.

    Example::

        {"type":"get-talks","ref":38,"after":1790000000.5,"limit":20}
    """

    answers: ClassVar[tuple[str, ...]] = ("talks",)

    after: Annotated[float, says("Only those whose latest message is younger.", ge=0, le=1e11)] = 0.0
    before: Annotated[float, says("Only those whose latest message is older; 0: up to now.", ge=0, le=1e11)] = 0.0
    limit: Annotated[int, says("At most so many: those with the youngest messages.", ge=1, le=200)] = 50


class Talk(Value, kw_only=True, frozen=True):
    """A room or a person."""

    with_: Annotated[str, says("A room, or the name of a person.")] = msgspec.field(name="with")
    time: Annotated[float, says("Of its latest message.")]


class Talks(Answer, kw_only=True, frozen=True, tag="talks"):
    """Where there is something to read, in the order of the latest messages.

    Example::

        {"type":"talks","ref":38,"talks":[{"with":"bob","time":1790000001.0},{"with":"#tea","time":1790000002.5}]}
    """

    talks: tuple[Talk, ...]
