"""Who comes into rooms and who signs off during one turn, told at its end: once to each session, however many it was.

When a connection that five hundred people share breaks, everybody who stays is to hear of each of them; told one by one
that is five hundred times all who stay. Put together it is all who stay, once for each turn. Whatever else happens in a
room tells first who has come and gone before it (`Crowds.tell`), so that the order stays.
"""

from imd.core.address import fold
from imd.core.ports import Environment
from imd.core.session import Person
from imd.core.talk import Crowd, Joined, Left, Room

#: The rooms somebody came into (one) or has left by signing off.
_Rooms = tuple[Room, ...]


class Crowds:
    """The comings and goings that nobody has been told of yet."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        #: Events of people with the same rooms are told together.
        self._waiting: dict[_Rooms, list[Joined | Left]] = {}
        self._of: dict[Room, _Rooms] = {}
        #: Folded names of those who have signed off: they may be somebody else's now.
        self._gone: set[str] = set()

    def add(self, rooms: _Rooms, event: Joined | Left) -> None:
        """Somebody came in, or is gone; her own sessions know it already."""
        if len(rooms) > 1:
            rooms = tuple(sorted(rooms, key=id))
        of = self._of
        for room in rooms:
            others = of.get(room)
            if others is not None and others != rooms:
                self._tell(others)
        waiting = self._waiting.get(rooms)
        if waiting is not None:
            waiting.append(event)
        else:
            if not self._waiting:
                self._environment.clock.soon(self.tell_all)
            self._waiting[rooms] = [event]
            of.update(dict.fromkeys(rooms, rooms))
        if isinstance(event, Left):
            self._gone.add(fold(event.person.address.name))

    def enters(self, room: Room) -> None:
        """Somebody is about to come in. She must not hear who left before; of a crowd with just this room `Crowd.late`
        says it, any other is told now."""
        if self._of and (rooms := self._of.get(room)) is not None and len(rooms) > 1:
            self._tell(rooms)

    def tell(self, room: Room) -> None:
        """Tell now who has come into this room, and who has gone."""
        if self._of and (rooms := self._of.get(room)) is not None:
            self._tell(rooms)

    def free(self, name: str) -> None:
        """Somebody is called so from now on: whoever was called so before must be known to be gone."""
        if self._gone and fold(name) in self._gone:
            self.tell_all()

    def _tell(self, rooms: _Rooms) -> None:
        events = self._waiting.pop(rooms)
        for room in rooms:
            del self._of[room]
        if not self._waiting:
            self._gone.clear()
        late: dict[str, int] = {}
        for number, event in enumerate(events, 1):
            if isinstance(event, Joined):
                late[event.person.key] = number
        crowd = Crowd(events, late)
        people: dict[Person, None] = {}
        for room in rooms:
            people.update((member.person, None) for member in room.members.values())
        most = len(events)
        for person in people:
            if late.get(person.key, 0) < most:
                for session in person.sessions:
                    if session.begun:
                        session.client.room_crowd(crowd)

    def tell_all(self) -> None:
        """Tell now of everybody."""
        try:
            while self._waiting:
                self._tell(next(iter(self._waiting)))
        finally:
            if self._waiting:
                # A client failed.
                self._environment.clock.soon(self.tell_all)
