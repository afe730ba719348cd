"""What happens in rooms, as the desk has it: who is in, and a note for what people want to know."""

from typing import TYPE_CHECKING

from imd.messages import rooms, values
from imd.messages.values import Member

if TYPE_CHECKING:
    from imd.client.terminal.desk import Desk
    from imd.client.terminal.talks import Talk

News = rooms.RoomState | rooms.RoomEvent | rooms.RoomsLeft | rooms.RoomsRenamed


def tell(desk: "Desk", event: News) -> None:
    """Take in an event."""
    if isinstance(event, rooms.RoomState):
        entered(desk, event)
    elif isinstance(event, rooms.RoomsLeft):
        for talk in _with(desk, event.who):
            _gone(desk, talk, event.who, "has signed off", event.text)
    elif isinstance(event, rooms.RoomsRenamed):
        for talk in _with(desk, event.before):
            member = talk.people.pop(event.before.lower())
            talk.people[event.who.lower()] = Member(address=event.who, roles=member.roles, realname=member.realname)
            talk.note(f"{desk.short(event.before)} is now {desk.short(event.who)}", desk.time())
    elif isinstance(event, rooms.RoomInvited):
        if event.who.lower() == desk.own.lower():
            desk.note(f"{desk.short(event.by)} invites you into {event.room}: /join {event.room}")
            desk.ring()
        else:
            _note(desk, event, f"{desk.short(event.by)} has invited {desk.short(event.who)}")
    elif isinstance(event, rooms.RoomRenamed):
        _renamed(desk, event)
    else:
        _happened(desk, event)


def _renamed(desk: "Desk", event: rooms.RoomRenamed) -> None:
    """The same talk goes on, under another name."""
    talk = desk.find(event.before)
    if talk is not None:
        talk.address = desk.full(event.room)
        talk.title = desk.short(talk.address)
        why = f" ({event.text})" if event.text else ""
        _note(desk, event, f"{desk.short(event.by)} has renamed {event.before} to {event.room}{why}")


def entered(desk: "Desk", state: rooms.RoomState) -> "Talk":
    """We are in a room; who else is."""
    talk = desk.talk(state.room.name)
    talk.topic = state.room.topic.text if state.room.topic is not None else ""
    talk.people = {member.address.lower(): member for member in state.people}
    return talk


def _happened(desk: "Desk", event: rooms.RoomEvent) -> None:
    talk = desk.find(event.room)
    if talk is None:
        return
    match event:
        case rooms.RoomJoined(who=who, realname=realname):
            talk.people[who.lower()] = Member(address=who, realname=realname)
            _note(desk, event, f"{desk.short(who)} has come in")
        case rooms.RoomParted(who=who, text=text):
            _gone(desk, talk, who, "has left", text)
        case rooms.RoomKicked(who=who, text=text, by=by):
            _gone(desk, talk, who, f"was removed by {desk.short(by)}", text)
        case rooms.RoomTopic(topic=topic, by=by):
            talk.topic = topic.text
            _note(desk, event, f"{desk.short(by)} has set the topic: {topic.text}")
        case rooms.RoomChanged(changes=changes, by=by):
            for change in changes:
                _note(desk, event, f"{desk.short(by)}: {describe(desk, change)}")
        case _:
            pass


def describe(desk: "Desk", change: values.RoomChange) -> str:
    """A change of a room in words."""
    match change:
        case values.FlagChange(flag=flag, on=on):
            return f"the room is {'now' if on else 'no longer'} {flag}"
        case values.KeyChange(key=key):
            return "a key is needed to enter" if key else "no key is needed any longer"
        case values.LimitChange(limit=limit):
            return f"at most {limit} people may be in" if limit else "any number of people may be in"
        case values.ListChange(list=kind, mask=mask, on=on):
            return f"{kind} {mask} {'added' if on else 'removed'}"
        case values.RoleChange(role=role, who=who, on=on):
            return f"{desk.short(who)} is {'now' if on else 'no longer'} {role}"


def _gone(desk: "Desk", talk: "Talk", who: str, how: str, text: str) -> None:
    talk.people.pop(who.lower(), None)
    if who.lower() == desk.own.lower():
        talk.people.clear()
    talk.note(f"{desk.short(who)} {how}{f' ({text})' if text else ''}", desk.time())


def _with(desk: "Desk", who: str) -> "list[Talk]":
    return [talk for talk in desk.talks if who.lower() in talk.people]


def _note(desk: "Desk", event: rooms.RoomEvent, text: str) -> None:
    talk = desk.find(event.room)
    if talk is not None:
        talk.note(text, event.time)
