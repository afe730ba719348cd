"""Rooms: coming and going, topic, settings, rights, and what members are told of each other.

What is said in a room is a `send` to its name, and arrives as a `message`.
"""

from typing import Annotated, ClassVar

from imd.messages.base import Answer, Event, Request, says
from imd.messages.values import (
    AddressText,
    Mask,
    MaskList,
    Member,
    Name,
    Reason,
    RoomChange,
    RoomInfo,
    RoomName,
    Time,
    Topic,
)


class RoomRequest(Request, kw_only=True, frozen=True):
    """About one room."""

    room: RoomName


class Join(RoomRequest, kw_only=True, frozen=True, tag="join"):
    """Enter a room, for all sessions of the account; a room that does not exist is made.

    Example::

        {"type":"join","ref":40,"room":"#tea"}
    """

    answers: ClassVar[tuple[str, ...]] = ("room",)

    key: Annotated[str, says("The word one must say to enter, if there is one.")] = ""


class Part(RoomRequest, kw_only=True, frozen=True, tag="part"):
    """Leave a room, for all sessions of the account.

    Example::

        {"type":"part","ref":41,"room":"#tea","text":"Good night."}
    """

    text: Annotated[str, says("A word of farewell.")] = ""


class SetTopic(RoomRequest, kw_only=True, frozen=True, tag="set-topic"):
    """Alter the topic; empty removes it.

    Example::

        {"type":"set-topic","ref":42,"room":"#tea","text":"Assam or Darjeeling?"}
    """

    text: str


class ChangeRoom(RoomRequest, kw_only=True, frozen=True, tag="change-room"):
    """Alter settings, lists and rights of a room. What may be done is done, in order; the rest comes back.

    Example::

        {"type":"change-room","ref":43,"room":"#tea","changes":[{"change":"flag","flag":"moderated","on":true},{"change":"role","role":"voice","who":"bob","on":true}]}
        {"type":"change-room","ref":44,"room":"#tea","changes":[{"change":"key","key":"milk"},{"change":"limit","limit":20},{"change":"list","list":"ban","mask":"mallory!*@*","on":true}]}
    """

    answers: ClassVar[tuple[str, ...]] = ("room-altered",)

    changes: Annotated[tuple[RoomChange, ...], says("In this order.", min_length=1, max_length=50)]


class RoomAltered(Answer, kw_only=True, frozen=True, tag="room-altered"):
    """What of a `change-room` was refused; empty: all is done.

    Example::

        {"type":"room-altered","ref":43,"refused":[{"code":"not-a-member","text":"bob is not in #tea."}]}
    """

    refused: tuple[Reason, ...] = ()


class Kick(RoomRequest, kw_only=True, frozen=True, tag="kick"):
    """Remove somebody from a room.

    Example::

        {"type":"kick","ref":45,"room":"#tea","who":"mallory","text":"No shouting."}
    """

    who: Name
    text: Annotated[str, says("Why.")] = ""


class RenameRoom(RoomRequest, kw_only=True, frozen=True, tag="rename-room"):
    """Give a room another name; for its founder, or where there is none its operators. Members, settings and history
    stay.

    Example::

        {"type":"rename-room","ref":50,"room":"#tea","name":"#coffee","text":"Times change."}
    """

    name: Annotated[RoomName, says("What it shall be called.")]
    text: Annotated[str, says("Why.")] = ""


class Invite(RoomRequest, kw_only=True, frozen=True, tag="invite"):
    """Invite somebody into a room.

    Example::

        {"type":"invite","ref":46,"room":"#tea","who":"bob"}
    """

    who: Name


class GetRooms(Request, kw_only=True, frozen=True, tag="get-rooms"):
    """Ask for the rooms there are; secret ones only if one is in.

    Example::

        {"type":"get-rooms","ref":47}
    """

    answers: ClassVar[tuple[str, ...]] = ("rooms",)

    after: Annotated[str, says("Continue after this name; empty: from the beginning.")] = ""
    limit: Annotated[int, says("At most so many.", ge=1, le=500)] = 100


class Rooms(Answer, kw_only=True, frozen=True, tag="rooms"):
    """Rooms, by name.

    Example::

        {"type":"rooms","ref":47,"rooms":[{"name":"#tea","members":2,"created":1790000000.0}]}
    """

    rooms: tuple[RoomInfo, ...]
    more: Annotated[bool, says("There are more: ask again with the last name as `after`.")] = False


class GetRoom(RoomRequest, kw_only=True, frozen=True, tag="get-room"):
    """Ask for a room with its members; one must be in.

    Example::

        {"type":"get-room","ref":48,"room":"#tea"}
    """

    answers: ClassVar[tuple[str, ...]] = ("room",)


