"""All of the core, joined: what a door gets as `imd.core.ports.Hub`, and what the assembly starts and stops."""

import msgspec

from imd.core.accounts import AccountChange, Accounts
from imd.core.bans import Bans
from imd.core.catchup import CatchUp
from imd.core.delivery import Delivery
from imd.core.desks.service import Desks
from imd.core.history import History
from imd.core.keeping import Keeping
from imd.core.ledger import Ledger
from imd.core.limits import Limits
from imd.core.metadata import Metadata
from imd.core.missed import Missed
from imd.core.offers import Offers
from imd.core.offline import OfflineQueue
from imd.core.people import People
from imd.core.ports import Clock, Environment
from imd.core.presence import PresenceRegistry
from imd.core.read_marks import ReadMarks
from imd.core.recipients import Recipients
from imd.core.redacting import Redacting
from imd.core.roombook import RoomBook
from imd.core.rooms import Rooms
from imd.core.roster import Rosters
from imd.core.sequence import MessageIds, Sequence
from imd.core.sites import DeskRule, Site, Sites
from imd.core.staying import Staying
from imd.core.stores import Store
from imd.core.visitors import Visitors


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The settings the core goes by. Durations in seconds; the defaults are those of `imd.config`."""

    domain: str = "localhost"
    guests: bool = True
    international: bool = False
    ack_wait: float = 0.005
    offline_keep: float = 30 * 86400.0
    offline_max_messages: int = 1000
    guest_messages: int = 20
    history_keep: float = 30 * 86400.0
    history_max_messages: int = 10_000
    #: Whose talks are kept: of "readers", who have a second device or a client that reads history, or "always".
    history_talks: str = "readers"
    #: Seconds for which people may take back what they have said; 0: as long as it is kept.
    redaction_window: float = 86400.0
    ledger_keep: float = 90 * 86400.0
    #: Who may open a new room by joining it: ``everyone``, ``accounts`` or ``nobody``.
    room_creation: str = "everyone"
    #: Who may stay in rooms without a client: ``opt-in``, ``opt-out`` or ``off``; and for how long.
    always_on: str = "opt-in"
    always_on_keep: float = 90 * 86400.0
    #: Who may have the chat in their pages, and the desks that answer.
    sites: tuple[Site, ...] = ()
    desks: tuple[DeskRule, ...] = ()
    #: Seconds for which visitors of sites are kept; 0: for ever.
    visitors_keep: float = 30 * 86400.0
    limits: Limits = msgspec.field(default_factory=Limits)


class Hub:
    """The core of one daemon over one store."""

    def __init__(self, environment: Environment, store: Store, accounts: Accounts, policy: Policy) -> None:
        limits = policy.limits
        self.clock: Clock = environment.clock
        self.sites = Sites(policy.sites, policy.desks)
        accounts.desks = self.sites.desks.keys()
        self.store = store
        self.accounts = accounts
        self.ledger = Ledger(environment, store.ledger)
        self.people = People(
            environment,
            accounts,
            self.ledger,
            limits,
            domain=policy.domain,
            secret=store.secret,
            guests=policy.guests,
            international=policy.international,
        )
        self.visitors = Visitors(
            environment, self.people, self.sites, store.visits, store.inbox, limits, keep=policy.visitors_keep
        )
        self.people.visitors = self.visitors
        self.rosters = Rosters(environment, self.people, store.rosters, limits)
        self.presence = PresenceRegistry(environment, self.people, self.rosters, limits)
        numbers = Sequence(environment.clock.time())
        ids = MessageIds(store.secret)
        self.history = History(
            environment,
            store.history,
            limits.tally,
            keep=policy.history_keep,
            most=policy.history_max_messages,
        )
        self.bans = Bans(environment, store.bans, accounts, limits)
        self.offers = Offers(environment, self.people, limits)
        self.read_marks = ReadMarks(environment, self.people, store.read_marks, limits)
        self._book = RoomBook(environment, store.rooms)
        self.rooms = Rooms(environment, self.people, self.history, self._book, numbers, ids, limits)
        self._queue = OfflineQueue(environment, store.inbox, limit=policy.offline_max_messages)
        self.keeping = Keeping(
            environment,
            self.people,
            self.presence,
            self._queue,
            self.history,
            keep=policy.offline_keep,
            max_messages=policy.offline_max_messages,
            guest_messages=policy.guest_messages,
            tally=limits.tally,
        )
        self.delivery = Delivery(
            environment,
            self.people,
            self.presence,
            Recipients(environment, accounts, self.rosters, limits.recipients),
            store.inbox,
            self._queue,
            self.keeping,
            CatchUp(environment, store.inbox, self._queue, self.rosters, numbers),
            self.history,
            numbers,
            ids,
            limits,
            self.rooms.talking,
            ack_wait=policy.ack_wait,
        )
        self.desks = Desks(
            environment,
            self.people,
            self.presence,
            accounts,
            self.delivery,
            self.keeping,
            self.history,
            store.conversations,
            store.history,
            store.inbox,
            numbers,
            ids,
        )
        self.people.desks = self.desks
        self.history.always = policy.history_talks == "always"
        self.history.find_room = self.rooms.find
        self.read_marks.find_room = self.rooms.find
        self.history.rooms_of = lambda session: self.rooms.rooms_of(session.person)
        self.history.people = self.people
        self.history.arrived = self.delivery.arrived
        self.redacting = Redacting(
            environment,
            self.people,
            self.desks,
            self.history,
            self.keeping,
            self.delivery.trace,
            numbers,
            ids,
            self.rooms.tell,
            window=policy.redaction_window,
        )
        self.history.redact = self.redacting.redact
        self.rooms.creation = policy.room_creation
        self.staying = Staying(
            environment,
            self.people,
            store.memberships,
            limits,
            rule=policy.always_on,
            keep=policy.always_on_keep,
        )
        self.people.staying = self.staying
        self.missed = Missed(
            environment,
            self.people,
            self.history,
            store.cursors,
            store.history,
            store.inbox,
            self.rooms.talking,
            numbers,
            limits,
        )
        self.people.missed = self.missed
        self.rooms.tell_moves(self.staying.moved)
        self.people.presence = self.presence
        self.people.rosters = self.rosters
        self.people.rooms = self.rooms
        self.people.delivery = self.delivery
        self.people.offers = self.offers
        self.metadata = Metadata(environment, self.people, self.rooms, self._book, store.metadata, limits)
        self.people.metadata = self.metadata
        self.people.bans = self.bans
        self.bans.people = self.people
        self.people.read_marks = self.read_marks
        self.rosters.presence = self.presence
        self.policy = policy
        self._environment = environment
        accounts.observers.append(self._account_changed)

    def _account_changed(self, change: AccountChange) -> None:
        if change.before is not None and change.after is None:
            self.history.removed(change.before.id)
            dropping = self.history.own.drop_copies(change.before.id)
            self._environment.spawn("forget the talks of a removed account", dropping)

    async def start(self) -> None:
        """What must be known before anybody signs on; the store is open."""
        crashed = await self.store.ledger.close_open(self.clock.time())
        if crashed:
            self._environment.log.info("{count} sessions had not been closed by the last daemon", count=crashed)
        await self.rooms.load()
        await self.metadata.load()
        await self.staying.load()
        await self.bans.load()
        await self.visitors.visits.load()
        await self.desks.start(self.sites.desks)

    def store_back(self) -> None:
        """The store was away and can be reached again: do what has waited."""
        self.ledger.retry()
        self._book.retry()
        self.staying.retry()
        self.missed.retry()
        self.delivery.retry()
        self.desks.retry()
        self.history.retry()

    async def expire(self) -> dict[str, int]:
        """Forget what has outlived its time, in every store; how much of each. Called now and then."""
        now = self.clock.time()
        self.staying.expire()
        self.desks.expire(now - self.policy.offline_keep)
        return {
            "messages": await self.store.inbox.expire(now),
            "history": await self.history.expire(),
            "visitors": await self.visitors.visits.expire(),
            "ledger": await self.store.ledger.expire(now - self.policy.ledger_keep),
        }

    def change_policy(self, policy: Policy) -> None:
        """New settings, those that can change while the daemon runs."""
        self.policy = policy
        self.sites.apply(policy.sites, policy.desks)
        self.accounts.desks = self.sites.desks.keys()
        self.desks.apply(self.sites.desks)
        self.visitors.confine()
        self.people.guests_allowed = policy.guests
        self.rooms.creation = policy.room_creation
        self.staying.rule = policy.always_on
        self.staying.keep = policy.always_on_keep
        self.staying.apply_rule()
        self.visitors.visits.keep = policy.visitors_keep
        self.delivery.trace.bound(policy.limits.traces)
        parts = (self.people, self.presence, self.rosters, self.rooms, self.delivery, self.offers)
        for part in (*parts, self.visitors, self.bans, self.read_marks, self.staying, self.missed, self.metadata):
            part.limits = policy.limits
        self.people.whowas.limits = self.people.accepting.limits = self.visitors.visits.limits = policy.limits
        self.delivery.ack_wait = policy.ack_wait
        self.keeping.lifetime = policy.offline_keep
        self.keeping.max_messages = policy.offline_max_messages
        self.keeping.guest_messages = policy.guest_messages
        self._queue.limit = policy.offline_max_messages
        self.history.keep = policy.history_keep
        self.redacting.window = policy.redaction_window
        self.history.most = policy.history_max_messages
        self.history.always = policy.history_talks == "always"

    def levels(self) -> dict[str, int]:
        """How much of each limit is used now, by the name of its setting: of those that hold for each account, room or
        client, by whoever uses most."""
        return {
            "sessions_per_account": max((len(person.sessions) for person in self.people.online()), default=0),
            "contacts": self.rosters.most(),
            "watches": self.presence.most_watches(),
            "whowas": len(self.people.whowas),
            "visitors": len(self.visitors.visits),
            **self.rooms.levels(),
            "offers": self.offers.most(),
            "always_on": len(self.staying.persons),
            "metadata_keys": self.metadata.most(),
            "bans": len(self.bans),
            "window": self.delivery.most_unconfirmed(),
            "traces": len(self.delivery.trace),
        }

    @property
    def idle(self) -> bool:
        """Whether nothing is under way: no message without outcome, nothing the store has yet to take."""
        return (
            self.delivery.idle
            and self.ledger.idle
            and self._book.idle
            and self.staying.idle
            and self.missed.idle
            and self.history.idle
            and self.desks.idle
        )
