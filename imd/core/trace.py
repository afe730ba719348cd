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

    def __iter__(self) -> Iterator[Step]:
        return (Step(*step) for step in self.steps)


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

    def __len__(self) -> int:
        return len(self._ways)

    def get(self, id: str) -> Way | None:
        return self._ways.get(id)
