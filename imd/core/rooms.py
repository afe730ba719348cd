"""Rooms: who is in, who may do what, and telling all members what happens.

Membership belongs to a person, so all of a person's sessions are in the same rooms. Rooms founded by an account are
durable (topic, modes, lists, operators); a room made by a guest ends with its last member. Rights follow RFC 2811
section 4 with the ranks of the Modern IRC document.
"""

from collections.abc import Callable, Iterable, Sequence

from imd.core.address import Address, fold
from imd.core.history import History
from imd.core.limits import Limits
from imd.core.message import Draft, Envelope, Kind, Message, Receipt
from imd.core.passage import Passage
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.refusal import (
    Malformed,
    NoSuchRoom,
    NotAMember,
    NotOperator,
)
from imd.core.roombook import RoomBook
from imd.core.roomkeeping import RoomKeeping
from imd.core.roomranks import granted, rules
from imd.core.roomrules import check_entry, check_room_name, check_speech
from imd.core.sequence import MessageIds
from imd.core.sequence import Sequence as Numbers
from imd.core.session import Person, Session
from imd.core.talk import (
    Joined,
    Left,
    Member,
    MemberRenamed,
    Parted,
    RemovedFromRoom,
    Role,
    Room,
    RoomEvent,
    RoomFlag,
    RoomLine,
)


