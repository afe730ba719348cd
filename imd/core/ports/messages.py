"""Messages from person to person, what was said, and what is offered."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from imd.core.message import Draft, Message, Receipt
from imd.core.past import Heard, Part, Past, Spot
from imd.core.session import (
    Session,
)


class Delivery(Protocol):
    """The way of messages from person to person: direct, relay, offline, extended."""

    def send(self, session: Session, draft: Draft, outcome: Callable[[Receipt], None]) -> str:
        """Take a message for a person; its id. `outcome` is called exactly once, perhaps before `send` returns, with
        *accepted*, *kept*, *refused* or *unknown*; *delivered* and *read* follow by `Client.receipt`.

        Bad input raises `Refusal` instead, and then there is no id.
        """

    def acknowledge(self, session: Session, ids: Iterable[str]) -> None:
        """A client of the recipient confirmed these messages. Unknown ids are ignored."""

    def read(self, session: Session, id: str) -> None:
        """The person has read up to this message."""

    def fetch(self, session: Session) -> Awaitable[int]:
        """Deliver again what waits because five attempts were not confirmed; how many messages wait in all."""

    def waiting(self, session: Session) -> Awaitable[int]:
        """How many messages wait in the session's own inbox."""


class HistoryPort(Protocol):
    """What was said, for those who may read it: of a room one is in (``#name``), or of one's talk with a person."""

    def latest(self, session: Session, target: str, before: int, limit: int) -> Awaitable[list[Message]]:
        """What was said last, oldest first, seq < `before` (0: now).
        Raises `NotAMember`, `NoSuchAccount`, `NotForGuests`, `StoreUnavailable`."""

    def read(self, session: Session, target: str, part: Part) -> Awaitable[Past]:
        """Any part of it. Raises as `latest`, and `NoSuchMessage` for an id that is not in this history."""

    def taken_back_since(self, session: Session, target: str, after: int) -> Awaitable[list[str]]:
        """Ids of what was taken back after sequence number `after`, whenever it was said; of a great many the latest.
        Raises as `latest`."""

    def want(self, session: Session) -> None:
        """The client of this session reads history: from now on its account has copies of its talks. Cheap, and
        harmless when repeated."""

    def heard(self, session: Session, after: Spot, before: Spot, limit: int, *, newest: bool) -> Awaitable[list[Heard]]:
        """The rooms one is in, and the people one has talked with, whose latest message lies between two moments, in
        order of it; if there are more than `limit`, the newest or the oldest. Raises `StoreUnavailable`."""

    @property
    def own(self) -> "OwnHistoryPort":
        """What an account has said, for that account."""

    def redact(self, session: Session, target: str, id: str, text: str, /) -> Awaitable[None]:
        """Take back message `id`, said in a room or to a person, for the reason `text`: it is in no history any more,
        and shown to nobody who has not seen it; those who are on are told. Raises `NotAMember`, `NoSuchAccount`,
        `NoSuchMessage`, `RedactionForbidden`, `RedactionTooLate`, `StoreUnavailable`."""


class OwnHistoryPort(Protocol):
    def page(self, account: str, cursor: str) -> Awaitable[tuple[list[Message], str]]:
        """Some of its messages that are kept, and the cursor of the next ones; "" is the beginning, and the end. Oldest
        first within a page. Raises `StoreUnavailable`."""

    def erase(self, account: str) -> Awaitable[int]:
        """Forget all it has said, in everybody's history; how many messages. Raises `StoreUnavailable`."""


class ReadMarks(Protocol):
    """How far people have read. Marks are milliseconds since the epoch, 0 where there is none; they only grow."""

    async def load(self, session: Session) -> None:
        """Have the marks at hand, for `known`. Raises `StoreUnavailable`."""

    def known(self, session: Session, room: str) -> int | None:
        """The mark of a room, if the marks are at hand."""

    async def get(self, session: Session, target: str) -> int:
        """The mark of a room or of one's talk with somebody. Raises `InvalidName`, `StoreUnavailable`."""

    async def mark(self, session: Session, target: str, at: int, id: str = "") -> int:
        """Read up to `at` (message `id`, where that is known): told to the person's other sessions once it is durable.
        What holds then, which is another's if that is later. Raises `InvalidName`, `StoreUnavailable`."""


class Offers(Protocol):
    """Offers between client programs (direct connections, files, calls): how many one session has open."""

    def make(self, session: Session, to: str, offer: str) -> None:
        """The session makes an offer to `to`, with an id of its own. Raises `TooMany`."""

    def settle(self, session: Session, other: str, offer: str) -> None:
        """The session answers an offer of `other`, or withdraws one it has made to `other`. Unknown ones are
        ignored."""
