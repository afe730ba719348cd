"""A whole core for tests: the real hub over the memory store, on a clock that stands still until told.

`House.person` makes an account and `House.on` opens a session whose client is a `Recorder`: it writes down what the
core tells it and acknowledges when the test says so (or at once).
"""

from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import Logger
from twisted.trial.unittest import SynchronousTestCase

from imd.core.accounts import Accounts
from imd.core.contact import RosterChange
from imd.core.conversation import ConversationNews
from imd.core.hub import Hub, Policy
from imd.core.message import Draft, Envelope, Kind, Message, Outcome, ReadMark, Receipt
from imd.core.past import Redaction
from imd.core.refusal import Refusal
from imd.core.session import Account, ClientInfo, Peer, Presence, PresenceView, Session
from imd.core.talk import Crowd, MetadataChange, RoomEvent, RoomLine, RoomLines
from imd.net.reactor_clock import ReactorClock, Spawner
from imd.storage.memory.store import MemoryStore

#: Where the tests' clock begins: real enough for message times and sequence numbers.
NOON = 1_790_000_000.0


class TestEnvironment:
    """`imd.core.ports.Environment` on a `Clock`."""

    __test__ = False
    log = Logger()

    def __init__(self, reactor: Clock) -> None:
        self.clock = ReactorClock(reactor)
        self.spawn = Spawner(self.log)

    def future(self) -> Deferred[Any]:
        return Deferred()


class Recorder:
    """A `Client` that writes down what it is told."""

    def __init__(self) -> None:
        self.hub: Hub
        self.session: Session
        #: Acknowledge at once, as a well-behaved client on a fast line does.
        self.prompt = True
        #: It cannot read history: what its device has missed is to be handed to it.
        self.reads_nothing = False
        self.missed_lines: list[tuple[str, list[Envelope]]] = []
        #: What its connection has not taken yet, in bytes.
        self.unread = 0
        self.envelopes: list[Envelope] = []
        self.receipts: list[Receipt] = []
        self.views: list[PresenceView] = []
        self.roster: list[RosterChange] = []
        self.events: list[RoomEvent | RoomLine] = []
        self.read_marks: list[ReadMark] = []
        self.redactions: list[Redaction] = []
        self.shown: list[MetadataChange] = []
        self.conversations: list[ConversationNews] = []
        self.ended: Refusal | None = None

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        self.envelopes.extend(envelopes)
        if self.prompt:
            self.hub.delivery.acknowledge(self.session, [envelope.message.id for envelope in envelopes])
            self.answer()

    def acknowledge(self) -> None:
        """Confirm everything received so far."""
        self.hub.delivery.acknowledge(self.session, [envelope.message.id for envelope in self.envelopes])

    takes_receipts = True

    def receipt(self, receipt: Receipt) -> None:
        self.receipts.append(receipt)

    def presence_changed(self, views: Sequence[PresenceView]) -> None:
        self.views.extend(views)

    def roster_changed(self, change: RosterChange) -> None:
        self.roster.append(change)

    def room_lines(self, told: RoomLines) -> None:
        self.events.extend(told.lines)

    def room_crowd(self, crowd: Crowd) -> None:
        assert self.session is not None
        self.events.extend(crowd.told(self.session.person))

    def room_event(self, event: RoomEvent) -> None:
        self.events.append(event)

    @property
    def takes_missed(self) -> bool:
        return self.reads_nothing

    def missed(self, name: str, envelopes: Sequence[Envelope]) -> None:
        self.missed_lines.append((name, list(envelopes)))

    def probe(self) -> None:
        if self.prompt:
            self.answer()

    def answer(self) -> None:
        """A sign of life: everything it was told so far it has read."""
        track = self.session.track
        if track is not None:
            track.asked(self.hub.people.position())
            track.answered()

    def backlog(self) -> int:
        return self.unread

    def message_redacted(self, redaction: Redaction) -> None:
        self.redactions.append(redaction)

    def message_read(self, mark: ReadMark) -> None:
        self.read_marks.append(mark)

    def metadata_changed(self, change: MetadataChange) -> None:
        self.shown.append(change)

    def conversation(self, news: ConversationNews) -> None:
        self.conversations.append(news)

    def end(self, reason: Refusal) -> None:
        self.ended = reason

    @property
    def messages(self) -> list[Message]:
        return [envelope.message for envelope in self.envelopes]

    @property
    def bodies(self) -> list[str]:
        return [message.body for message in self.messages]

    @property
    def states(self) -> list[tuple[str, str]]:
        """(name, state) of each presence change seen."""
        return [(view.person.name, view.state.value) for view in self.views]