class Rooms(RoomKeeping):
    """All rooms of the service, by folded name."""

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
        super().__init__(environment, people, history, book, numbers, ids, limits)
        self.passage = Passage(
            environment,
            self,
            self._index.memberships,
            self._invitations,
            origin=people.origin,
            joined=self._joined,
            send=self._news.send,
            drop=self._drop,
        )

    async def load(self) -> None:
        """Bring back the durable rooms; once, before anybody can join."""
        for room in await self._book.load():
            self._index.add(room)

    @property
    def keeping(self) -> RoomKeeping:
        """`imd.core.ports.RoomsKept`."""
        return self

    def restore(
        self, person: Person, name: str, created: float, archive: str, joined: float, roles: Iterable[Role]
    ) -> None:
        """Somebody who stayed in a room is a member again, after a restart; a room nobody founded is made again."""
        room = self._index.find(name)
        if room is None:
            room = Room(name, created)
            room.archive = archive
            self._index.add(room)
        member = Member(person, joined)
        member.roles.update(roles)
        self._index.enter(room, member)

    def tell_moves(self, moved: Callable[[Person], None]) -> None:
        """Have `moved` called whenever a person's rooms have changed."""
        self._index.moved = moved

    # ------------------------------------------------------------ looking

    def all(self) -> Iterable[Room]:
        """Rooms with somebody in them; a durable room that is empty is not listed."""
        return [room for room in self._index.rooms.values() if room.members]

    def rooms_of(self, person: Person) -> Sequence[Room]:
        return self._index.rooms_of(person)

    def may_know(self, session: Session, room: Room) -> bool:
        if session.person.site and not self._people.visitors.placed(session.person, room.name):
            return False
        return RoomFlag.SECRET not in room.flags or session.person.key in room.members

    def share(self, one: Person, other: Person) -> bool:
        """Whether two people are in a room together."""
        return self._index.share(one, other)

    # ------------------------------------------------------------ coming and going

    def join(self, session: Session, name: str, key: str = "", *, service: bool = False) -> Room:
        check_room_name(name, self.limits)
        person = session.person
        folded = fold(name)
        room = self._index.find(name)
        if room is not None and person.key in room.members:
            return room
        if person.site:
            self._people.visitors.check_place(person, name)
        self.limits.check_count("rooms_per_account", "rooms at once", self._index.count_of(person))
        if room is None:
            self.limits.check_count("rooms", "rooms", len(self._index.rooms))
            if person.site:
                # A room of her site that nobody is in: it is nobody's yet.
                pass
            elif self.creation == "nobody" or (self.creation == "accounts" and person.guest):
                raise NoSuchRoom(name)
            room = Room(name, self._environment.clock.time())
            room.archive = self._index.archive(folded)
            room.founder = "" if person.account is None or person.site else person.account.id
        elif not service:
            invited = self._invitations.stands(folded, person.key)
            check_entry(room, person, self._prefix(person), key, self.limits, invited=invited)
        self._index.add(room)
        member = Member(person, self._environment.clock.time())
        role = granted(room, person)
        if role is not None:
            member.roles.add(role)
        elif not room.members and not room.founder and not person.site:
            # RFC 2811 section 4.1: whoever makes a room keeps order in it.
            member.roles.add(Role.OPERATOR)
        self._news.enters(room)
        self._index.enter(room, member)
        self._invitations.used(folded, person.key)
        self._news.came(room, self._joined(room, session))
        self._book.changed(room)
        return room

    def _joined(self, room: Room, session: Session) -> Joined:
        return Joined(**self._by(room, session), person=session.person, realname=session.info.realname)

    def part(self, session: Session, name: str, text: str = "") -> None:
        self.limits.check_size("status_length", "text", text)
        room, _ = self._in(session, name)
        self._news.tell(room, Parted(**self._by(room, session), person=session.person, text=text))
        self._drop(room, session.person)

    def remove_member(self, session: Session, name: str, who: str, text: str = "") -> None:
        self.limits.check_size("kick_length", "text", text)
        self._people.visitors.refuse(session.person, "The order of a room")
        room = self._commanded(session, name, Role.HALFOP)
        person = self._people.find(who)
        target = None if person is None else room.members.get(person.key)
        if person is None or target is None:
            # Whether somebody of that name is elsewhere is not the room's business (P5).
            raise NotAMember(room.name, who)
        if not rules(room.members[session.person.key].roles, target.roles):
            raise NotOperator(room.name)
        self._news.tell(room, RemovedFromRoom(**self._by(room, session), person=person, text=text))
        self._drop(room, person)

    def left(self, person: Person, text: str, *, quit: bool = False) -> None:
        """The person's last session is over."""
        if person.guest:
            self._invitations.forget(person.key)
        rooms = self.rooms_of(person)
        if not rooms:
            return
        self._news.settle_lines(rooms)
        event = Left(
            room=rooms[0],
            time=self._environment.clock.time(),
            by=person.address,
            origin=self._people.origin(person),
            person=person,
            text=text,
            quit=quit,
        )
        for room in rooms:
            self._drop(room, person)
        self._news.went(rooms, event)

    def catch_up(self, room: Room) -> None:
        self._news.settle((room,))

    def tell_crowds(self) -> None:
        """Tell now who has come and gone, in every room."""
        self._news.crowds.tell_all()

    def settle(self, person: Person) -> None:
        """Tell now what has happened in a person's rooms: a session of hers is about to come or go."""
        self._news.settle(self.rooms_of(person))

    def mirror(self, session: Session) -> None:
        """A further session of somebody who is in rooms already: it is in them too."""
        self._news.crowds.free(session.person.address.name)
        for room in self.rooms_of(session.person):
            session.client.room_event(self._joined(room, session))

    def renamed(self, person: Person, before: Address, origin: str) -> None:
        """The person was `before`, seen at `origin`."""
        self._news.crowds.free(person.address.name)
        rooms = self.rooms_of(person)
        event_of = rooms[0] if rooms else None
        if event_of is None:
            # Nobody shares a room, but the person's own clients must know their new name.
            event_of = Room("", 0)
        self._news.tell_once(
            rooms,
            MemberRenamed(
                room=event_of,
                time=self._environment.clock.time(),
                by=before,
                origin=origin,
                person=person,
                before=before,
            ),
            also=person,
        )

    def account_removed(self, account: str) -> None:
        """Rooms an account founded end when they are empty; its rights end at once."""
        self._invitations.forget(account)
        for room in list(self._index.rooms.values()):
            if room.access.pop(account, None) is not None:
                self._book.changed(room)
            if room.heir == account:
                room.heir = ""
                self._book.changed(room)
            if room.founder == account:
                room.founder = ""
                self._unfounded(room)

    # ------------------------------------------------------------ talking

    def say(
        self,
        session: Session,
        name: str,
        draft: Draft,
        outcome: Callable[[Receipt], None] | None = None,
        least: Role | None = None,
    ) -> Message:
        if not draft.body and not draft.tags:
            raise Malformed("There is nothing to say.")
        self.limits.check_size("message_size", "message", draft.body)
        if session.person.site:
            self._people.visitors.check_place(session.person, name)
            if draft.kind.kept:
                self._people.visitors.visits.spoke(session.person.key)
        room = self.find(name)
        if room is None or not (room.members or room.founder):
            raise NoSuchRoom(name)
        id = self._ids.of(f"{session.person.key}\n{fold(name)}", draft.client_id)
        if not draft.client_id or not self._history.remembers(id):
            # Else she asks what became of what she said while she could.
            check_speech(room, session.person, draft, self._prefix)
        now = self._environment.clock.time()
        account = session.account
        message = Message(
            id=id,
            seq=self._numbers.next(now),
            time=now,
            sender=session.address,
            sender_account="" if account is None else account.id,
            recipient=Address(room.name, self._people.domain),
            body=draft.body,
            kind=draft.kind,
            client_id=draft.client_id,
            tags=session.signed(draft.tags),
            origin=self._people.origin(session.person),
        )
        session.active = now
        known = self._history.repeated(message)
        line = RoomLine(room, session.id, Envelope(message), least)
        if known is not None:
            message = known
        elif least is None:
            self._news.talking.say(room, line)
        else:
            self._news.say_to(least, line, session.person)
        if self._history.keep and least is None:
            if message.kind is not Kind.SIGNAL:
                self._history.record(room.archive, message, outcome)
                return message
            self._chronicle.reaction(room, message)
        if outcome is not None:
            self._news.when_told(room, message, outcome)
        return message

    def tell(self, room: Room, event: RoomEvent) -> None:
        """Tell the members what others have done to the room."""
        self._news.tell(room, event)

    def levels(self) -> dict[str, int]:
        """How much of the limits of rooms is used, by the person or the room that uses most."""
        rooms = self._index.rooms.values()
        return {
            "rooms": len(rooms),
            "rooms_per_account": self._index.most(),
            "room_members": max((len(room.members) for room in rooms), default=0),
            "room_masks": max((len(entries) for room in rooms for entries in room.lists.values()), default=0),
            "invites": self._invitations.most(),
        }

    # ------------------------------------------------------------ telling

    def tell_about(self, session: Session, event: Callable[[Room], RoomEvent]) -> None:
        """Tell everyone who shares a room with this session's person, once each, and its own sessions."""
        rooms = self.rooms_of(session.person)
        self._news.tell_once(rooms, event(rooms[0] if rooms else Room("", 0)), also=session.person)
