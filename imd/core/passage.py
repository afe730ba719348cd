"""The rooms of a guest who turns out to be an account: kept, with the roles in them. A part of `imd.core.rooms`.

There are two ways. The account was off: the person stays who it is and its memberships get a new key. Or the account is
on with other clients: the guest goes, and the account enters the guest's rooms in its place.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from imd.core.address import Address, fold
from imd.core.invitations import Invitations
from imd.core.ports import Environment
from imd.core.roomranks import granted
from imd.core.session import Person, Session
from imd.core.talk import (
    Joined,
    Left,
    Member,
    MemberRenamed,
    Parted,
    Role,
    RoleChange,
    Room,
    RoomChange,
    RoomChanged,
    RoomEvent,
)

if TYPE_CHECKING:
    from imd.core.rooms import Rooms


def _standing(room: Room, person: Person) -> set[Role]:
    role = granted(room, person)
    return set() if role is None else {role}


class Passage:
    """Works on what belongs to `Rooms`, and tells what has happened by its means."""

    def __init__(
        self,
        environment: Environment,
        rooms: "Rooms",
        memberships: dict[str, dict[str, Room]],
        invitations: Invitations,
        *,
        origin: Callable[[Person], str],
        joined: Callable[[Room, Session], Joined],
        send: Callable[[RoomEvent, Sequence[Session]], None],
        drop: Callable[[Room, Person], None],
    ) -> None:
        self._environment = environment
        self._rooms = rooms
        self._memberships = memberships
        self._invitations = invitations
        self._origin = origin
        self._joined = joined
        self._send = send
        self._drop = drop

    def rekeyed(self, person: Person, before: str) -> None:
        """`person` was a guest under the key `before`, and is an account now."""
        mine = self._memberships.pop(before, None)
        self._invitations.passed_on(before, person.key)
        if mine is None:
            return
        self._memberships[person.key] = mine
        for room in mine.values():
            # In order of joining, as before.
            room.members = {person.key if key == before else key: each for key, each in room.members.items()}
            member = room.members[person.key]
            gained = _standing(room, person) - member.roles
            if gained:
                member.roles |= gained
                everybody = [session for each in room.members.values() for session in each.person.sessions]
                self._send(self._granted(room, person, gained), everybody)

    def merged(self, session: Session, guest: Person, origin: str, person: Person) -> None:
        """`session` was `guest`, seen at `origin`, and belongs to `person` now, who is on with other clients too."""
        rooms = self._rooms
        mine, theirs = rooms.rooms_of(guest), rooms.rooms_of(person)
        now = self._environment.clock.time()
        text = f"Signed on as {person.address.name}"
        if mine:
            left = Left(room=mine[0], time=now, by=guest.address, origin=origin, person=guest, text=text)
            others = {each: None for room in mine for m in room.members.values() for each in m.person.sessions}
            self._send(left, [each for each in others if each is not session])
        if any(person.key in room.members for room in mine):
            # Its client has seen this name in the room as somebody else's: that makes way for its own.
            self._see_off(session, theirs[0], person, now)
        session.client.room_event(
            MemberRenamed(
                room=mine[0] if mine else Room("", 0),
                time=now,
                by=guest.address,
                origin=origin,
                person=person,
                before=guest.address,
            )
        )
        for room in mine:
            member = room.members.pop(guest.key)
            room.encoded = None
            if person.key not in room.members:
                self._take_along(session, room, member, person)
        self._memberships.pop(guest.key, None)
        self._invitations.passed_on(guest.key, person.key)
        for room in theirs:
            if room not in mine:
                session.client.room_event(self._joined(room, session))

    def _see_off(self, session: Session, room: Room, person: Person, now: float) -> None:
        origin = self._origin(person)
        session.client.room_event(
            Left(room=room, time=now, by=person.address, origin=origin, person=person, text="That is you")
        )

    def _take_along(self, session: Session, room: Room, member: Member, person: Person) -> None:
        """The account enters a room that its guest was in."""
        rooms = self._rooms
        theirs = self._memberships.setdefault(person.key, {})
        most = rooms.limits.rooms_per_account
        if most and len(theirs) >= most:
            session.client.room_event(
                Parted(
                    room=room,
                    time=self._environment.clock.time(),
                    by=person.address,
                    origin=self._origin(person),
                    person=person,
                    text=f"You are in {most} rooms already",
                )
            )
            self._drop(room, person)
            return
        mine = room.members[person.key] = Member(person, member.joined)
        mine.roles = member.roles | _standing(room, person)
        theirs[fold(room.name)] = room
        sessions = [s for each in room.members.values() for s in each.person.sessions if s is not session]
        joined: Joined = self._joined(room, session)
        self._send(joined, sessions)
        if mine.roles:
            self._send(self._granted(room, person, mine.roles), sessions)
        if mine.roles - member.roles:
            session.client.room_event(self._granted(room, person, mine.roles - member.roles))

    def _granted(self, room: Room, person: Person, roles: set[Role]) -> RoomChanged:
        who: Address = person.address
        changes: list[RoomChange] = [RoleChange(role, who, True) for role in Role if role in roles]
        return RoomChanged(room=room, time=self._environment.clock.time(), by=None, changes=changes)
