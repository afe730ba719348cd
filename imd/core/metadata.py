"""What people and rooms show of themselves: a picture, a display name, a home page (IRCv3 metadata).

An account's values are kept with it, on a shelf; a guest's last while she is on. Those of a room are the room's: kept
in the book, renamed and removed with it. They are told to those who could ask: of a person, to who shares a room with
her or watches her and may see her (P5); of a room, to its members.

Values of people are in memory while they are on. Which accounts have any is known from the start, so that signing on
asks the store for nobody else.
"""

import re
from collections.abc import Iterator, Mapping

from imd.core.limits import Limits, octets
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.refusal import InvalidName, NoSuchAccount, NoSuchRoom, NotOperator, StoreUnavailable, TooLong
from imd.core.roombook import RoomBook
from imd.core.roomranks import operator
from imd.core.rooms import Rooms
from imd.core.session import Person, Session
from imd.core.stores import OutcomeUnknown, ShelfStore
from imd.core.talk import MetadataChange, Room

#: "Key names are restricted to the ranges a-z, 0-9, and _./-" (IRCv3 metadata), in bytes.
_KEY = re.compile(r"[a-z0-9_./-]{1,64}\Z")
#: Key and value stand in one line of IRC.
_TOGETHER = 350

_NONE: dict[str, str] = {}


def valid_key(key: str) -> bool:
    return _KEY.match(key) is not None


