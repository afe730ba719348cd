"""Reading the history: who may, and which part of it (`imd.core.past` has the values).

Whoever is in a room may read what was said in it since it was made: a room that ends and is made anew by others does
not hand on what was said in the old one. Of talks one reads one's own copies.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from imd.core.address import Address, split
from imd.core.message import Message
from imd.core.past import END, MOST, TAKEN_BACK, Heard, Part, Past, Spot, events, guest, moment, owner_of, talk
from imd.core.refusal import NoSuchAccount, NoSuchMessage, NotAMember, NotForGuests, StoreUnavailable
from imd.core.session import Session
from imd.core.stores import HistoryStore, OutcomeUnknown
from imd.core.talk import Room

if TYPE_CHECKING:
    from imd.core.people import People

T = TypeVar("T")


class Place:
    """A history that somebody may read."""

    __slots__ = ("name", "since", "targets")

    def __init__(self, name: str, target: str, since: int = 0) -> None:
        #: As it is spelled.
        self.name = name
        #: What was said, and what happened.
        self.targets = [target, events(target)]
        #: Nothing with a smaller sequence number is shown.
        self.since = since


class Reading:
    """The half of `imd.core.history.History` that reads."""

    find_room: Callable[[str], Room | None]
    rooms_of: Callable[[Session], Sequence[Room]]
    people: "People"
    #: Waits until everything that is under way to the account of this id has an outcome: it may be recorded then.
    arrived: Callable[[str], Awaitable[None]]

    def __init__(self, store: HistoryStore) -> None:
        self._store = store

    async def latest(self, session: Session, target: str, before: int, limit: int) -> list[Message]:
        end = Spot(first=before, last=before) if before else None
        return (await self.read(session, target, Part(limit=limit, before=end))).messages

    async def read(self, session: Session, target: str, part: Part) -> Past:
        place = await self.place(session, target)
        if session.account is not None and owner_of(place.targets[0]):
            await self.arrived(session.account.id)
        targets = place.targets if part.events else place.targets[:1]
        limit = max(0, min(part.limit, MOST))
        if part.around is not None:
            return Past(place.name, await self._around(place, targets, part.around, limit))
        least, greatest = (-1, -1), (END, END)
        after = least if part.after is None else await self._span(place, part.after)
        before = greatest if part.before is None else await self._span(place, part.before)
        newest = part.newest
        if part.either:
            newest = after > before
            after, before = min(after, before), max(after, before)
        first = max(after[1], place.since - 1)
        return Past(place.name, await self._some(targets, first, before[0], limit, newest=newest))

    async def taken_back_since(self, session: Session, target: str, after: int) -> list[str]:
        place = await self.place(session, target)
        happened = await self._some(place.targets[1:], max(after, place.since - 1), END, MOST, newest=True)
        return [each.body for each in happened if each.tags.get("event") == TAKEN_BACK]

    async def _around(self, place: Place, targets: Sequence[str], mark: Spot, limit: int) -> list[Message]:
        """Half of them before the place if there are so many, the rest from it on, or more before it."""
        start, _ = await self._span(place, mark)
        before = await self._some(targets, place.since - 1, start, limit, newest=True)
        after = await self._some(targets, max(start, place.since) - 1, END, limit, newest=False)
        behind = max(limit - len(after), limit // 2)
        before = before[-behind:] if behind else []
        return [*before, *after[: limit - len(before)]]

    async def _span(self, place: Place, mark: Spot) -> tuple[int, int]:
        """First and last sequence number of a place. Raises `NoSuchMessage`."""
        if not mark.id:
            return mark.first, mark.last
        message = await self.find(place, mark.id)
        if message is None:
            raise NoSuchMessage(mark.id)
        return message.seq, message.seq

    async def find(self, place: Place, id: str) -> Message | None:
        """A message of this place by its id."""
        for target in place.targets:
            message = await self._ask(self._store.find(target, id))
            if message is not None and message.seq >= place.since:
                return message
        return None

    async def _some(
        self, targets: Sequence[str], after: int, before: int, limit: int, *, newest: bool
    ) -> list[Message]:
        """Of all `targets` together, in order."""
        if before - after < 2 or not limit:
            return []
        found: list[Message] = []
        for target in targets:
            if newest:
                found += await self._ask(self._store.latest(target, before, limit, after))
            else:
                found += await self._ask(self._store.after(target, after, limit, before))
        if len(targets) > 1:
            # That something was taken back is for clients that have kept it, not for people who read.
            found = [message for message in found if message.tags.get("event") != TAKEN_BACK]
            found.sort(key=lambda message: message.seq)
        return found[-limit:] if newest else found[:limit]

    async def heard(self, session: Session, after: Spot, before: Spot, limit: int, *, newest: bool) -> list[Heard]:
        """The rooms one is in, and the people one has talked with, whose latest message lies between two moments."""
        limit = max(0, min(limit, MOST))
        rooms = {room.archive: room for room in self.rooms_of(session)}
        found: list[tuple[int, str]] = []
        for target, seq in (await self._ask(self._store.newest(list(rooms)))).items():
            room = rooms[target]
            if after.last < seq < before.first and seq >= _since(room):
                found.append((seq, room.name))
        account = session.account
        if account is not None:
            await self.arrived(account.id)
            talks = await self._ask(self._store.talks(account.id, after.last, before.first, limit, newest=newest))
            others = {target.partition(" ")[2]: seq for target, seq in talks.items()}
            names = await self._names(list(others))
            found += [(seq, names[other]) for other, seq in others.items() if other in names]
        found.sort()
        some = found[-limit:] if newest else found[:limit]
        return [Heard(name, seq / 1_000_000) for seq, name in (some if limit else ())]

    async def _names(self, others: Sequence[str]) -> dict[str, str]:
        """What the other sides of talks are called now; without accounts that are no more."""
        accounts = await self.people.accounts.by_id([other for other in others if "@" not in other])
        names = {id: account.name for id, account in accounts.items()}
        return names | {other: other.partition("@")[0] for other in others if "@" in other}

    async def place(self, session: Session, target: str) -> Place:
        """Where the session finds what was said with or in `target`. Raises `NotAMember`, `NoSuchAccount`."""
        if target.startswith("#"):
            return self._room(session, target)
        account = session.account
        if account is None:
            raise NotForGuests("History")
        if session.person.site:
            self.people.visitors.check_staff(session.person, target)
        name, domain = split(target, self.people.domain)
        if domain == f"guest.{self.people.domain}":
            return Place(name, talk(account.id, guest(Address(name, domain))))
        here = self.people.find(target)
        if here is not None and here.account is None:
            return Place(here.address.name, talk(account.id, guest(here.address)))
        if domain != self.people.domain:
            raise NoSuchAccount(target)
        try:
            other = await self.people.resolve(name, session.person)
        except NoSuchAccount:
            # A guest who is gone, or a desk, perhaps.
            for where in (f"guest.{self.people.domain}", self.people.domain):
                gone = talk(account.id, guest(Address(name, where)))
                if await self._ask(self._store.newest([gone])):
                    return Place(name, gone)
            raise
        return Place(other.name, talk(account.id, other.id))

    def _room(self, session: Session, name: str) -> Place:
        room = self.find_room(name)
        if room is None or session.person.key not in room.members:
            raise NotAMember(name)
        return Place(room.name, room.archive, _since(room))

    async def _ask(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except OutcomeUnknown:
            raise StoreUnavailable from None


def _since(room: Room) -> int:
    return moment(room.created).first
