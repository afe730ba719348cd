"""What all parts of `imd.core.rooms` stand on: the rooms, who is who, and the checks that come before everything."""

from typing import TypedDict

from imd.core.address import Address, fold
from imd.core.happening import Chronicle
from imd.core.history import History
from imd.core.invitations import Invitations
from imd.core.limits import Limits
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.refusal import NoSuchRoom, NotAMember, NotOperator
from imd.core.roombook import RoomBook
from imd.core.roomindex import RoomIndex
from imd.core.roomnews import RoomNews
from imd.core.roomranks import at_least
from imd.core.sequence import MessageIds
from imd.core.sequence import Sequence as Numbers
from imd.core.session import Person, Session
from imd.core.talk import Member, Role, Room


class By(TypedDict):
    """What every event of a session's doing says."""

    room: Room
    time: float
    by: Address
    origin: str
    session: str


class RoomBase:
    """The state that the parts share."""

    def __init__(
        self,
        environment: Environment,
        people: People,
        history: History,
        book: RoomBook,
        numbers: Numbers,
        ids: MessageIds,
        limits: Limits,
    ) -> None:
        self._environment = environment
        self._people = people
        self._history = history
        self._book = book
        self._numbers = numbers
        self._ids = ids
        self.limits = limits
        #: Who may open a room: ``everyone``, ``accounts`` or ``nobody``.
        self.creation = "everyone"
        self._index = RoomIndex()
        self._invitations = Invitations()
        self._chronicle = Chronicle(people, history, numbers, ids)
        self._news = RoomNews(environment, self._chronicle)
        #: What is said in rooms, told at the end of the turn.
        self.talking = self._news.talking

    def find(self, name: str) -> Room | None:
        return self._index.find(name)

    def _prefix(self, person: Person) -> str:
        return f"{person.address.name}!{self._people.origin(person)}"

    def _in(self, session: Session, name: str) -> tuple[Room, Member]:
        room = self.find(name)
        if room is None or (not room.members and not room.founder):
            raise NoSuchRoom(name)
        member = room.members.get(session.person.key)
        if member is None:
            raise NotAMember(room.name)
        return room, member

    def _commanded(self, session: Session, name: str, least: Role = Role.OPERATOR) -> Room:
        room, member = self._in(session, name)
        if not at_least(member, least):
            raise NotOperator(room.name)
        return room

    def _drop(self, room: Room, person: Person) -> None:
        folded = fold(room.name)
        self._index.leave(room, person)
        if not room.members:
            self._invitations.room_emptied(folded)
            if not (room.founder or room.closed):
                self._index.remove(room)
        self._book.changed(room)

    def _by(self, room: Room, session: Session) -> By:
        return {
            "room": room,
            "time": self._environment.clock.time(),
            "by": session.address,
            "origin": self._people.origin(session.person),
            "session": session.id,
        }
