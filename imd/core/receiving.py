"""The recipient's side: its sessions come and go, catch up from the store, confirm, and read on (`relay` has the flow).

What one session acknowledges is off the inbox for all of them; what none has acknowledged stays in it.
"""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from imd.core.catchup import CatchUp
from imd.core.keeping import Keeping
from imd.core.limits import Limits
from imd.core.message import FOR_DESK_TAG, Message, Outcome, Receipt, receipt
from imd.core.offline import OfflineQueue
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.presence import PresenceRegistry, Sight
from imd.core.refusal import StoreUnavailable
from imd.core.relay import Channel, Flow, Inbox, Pending, Stored
from imd.core.session import Person, Session
from imd.core.stores import InboxStore, OutcomeUnknown
from imd.core.trace import Trace, Way

if TYPE_CHECKING:
    from imd.core.desks.service import Desks

#: Seconds between two looks at a session that catches up.
_LOOK = 0.02


class Receiving:
    """The half of `Delivery` that serves recipients."""

    #: Set by the hub.
    desks: "Desks"

    def __init__(
        self,
        environment: Environment,
        people: People,
        presence: PresenceRegistry,
        store: InboxStore,
        queue: OfflineQueue,
        keeping: Keeping,
        catchup: CatchUp,
        trace: Trace,
        limits: Limits,
    ) -> None:
        self.limits = limits
        self._environment = environment
        self._people = people
        self._presence = presence
        self._store = store
        self._queue = queue
        self._keeping = keeping
        self._catchup = catchup
        self._trace = trace
        #: Taken by an earlier daemon, and delivered while their senders were off, who have not been heard of since.
        self.inherited: dict[str, None] = {}

    # ------------------------------------------------------------ coming and going

    def attach(self, session: Session) -> None:
        """A session has begun: it gets what waits, and from then on what comes."""
        if session.account is None:
            return
        inbox = self._keeping.inboxes.setdefault(session.account.id, Inbox(session.account.id))
        channel = inbox.channels[session.id] = Channel(
            session, self.limits.window, self.limits.window_bytes, self.limits.tally
        )
        device = session.device
        if device not in session.account.devices:
            self._environment.spawn("remember a device", self._people.accounts.add_device(session.account, device))
        self._catch_up(inbox, channel)

    def _catch_up(self, inbox: Inbox, channel: Channel) -> None:
        channel.flow = Flow.CATCHING_UP
        alone = len(inbox.channels) == 1
        self._environment.spawn(
            "bring a session up to date",
            self._catchup.run(
                inbox.account,
                channel,
                lambda: self._push(inbox),
                lambda message: self._way(message, inbox.account),
                alone,
            ),
        )

    def _way(self, message: Message, account: str) -> Way:
        """The trace of a message that came out of the store; what is new here was accepted by an earlier daemon."""
        if message.tags and FOR_DESK_TAG in message.tags:
            return self.desks.way_of_copy(message, account)
        pending = self._keeping.open.get(message.id)
        way = self._trace.get(message.id) if pending is None else pending.way
        if way is None:
            way = self._trace.begin(message, account)
            way.add(message.time, "read", "before this daemon started, or long ago")
            way.outcome = Outcome.ACCEPTED
            recipient = self._people.person(account)
            if recipient is not None and recipient.account is not None:
                # That daemon may have died before the history had it.
                sender = self._people.person(message.sender_account)
                if sender is None:
                    self.inherited[message.id] = None
                    if len(self.inherited) > self._trace.limit:
                        del self.inherited[next(iter(self.inherited))]
                pending = Pending(recipient.account, sender or recipient, message, way, None, "")
                pending.stored, pending.tried = Stored.YES, True
                self._keeping.accept(pending)
        return way

    def _push(self, inbox: Inbox) -> None:
        """Put into the store what is under way to clients, without waiting for them any longer."""
        self._keeping.keep_stuck(inbox.account)
        for pending in list(inbox.pending.values()):
            if pending.stored is Stored.NO:
                self._keeping.keep(pending)
        self._queue.flush()

    def _resume(self, inbox: Inbox, channel: Channel) -> None:
        """A channel that is behind reads on once half its window is confirmed."""
        if channel.flow is Flow.BEHIND and channel.half_empty:
            self._catch_up(inbox, channel)

    def detach(self, session: Session) -> None:
        """The session is over; what it had not confirmed stays in the inbox under its id."""
        inbox = None if session.account is None else self._keeping.inboxes.get(session.account.id)
        channel = None if inbox is None else inbox.channels.pop(session.id, None)
        if inbox is None or channel is None:
            return
        channel.close()
        if inbox.pending:
            for pending in list(inbox.pending.values()):
                if pending.stored is Stored.NO:
                    self._keeping.keep(pending)
        if not inbox.channels:
            del self._keeping.inboxes[inbox.account]

    # ------------------------------------------------------------ confirming

    def acknowledge(self, session: Session, ids: Iterable[str]) -> None:
        inbox = None if session.account is None else self._keeping.inboxes.get(session.account.id)
        channel = None if inbox is None else inbox.channels.get(session.id)
        if inbox is None or channel is None:
            return
        now = self._environment.clock.time()
        for id in ids:
            message = channel.unconfirmed.get(id)
            if message is None:
                continue
            # One acknowledgement from any session takes a message off the inbox.
            for other in list(inbox.channels.values()):
                if not other.confirmed(id) and other.flow is not Flow.LIVE and not self._over(id, inbox.account):
                    other.passed(message)
            # It may have come through an earlier session, and wait for the store since.
            pending = inbox.pending.pop(id, None) or self._keeping.under_way(id, inbox.account)
            if pending is not None:
                pending.acknowledged = True
                self._keeping.stuck.discard(pending.key)
            if pending is None or pending.tried:
                self._queue.acknowledge(inbox.account, id)
            self._delivered(session, message, pending, now)
        for other in list(inbox.channels.values()):
            if other.flow is Flow.BEHIND:
                self._resume(inbox, other)

    def _over(self, id: str, account: str) -> bool:
        """Whether it was confirmed before, and only the store has not heard of that, or was taken back."""
        way = self._trace.of(id, account)
        return way is not None and any(step in ("delivered", "redacted") for _, step, _ in way.steps)

    def _delivered(self, session: Session, message: Message, pending: Pending | None, now: float) -> None:
        if message.tags and FOR_DESK_TAG in message.tags:
            self._delivered_to_agent(session, message, pending, now)
            return
        way = self._trace.get(message.id) if pending is None else pending.way
        if way is not None:
            way.steps.append((now, "delivered", session.peer.door))
        person = self._hearing(message.sender_account, session.person)
        if pending is not None:
            self._keeping.accept(pending)
        if person is not None:
            told = receipt(message, Outcome.DELIVERED, time=now)
            if pending is None or pending.settled:
                self.tell_sender(person, told)
            else:
                # Not before *accepted*.
                pending.after = partial(self.tell_sender, person, told)

    def _delivered_to_agent(self, session: Session, message: Message, pending: Pending | None, now: float) -> None:
        """The same for an agent's copy: its sender hears of the desk, and once."""
        way = self._trace.of(message.id, session.person.key) if pending is None else pending.way
        if way is not None:
            way.steps.append((now, "delivered", session.peer.door))
        self.desks.delivered(session.person, message, now)
        if pending is not None:
            self._keeping.accept(pending)

    def _hearing(self, account: str, recipient: Person) -> Person | None:
        """The sender `account`, if it is on with a client that takes receipts and may hear of what `recipient` does."""
        sender = self._people.person(account)
        if sender is None:
            return None
        for session in sender.sessions:
            if session.client.takes_receipts:
                return sender if self._may_hear(sender, recipient) else None
        return None

    def _may_hear(self, sender: Person, recipient: Person) -> bool:
        """Whether the sender may learn what became of a message beyond *accepted* (P5)."""
        return sender is recipient or (
            self._presence.sight(sender, recipient) is not Sight.HIDDEN and not self._presence.invisible(recipient)
        )

    @staticmethod
    def tell_sender(sender: Person, receipt: Receipt) -> None:
        for session in list(sender.sessions):
            if session.begun and session.client.takes_receipts:
                session.client.receipt(receipt)

    def read(self, session: Session, id: str) -> None:
        way = self._trace.of(id, session.person.key)
        if way is None or way.recipient != session.person.key:
            return
        now = self._environment.clock.time()
        way.add(now, "seen", session.peer.door)
        self._people.read_marks.read(session, way.message)
        if way.message.tags and FOR_DESK_TAG in way.message.tags:
            self.desks.read(session.person, way.message, now)
            return
        sender = self._hearing(way.message.sender_account, session.person)
        if sender is not None:
            self.tell_sender(sender, receipt(way.message, Outcome.READ, time=now))

    # ------------------------------------------------------------ what waits

    async def fetch(self, session: Session) -> int:
        if session.account is None:
            return 0
        inbox = self._keeping.inboxes.get(session.account.id)
        channel = None if inbox is None else inbox.channels.get(session.id)
        try:
            await self._store.retry(session.account.id)
            count = await self._store.count(session.account.id)
        except OutcomeUnknown:
            raise StoreUnavailable from None
        if inbox is not None and channel is not None and not channel.over():
            channel.cursor = 0
            if channel.flow is Flow.LIVE:
                self._catch_up(inbox, channel)
            elif channel.flow is Flow.CATCHING_UP:
                channel.again = True
            else:
                self._resume(inbox, channel)
        return count

    async def waiting(self, session: Session) -> int:
        if session.account is None:
            return 0
        try:
            return await self._store.count(session.account.id)
        except OutcomeUnknown:
            raise StoreUnavailable from None

    async def caught_up(self, session: Session) -> None:
        """Waits until the session has been handed what waited for its account, or as much as it takes unconfirmed."""
        inbox = None if session.account is None else self._keeping.inboxes.get(session.account.id)
        channel = None if inbox is None else inbox.channels.get(session.id)
        while channel is not None and not channel.over() and channel.flow is Flow.CATCHING_UP and channel.room is None:
            pause = self._environment.future()
            self._environment.clock.call_later(_LOOK, partial(pause.callback, None))
            await pause

    async def arrived(self, account: str) -> None:
        """What is under way to the account has an outcome: a client has it, or the store."""
        inbox = self._keeping.inboxes.get(account)
        for pending in [] if inbox is None else list(inbox.pending.values()):
            if not pending.settled:
                outcome = self._environment.future()
                pending.settles.append(outcome.callback)
                await outcome

    def retry(self) -> None:
        """The store is back: who could read on does."""
        for inbox in self._keeping.inboxes.values():
            for channel in inbox.channels.values():
                self._resume(inbox, channel)

    def behind(self) -> bool:
        """Whether a session could read on: the store had failed it."""
        return any(
            channel.flow is Flow.BEHIND and channel.half_empty
            for inbox in self._keeping.inboxes.values()
            for channel in inbox.channels.values()
        )

    def most_unconfirmed(self) -> int:
        """Messages under way to the client that has most to confirm."""
        inboxes = self._keeping.inboxes.values()
        return max((len(each.unconfirmed) for inbox in inboxes for each in inbox.channels.values()), default=0)
