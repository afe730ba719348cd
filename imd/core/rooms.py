"""Rooms: who is in, who may do what, and telling all members what happens.

Membership belongs to a person, so all of a person's sessions are in the same rooms. Rooms founded by an account are
durable (topic, modes, lists, operators); a room made by a guest ends with its last member. Rights follow RFC 2811
section 4 with the ranks of the Modern IRC document.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypedDict

from imd.core.address import Address, fold
from imd.core.history import History
from imd.core.invitations import Invitations
from imd.core.limits import Limits
from imd.core.message import Draft, Envelope, Message, Outcome, Receipt, receipt
from imd.core.passage import Passage
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.refusal import (
    AlreadyMember,
    Malformed,
    NoSuchAccount,
    NoSuchRoom,
    NotAMember,
    NotOperator,
    Refusal,
)
from imd.core.roombook import RoomBook
from imd.core.roomranks import at_least, granted, operator, rules
from imd.core.roomrules import apply, check_entry, check_room_name, check_speech
from imd.core.sequence import MessageIds
from imd.core.sequence import Sequence as Numbers
from imd.core.session import Person, Session
from imd.core.talk import (
    Joined,
    Left,
    Member,
    MemberInvited,
    MemberRenamed,
    Parted,
    RemovedFromRoom,
    Role,
    RoleChange,
    Room,
    RoomChange,
    RoomChanged,
    RoomEvent,
    RoomFlag,
    RoomLine,
    Topic,
    TopicChanged,
)
from imd.core.talking import Talking


class _By(TypedDict):
    """What every event of a session's doing says."""

    room: Room
    time: float
    by: Address
    origin: str
    session: str


def _gives_up(change: RoomChange, session: Session) -> bool:
    """Whether this is about a right of one's own that one does not want any more."""
    return isinstance(change, RoleChange) and not change.on and fold(change.who.name) == fold(session.address.name)


