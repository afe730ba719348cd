"""What is set in a room: topic, modes, lists, roles, its name; and who is asked in."""

from collections.abc import Sequence

from imd.core.address import Address, fold
from imd.core.refusal import (
    AlreadyMember,
    CannotRename,
    NoSuchAccount,
    NoSuchRoom,
    NotOperator,
    Refusal,
    RoomExists,
)
from imd.core.roombase import RoomBase
from imd.core.roomranks import at_least, operator
from imd.core.roomrules import apply, check_room_name
from imd.core.session import Session
from imd.core.talk import (
    Member,
    MemberInvited,
    Role,
    RoleChange,
    Room,
    RoomChange,
    RoomChanged,
    RoomFlag,
    RoomRenamed,
    Topic,
    TopicChanged,
)

#: Seconds for which a room of more members than this is not renamed again.
RENAMED_LATELY, RENAMED_MEMBERS = 60.0, 50


def _gives_up(change: RoomChange, session: Session) -> bool:
    """Whether this is about a right of one's own that one does not want any more."""
    return isinstance(change, RoleChange) and not change.on and fold(change.who.name) == fold(session.address.name)


class RoomSettings(RoomBase):
    """The part of `Rooms` that alters rooms at the word of their members."""

    def set_topic(self, session: Session, name: str, text: str) -> None:
        self.limits.check_size("topic_length", "topic", text)
        self._people.visitors.refuse(session.person, "The topic of a room")
        room, _ = self._in(session, name)
        if RoomFlag.TOPIC_PROTECTED in room.flags:
            self._commanded(session, name, Role.HALFOP)
        if room.topic_lock:
            self._commanded(session, name, Role.ADMIN)
        topic = Topic(text, self._prefix(session.person), self._environment.clock.time())
        room.topic = topic if text else None
        self._news.tell(room, TopicChanged(**self._by(room, session), topic=topic))
        self._book.changed(room)

    def change(
        self, session: Session, name: str, changes: Sequence[RoomChange], *, service: bool = False
    ) -> list[Refusal]:
        self._people.visitors.refuse(session.person, "The order of a room")
        room, member = self._governed(session, name) if service else self._in(session, name)
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
            self._news.tell(room, RoomChanged(**self._by(room, session), changes=done))
            self._book.changed(room)
        return refused

    def _governed(self, session: Session, name: str) -> tuple[Room, Member]:
        """A room, and the operator of the service in the place of its founder."""
        room = self.find(name)
        if room is None or not (room.members or room.founder):
            raise NoSuchRoom(name)
        member = Member(session.person, self._environment.clock.time())
        member.roles.add(Role.FOUNDER)
        return room, member

    def invite(self, session: Session, name: str, who: str) -> Address:
        self._people.visitors.refuse(session.person, "Inviting others")
        room, _ = self._in(session, name)
        if RoomFlag.INVITE_ONLY in room.flags:
            self._commanded(session, name)
        person = self._people.find(who)
        if person is None or not self._people.may_see(session, person):
            raise NoSuchAccount(who)
        if person.site and not self._people.visitors.placed(person, room.name):
            raise NoSuchAccount(who)
        if person.key in room.members:
            raise AlreadyMember(room.name, person.address.name)
        self._invitations.give(fold(room.name), person.key, session.person.key, self.limits)
        event = MemberInvited(**self._by(room, session), person=person.address)
        self._news.send(event, list(person.sessions))
        # IRCv3 invite-notify: those who could have invited.
        self._news.send(
            event, [s for member in room.members.values() if operator(member) for s in member.person.sessions]
        )
        return person.address

    def invitations(self, session: Session) -> Sequence[Room]:
        rooms = self._index.rooms
        return [rooms[folded] for folded in self._invitations.of(session.person.key) if folded in rooms]

    def rename(self, session: Session, name: str, new: str, text: str = "") -> None:
        self.limits.check_size("status_length", "text", text)
        self._people.visitors.refuse(session.person, "The name of a room")
        room = self._commanded(session, name)
        account = session.account
        if room.founder and (account is None or account.id != room.founder):
            raise CannotRename(room.name, "its founder alone may do that")
        now = self._environment.clock.time()
        if now < room.renamed + RENAMED_LATELY and len(room.members) > RENAMED_MEMBERS:
            # Many clients know of renaming only as leaving and entering, with all that follows.
            raise CannotRename(room.name, "it was a moment ago")
        check_room_name(new, self.limits)
        other = self.find(new)
        if other is not None and other is not room:
            raise RoomExists(other.name)
        before = room.name
        if new == before:
            return
        self._news.settle((room,))
        self._index.rename(room, new)
        self._invitations.room_renamed(fold(before), fold(new))
        room.renamed = now
        self._book.renamed(room, before)
        self._news.tell(room, RoomRenamed(**self._by(room, session), before=before, text=text))
        self._people.visitors.confine()
