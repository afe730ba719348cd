"""Rooms that are kept: who founded them, who has which role for good, what is locked, and whose they become.

What is asked here is answered by the room's book rather than by who wears which sign at the moment, so a founder
can always come back to her rights. `service` stands for the word of an operator of the service, who may do all of it.
"""

from collections.abc import Mapping, Sequence

from imd.core.address import fold
from imd.core.refusal import (
    Malformed,
    NoSuchRoom,
    NotAllowed,
    NotAMember,
    NotForGuests,
    NotFounder,
    NotOperator,
    NotRegistered,
)
from imd.core.roomranks import RANKS, at_least, granted, may_give, rules
from imd.core.roomrules import check_room_name
from imd.core.roomsettings import RoomSettings
from imd.core.session import Account, Person, Session
from imd.core.talk import (
    FlagChange,
    Member,
    Registration,
    RemovedFromRoom,
    Role,
    RoleChange,
    Room,
    RoomChange,
    RoomChanged,
    RoomFlag,
)


class RoomKeeping(RoomSettings):
    """The part of `Rooms` that keeps the book."""

    # ------------------------------------------------------------ asking

    async def registration(self, session: Session, name: str, *, service: bool = False) -> Registration:
        room = self._kept(session, name)
        knows = service or bool(self._acting(session, room, False) - {Role.VOICE})
        ids = [room.founder, *([room.heir] if room.heir and knows else []), *(room.access if knows else ())]
        accounts = await self._people.accounts.by_id(ids)
        names = {id: account.name for id, account in accounts.items()}
        access = [(names[id], role) for id, role in room.access.items() if knows and id in names]
        access.sort(key=lambda entry: (-RANKS[entry[1]], fold(entry[0])))
        return Registration(room, names.get(room.founder, ""), names.get(room.heir, "") if knows else "", access)

    def founded(self, session: Session) -> Sequence[Room]:
        account = session.account
        return [room for room in self._index.rooms.values() if account is not None and room.founder == account.id]

    def registered(self) -> Sequence[Room]:
        return [room for room in self._index.rooms.values() if room.founder]

    def closed(self) -> Sequence[Room]:
        return [room for room in self._index.rooms.values() if room.closed]

    # ------------------------------------------------------------ whose it is

    def register(self, session: Session, name: str) -> Room:
        room, member = self._in(session, name)
        self._people.visitors.refuse(session.person, "Founding rooms")
        if session.account is None:
            raise NotForGuests("A room of your own")
        if room.founder:
            raise NotAllowed(f"{room.name} has a founder already.")
        if not at_least(member, Role.OPERATOR):
            raise NotOperator(room.name)
        self._found(room, session.account.id)
        return room

    def drop(self, session: Session, name: str, *, service: bool = False) -> None:
        room = self._owned(session, name, service)
        room.founder = room.heir = ""
        room.access.clear()
        room.topic_lock = False
        room.mode_lock = {}
        self._unfounded(room)

    async def transfer(self, session: Session, name: str, to: str, *, service: bool = False) -> str:
        room = self._owned(session, name, service)
        account = await self._people.resolve(to)
        # The store was asked meanwhile.
        room = self._owned(session, name, service)
        if service:
            self._found(room, account.id)
            return "done"
        room.heir = "" if account.id == room.founder else account.id
        self._book.changed(room)
        return "offered" if room.heir else "withdrawn"

    def accept(self, session: Session, name: str) -> Room:
        room = self.find(name)
        account = session.account
        if room is None or account is None or room.heir != account.id:
            raise NotRegistered(name, "is not offered to you")
        self._found(room, account.id)
        return room

    def _found(self, room: Room, account: str) -> None:
        """The room is this account's from now on."""
        before, room.founder, room.heir = room.founder, account, ""
        room.access.pop(account, None)
        changes: list[RoomChange] = []
        for id, on in ((before, False), (account, True)):
            changes += self._wear(room, id, Role.FOUNDER, on)
        self._altered(room, changes)

    # ------------------------------------------------------------ roles for good

    async def grant(
        self, session: Session, name: str, to: str, role: Role | None, *, service: bool = False
    ) -> Account | None:
        room = self._kept(session, name)
        account = await self._people.resolve(to)
        room = self._kept(session, name)
        mine = self._acting(session, room, service)
        had = room.access.get(account.id)
        own = session.account is not None and session.account.id == account.id
        if role is Role.FOUNDER or account.id == room.founder:
            raise Malformed("A room has one founder; it is passed on by transfer.")
        if (had is not None and not (own or rules(mine, (had,)))) or (role is not None and not may_give(mine, role)):
            raise NotOperator(room.name)
        if role is had:
            return None
        if had is None:
            self.limits.check_count("room_masks", "entries of a room's list", len(room.access))
        changes: list[RoomChange] = []
        if had is not None:
            del room.access[account.id]
            changes += self._wear(room, account.id, had, False)
        if role is not None:
            room.access[account.id] = role
            changes += self._wear(room, account.id, role, True)
        self._altered(room, changes)
        return account

    def wear(
        self, session: Session, name: str, who: str, role: Role | None, on: bool, *, service: bool = False
    ) -> bool:
        room = self._kept(session, name)
        mine = self._acting(session, room, service)
        if not mine and session.person.key not in room.members:
            # Before anything else: what is wrong with a role would tell outsiders who is in (P5).
            raise NotOperator(room.name)
        person = self._people.find(who) if who else session.person
        target = None if person is None else room.members.get(person.key)
        if person is None or target is None:
            raise NotAMember(room.name, who or "You")
        role = role or granted(room, person)
        if role is None:
            raise NotOperator(room.name)
        if (role in target.roles) is on:
            return False
        own = person is session.person and (not on or role in mine)
        if not own and not (may_give(mine, role) and (on or rules(mine, target.roles))):
            raise NotOperator(room.name)
        self._altered(room, self._wear(room, person.key, role, on))
        return True

    def clear_access(self, session: Session, name: str, *, service: bool = False) -> int:
        room = self._owned(session, name, service)
        count = len(room.access)
        changes = [change for id, role in room.access.items() for change in self._wear(room, id, role, False)]
        room.access.clear()
        self._altered(room, changes)
        return count

    def clear_members(self, session: Session, name: str, text: str = "", *, service: bool = False) -> int:
        room = self._owned(session, name, service)
        return self._empty(session, room, text, [m for m in room.members.values() if m.person is not session.person])

    # ------------------------------------------------------------ what is locked

    def lock_topic(self, session: Session, name: str, on: bool, *, service: bool = False) -> None:
        room = self._owned(session, name, service)
        room.topic_lock = on
        self._book.changed(room)

    def lock_modes(self, session: Session, name: str, locks: Mapping[RoomFlag, bool], *, service: bool = False) -> None:
        room = self._owned(session, name, service)
        room.mode_lock = dict(locks)
        changes: list[RoomChange] = []
        for flag, on in locks.items():
            if (flag in room.flags) is not on:
                (room.flags.add if on else room.flags.discard)(flag)
                changes.append(FlagChange(flag, on))
        self._altered(room, changes)

    # ------------------------------------------------------------ closed by the operators of the service

    def close(self, session: Session, name: str, reason: str) -> int:
        self.limits.check_size("status_length", "reason", reason)
        check_room_name(name, self.limits)
        room = self.find(name)
        if room is None:
            self.limits.check_count("rooms", "rooms", len(self._index.rooms))
            room = Room(name, self._environment.clock.time())
            room.archive = self._index.archive(fold(name))
            self._index.add(room)
        room.closed = reason or "closed"
        count = self._empty(session, room, reason, list(room.members.values()))
        self._book.changed(room)
        return count

    def reopen(self, name: str) -> None:
        room = self.find(name)
        if room is None or not room.closed:
            raise NoSuchRoom(name)
        room.closed = ""
        if room.founder:
            self._book.changed(room)
        else:
            self._unfounded(room)

    # ------------------------------------------------------------ inside

    def _unfounded(self, room: Room) -> None:
        """The room has no founder any more: it is kept only if it is closed."""
        if room.closed:
            self._book.changed(room)
            return
        self._book.forget(room)
        if not room.members:
            self._index.remove(room)

    def _kept(self, session: Session, name: str) -> Room:
        room = self.find(name)
        if room is None or (RoomFlag.SECRET in room.flags and not self._inside(session, room)):
            raise NoSuchRoom(name)
        if not room.founder:
            raise NotRegistered(room.name)
        return room

    @staticmethod
    def _inside(session: Session, room: Room) -> bool:
        """Whether a secret room is no secret to this session's person."""
        return session.person.key in room.members or granted(room, session.person) is not None

    def _owned(self, session: Session, name: str, service: bool) -> Room:
        room = self.find(name) if service else self._kept(session, name)
        if room is None:
            raise NoSuchRoom(name)
        if not room.founder:
            raise NotRegistered(room.name)
        if not service and (session.account is None or session.account.id != room.founder):
            raise NotFounder(room.name)
        return room

    @staticmethod
    def _acting(session: Session, room: Room, service: bool) -> set[Role]:
        """All that somebody may act as: what the book says, and what she is now."""
        if service:
            return {Role.FOUNDER}
        member = room.members.get(session.person.key)
        roles = set() if member is None else set(member.roles)
        role = granted(room, session.person)
        return roles if role is None else {*roles, role}

    @staticmethod
    def _wear(room: Room, key: str, role: Role, on: bool) -> list[RoomChange]:
        """Give or take the sign of somebody who is in now."""
        member = room.members.get(key)
        if member is None or (role in member.roles) is on:
            return []
        (member.roles.add if on else member.roles.discard)(role)
        return [RoleChange(role, member.person.address, on)]

    def _altered(self, room: Room, changes: list[RoomChange]) -> None:
        if changes:
            now = self._environment.clock.time()
            self._news.tell(room, RoomChanged(room=room, time=now, by=None, changes=changes))
        self._book.changed(room)

    def _empty(self, session: Session, room: Room, text: str, members: Sequence[Member]) -> int:
        for member in members:
            person: Person = member.person
            event = RemovedFromRoom(
                room=room, time=self._environment.clock.time(), by=None, person=person, text=text or "Cleared"
            )
            self._news.tell(room, event)
            self._drop(room, person)
        return len(members)
