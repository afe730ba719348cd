"""Messages between people and in rooms: sending, acknowledging, receipts, read marks, what waits."""

from typing import Annotated, ClassVar, Literal

import msgspec

from imd.messages.base import Answer, Event, Request, says
from imd.messages.values import AddressText, MessageKind, Role, Settled, Time

MessageId = Annotated[str, says("The server's id of the message: the same everywhere and for ever.")]


class Send(Request, kw_only=True, frozen=True, tag="send"):
    """Send a message to a person (`bob`, `bob@example.org`) or to a room (`#tea`).

    Answered by `sent` once it is settled, or by `error` if it could not be read as a message at all.

    Example::

        {"type":"send","ref":30,"to":"bob","client_id":"01J9Z3V7","body":"Hello Bob"}
        {"type":"send","ref":31,"to":"#tea","client_id":"01J9Z3V8","kind":"action","body":"pours a cup"}
    """

    answers: ClassVar[tuple[str, ...]] = ("sent",)

    to: Annotated[str, says("A person or a room.", min_length=1)]
    client_id: Annotated[
        str,
        says(
            "The client's own id of this message, never used again by any client of the account, except to send "
            "the same message again. A UUID or ULID will do.",
            min_length=1,
            max_length=64,
        ),
    ]
    body: Annotated[str, says("The text.")]
    least: Annotated[
        Role | Literal[""],
        says("To a room: for members of at least this role alone; not kept in its history."),
    ] = ""
    kind: Annotated[
        MessageKind,
        says(
            "`text`; `action`: what the sender does (`/me waves`); `notice`: by a program, never answered by one, "
            "and not kept for somebody offline."
        ),
    ] = "text"
    tags: Annotated[
        dict[str, str],
        says("Further marks, as IRCv3 client-only tags without the `+`: `draft/reply`, …", max_length=16),
    ] = msgspec.field(default_factory=dict)


class Sent(Answer, kw_only=True, frozen=True, tag="sent"):
    """What became of a message. Exactly one for each `send` that got no `error`.

    `accepted`: a client of the recipient has it, or the store; `kept`: accepted, and it waits because the recipient
    is offline; `refused`: it will never be shown, `code` and `text` say why; `unknown`: it may have been seen or
    stored; send it again with the same `client_id`.

    Example::

        {"type":"sent","ref":30,"id":"m6k2","client_id":"01J9Z3V7","outcome":"accepted","time":1790000000.5}
        {"type":"sent","ref":31,"id":"m6k3","client_id":"01J9Z3V8","outcome":"refused","time":1790000001.5,"code":"queue-full","text":"1000 messages already wait for bob; no more are kept."}
    """  # noqa: E501

    id: MessageId
    client_id: Annotated[str, says("As in `send`.")]
    outcome: Settled
    time: Annotated[float, says("When this was settled.")]
    code: Annotated[str, says("Why it was refused; see *Errors*.")] = ""
    text: Annotated[str, says("The same for people.")] = ""
    retry_after: Annotated[float | None, says("Seconds after which it can succeed, where that is known.")] = None


class Message(Event, kw_only=True, frozen=True, tag="message"):
    """A message for this person, or said in a room. To be confirmed by `ack`.

    One whose `from` is oneself was sent from another session of one's own.

    Example::

        {"type":"message","id":"m6k2","seq":1790000000500000,"time":1790000000.5,"from":"alice@example.org","to":"bob@example.org","body":"Hello Bob"}
        {"type":"message","id":"m6k2","seq":1790000000500000,"time":1790000000.5,"from":"alice@example.org","to":"bob@example.org","body":"Hello Bob","repeat":true}
    """  # noqa: E501

    id: MessageId
    seq: Annotated[int, says("Order of reading by the server: sort by it. Unique and growing.")]
    time: Annotated[float, says("When the server read it, also if it waited long since then.")]
    from_: Annotated[str, says("Address of the sender.")] = msgspec.field(name="from")
    to: AddressText
    body: str
    kind: MessageKind = "text"
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    repeat: Annotated[bool, says("It may have been shown before: show it only if its `id` is new to this device.")] = (
        False
    )
    least: Annotated[
        Role | Literal[""],
        says(
            "In a room: members of at least this role alone have it, and no history. An answer should go to the same."
        ),
    ] = ""


class Ack(Request, kw_only=True, frozen=True, tag="ack"):
    """These messages have arrived: they are shown, or safely noted. Answered only if it has a `ref`.

    Example::

        {"type":"ack","ids":["m6k2","m6k3"]}
    """

    ids: Annotated[tuple[str, ...], says("Ids of messages; unknown ones do no harm.", max_length=1000)]


class ReceiptEvent(Event, kw_only=True, frozen=True, tag="receipt"):
    """A later step of a message this session sent. Comes only where the recipient lets one see her presence.

    Example::

        {"type":"receipt","id":"m6k2","client_id":"01J9Z3V7","to":"bob@example.org","outcome":"delivered","time":1790000000.7}
    """

    id: MessageId
    client_id: Annotated[str, says("As in `send`.")] = ""
    to: AddressText = ""
    outcome: Literal["delivered", "read"]
    time: Time


class Read(Request, kw_only=True, frozen=True, tag="read"):
    """The person has read up to this message of its talk (`id`), or in a room or talk (`with`) up to a message of this
    `time`. Only the former is told to the sender. Answered only if it has a `ref`.

    Example::

        {"type":"read","id":"m6k2"}
        {"type":"read","with":"#tea","time":1790000000.5}
    """

    id: MessageId = ""
    with_: Annotated[str, says("A room or a person; with it goes `time`.")] = msgspec.field(default="", name="with")
    time: Annotated[float, says("Time of the last message read.", ge=0, le=1e11)] = 0.0


class ReadElsewhere(Event, kw_only=True, frozen=True, tag="read-elsewhere"):
    """Another session of one's own has read so far.

    Example::

        {"type":"read-elsewhere","id":"m6k2","with":"alice","time":1790000000.5}
        {"type":"read-elsewhere","with":"#tea","time":1790000000.5}
    """

    id: Annotated[str, says("Of the last message read, where that session said it.")] = ""
    with_: Annotated[str, says("A room, or the name of a person.")] = msgspec.field(default="", name="with")
    time: Annotated[float, says("Time of the last message read.")] = 0.0


class Fetch(Request, kw_only=True, frozen=True, tag="fetch"):
    """Ask again for what waits because five attempts to deliver it were not confirmed.

    Example::

        {"type":"fetch","ref":33}
    """

    answers: ClassVar[tuple[str, ...]] = ("waiting",)


class Waiting(Answer, kw_only=True, frozen=True, tag="waiting"):
    """How many messages wait in one's inbox.

    Example::

        {"type":"waiting","ref":33,"count":2}
    """

    count: Annotated[int, says("All of them.")]
