"""Values of the history: where something is kept, which part of it is asked for, and what came of that.

A *target* is the name under which the store keeps a history:

* a room's folded name: what was said in it;
* `talk`: an account's own copy of its talk with somebody;
* `events` of either: who came and went, and what else happened. Beside what was said, so that a thousand people who
  lose their connection push no message out of a history with a bound.
"""

from typing import Any, get_args

import msgspec

from imd.core.address import Address, fold
from imd.core.message import Message
from imd.core.talk import RoomChange

#: Most messages, and most rooms and talks, of one answer.
MOST = 500

#: Greater than every sequence number, and the greatest that every store can compare.
END = 2**63 - 1


def talk(owner: str, other: str) -> str:
    """Where the account `owner` keeps its talk with `other`: an account id, or `guest(address)`."""
    return f"{owner} {other}"


def guest(address: Address) -> str:
    """A guest has no id: whoever is called so now or later is one side of a talk."""
    return fold(f"{address.name}@{address.domain}")


_EVENTS = " events"


def events(target: str) -> str:
    """Where what happens beside this talk or in this room is kept."""
    return target + _EVENTS


#: ``tags["event"]`` of what is noted where something was taken back, whose id is the body: for who was away then.
TAKEN_BACK = "redact"


def owner_of(target: str) -> str:
    """Whose talk it is: an account id, or "" for rooms and for `events`."""
    owner, space, _ = target.partition(" ")
    return owner if space and not target.startswith("#") and not target.endswith(_EVENTS) else ""


class Spot(msgspec.Struct, frozen=True):
    """A place in a history: one message, or the messages of a moment. Never part of what is after or before it."""

    #: A message's id, or "": then all with sequence numbers from `first` to `last`.
    id: str = ""
    first: int = 0
    last: int = 0


def moment(time: float) -> Spot:
    """The messages of a millisecond: what IRC's server-time can tell apart. `time` in seconds since the epoch."""
    # `Message.seq` counts microseconds, and times are shown rounded.
    middle = round(time * 1000) * 1000
    return Spot(first=middle - 500, last=middle + 499)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a history: at most `limit` messages between two places; without one there is no bound.

    `newest`: if there are more, the newest of them, else the oldest. Or those `around` a place, itself included.
    """

    limit: int
    after: Spot | None = None
    before: Spot | None = None
    around: Spot | None = None
    newest: bool = True
    #: `after` and `before` may stand the other way round. What is read then begins at `after` in either case: the
    #: oldest if it is the earlier of the two, else the newest; `newest` is not looked at.
    either: bool = False
    #: Also what happened in a room: `Kind.EVENT`, and signals that are kept (reactions).
    events: bool = False


class Past(msgspec.Struct, frozen=True):
    """What was asked for, oldest first."""

    #: The room or person, as it is spelled.
    name: str
    messages: list[Message]


class Heard(msgspec.Struct, frozen=True):
    """A room or a person something was heard of: when last."""

    name: str
    time: float


class Redaction(msgspec.Struct, frozen=True):
    """Somebody has taken back what was said in a talk: told to the sessions of both sides."""

    #: Of this news itself, and when.
    id: str
    time: float
    #: Who, as IRC shows it: address, ``user@host``, whether that is an account, and the session.
    by: Address
    origin: str
    account: bool
    session: str
    #: The other side, by name.
    to: str
    #: Id of what was taken back, and the reason given.
    message: str
    text: str
    #: The desk with which the other side has the talk, if it is one.
    desk: str = ""


# ---------------------------------------------------------------- what happened in a room

#: By the name of their type: the changes have no mark of their own that tells them apart.
_CHANGES: dict[str, Any] = {kind.__name__: kind for kind in get_args(RoomChange)}


def encode_changes(changes: list[RoomChange]) -> str:
    """Changes of a room's settings as the text of an event (JSON)."""
    return msgspec.json.encode([(type(change).__name__, change) for change in changes]).decode()


def decode_changes(text: str) -> list[RoomChange]:
    """Of what `encode_changes` made; without those that this imd does not know (any more)."""
    found: list[RoomChange] = []
    for name, fields in msgspec.json.decode(text):
        if name in _CHANGES:
            found.append(msgspec.convert(fields, _CHANGES[name]))
    return found
