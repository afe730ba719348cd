"""A hub that records what the door asks of it."""

from collections.abc import Callable, Iterable, Sequence

import msgspec
from twisted.internet.task import Clock

from imd.core.address import Address
from imd.core.contact import Contact
from imd.core.message import Draft, Message, Outcome, Receipt
from imd.core.past import Heard, Part, Past, Spot
from imd.core.ports import Client, RoomsKept
from imd.core.refusal import NoSuchAccount, NoSuchRoom, Refusal
from imd.core.session import (
    Account,
    ClientInfo,
    Peer,
    Person,
    Presence,
    PresenceView,
    Session,
    State,
    Visibility,
)
from imd.core.talk import Member, Role, Room, RoomChange
from imd.net.reactor_clock import ReactorClock
from tests.protocols.native.recorder import ALICE, BOB, DOMAIN, START, Fake, Recorder


class FakePeople(Fake):
    domain = DOMAIN

    def __init__(self, record: Recorder) -> None:
        super().__init__(record)
        self.sessions: list[Session] = []
        self.persons: dict[str, Person] = {}

    async def sign_on(
        self,
        account: Account | None,
        nick: str,
        peer: Peer,
        info: ClientInfo,
        client: Client,
        *,
        presence: Presence = Presence(),
        confirms: bool = True,
        replaces: str = "",
    ) -> Session:
        await self.record.wait("sign_on", account, nick, info, presence, replaces)
        assert account is not None
        person = self.persons.setdefault(account.id, Person(account.id, Address(account.name, DOMAIN), account))
        session = Session(f"s{len(self.sessions) + 1}", person, peer, info, client, START, confirms)
        session.presence = presence
        person.sessions.append(session)
        self.sessions.append(session)
        return session

    def begin(self, session: Session) -> None:
        self.record.note("begin", session.id)
        session.begun = True

    def sign_off(self, session: Session, reason: str, text: str = "") -> None:
        self.record.note("sign_off", session.id, reason, text)

    async def set_privacy(
        self, session: Session, visible_to: Visibility | None = None, share_location: bool | None = None
    ) -> Account:
        await self.record.wait("set_privacy", visible_to, share_location)
        return msgspec.structs.replace(ALICE, visible_to=visible_to or Visibility.EVERYONE)

    def stays(self, person: Person) -> bool:
        return False

    async def set_always_on(self, session: Session, on: bool) -> None:
        await self.record.wait("set_always_on", on)

    def set_realname(self, session: Session, realname: str) -> None:
        self.record.note("set_realname", realname)


class FakePresence(Fake):
    def update(self, session: Session, presence: Presence) -> None:
        self.record.note("update", presence)

    def touched(self, session: Session) -> None:
        self.record.note("touched")

    def view(self, watcher: Session, name: str) -> PresenceView:
        self.record.note("view", name)
        return PresenceView(Address(name, DOMAIN), State.AWAY, State.AWAY, text="lunch")

    def roster_views(self, session: Session) -> list[PresenceView]:
        return [PresenceView(BOB, State.AVAILABLE, State.OFFLINE)]

    def watch(self, session: Session, name: str) -> PresenceView:
        self.record.note("watch", name)
        return self.view(session, name)

    def unwatch(self, session: Session, name: str) -> None:
        self.record.note("unwatch", name)


class FakeRosters(Fake):
    async def contacts(self, session: Session) -> list[Contact]:
        await self.record.wait("contacts")
        return [Contact("2", BOB, to=True, from_=True)]

    async def _contact(self, what: str, *details: object) -> Contact:
        await self.record.wait(what, *details)
        return Contact("2", BOB, asking=what == "ask", blocked=what == "block")

    async def ask(self, session: Session, name: str, label: str = "", groups: Sequence[str] = ()) -> Contact:
        return await self._contact("ask", name, label, tuple(groups))

    async def put(self, session: Session, name: str, label: str, groups: Sequence[str]) -> Contact:
        return await self._contact("put", name, label, tuple(groups))

    async def approve(self, session: Session, name: str) -> Contact:
        return await self._contact("approve", name)

    async def block(self, session: Session, name: str) -> Contact:
        return await self._contact("block", name)

    async def refuse(self, session: Session, name: str) -> None:
        await self.record.wait("refuse", name)

    async def cancel(self, session: Session, name: str) -> None:
        await self.record.wait("cancel", name)

    async def remove(self, session: Session, name: str) -> None:
        await self.record.wait("remove", name)

    async def unblock(self, session: Session, name: str) -> None:
        await self.record.wait("unblock", name)


