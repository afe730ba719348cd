"""Away and back, for those who share a room with somebody (IRCv3 away-notify). Used by `imd.core.presence` alone."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imd.core.ports import Environment
from imd.core.session import Person, PresenceView, Session, State
from imd.core.sight import Sight, Snapshot, seen
from imd.core.talk import MemberPresenceChanged, Room
from imd.core.telling import Change

if TYPE_CHECKING:
    from imd.core.presence import PresenceRegistry


class RoomMates:
    """Tells those who are not told of her presence as such."""

    def __init__(self, registry: "PresenceRegistry", environment: Environment) -> None:
        self._registry = registry
        self._environment = environment

    def tell(self, person: Person, change: Change) -> None:
        """Those in a room with `person` who may see the change."""
        rooms = self._registry.people.rooms.rooms_of(person)
        if not rooms:
            return
        events: dict[int, MemberPresenceChanged] = {}
        for session in self._mates(person, rooms, change):
            view = change.view(session)
            if view is None or not view.online or view.before is State.OFFLINE:
                continue
            if id(view) not in events:
                was = view.before, view.before_text
                events[id(view)] = self._event(person, rooms[0], (view.state, view.text), was)
            session.client.room_event(events[id(view)])

    def tell_of_staying(self, person: Person, change: Change, before: Snapshot, now: Snapshot) -> None:
        """Somebody who stays in her rooms has gone or come: there she is away, or back. Those who are told of her
        presence learn it from that."""
        rooms = self._registry.people.rooms.rooms_of(person)
        events: dict[Sight, MemberPresenceChanged] = {}
        for session in self._mates(person, rooms, change):
            sight = self._registry.judge(now if now.shown else before, person, session.person)
            if sight is Sight.HIDDEN:
                continue
            if sight not in events:
                was, view = (seen(snapshot, sight, State.OFFLINE) for snapshot in (before, now))
                events[sight] = self._event(person, rooms[0], _in_room(view), _in_room(was))
            session.client.room_event(events[sight])

    def tell_herself(self, person: Person, before: Snapshot, now: Snapshot) -> None:
        """Her clients that say something else themselves learn how she looks to others."""
        room = next(iter(self._registry.people.rooms.rooms_of(person)), None) or Room("", 0)
        event = self._event(person, room, (now.state, now.text), (before.state, before.text))
        for session in list(person.sessions):
            own = session.presence
            if session.begun and (own.state, own.text) != (now.state, now.text):
                session.client.room_event(event)

    def _mates(self, person: Person, rooms: Sequence[Room], change: Change) -> Iterator[Session]:
        """Those who are not told otherwise."""
        mates = dict.fromkeys(s for room in rooms for member in room.members.values() for s in member.person.sessions)
        change.looks += len(mates)
        for session in mates:
            if session not in change.done and session.begun and session.person is not person:
                yield session

    def _event(
        self, person: Person, room: Room, now: tuple[State, str], before: tuple[State, str]
    ) -> MemberPresenceChanged:
        return MemberPresenceChanged(
            room=room,
            time=self._environment.clock.time(),
            by=person.address,
            origin=self._registry.people.origin(person),
            person=person,
            state=now[0],
            text=now[1],
            before=before[0],
            before_text=before[1],
        )


def _in_room(view: PresenceView) -> tuple[State, str]:
    """How somebody looks where she stays while she is off."""
    return view.state if view.online else State.AWAY, view.text
