"""What was said before."""

from typing import Annotated, ClassVar

import msgspec

from imd.messages.base import Answer, Request, says
from imd.messages.messaging import MessageId
from imd.messages.values import AddressText, MessageKind, Value


class GetHistory(Request, kw_only=True, frozen=True, tag="get-history"):
    """Ask for what was said in a room one is in, or in one's talk with a person: the latest, or those before `before`.

    Example::

        {"type":"get-history","ref":34,"with":"#tea","limit":50}
        {"type":"get-history","ref":35,"with":"bob","before":1790000000500000}
    """

    answers: ClassVar[tuple[str, ...]] = ("history",)

    with_: Annotated[str, says("A room or a person.", min_length=1)] = msgspec.field(name="with")
    before: Annotated[int, says("Only messages with a smaller `seq`; 0: the latest.", ge=0)] = 0
    limit: Annotated[int, says("At most so many.", ge=1, le=200)] = 50


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