class FakeRooms(Fake):
    def __init__(self, record: Recorder) -> None:
        super().__init__(record)
        self.rooms: dict[str, Room] = {}
        self.outcomes: list[Callable[[Receipt], None]] = []
        self.refusals: list[Refusal] = []

    def find(self, name: str) -> Room | None:
        return self.rooms.get(name)

    def all(self) -> Iterable[Room]:
        return self.rooms.values()

    def rooms_of(self, person: Person) -> Sequence[Room]:
        return [room for room in self.rooms.values() if person.key in room.members]

    def catch_up(self, room: Room) -> None: ...

    def may_know(self, session: Session, room: Room) -> bool:
        return "secret" not in room.name

    def join(self, session: Session, name: str, key: str = "") -> Room:
        self.record.note("join", name, key)
        room = self.rooms.setdefault(name, Room(name, START))
        member = Member(session.person, START)
        member.roles.add(Role.FOUNDER)
        room.members[session.person.key] = member
        return room

    def part(self, session: Session, name: str, text: str = "") -> None:
        self.record.note("part", name, text)
        if name not in self.rooms:
            raise NoSuchRoom(name)

    def say(
        self,
        session: Session,
        name: str,
        draft: Draft,
        outcome: Callable[[Receipt], None] | None = None,
        least: Role | None = None,
    ) -> Message:
        self.record.note("say", name, draft, *([] if least is None else [least]))
        assert outcome is not None
        self.outcomes.append(outcome)
        return Message("r1", 1, START, session.address, "1", Address(name, DOMAIN), draft.body)

    def set_topic(self, session: Session, name: str, text: str) -> None:
        self.record.note("set_topic", name, text)

    def change(self, session: Session, name: str, changes: Sequence[RoomChange]) -> list[Refusal]:
        self.record.note("change", name, list(changes))
        return self.refusals

    def remove_member(self, session: Session, name: str, who: str, text: str = "") -> None:
        self.record.note("remove_member", name, who, text)

    def invite(self, session: Session, name: str, who: str) -> Address:
        self.record.note("invite", name, who)
        return Address(who, DOMAIN)

    def invitations(self, session: Session) -> Sequence[Room]:
        return []

    @property
    def keeping(self) -> RoomsKept:
        raise AssertionError("no native message is about this")

    def rename(self, session: Session, name: str, new: str, text: str = "") -> None:
        self.record.note("rename", name, new, text)


class FakeDelivery(Fake):
    def __init__(self, record: Recorder) -> None:
        super().__init__(record)
        self.outcomes: list[Callable[[Receipt], None]] = []

    def send(self, session: Session, draft: Draft, outcome: Callable[[Receipt], None]) -> str:
        self.record.note("send", draft)
        if draft.to == "nobody":
            raise NoSuchAccount("nobody")
        self.outcomes.append(outcome)
        return f"m{len(self.outcomes)}"

    def settle(self, index: int, outcome: Outcome, reason: Refusal | None = None) -> None:
        self.outcomes[index](Receipt(f"m{index + 1}", "", BOB, outcome, START + 1, reason))

    def acknowledge(self, session: Session, ids: Iterable[str]) -> None:
        self.record.note("acknowledge", tuple(ids))

    def read(self, session: Session, id: str) -> None:
        self.record.note("read", id)

    async def fetch(self, session: Session) -> int:
        await self.record.wait("fetch")
        return 3

    async def waiting(self, session: Session) -> int:
        await self.record.wait("waiting")
        return 2


class FakeHistory(Fake):
    def __init__(self, record: Recorder) -> None:
        super().__init__(record)
        self.messages: list[Message] = []
        self.taken_back: list[str] = []

    def want(self, session: Session) -> None: ...

    async def heard(self, session: Session, after: Spot, before: Spot, limit: int, *, newest: bool) -> list[Heard]:
        await self.record.wait("heard", after, before, limit, newest)
        return [Heard("bob", START), Heard("#tea", START + 1)]

    async def taken_back_since(self, session: Session, target: str, after: int) -> list[str]:
        return self.taken_back

    async def redact(self, session: Session, target: str, id: str, text: str) -> None:
        await self.record.wait("redact", target, id, text)

    async def read(self, session: Session, target: str, part: Part) -> Past:
        await self.record.wait("read", target, part)
        return Past(target, self.messages)


class FakeOffers(Fake):
    def make(self, session: Session, to: str, offer: str) -> None:
        self.record.note("offer made", to, offer)

    def settle(self, session: Session, other: str, offer: str) -> None:
        self.record.note("offer settled", other, offer)


class FakeReadMarks(Fake):
    async def mark(self, session: Session, target: str, at: int, id: str = "") -> int:
        self.record.note("mark", target, at)
        return at


class FakeVisitors(Fake):
    def realname(self, account: Account) -> str:
        return "Anna" if account.visitor else ""

    async def introduce(
        self, session: Session, *, name: str = "", email: str = "", page: str = "", title: str = ""
    ) -> None:
        await self.record.wait("introduce", name, email, page, title)


class FakeDesks(Fake):
    def close(self, session: Session, desk: str) -> None:
        self.record.note("close conversation", desk)


class FakeHub:
    def __init__(self) -> None:
        self.record = Recorder()
        self.reactor = Clock()
        self.reactor.advance(START)
        self.clock = ReactorClock(self.reactor)
        self.people = FakePeople(self.record)
        self.presence = FakePresence(self.record)
        self.rosters = FakeRosters(self.record)
        self.rooms = FakeRooms(self.record)
        self.delivery = FakeDelivery(self.record)
        self.history = FakeHistory(self.record)
        self.offers = FakeOffers(self.record)
        self.desks = FakeDesks(self.record)
        self.read_marks = FakeReadMarks(self.record)
        self.visitors = FakeVisitors(self.record)