class Rooms:
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
        self._environment = environment
        self._people = people
        self._history = history
        self._book = book
        self._numbers = numbers
        self._ids = ids
        self.limits = limits
        #: Who may open a room: ``everyone``, ``accounts`` or ``nobody``.
        self.creation = "everyone"
        self._rooms: dict[str, Room] = {}
        self._memberships: dict[str, dict[str, Room]] = {}
        self._invitations = Invitations()
        self._talking = Talking(environment)
        self.passage = Passage(
            environment,
            self,
            self._memberships,
            self._invitations,
            origin=people.origin,
            joined=self._joined,
            send=self._send,
            drop=self._drop,
        )

    async def load(self) -> None:
        """Bring back the durable rooms; once, before anybody can join."""
        for room in await self._book.load():
            self._rooms[fold(room.name)] = room

    # ------------------------------------------------------------ looking

    def find(self, name: str) -> Room | None:
        return self._rooms.get(fold(name))

    def all(self) -> Iterable[Room]:
        """Rooms with somebody in them; a durable room that is empty is not listed."""
        return [room for room in self._rooms.values() if room.members]

    def rooms_of(self, person: Person) -> Sequence[Room]:
        return list(self._memberships.get(person.key, {}).values())

    def may_know(self, session: Session, room: Room) -> bool:
        return RoomFlag.SECRET not in room.flags or session.person.key in room.members

    def share(self, one: Person, other: Person) -> bool:
        """Whether two people are in a room together."""
        rooms = self._memberships.get(one.key, {})
        return any(folded in rooms for folded in self._memberships.get(other.key, {}))

    # ------------------------------------------------------------ coming and going

    def join(self, session: Session, name: str, key: str = "") -> Room:
        check_room_name(name, self.limits)
        person = session.person
        folded = fold(name)
        room = self._rooms.get(folded)
        if room is not None and person.key in room.members:
            return room
        mine = self._memberships.get(person.key, {})
        self.limits.check_count("rooms_per_account", "rooms at once", len(mine))
        if room is None:
            self.limits.check_count("rooms", "rooms", len(self._rooms))
            if self.creation == "nobody" or (self.creation == "accounts" and person.guest):
                raise NoSuchRoom(name)
            room = Room(name, self._environment.clock.time())
            room.founder = "" if person.account is None else person.account.id
        else:
            invited = self._invitations.stands(folded, person.key)
            check_entry(room, person, self._prefix(person), key, self.limits, invited=invited)
        self._rooms[folded] = room
        member = Member(person, self._environment.clock.time())
        role = granted(room, person)
        if role is not None:
            member.roles.add(role)
        elif not room.members and not room.founder:
            # RFC 2811 section 4.1: whoever makes a room keeps order in it.
            member.roles.add(Role.OPERATOR)
        # Who comes in hears nothing of what was said before.
        self._talking.tell(room)
        room.members[person.key] = member
        self._memberships.setdefault(person.key, {})[folded] = room
        self._invitations.used(folded, person.key)
        self._tell(room, self._joined(room, session))
        self._book.changed(room)
        return room

    def _joined(self, room: Room, session: Session) -> Joined:
        return Joined(**self._by(room, session), person=session.person, realname=session.info.realname)

    def _prefix(self, person: Person) -> str:
        return f"{person.address.name}!{self._people.origin(person)}"

    def part(self, session: Session, name: str, text: str = "") -> None:
        self.limits.check_size("status_length", "text", text)
        room, _ = self._in(session, name)
        self._tell(room, Parted(**self._by(room, session), person=session.person, text=text))
        self._drop(room, session.person)

    def remove_member(self, session: Session, name: str, who: str, text: str = "") -> None:
        self.limits.check_size("kick_length", "text", text)
        room = self._commanded(session, name, Role.HALFOP)
        person = self._people.find(who)
        target = None if person is None else room.members.get(person.key)
        if person is None or target is None:
            # Whether somebody of that name is elsewhere is not the room's business (P5).
            raise NotAMember(room.name, who)
        if not rules(room.members[session.person.key].roles, target.roles):
            raise NotOperator(room.name)
        self._tell(room, RemovedFromRoom(**self._by(room, session), person=person, text=text))
        self._drop(room, person)

    def left(self, person: Person, text: str, *, quit: bool = False) -> None:
        """The person's last session is over."""
        if person.guest:
            self._invitations.forget(person.key)
        rooms = self.rooms_of(person)
        if not rooms:
            return
        self.settle(person)
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
        self._tell_all(rooms, event)

    def _drop(self, room: Room, person: Person) -> None:
        folded = fold(room.name)
        room.members.pop(person.key, None)
        mine = self._memberships.get(person.key, {})
        mine.pop(folded, None)
        if not mine:
            self._memberships.pop(person.key, None)
        if not room.members:
            self._invitations.room_emptied(folded)
            if not room.founder:
                del self._rooms[folded]
        self._book.changed(room)

    def settle(self, person: Person) -> None:
        """Tell now what was said in a person's rooms: a session of hers is about to come or go."""
        for room in self.rooms_of(person):
            self._talking.tell(room)

    def mirror(self, session: Session) -> None:
        """A further session of somebody who is in rooms already: it is in them too."""
        for room in self.rooms_of(session.person):
            session.client.room_event(self._joined(room, session))

    def renamed(self, person: Person, before: Address) -> None:
        rooms = self.rooms_of(person)
        event_of = rooms[0] if rooms else None
        if event_of is None:
            # Nobody shares a room, but the person's own clients must know their new name.
            event_of = Room("", 0)
        self._tell_all(
            rooms,
            MemberRenamed(
                room=event_of,
                time=self._environment.clock.time(),
                by=before,
                origin=self._people.origin(person),
                person=person,
                before=before,
            ),
            also=person,
        )

    def account_removed(self, account: str) -> None:
        """Rooms an account founded end when they are empty; its rights end at once."""
        self._invitations.forget(account)
        for folded, room in list(self._rooms.items()):
            if room.access.pop(account, None) is not None:
                self._book.changed(room)
            if room.founder == account:
                room.founder = ""
                self._book.forget(room)
                if not room.members:
                    del self._rooms[folded]

    # ------------------------------------------------------------ talking

    def say(
        self, session: Session, name: str, draft: Draft, outcome: Callable[[Receipt], None] | None = None
    ) -> Message:
        if not draft.body and not draft.tags:
            raise Malformed("There is nothing to say.")
        self.limits.check_size("message_size", "message", draft.body)
        room = self.find(name)
        if room is None or not (room.members or room.founder):
            raise NoSuchRoom(name)
        check_speech(room, session.person, draft, self._prefix)
        now = self._environment.clock.time()
        account = session.account
        sender_key = session.person.key
        message = Message(
            id=self._ids.of(f"{sender_key}\n{fold(name)}", draft.client_id),
            seq=self._numbers.next(now),
            time=now,
            sender=session.address,
            sender_account="" if account is None else account.id,
            recipient=Address(room.name, self._people.domain),
            body=draft.body,
            kind=draft.kind,
            client_id=draft.client_id,
            tags=draft.tags,
            origin=self._people.origin(session.person),
        )
        session.active = now
        known = self._history.repeated(message)
        if known is None:
            self._talking.say(room, RoomLine(room, session.id, Envelope(message)))
        else:
            message = known
        if message.kind.kept and self._history.keep:
            self._history.record(fold(room.name), message, outcome)
        elif outcome is not None:
            self._talking.after(room, partial(outcome, receipt(message, Outcome.ACCEPTED)))
        return message

    # ------------------------------------------------------------ settings

    def set_topic(self, session: Session, name: str, text: str) -> None:
        self.limits.check_size("topic_length", "topic", text)
        room, _ = self._in(session, name)
        if RoomFlag.TOPIC_PROTECTED in room.flags:
            self._commanded(session, name, Role.HALFOP)
        topic = Topic(text, self._prefix(session.person), self._environment.clock.time())
        room.topic = topic if text else None
        self._tell(room, TopicChanged(**self._by(room, session), topic=topic))
        self._book.changed(room)

    def change(self, session: Session, name: str, changes: Sequence[RoomChange]) -> list[Refusal]:
        room, member = self._in(session, name)
        if not at_least(member, Role.HALFOP) and not any(_gives_up(change, session) for change in changes):
            raise NotOperator(room.name)
        done: list[RoomChange] = []
        refused: list[Refusal] = []
        by = self._prefix(session.person)
        now = self._environment.clock.time()
        for change in changes:
            try:
                if apply(room, member, change, self._people, by, now, self.limits):
                    done.append(change)
            except Refusal as refusal:
                refused.append(refusal)
        if done:
            self._tell(room, RoomChanged(**self._by(room, session), changes=done))
            self._book.changed(room)
        return refused

    def invite(self, session: Session, name: str, who: str) -> Address:
        room, _ = self._in(session, name)
        if RoomFlag.INVITE_ONLY in room.flags:
            self._commanded(session, name)
        person = self._people.find(who)
        if person is None or not self._people.may_see(session, person):
            raise NoSuchAccount(who)
        if person.key in room.members:
            raise AlreadyMember(room.name, person.address.name)
        self._invitations.give(fold(room.name), person.key, session.person.key, self.limits)
        event = MemberInvited(**self._by(room, session), person=person.address)
        self._send(event, list(person.sessions))
        # IRCv3 invite-notify: those who could have invited.
        self._send(event, [s for member in room.members.values() if operator(member) for s in member.person.sessions])
        return person.address

    def levels(self) -> dict[str, int]:
        """How much of the limits of rooms is used, by the person or the room that uses most."""
        rooms = self._rooms.values()
        return {
            "rooms": len(rooms),
            "rooms_per_account": max(map(len, self._memberships.values()), default=0),
            "room_members": max((len(room.members) for room in rooms), default=0),
            "room_masks": max((len(entries) for room in rooms for entries in room.lists.values()), default=0),
            "invites": self._invitations.most(),
        }

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

    # ------------------------------------------------------------ telling

    def _by(self, room: Room, session: Session) -> "_By":
        return {
            "room": room,
            "time": self._environment.clock.time(),
            "by": session.address,
            "origin": self._people.origin(session.person),
            "session": session.id,
        }

    def _tell(self, room: Room, event: RoomEvent) -> None:
        self._talking.tell(room)
        for member in list(room.members.values()):
            for session in member.person.sessions:
                if session.begun:
                    session.client.room_event(event)

    def _tell_all(self, rooms: Sequence[Room], event: RoomEvent, also: Person | None = None) -> None:
        """Tell every session in any of `rooms` once."""
        for room in rooms:
            self._talking.tell(room)
        people = {member.person.key: member.person for room in rooms for member in room.members.values()}
        if also is not None:
            people[also.key] = also
        self._send(event, [session for person in people.values() for session in person.sessions])

    @staticmethod
    def _send(event: RoomEvent, sessions: Sequence[Session]) -> None:
        for session in sessions:
            if session.begun:
                session.client.room_event(event)

    def tell_about(self, session: Session, event: Callable[[Room], RoomEvent]) -> None:
        """Tell everyone who shares a room with this session's person, once each, and its own sessions."""
        rooms = self.rooms_of(session.person)
        self._tell_all(rooms, event(rooms[0] if rooms else Room("", 0)), also=session.person)