class House:
    """The core of a daemon, and the people in it."""

    def __init__(self, policy: Policy | None = None, store: MemoryStore | None = None) -> None:
        self.reactor = Clock()
        self.reactor.advance(NOON)
        self.environment = TestEnvironment(self.reactor)
        self.store = store or MemoryStore()
        self.policy = policy or Policy()
        self.restart()

    def restart(self) -> None:
        """A new daemon on the same store, as after ``kill -9``."""
        self.accounts = Accounts(self.store.accounts)
        self.hub = Hub(self.environment, self.store, self.accounts, self.policy)
        Deferred.fromCoroutine(self.hub.start())
        self.turn()

    def turn(self, seconds: float = 0) -> None:
        """Let the reactor turn, and time pass."""
        self.reactor.advance(seconds)
        for _ in range(3):
            self.reactor.advance(0)

    def wait(self, coroutine: Any) -> Any:
        """The result of a coroutine that needs no time to pass."""
        results: list[Any] = []
        deferred = Deferred.fromCoroutine(coroutine) if not isinstance(coroutine, Deferred) else coroutine
        deferred.addBoth(results.append)
        self.turn()
        assert results, "still waiting"
        if hasattr(results[0], "raiseException"):
            results[0].raiseException()
        return results[0]

    def person(self, name: str) -> Account:
        """A new account."""
        account: Account = self.wait(self.accounts.create(name, None, self.reactor.seconds()))
        return account

    def on(
        self,
        who: Account | str,
        *,
        door: str = "native",
        address: str = "192.0.2.1",
        info: ClientInfo | None = None,
        presence: Presence | None = None,
        confirms: bool = True,
        prompt: bool = True,
        replaces: str = "",
        reads_nothing: bool = False,
    ) -> Recorder:
        """Sign on an account, or a guest of this nick, and begin."""
        client = Recorder()
        client.hub = self.hub
        client.prompt = prompt
        client.reads_nothing = reads_nothing
        account = who if isinstance(who, Account) else None
        nick = who if isinstance(who, str) else ""
        session = self.wait(
            self.hub.people.sign_on(
                account,
                nick,
                Peer(door, address, 40000),
                info or ClientInfo(),
                client,
                presence=presence or Presence(),
                confirms=confirms,
                replaces=replaces,
            )
        )
        client.session = session
        self.hub.people.begin(session)
        self.turn()
        return client

    def off(self, client: Recorder, reason: str = "lost") -> None:
        self.hub.people.sign_off(client.session, reason)
        self.turn()

    def send(
        self, sender: Recorder, to: str, body: str, *, client_id: str = "", kind: Kind = Kind.TEXT, turn: bool = True
    ) -> list[Receipt]:
        """Send, and the receipts that settle it (one, sooner or later)."""
        told: list[Receipt] = []
        self.hub.delivery.send(sender.session, Draft(to, body, kind, client_id), told.append)
        if turn:
            self.turn()
        return told

    def friends(self, one: Recorder, other: Recorder) -> None:
        """Make two people who are on mutual contacts."""
        rosters = self.hub.rosters
        self.wait(rosters.ask(one.session, other.session.address.name))
        self.wait(rosters.approve(other.session, one.session.address.name))
        self.wait(rosters.ask(other.session, one.session.address.name))
        self.wait(rosters.approve(one.session, other.session.address.name))


class HouseTestCase(SynchronousTestCase):
    """A test in a house; fails when a coroutine of the core has failed unseen."""

    policy: Policy | None = None

    def setUp(self) -> None:
        self.house = House(self.policy)

    def assert_settled(self, told: list[Receipt], outcome: Outcome) -> None:
        """Settled exactly once, and so."""
        self.assertEqual([receipt.outcome for receipt in told], [outcome])
