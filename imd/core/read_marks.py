"""How far people have read: a mark for each room and talk, the same on all devices of a person, behind every door.

Nobody else ever learns of it (https://ircv3.net/specs/extensions/read-marker); what a sender hears of reading are the
receipts of `delivery`. Marks only grow. Those of accounts are durable and in memory while the account is on; those of
guests end with the guest.
"""

from collections.abc import Callable

import msgspec

from imd.core.address import MAX_NAME, Address, check_nick, fold, split
from imd.core.limits import Limits
from imd.core.message import DESK_TAG, Message, ReadMark
from imd.core.past import guest
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.refusal import StoreUnavailable
from imd.core.roomrules import check_room_name
from imd.core.session import Person, Session
from imd.core.stores import OutcomeUnknown, ShelfStore
from imd.core.talk import Room

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(int).decode


class ReadMarks:
    """The `imd.core.ports.ReadMarks` of this daemon."""

    def __init__(self, environment: Environment, people: People, shelf: ShelfStore, limits: Limits) -> None:
        self.limits = limits
        self._environment = environment
        self._people = people
        self._shelf = shelf
        #: Set by the hub.
        self.find_room: Callable[[str], Room | None]
        #: By `Person.key` and target (`_target`), in milliseconds since the epoch.
        self._marks: dict[str, dict[str, int]] = {}

    async def load(self, session: Session) -> None:
        await self._of(session)

    def known(self, session: Session, room: str) -> int | None:
        marks = self._marks.get(session.person.key)
        return None if marks is None else marks.get(self._room(session, room), 0)

    async def get(self, session: Session, target: str) -> int:
        where = await self._target(session, target)
        return (await self._of(session)).get(where, 0)

    async def mark(self, session: Session, target: str, at: int, id: str = "") -> int:
        where = await self._target(session, target)
        marks = await self._of(session)
        if at <= (known := marks.get(where, 0)):
            return known
        if session.account is not None:
            try:
                await self._shelf.put([(session.account.id, where, _encode(at))])
            except OutcomeUnknown:
                # It only grows: whoever sets it again does no harm.
                raise StoreUnavailable from None
        if at <= (known := marks.get(where, 0)):
            return known
        marks[where] = at
        self._bound(session, marks)
        told = ReadMark(target, at, id)
        for other in list(session.person.sessions):
            if other is not session and other.begun:
                other.client.message_read(told)
        return at

    def read(self, session: Session, message: Message) -> None:
        """The person has read up to this message of its talk."""
        self._environment.spawn("note what was read", self._read(session, message))

    async def _read(self, session: Session, message: Message) -> None:
        sender = message.sender
        if DESK_TAG in message.tags:
            # Whoever has answered: the talk is with the desk.
            sender = Address(message.tags[DESK_TAG], self._people.domain)
        name = str(sender) if sender.domain != self._people.domain else sender.name
        try:
            await self.mark(session, name, milliseconds(message.time), message.id)
        except StoreUnavailable:
            # It is a convenience: the next mark says it, too.
            self._environment.log.info("a read mark was not noted: the store is away")

    def left(self, person: Person) -> None:
        """The person is on no more under its key."""
        self._marks.pop(person.key, None)

    def _bound(self, session: Session, marks: dict[str, int]) -> None:
        """What was read longest ago is forgotten."""
        most = self.limits.read_marks
        if not most or len(marks) <= most:
            return
        self.limits.tally.count("read_marks")
        oldest = min(marks, key=marks.__getitem__)
        del marks[oldest]
        if session.account is not None:
            self._environment.spawn("forget a read mark", self._forget(session.account.id, oldest))

    async def _forget(self, account: str, where: str) -> None:
        try:
            await self._shelf.remove([(account, where)])
        except (StoreUnavailable, OutcomeUnknown):
            # One too many, until it is the oldest once more.
            self._environment.log.info("a read mark was not forgotten: the store is away")

    async def _of(self, session: Session) -> dict[str, int]:
        key = session.person.key
        marks = self._marks.get(key)
        if marks is None:
            stored: dict[str, bytes] = {}
            if session.account is not None:
                try:
                    stored = await self._shelf.of(session.account.id)
                except OutcomeUnknown:
                    raise StoreUnavailable from None
            marks = self._marks.get(key)
            if marks is None:
                marks = {where: _decode(value) for where, value in stored.items()}
                if session.person.sessions:
                    self._marks[key] = marks
        return marks

    def _room(self, session: Session, name: str) -> str:
        """That of its history, which is the same when the room is renamed. Only for members: to others it must not
        show that it was."""
        room = self.find_room(name)
        return fold(name) if room is None or session.person.key not in room.members else room.archive

    async def _target(self, session: Session, name: str) -> str:
        """Under which name the mark is kept: that of a room's history, an account's id (names change), a guest's
        address. Raises `InvalidName`."""
        if name.startswith("#"):
            return self._room(session, check_room_name(name, self.limits))
        bare, domain = split(name, self._people.domain)
        if session.person.site:
            self._people.visitors.check_staff(session.person, name)
        check_nick(bare, limit=MAX_NAME, international=True)
        if domain == self._people.domain and self._people.desks.named(bare) is not None:
            return guest(Address(bare, domain))
        account = await self._people.accounts.by_name(fold(bare)) if domain == self._people.domain else None
        return fold(str(Address(bare, f"guest.{self._people.domain}"))) if account is None else account.id


def milliseconds(time: float) -> int:
    """As IRC's server-time tells it."""
    return round(time * 1000)
