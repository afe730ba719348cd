"""The way of each message, step by step with reasons (promise P9), for as long as there is room.

The same entry serves to recognise a repetition of a message and to tell a sender of a read mark, so that the hot path
keeps one record per message and not three.
"""

from collections import OrderedDict
from collections.abc import Iterator

import msgspec

from imd.core.message import Message, Outcome

_UNLIMITED = 2**62


class Step(msgspec.Struct, frozen=True):
    time: float
    #: ``read``, ``direct``, ``relay``, ``offline``, ``extended``, or the outcome.
    step: str
    why: str


class Way:
    """What happened to one message so far."""

    __slots__ = ("handed", "message", "outcome", "recipient", "steps")

    def __init__(self, message: Message, recipient: str) -> None:
        #: Without its text, should that be long.
        self.message = message
        #: Account id, or a guest's key, or a room.
        self.recipient = recipient
        #: How `send` was settled, or None while it is open.
        self.outcome: Outcome | None = None
        #: Whether a client may have it: sent once more it is a repeat, and it cannot be refused any longer.
        self.handed = False
        self.steps: list[tuple[float, str, str]] = []

    def add(self, time: float, step: str, why: str) -> None:
        self.steps.append((time, step, why))

    def of(self, account: str) -> "Way | None":
        """The way of the copy that is this account's. Of nearly all messages there is but one, whosever it is."""
        return self

    def __iter__(self) -> Iterator[Step]:
        return (Step(*step) for step in self.steps)


class DeskWay(Way):
    """The way of a message to a desk: what became of it for its sender, and a way of each copy that agents have."""

    __slots__ = ("copies", "told")

    def __init__(self, message: Message, recipient: str) -> None:
        super().__init__(message, recipient)
        #: By account id of the agent.
        self.copies: dict[str, Way] = {}
        #: What the sender has heard of, whichever agent did it: two things at most.
        self.told: tuple[Outcome, ...] = ()

    def of(self, account: str) -> Way | None:
        return self.copies.get(account)

    def copy(self, message: Message, account: str) -> Way:
        """The way of an agent's copy, which goes on where it was."""
        way = self.copies.get(account)
        if way is None:
            way = self.copies[account] = Way(message.stub(), account)
        return way

    def __iter__(self) -> Iterator[Step]:
        steps = [Step(*step) for step in self.steps]
        for copy in self.copies.values():
            name = copy.message.recipient.name
            steps += [Step(time, step, f"{name}: {why}") for time, step, why in copy.steps]
        return iter(sorted(steps, key=lambda step: step.time))


class Trace:
    """The latest `limit` messages by id, 0: all of them; the oldest are forgotten first."""

    def __init__(self, limit: int) -> None:
        # Not a plain dictionary: to find the first key of one, those deleted before it are walked over.
        self._ways: OrderedDict[str, Way] = OrderedDict()
        #: How many were forgotten for want of room.
        self.forgotten = 0
        self.bound(limit)

    def bound(self, limit: int) -> None:
        """Another limit; what is too much for it is forgotten."""
        self.limit = limit or _UNLIMITED
        while len(self._ways) > self.limit:
            self._forget()

    def _forget(self) -> None:
        self._ways.popitem(last=False)
        self.forgotten += 1

    def begin(self, message: Message, recipient: str) -> Way:
        # A message that is sent again counts as new here, lest it be forgotten as an old one.
        self._ways.pop(message.id, None)
        way = self._ways[message.id] = Way(message.stub(), recipient)
        if len(self._ways) > self.limit:
            # Open messages are held by delivery too.
            self._forget()
        return way

    def begin_at_desk(self, message: Message, desk: str) -> DeskWay:
        """The same for a message to a desk, by the key of its person; sent again it keeps the ways of its copies."""
        before = self._ways.pop(message.id, None)
        way = self._ways[message.id] = DeskWay(message.stub(), desk)
        if isinstance(before, DeskWay):
            way.copies, way.told = before.copies, before.told
        if len(self._ways) > self.limit:
            self._forget()
        return way

    def of(self, id: str, account: str) -> Way | None:
        """The way of this account's copy of a message."""
        way = self._ways.get(id)
        return None if way is None else way.of(account)

    def __len__(self) -> int:
        return len(self._ways)

    def get(self, id: str) -> Way | None:
        return self._ways.get(id)