class Metadata:
    """The `imd.core.ports.Metadata` of this daemon."""

    def __init__(
        self,
        environment: Environment,
        people: People,
        rooms: Rooms,
        book: RoomBook,
        store: ShelfStore,
        limits: Limits,
    ) -> None:
        self._environment = environment
        self._people = people
        self._rooms = rooms
        self._book = book
        self._store = store
        self.limits = limits
        #: Account ids with something on the shelf.
        self._keeping: set[str] = set()
        #: By `Person.key`: those who are on and have values.
        self._of: dict[str, dict[str, str]] = {}

    # ------------------------------------------------------------ coming and going

    async def load(self) -> None:
        """Learn who has values; before anybody signs on."""
        self._keeping = set(await self._store.everyone())

    def lacks(self, account: str) -> bool:
        """Whether it has values that are not in memory."""
        return account in self._keeping and account not in self._of

    async def arriving(self, account: str) -> None:
        """Have the values of an account that signs on."""
        if self.lacks(account):
            try:
                values = {key: value.decode() for key, value in (await self._store.of(account)).items()}
            except OutcomeUnknown:
                raise StoreUnavailable from None
            self._of.setdefault(account, values)

    def left(self, person: Person) -> None:
        """The person is on no more. Who stays in her rooms is still seen there."""
        if not (self._people.staying.stays(person.account) and self._rooms.rooms_of(person)):
            self._of.pop(person.key, None)

    def removed(self, account: str) -> None:
        """The account is no more; the store has forgotten its values with it."""
        self._keeping.discard(account)
        self._of.pop(account, None)

    # ------------------------------------------------------------ asking

    def of_person(self, session: Session, name: str) -> tuple[Person, Mapping[str, str]]:
        person = session.person if name == session.person.address.name else self._people.find(name)
        if person is None or (person is not session.person and not self._people.may_see(session, person)):
            raise NoSuchAccount(name)
        return person, self._of.get(person.key, _NONE)

    def of_room(self, session: Session, name: str) -> tuple[Room, Mapping[str, str]]:
        room = self._rooms.find(name)
        if room is None or not (room.members or room.founder) or not self._rooms.may_know(session, room):
            raise NoSuchRoom(name)
        return room, room.metadata or _NONE

    def of_members(self, session: Session, room: Room) -> Iterator[tuple[Person, Mapping[str, str]]]:
        if session.person.key not in room.members:
            return
        if len(self._of) < len(room.members):
            for key, values in list(self._of.items()):
                member = room.members.get(key)
                if member is not None:
                    yield member.person, values
        else:
            for key, member in list(room.members.items()):
                if key in self._of:
                    yield member.person, self._of[key]

    # ------------------------------------------------------------ setting

    async def set_own(self, session: Session, key: str, value: str | None) -> bool:
        person = session.person
        self._people.visitors.refuse(person, "This")
        mine = self._of.get(person.key, _NONE)
        self._check(mine, key, value)
        if mine.get(key) == value:
            return value is not None
        if person.account is not None:
            await self._keep(person.account.id, key, value)
        self._put(session, key, value)
        return True

    def _check(self, values: Mapping[str, str], key: str, value: str | None) -> None:
        if not valid_key(key):
            raise InvalidName(key, "it has a to z, 0 to 9 and _ . / -")
        if value is None:
            return
        most = self.limits.metadata_value
        size = octets("value", value)
        if (most and size > most) or size + len(key) > _TOGETHER:
            self.limits.tally.count("metadata_value")
            raise TooLong("The value", min(most or _TOGETHER, _TOGETHER - len(key)))
        if key not in values:
            self.limits.check_count("metadata_keys", "keys", len(values))

    async def _keep(self, account: str, key: str, value: str | None) -> None:
        try:
            if value is None:
                await self._store.remove([(account, key)])
            else:
                await self._store.put([(account, key, value.encode())])
        except OutcomeUnknown:
            # What it is now shows at the next sign-on; asking for it again is safe.
            raise StoreUnavailable from None

    def _put(self, session: Session, key: str, value: str | None) -> None:
        # A guest may have become an account while the store was asked.
        person = session.person
        if person.key not in self._people.persons:
            # She has gone meanwhile.
            if person.account is not None:
                self._keeping.add(person.account.id)
            return
        mine = self._of.setdefault(person.key, {})
        if value is None:
            mine.pop(key, None)
        else:
            mine[key] = value
        if not mine:
            del self._of[person.key]
        if person.account is not None:
            (self._keeping.add if mine else self._keeping.discard)(person.account.id)
        self._tell_of_person(session, person, key, value)

    async def clear_own(self, session: Session) -> list[str]:
        keys = list(self._of.get(session.person.key, _NONE))
        account = session.account
        if account is not None and keys:
            try:
                await self._store.remove([(account.id, key) for key in keys])
            except OutcomeUnknown:
                raise StoreUnavailable from None
        for key in keys:
            self._put(session, key, None)
        return keys

    def set_room(self, session: Session, name: str, key: str, value: str | None) -> bool:
        room, values = self._commanded(session, name)
        self._check(values, key, value)
        if values.get(key) == value:
            return value is not None
        self._put_room(session, room, key, value)
        return True

    def clear_room(self, session: Session, name: str) -> list[str]:
        room, values = self._commanded(session, name)
        keys = list(values)
        for key in keys:
            self._put_room(session, room, key, None)
        return keys

    def _commanded(self, session: Session, name: str) -> tuple[Room, Mapping[str, str]]:
        room, values = self.of_room(session, name)
        member = room.members.get(session.person.key)
        if member is None or not operator(member):
            raise NotOperator(room.name)
        return room, values

    def _put_room(self, session: Session, room: Room, key: str, value: str | None) -> None:
        values = dict(room.metadata or _NONE)
        if value is None:
            values.pop(key, None)
        else:
            values[key] = value
        # A new one each time: the book compares with what it wrote.
        room.metadata = values or None
        self._book.changed(room)
        change = self._change(session, room, None, key, value)
        for member in list(room.members.values()):
            for each in member.person.sessions:
                if each.begun:
                    each.client.metadata_changed(change)

    # ------------------------------------------------------------ telling

    def _change(
        self, session: Session, room: Room | None, person: Person | None, key: str, value: str | None
    ) -> MetadataChange:
        return MetadataChange(
            room=room,
            person=person,
            key=key,
            value=value,
            time=self._environment.clock.time(),
            by=session.address,
            origin=self._people.origin(session.person),
            session=session.id,
        )

    def _tell_of_person(self, session: Session, person: Person, key: str, value: str | None) -> None:
        change = self._change(session, None, person, key, value)
        told = dict.fromkeys(
            each
            for room in self._rooms.rooms_of(person)
            for member in room.members.values()
            for each in member.person.sessions
        )
        told.update(dict.fromkeys(person.sessions))
        for watcher in self._people.presence.watchers_of(person.address.name):
            if watcher not in told and self._people.may_see(watcher, person):
                told[watcher] = None
        for each in told:
            if each.begun:
                each.client.metadata_changed(change)

    def most(self) -> int:
        """How many keys whoever has most of them has."""
        people = max(map(len, self._of.values()), default=0)
        return max(people, max((len(room.metadata or ()) for room in self._rooms.all()), default=0))
