"""People at another door, and friendships, for tests of what IRC clients see of them."""

from collections.abc import Sequence

from imd.core.address import fold
from imd.core.contact import RosterChange
from imd.core.conversation import ConversationNews
from imd.core.message import Envelope, Message, ReadMark, Receipt
from imd.core.past import Redaction
from imd.core.refusal import Refusal
from imd.core.session import ClientInfo, Peer, Presence, PresenceView, Session, State
from imd.core.talk import Crowd, MetadataChange, RoomEvent, RoomLine, RoomLines
from tests.protocols.irc.world import World

IMC = ClientInfo(name="imc", version="0.1", tcp_port=6000, udp_port=6001)


class OtherClient:
    """The core's `Client` of a session of another door; it keeps what it is told."""

    session: Session

    def __init__(self, world: World) -> None:
        self._world = world
        self.events: list[RoomEvent | RoomLine] = []
        self.views: list[PresenceView] = []
        self.changes: list[RosterChange] = []
        self.messages: list[Message] = []
        self.ended: Refusal | None = None

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        self.messages += [envelope.message for envelope in envelopes]

    takes_receipts = True

    def receipt(self, receipt: Receipt) -> None: ...

    def presence_changed(self, views: Sequence[PresenceView]) -> None:
        self.views += views

    def roster_changed(self, change: RosterChange) -> None:
        self.changes.append(change)

    def room_lines(self, told: RoomLines) -> None:
        self.events.extend(told.lines)

    def room_crowd(self, crowd: Crowd) -> None:
        self.events.extend(crowd.told(self.session.person))

    def room_event(self, event: RoomEvent) -> None:
        self.events.append(event)

    takes_missed = False

    def missed(self, name: str, envelopes: Sequence[Envelope]) -> None: ...
    def probe(self) -> None: ...
    def backlog(self) -> int:
        return 0

    def message_redacted(self, redaction: Redaction) -> None: ...
    def message_read(self, mark: ReadMark) -> None: ...

    def metadata_changed(self, change: MetadataChange) -> None: ...
    def conversation(self, news: ConversationNews) -> None: ...

    def end(self, reason: Refusal) -> None:
        self.ended = reason

    def says(self, state: State, text: str = "", idle_since: float | None = None) -> None:
        """Its presence from now on."""
        self._world.hub.presence.update(self.session, Presence(state, text, idle_since))
        self._world.turn()

    def leaves(self) -> None:
        self._world.hub.people.sign_off(self.session, "quit")
        self._world.turn()


def sign_on(world: World, name: str, *, info: ClientInfo = IMC, address: str = "192.0.2.2") -> OtherClient:
    """A session of an account (made when it does not exist) by another door."""
    account = world.run(world.accounts.by_name(fold(name))) or world.account(name)
    client = OtherClient(world)
    peer = Peer("native", address, 50000, secure=True)
    client.session = world.run(world.hub.people.sign_on(account, name, peer, info, client))
    world.hub.people.begin(client.session)
    world.turn()
    return client


def befriend(world: World, one: str, other: str) -> None:
    """Both see each other's presence from now on; both must be on."""
    first, second = session_of(world, one), session_of(world, other)
    rosters = world.hub.rosters
    world.run(rosters.ask(first, other))
    world.run(rosters.approve(second, one))
    world.run(rosters.ask(second, one))
    world.run(rosters.approve(first, other))
    for user in world.users:
        user.take()


def session_of(world: World, name: str) -> Session:
    person = world.hub.people.find(name)
    if person is None:
        raise AssertionError(f"{name} is not on")
    return person.sessions[0]
