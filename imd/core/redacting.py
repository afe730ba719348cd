"""Taking back what was said (IRC REDACT): out of history, out of the inbox where it still waits, out of the trace.

Who said it may, for `window` seconds; the operators of a room may always. Those who are on are told, so that their
clients can take it off their screens; who has not seen it yet never will. That it was is noted beside the history, for
clients that have kept it and were away (`imd.core.reading`).
"""

from collections.abc import Callable, Sequence

import msgspec

from imd.core.address import Address
from imd.core.desks.desk import DeskPerson
from imd.core.desks.service import Desks
from imd.core.history import History
from imd.core.keeping import Keeping
from imd.core.message import DESK_TAG, Kind, Message
from imd.core.past import TAKEN_BACK, Redaction, events, guest, talk
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.refusal import NoSuchMessage, NotAMember, RedactionForbidden, RedactionTooLate
from imd.core.roomranks import operator
from imd.core.sequence import MessageIds
from imd.core.sequence import Sequence as Numbers
from imd.core.session import Person, Session
from imd.core.talk import MessageRedacted, Room, RoomEvent
from imd.core.trace import Trace


class Redacting:
    """Belongs to the hub; doors reach it as `HistoryPort.redact`."""

    def __init__(
        self,
        environment: Environment,
        people: People,
        desks: Desks,
        history: History,
        keeping: Keeping,
        trace: Trace,
        numbers: Numbers,
        ids: MessageIds,
        tell: Callable[[Room, RoomEvent], None],
        *,
        window: float,
    ) -> None:
        #: Seconds for which people may take back what they have said; 0: as long as it is kept.
        self.window = window
        self._environment = environment
        self._people = people
        self._desks = desks
        self._history = history
        self._keeping = keeping
        self._trace = trace
        self._numbers = numbers
        self._ids = ids
        self._tell = tell

    async def redact(self, session: Session, target: str, id: str, text: str = "") -> None:
        if target.startswith("#"):
            await self._in_room(session, target, id, text)
        else:
            await self._in_talk(session, target, id, text)

    async def _in_room(self, session: Session, target: str, id: str, text: str) -> None:
        place = await self._history.place(session, target)
        message = await self._history.find(place, id)
        room = self._history.find_room(target)
        member = None if room is None else room.members.get(session.person.key)
        if room is None or member is None:
            # Gone while the store was asked.
            raise NotAMember(target)
        self._check(session, message, id, commands=operator(member))
        await self._history.forget(place.targets, id)
        news, time = self._ids.of("", ""), self._environment.clock.time()
        self._note(session, place.targets[1:], id, news, time)
        event = MessageRedacted(
            room=room,
            time=time,
            by=session.address,
            origin=self._people.origin(session.person),
            session=session.id,
            id=news,
            message=id,
            text=text,
        )
        self._tell(room, event)

    async def _in_talk(self, session: Session, target: str, id: str, text: str) -> None:
        if session.person.site:
            self._people.visitors.check_staff(session.person, target)
        other = self._people.find(target)
        if other is None or other.account is not None:
            account = await self._people.resolve(target, session.person)
            key, name, side = account.id, account.name, account.id
            other = self._people.person(key)
        else:
            key, name, side = other.key, other.address.name, guest(other.address)
        message = await self._find(session, target, key, id)
        self._check(session, message, id, commands=False)
        await self._keeping.settled(id)
        me = session.person
        mine = guest(session.address) if me.account is None else me.account.id
        talks = [] if me.account is None else [talk(mine, side)]
        talks += [talk(side, mine)] if side == key else []
        desk, agents = self._at_desk(message, other)
        talks += [talk(agent, mine) for agent in agents]
        if desk:
            talks.append(talk(key, guest(Address(desk, self._people.domain))))
        await self._history.forget([*talks, *map(events, talks)], id)
        news, time = self._ids.of("", ""), self._environment.clock.time()
        # Who blocks her hears nothing of it, then or later.
        deaf = talk(side, mine) if other is not None and self._blocks(other, me) else ""
        self._note(session, [events(each) for each in talks if each != deaf], id, news, time)
        if side == key:
            self._keeping.withdraw(key, id)
        # Others may have been given copies meanwhile; where there are no agents it waits for the first.
        _, agents = self._at_desk(message, other)
        for agent in agents:
            self._keeping.withdraw_copy(agent, id)
        if isinstance(other, DeskPerson):
            self._desks.taken_back(me.key, id)
        self._strike(session, id)
        redaction = Redaction(
            news,
            time,
            session.address,
            self._people.origin(me),
            me.account is not None,
            session.id,
            name,
            id,
            text,
            desk,
        )
        persons = {me.key: me, key: other, **{agent: self._people.person(agent) for agent in agents}}
        for person in persons.values():
            if person is not None and not self._blocks(person, me):
                for each in list(person.sessions):
                    if each.begun:
                        each.client.message_redacted(redaction)

    def _note(self, session: Session, beside: Sequence[str], id: str, news: str, time: float) -> None:
        account = "" if session.account is None else session.account.id
        by, number = session.address, self._numbers.next(time)
        tags = {"event": TAKEN_BACK}
        self._history.note(beside, Message(news, number, time, by, account, by, id, Kind.EVENT, tags=tags))

    def _at_desk(self, message: Message | None, other: Person | None) -> tuple[str, list[str]]:
        """The desk under which whoever was answered has this; and the agents who have copies of what was asked."""
        if message is None:
            return "", []
        if isinstance(other, DeskPerson):
            return "", self._desks.agents_of(message.sender_account, message.id)
        return message.tags.get(DESK_TAG, ""), []

    async def _find(self, session: Session, target: str, other: str, id: str) -> Message | None:
        """A message between the two: out of one's history, or as the trace remembers it."""
        if session.account is not None:
            message = await self._history.find(await self._history.place(session, target), id)
            if message is not None:
                return message
        way = self._trace.get(id)
        if way is None:
            return None
        theirs = way.recipient == session.person.key and way.message.sender_account == other
        return way.message if theirs or (way.recipient == other and self._said(session, way.message)) else None

    def _said(self, session: Session, message: Message) -> bool:
        """Whether this is one's own: a guest's is that of the guest who is on now, not of earlier ones of that name."""
        if session.account is not None:
            return message.sender_account == session.account.id
        return message.sender == session.address and message.time >= session.since

    def _check(self, session: Session, message: Message | None, id: str, *, commands: bool) -> None:
        if message is None or message.kind is Kind.EVENT:
            raise NoSuchMessage(id)
        if commands:
            return
        if not self._said(session, message):
            raise RedactionForbidden
        if self.window and self._environment.clock.time() - message.time > self.window:
            raise RedactionTooLate(self.window)

    def _strike(self, session: Session, id: str) -> None:
        """The trace keeps the way, and nothing of what was said."""
        way = self._trace.get(id)
        if way is not None:
            way.message = msgspec.structs.replace(way.message, body="", tags={})
            way.add(self._environment.clock.time(), "redacted", f"taken back by {session.address}")

    def _blocks(self, person: Person, sender: Person) -> bool:
        contact = self._people.rosters.contact(person.key, sender.key)
        return contact is not None and contact.blocked
