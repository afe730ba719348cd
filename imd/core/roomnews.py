"""Telling those in rooms what happens there, in order: what was said before goes first."""

from collections.abc import Callable, Sequence
from functools import partial

from imd.core.crowds import Crowds
from imd.core.happening import Chronicle
from imd.core.message import Message, Outcome, Receipt, receipt
from imd.core.ports import Environment
from imd.core.roomranks import at_least
from imd.core.session import Person, Session
from imd.core.talk import Joined, Left, Role, Room, RoomEvent, RoomLine, RoomLines
from imd.core.talking import Talking


class RoomNews:
    """The way from something that happened to the sessions of those who shall hear of it."""

    def __init__(self, environment: Environment, chronicle: Chronicle) -> None:
        self.crowds = Crowds(environment)
        self.talking = Talking(environment, self.crowds.tell)
        self._chronicle = chronicle

    def settle(self, rooms: Sequence[Room]) -> None:
        """Tell now all that has happened in these rooms, so that what happens next comes after it."""
        for room in rooms:
            self.talking.tell(room)
            self.crowds.tell(room)

    def settle_lines(self, rooms: Sequence[Room]) -> None:
        """Tell now what was said in these rooms: somebody is about to go."""
        for room in rooms:
            self.talking.tell(room)

    def enters(self, room: Room) -> None:
        """Somebody is about to come in, who hears nothing of what was before."""
        self.talking.tell(room)
        self.crowds.enters(room)

    def came(self, room: Room, event: Joined) -> None:
        """Tell those who come in at once, and the others at the end of the turn."""
        self._chronicle.enter((room,), event)
        self.send(event, event.person.sessions, room)
        if len(room.members) > 1:
            self.crowds.add((room,), event)

    def went(self, rooms: Sequence[Room], event: Left) -> None:
        """Tell those who stay, at the end of the turn."""
        self._chronicle.enter(rooms, event)
        stay = tuple(room for room in rooms if room.members)
        if stay:
            self.crowds.add(stay, event)

    def tell(self, room: Room, event: RoomEvent) -> None:
        """Tell all who are in the room."""
        self.settle((room,))
        self._chronicle.enter((room,), event)
        room.encoded = None
        for member in list(room.members.values()):
            for session in member.person.sessions:
                if session.begun:
                    session.client.room_event(event)

    def tell_once(self, rooms: Sequence[Room], event: RoomEvent, also: Person | None = None) -> None:
        """Tell every session in any of `rooms` once, and those of `also`."""
        self.settle(rooms)
        self._chronicle.enter(rooms, event)
        for room in rooms:
            room.encoded = None
        people = {member.person.key: member.person for room in rooms for member in room.members.values()}
        if also is not None:
            people[also.key] = also
        self.send(event, [session for person in people.values() for session in person.sessions])

    @staticmethod
    def send(event: RoomEvent, sessions: Sequence[Session], room: Room | None = None) -> None:
        """Tell just these sessions. `room` is the room if its list of members is only longer by it."""
        if room is None:
            event.room.encoded = None
        for session in sessions:
            if session.begun:
                session.client.room_event(event)

    def say_to(self, least: Role, line: RoomLine, speaker: Person) -> None:
        """A line for members of at least this role, and the speaker's own other sessions; for nobody else. It is not
        put together with others."""
        self.settle((line.room,))
        told = RoomLines([line])
        for member in list(line.room.members.values()):
            if member.person is speaker or at_least(member, least):
                for session in member.person.sessions:
                    if session.begun:
                        session.client.room_lines(told)

    def when_told(self, room: Room, message: Message, outcome: Callable[[Receipt], None]) -> None:
        """Accept a message once the members have it."""
        self.talking.after(room, partial(outcome, receipt(message, Outcome.ACCEPTED)))
