"""Which rooms there are, and who is in which: the two sides of membership, always in step."""

from collections.abc import Callable, Sequence

from imd.core.address import fold
from imd.core.session import Person
from imd.core.talk import Member, Room


class RoomIndex:
    """Rooms by folded name, and those of each person by `Person.key`. `rooms` is only read by others."""

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        #: Passed on as a whole to `imd.core.passage` only.
        self.memberships: dict[str, dict[str, Room]] = {}
        #: Where rooms that have been renamed keep their history: not under their names.
        self._elsewhere: set[str] = set()
        #: Told whenever a person's rooms have changed.
        self.moved: Callable[[Person], None] = lambda person: None

    def find(self, name: str) -> Room | None:
        return self.rooms.get(fold(name))

    def rooms_of(self, person: Person) -> Sequence[Room]:
        return list(self.memberships.get(person.key, {}).values())

    def count_of(self, person: Person) -> int:
        return len(self.memberships.get(person.key, ()))

    def most(self) -> int:
        """In how many rooms whoever is in most of them is."""
        return max(map(len, self.memberships.values()), default=0)

    def share(self, one: Person, other: Person) -> bool:
        """Whether two people are in a room together."""
        rooms = self.memberships.get(one.key, {})
        return any(folded in rooms for folded in self.memberships.get(other.key, {}))

    def add(self, room: Room) -> None:
        folded = fold(room.name)
        self.rooms[folded] = room
        if room.archive != folded:
            self._elsewhere.add(room.archive)

    def remove(self, room: Room) -> None:
        """The room ends; nobody is in it."""
        del self.rooms[fold(room.name)]
        self._elsewhere.discard(room.archive)

    def enter(self, room: Room, member: Member) -> None:
        room.members[member.person.key] = member
        self.memberships.setdefault(member.person.key, {})[fold(room.name)] = room
        self.moved(member.person)

    def leave(self, room: Room, person: Person) -> None:
        room.members.pop(person.key, None)
        room.encoded = None
        mine = self.memberships.get(person.key, {})
        mine.pop(fold(room.name), None)
        if not mine:
            self.memberships.pop(person.key, None)
        self.moved(person)

    def rename(self, room: Room, name: str) -> None:
        """The room goes by another name from now on, for all who are in it."""
        before, after = fold(room.name), fold(name)
        room.name = name
        del self.rooms[before]
        self.rooms[after] = room
        self._elsewhere.discard(room.archive)
        if room.archive != after:
            self._elsewhere.add(room.archive)
        for key in room.members:
            mine = self.memberships[key]
            # In the order of joining, as before.
            self.memberships[key] = {after if each is room else folded: each for folded, each in mine.items()}
        for member in room.members.values():
            self.moved(member.person)

    def archive(self, folded: str) -> str:
        """Where a new room of this name keeps its history: under its name, unless that still is another's."""
        number, archive = 1, folded
        while archive in self._elsewhere:
            # No name holds a comma.
            number += 1
            archive = f"{folded},{number}"
        return archive
