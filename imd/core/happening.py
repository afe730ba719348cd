"""What happens in rooms, as history keeps it: a `RoomEvent` becomes a `Message` of `Kind.EVENT`.

``tags["event"]`` says what happened, `sender` is who did it (the service: without a name), `body` the reason, the
topic, or the changes (`imd.core.past.encode_changes`). One message for all the rooms that it happened in.
"""

from collections.abc import Callable, Sequence
from typing import Any

from imd.core.address import Address
from imd.core.history import History
from imd.core.message import Kind, Message
from imd.core.past import encode_changes, events
from imd.core.people import People
from imd.core.sequence import MessageIds
from imd.core.sequence import Sequence as Numbers
from imd.core.session import Mark, Person
from imd.core.talk import (
    Joined,
    Left,
    MemberRenamed,
    Parted,
    RemovedFromRoom,
    Room,
    RoomChanged,
    RoomEvent,
    TopicChanged,
)

#: Tags of a `Kind.SIGNAL` that is kept with what happened: what people think of a message
#: (https://ircv3.net/specs/client-tags/react), and what a client asks to be kept, as Ergo has it.
REACTIONS = frozenset({"draft/react", "draft/unreact", "react", "unreact", "draft/persist", "persist"})

#: For the type of an event: its word, its text, and what else there is to say.
_Row = tuple[str, Callable[[Any], str], Callable[[Any], dict[str, str]]]


def _nothing(event: RoomEvent) -> dict[str, str]:
    return {}


def _joined(event: Joined) -> dict[str, str]:
    account = event.person.account
    return {"account": "" if account is None else account.name, "realname": event.realname}


_ROWS: dict[type[RoomEvent], _Row] = {
    Joined: ("join", lambda event: "", _joined),
    Parted: ("part", lambda event: event.text, _nothing),
    Left: ("quit", lambda event: event.text, lambda event: {"quit": "yes"} if event.quit else {}),
    RemovedFromRoom: ("kick", lambda event: event.text, lambda event: {"who": event.person.address.name}),
    TopicChanged: ("topic", lambda event: event.topic.text, _nothing),
    RoomChanged: ("mode", lambda event: encode_changes(event.changes), _nothing),
    MemberRenamed: ("nick", lambda event: "", lambda event: {"name": event.person.address.name}),
}


def happened(event: RoomEvent, seq: int, account: str) -> Message | None:
    """What history keeps of an event, or None: not all of them matter later. `account` is the id of whoever did it."""
    row = _ROWS.get(type(event))
    if row is None:
        return None
    word, text, more = row
    by = event.by or Address("", "")
    return Message(
        event.id,
        seq,
        event.time,
        by,
        account,
        by,
        text(event),
        Kind.EVENT,
        tags={"event": word, **more(event)},
        origin=event.origin,
    )


#: Those who did it are the person the event is about.
_OWN = (Joined, Parted, Left, MemberRenamed)


class Chronicle:
    """Enters into history what happens in rooms, under the name that it has there (`Room.archive`)."""

    def __init__(self, people: People, history: History, numbers: Numbers, ids: MessageIds) -> None:
        self._people = people
        self._history = history
        self._numbers = numbers
        self._ids = ids

    def enter(self, rooms: Sequence[Room], event: RoomEvent) -> None:
        """Give the event its id and enter it, if it matters later."""
        if not self._history.keep or type(event) not in _ROWS or not rooms:
            return
        event.id = self._ids.of("", "")
        if isinstance(event, _OWN):
            by: Person | None = event.person
        else:
            by = None if event.by is None else self._people.find(str(event.by))
        account = "" if by is None or by.account is None else by.account.id
        message = happened(event, self._numbers.next(event.time), account)
        if message is not None:
            if by is not None and by.marked(Mark.BOT):
                message.tags["bot"] = ""
            self._history.note([events(room.archive) for room in rooms], message)

    def reaction(self, room: Room, message: Message) -> None:
        """Enter a signal, if it is one that is kept."""
        if message.tags and not REACTIONS.isdisjoint(message.tags):
            self._history.note([events(room.archive)], message)