class RoomState(Answer, kw_only=True, frozen=True, tag="room"):
    """A room with its members: in answer, or unasked when another session of one's own entered it.

    It replaces everything told before of the same room.

    Example::

        {"type":"room","ref":40,"room":{"name":"#tea","members":2,"created":1790000000.0,"flags":["no-outsiders"]},"people":[{"address":"alice@example.org","roles":["founder"]},{"address":"bob@example.org"}]}
    """

    room: RoomInfo
    people: Annotated[tuple[Member, ...], says("In order of joining.")]


class GetMasks(RoomRequest, kw_only=True, frozen=True, tag="get-masks"):
    """Ask for a list of a room: bans (members), exceptions of either kind (half-operators and above).

    Example::

        {"type":"get-masks","ref":49,"room":"#tea","list":"ban"}
    """

    answers: ClassVar[tuple[str, ...]] = ("masks",)

    list: MaskList


class Masks(Answer, kw_only=True, frozen=True, tag="masks"):
    """A list of a room.

    Example::

        {"type":"masks","ref":49,"room":"#tea","list":"ban","masks":[{"mask":"mallory!*@*","by":"alice","time":1790000000.0}]}
    """

    room: RoomName
    list: MaskList
    masks: tuple[Mask, ...]


class RoomEvent(Event, kw_only=True, frozen=True):
    """Something that happened in a room. The session that caused it gets the answer to its request instead."""

    room: RoomName
    time: Time
    by: Annotated[str, says("Who did it; empty: the service itself.")] = ""


class RoomJoined(RoomEvent, kw_only=True, frozen=True, tag="room-joined"):
    """Somebody entered.

    Example::

        {"type":"room-joined","room":"#tea","time":1790000000.0,"by":"bob@example.org","who":"bob@example.org","realname":"Bob"}
    """

    who: AddressText
    realname: str = ""


class RoomParted(RoomEvent, kw_only=True, frozen=True, tag="room-parted"):
    """Somebody left this room.

    Example::

        {"type":"room-parted","room":"#tea","time":1790000000.0,"by":"bob@example.org","who":"bob@example.org","text":"Bye."}
    """

    who: AddressText
    text: str = ""


class RoomsLeft(Event, kw_only=True, frozen=True, tag="rooms-left"):
    """Somebody signed off and has thereby left all rooms. Told once, however many rooms one shares.

    Example::

        {"type":"rooms-left","time":1790000000.0,"who":"bob@example.org","text":"connection lost"}
    """

    time: Time
    who: AddressText
    text: str = ""


class RoomKicked(RoomEvent, kw_only=True, frozen=True, tag="room-kicked"):
    """Somebody was removed by an operator of the room; perhaps oneself.

    Example::

        {"type":"room-kicked","room":"#tea","time":1790000000.0,"by":"alice@example.org","who":"mallory@example.org","text":"No shouting."}
    """  # noqa: E501

    who: AddressText
    text: str = ""


class RoomRenamed(RoomEvent, kw_only=True, frozen=True, tag="room-renamed"):
    """The room has another name, `room`; all else is as it was.

    Example::

        {"type":"room-renamed","room":"#coffee","time":1790000000.0,"by":"alice@example.org","before":"#tea","text":"Times change."}
    """  # noqa: E501

    before: Annotated[str, says("What it was called.")]
    text: str = ""


class RoomTopic(RoomEvent, kw_only=True, frozen=True, tag="room-topic"):
    """The topic has changed.

    Example::

        {"type":"room-topic","room":"#tea","time":1790000000.0,"by":"alice@example.org","topic":{"text":"Assam?","by":"alice","time":1790000000.0}}
    """

    topic: Topic


class RoomChanged(RoomEvent, kw_only=True, frozen=True, tag="room-changed"):
    """Settings, lists or rights have changed.

    Example::

        {"type":"room-changed","room":"#tea","time":1790000000.0,"by":"alice@example.org","changes":[{"change":"role","role":"voice","who":"bob@example.org","on":true}]}
    """

    changes: tuple[RoomChange, ...]


class RoomsRenamed(Event, kw_only=True, frozen=True, tag="rooms-renamed"):
    """Somebody has a new name, in all rooms. Told once, however many rooms one shares.

    Example::

        {"type":"rooms-renamed","time":1790000000.0,"before":"bob@example.org","who":"robert@example.org"}
    """

    time: Time
    before: AddressText
    who: AddressText


class RoomInvited(RoomEvent, kw_only=True, frozen=True, tag="room-invited"):
    """Somebody was invited: oneself, or as operators of the room see it, another.

    Example::

        {"type":"room-invited","room":"#tea","time":1790000000.0,"by":"alice@example.org","who":"bob@example.org"}
    """

    who: AddressText


class RoomDetails(RoomEvent, kw_only=True, frozen=True, tag="room-details"):
    """What a member says of herself has changed.

    Example::

        {"type":"room-details","room":"#tea","time":1790000000.0,"by":"bob@example.org","who":"bob@example.org","realname":"Robert"}
    """

    who: AddressText
    realname: str = ""
