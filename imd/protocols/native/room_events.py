"""What happens in rooms, as payloads; encoded once for all members."""

from imd.core import talk
from imd.core.session import Session
from imd.messages import rooms
from imd.messages.base import Wire
from imd.messages.history import Redacted
from imd.messages.presence import PresenceOf
from imd.protocols.native import outgoing
from imd.protocols.native.wire.codec import encode


def payload(event: talk.RoomEvent, to: Session) -> bytes:
    """What a session hears of an event; nothing of what it caused itself, which has an answer of its own. But what was
    taken back is so for all, in rooms as in talks."""
    if event.session == to.id and not isinstance(event, talk.MessageRedacted):
        return b""
    if isinstance(event, talk.Joined) and event.person is to.person:
        # Through another session of the same account: this one has to learn who else is there.
        return encode(outgoing.room_state(event.room, to.person, 0))
    known = event.encoded.get(outgoing.KEY)
    if known is None:
        message = _message(event)
        known = event.encoded[outgoing.KEY] = b"" if message is None else encode(message)
    return known


def _message(event: talk.RoomEvent) -> Wire | None:
    room, time, by = event.room.name, event.time, "" if event.by is None else str(event.by)
    match event:
        case talk.Joined(person=person, realname=realname):
            return rooms.RoomJoined(room=room, time=time, by=by, who=str(person.address), realname=realname)
        case talk.Parted(person=person, text=text):
            return rooms.RoomParted(room=room, time=time, by=by, who=str(person.address), text=text)
        case talk.Left(person=person, text=text):
            return rooms.RoomsLeft(time=time, who=str(person.address), text=text)
        case talk.RemovedFromRoom(person=person, text=text):
            return rooms.RoomKicked(room=room, time=time, by=by, who=str(person.address), text=text)
        case talk.RoomRenamed(before=before, text=text):
            return rooms.RoomRenamed(room=room, time=time, by=by, before=before, text=text)
        case talk.TopicChanged(topic=topic):
            return rooms.RoomTopic(room=room, time=time, by=by, topic=outgoing.topic(topic))
        case talk.RoomChanged(changes=changes):
            made = tuple(outgoing.change(change) for change in changes)
            return rooms.RoomChanged(room=room, time=time, by=by, changes=made)
        case talk.MessageRedacted(message=id, text=text):
            return Redacted(with_=room, id=id, time=time, by=by, text=text)
        case _:
            return _of_a_person(event, room, time, by)


def _of_a_person(event: talk.RoomEvent, room: str, time: float, by: str) -> Wire | None:
    match event:
        case talk.MemberRenamed(person=person, before=before):
            return rooms.RoomsRenamed(time=time, before=str(before), who=str(person.address))
        case talk.MemberInvited(person=invited):
            return rooms.RoomInvited(room=room, time=time, by=by, who=str(invited))
        case talk.MemberDetailsChanged(person=person, realname=realname):
            return rooms.RoomDetails(room=room, time=time, by=by, who=str(person.address), realname=realname)
        case talk.MemberPresenceChanged(person=person, state=state, text=text):
            return PresenceOf(address=str(person.address), state=outgoing.word(state.value), text=text)
        case _:
            # An event this protocol has no word for yet.
            return None
