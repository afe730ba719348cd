"""The way of a message from person to person, and what its sender hears (DESIGN, "How a message travels").

One ladder: *direct*, *relay*, *offline*, *extended*; every step leaves its reason in the trace. A message is
*accepted* once a client of the recipient acknowledged it or the store has it, whichever comes first; so whoever
acknowledges within `ack_wait` costs no write, and whoever does not costs one row in a group commit.
"""

from collections.abc import Callable, Iterable

from imd.core.accounts import AccountChange
from imd.core.address import Address, fold, split
from imd.core.catchup import CatchUp
from imd.core.direct import Direct
from imd.core.extended import Extended
from imd.core.history import History, guest, talk
from imd.core.limbo import Limbo
from imd.core.limits import Limits, check_size
from imd.core.message import Draft, Envelope, Message, Outcome, Receipt
from imd.core.offline import OfflineQueue
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.presence import PresenceRegistry, Sight
from imd.core.recipients import Recipient, Recipients
from imd.core.refusal import Malformed, NoSuchAccount, NotKept, QueueFull, Refusal, StoreUnavailable
from imd.core.relay import Channel, Flow, Inbox, Pending, Stored
from imd.core.sequence import MessageIds, Sequence
from imd.core.session import Account, Person, Session
from imd.core.stores import InboxStore, OutcomeUnknown, Queued, Queueing
from imd.core.trace import Trace, Way

Settle = Callable[[Receipt], None]

#: How long a sender waits for a store that died with the message, before hearing *unknown*. Seconds.
OUTCOME_WAIT = 10.0

#: So many messages of unknown fate are held in memory while the store is away.
_STUCK = 10_000


class Delivery:
    """The `imd.core.ports.Delivery` of this daemon."""

    def __init__(
        self,
        environment: Environment,
        people: People,
        presence: PresenceRegistry,
        recipients: Recipients,
        store: InboxStore,
        queue: OfflineQueue,
        catchup: CatchUp,
        history: History,
        numbers: Sequence,
        ids: MessageIds,
        limits: Limits,
        *,
        ack_wait: float,
        keep: float,
        max_messages: int,
        guest_messages: int,
    ) -> None:
        self.trace = Trace(limits.traces)
        self.ack_wait = ack_wait
        self.keep = keep
        self.max_messages = max_messages
        self.guest_messages = guest_messages
        self._environment = environment
        self._people = people
        self._presence = presence
        self._recipients = recipients
        self._store = store
        self._queue = queue
        self._catchup = catchup
        self._history = history
        self._numbers = numbers
        self._ids = ids
        self.limits = limits
        self._direct = Direct()
        self._extended = Extended()
        self._inboxes: dict[str, Inbox] = {}
        #: Not settled yet, by message id: a repetition joins those who wait.
        self._open: dict[str, Pending] = {}
        #: Handed to a client lately; those of the elder generation are put into the store when the timer fires.
        self._young: list[Pending] = []
        self._elder: list[Pending] = []
        #: The store failed them; they are tried again when it is back.
        self._stuck = Limbo()
        #: Acknowledged or durable, and on their way into the history of an account with several devices.
        self._recording: dict[str, Pending] = {}
        # After that of `people`, which ends the sessions.
        people.accounts.observers.append(self._account_changed)

    # ------------------------------------------------------------ sending

    def send(self, session: Session, draft: Draft, outcome: Settle) -> str:
        if not draft.body and (draft.kind.kept or not draft.tags):
            raise Malformed("An empty message is not sent.")
        check_size("message", draft.body, self.limits.message_size)
        now = self._environment.clock.time()
        session.active = now
        sender = session.person
        id = self._ids.of(sender.key, draft.client_id)
        if draft.client_id and self._repeated(id, sender, outcome):
            return id
        seq = self._numbers.next(now)
        name, domain = split(draft.to, self._people.domain)
        folded = fold(name)
        person = self._people.find(draft.to)
        origin = self._people.origin(sender)
        account = session.account

        def message_to(address: Address) -> Message:
            return Message(
                id,
                seq,
                now,
                sender.address,
                "" if account is None else account.id,
                address,
                draft.body,
                draft.kind,
                draft.client_id,
                draft.tags,
                origin,
            )

        if person is not None and person.account is not None and not self._recipients.asking(folded):
            self._route(session, message_to(person.address), person.account, person, outcome)
        elif person is not None and person.guest:
            self._to_guest(message_to(person.address), person, outcome)
        elif domain != self._people.domain:
            refusal = NoSuchAccount(draft.to)
            outcome(Receipt(id, draft.client_id, None, Outcome.REFUSED, now, refusal))
        else:

            def found(answer: Recipient | Refusal) -> None:
                if draft.client_id and self._repeated(id, sender, outcome):
                    # Sent twice while the name was looked up.
                    return
                if isinstance(answer, Refusal):
                    outcome(Receipt(id, draft.client_id, None, Outcome.REFUSED, now, answer))
                else:
                    here = self._people.person(answer.account.id)
                    address = Address(answer.account.name, self._people.domain)
                    self._route(session, message_to(address), answer.account, here, outcome, answer)

            self._recipients.find(name, found)
        return id

    def _repeated(self, id: str, sender: Person, outcome: Settle) -> bool:
        """A message its sender sends again: it is told what became of the first (DESIGN, "Ids")."""
        pending = self._open.get(id) or self._stuck.get(id) or self._recording.get(id)
        if pending is not None:
            pending.settles.append(outcome)
            pending.sender = sender
            # If it is not open its sender has heard *unknown*: the same message waits once more.
            if self._open.setdefault(id, pending) is pending and (pending.doubtful or pending.recording):
                self._limit_wait(pending)
            return True
        way = self.trace.get(id)
        if way is None or way.outcome is None or way.outcome in (Outcome.REFUSED, Outcome.UNKNOWN):
            return False
        outcome(self._receipt(way.message, way.outcome))
        return True

    @staticmethod
    def _receipt(
        message: Message, outcome: Outcome, reason: Refusal | None = None, *, time: float | None = None
    ) -> Receipt:
        when = message.time if time is None else time
        return Receipt(message.id, message.client_id, message.recipient, outcome, when, reason)

    def _to_guest(self, message: Message, person: Person, outcome: Settle) -> None:
        """A message to a guest is live only: there is no inbox, and no account to confirm for it."""
        way = self.trace.begin(message, person.key)
        way.add(message.time, "relay", "handed to a guest")
        way.outcome = Outcome.ACCEPTED
        envelope = Envelope(message)
        for session in list(person.sessions):
            if session.begun:
                session.client.deliver([envelope])
        outcome(self._receipt(message, Outcome.ACCEPTED))

    def _route(
        self,
        session: Session,
        message: Message,
        account: Account,
        person: Person | None,
        outcome: Settle,
        recipient: Recipient | None = None,
    ) -> None:
        """The ladder."""
        if account.suspended:
            outcome(self._receipt(message, Outcome.REFUSED, NoSuchAccount(account.name)))
            return
        before = self.trace.get(message.id) if message.client_id else None
        if before is not None and before.outcome is Outcome.UNKNOWN:
            # Sent again, because its fate was open: somebody may have it under this time.
            message = before.message
        way = self.trace.begin(message, account.id)
        way.handed = before is not None and before.handed
        way.add(message.time, "read", session.peer.door)
        if self._blocked(session.person, account, recipient):
            way.add(message.time, "expired", "the recipient blocks the sender")
            if message.kind.kept:
                self._expire_at_once(session, message, account, way, outcome, recipient)
            else:
                self._pass_on(session, message, account, None, way, outcome, recipient)
            return
        if not message.kind.kept:
            self._pass_on(session, message, account, person, way, outcome, recipient)
            return
        guest_origin = session.peer.address if session.person.guest else ""
        pending = Pending(account, session.person, message, way, outcome, guest_origin)
        self._open[message.id] = pending
        if self._direct.take(message, way, message.time):
            return
        inbox = self._inboxes.get(account.id)
        if inbox is None:
            way.add(message.time, "relay", "not signed on")
            self._keep(pending)
            return
        inbox.pending[message.id] = pending
        if not inbox.relay(pending, message.time):
            way.add(message.time, "relay", "no client can take it now")
            self._keep(pending)
            return
        if pending.acknowledged:
            return
        if not self._young and not self._elder:
            self._environment.clock.call_later(self.ack_wait, self._ack_wait_over)
        self._young.append(pending)

    def _blocked(self, sender: Person, account: Account, recipient: Recipient | None) -> bool:
        if recipient is not None:
            return sender.key in recipient.blocked
        contact = self._people.rosters.contact(account.id, sender.key)
        return contact is not None and contact.blocked

    def _expire_at_once(
        self,
        session: Session,
        message: Message,
        account: Account,
        way: Way,
        outcome: Settle,
        recipient: Recipient | None,
    ) -> None:
        """What a blocked person sends is accepted, and expires by the recipient's rule; it looks like any other
        message to somebody offline, in what is said and in when it is said (P5)."""
        kept = self._would_see(session.person, account, recipient)
        way.outcome = Outcome.KEPT if kept else Outcome.ACCEPTED
        answer = self._receipt(message, way.outcome)
        if message.kind.kept and session.account is not None and len(session.account.devices) > 1:
            # The sender's own devices show it, as they would had it been taken.
            self._history.record_talk([talk(session.account.id, account.id)], message, None, insist=False)
        self._environment.clock.call_later(self.ack_wait, lambda: outcome(answer))

    def _pass_on(
        self,
        session: Session,
        message: Message,
        account: Account,
        person: Person | None,
        way: Way,
        outcome: Settle,
        recipient: Recipient | None,
    ) -> None:
        """Notices and signals: to those who are on, and never kept (DESIGN, "What is kept")."""
        may_know = self._would_see(session.person, account, recipient)
        unseen = person is not None and person is not session.person and self._presence.invisible(person)
        here = person is not None and not (unseen and may_know)
        if person is not None and here:
            envelope = Envelope(message)
            for target in list(person.sessions):
                if target.begun:
                    target.client.deliver([envelope])
        if here or not may_know:
            way.add(message.time, "relay", "passed on" if here else "nobody there")
            way.outcome = Outcome.ACCEPTED
            outcome(self._receipt(message, Outcome.ACCEPTED))
        else:
            way.add(message.time, "relay", "nobody there, and this kind is not kept")
            way.outcome = Outcome.REFUSED
            reason = NotKept(f"{account.name} is not signed on, and this is not kept.")
            outcome(self._receipt(message, Outcome.REFUSED, reason))

    # ------------------------------------------------------------ keeping

    def _ack_wait_over(self) -> None:
        """Whoever has not acknowledged for one to two times `ack_wait`: the store takes the message."""
        for pending in self._elder:
            if pending.stored is Stored.NO and not pending.acknowledged:
                self._keep(pending)
        self._elder, self._young = self._young, []
        if self._elder:
            self._environment.clock.call_later(self.ack_wait, self._ack_wait_over)

    def _keep(self, pending: Pending) -> None:
        if self._stuck:
            self._keep_stuck(pending.account.id)
        if pending.stored is Stored.NO:
            self._put(pending)

    def _keep_stuck(self, account: str) -> None:
        """What an earlier failure of the store left behind goes first, so that the order is kept."""
        for pending in self._stuck.of(account):
            if pending.stored is Stored.NO:
                self._put(pending)

    def _put(self, pending: Pending) -> None:
        pending.stored = Stored.WRITING
        pending.tried = True
        queued = Queued(
            pending.message,
            pending.message.time + self.keep,
            int(pending.way.handed),
            pending.origin,
            self.guest_messages if pending.origin else 0,
        )
        self._queue.put(pending.account.id, queued, lambda answer: self._kept(pending, answer))

    def _kept(self, pending: Pending, answer: Queueing | StoreUnavailable | OutcomeUnknown) -> None:
        now = self._environment.clock.time()
        inbox = self._inboxes.get(pending.account.id)
        handed = pending.way.handed
        pending.stored = Stored.NO
        if pending.acknowledged:
            # Meanwhile; if it was written after all, its acknowledgement follows it.
            return
        if isinstance(answer, StoreUnavailable | OutcomeUnknown):
            if isinstance(answer, OutcomeUnknown):
                pending.doubtful = True
            if handed or pending.doubtful:
                self._wait_for_store(pending)
            else:
                self._refuse(pending, StoreUnavailable())
            return
        if answer is Queueing.FULL:
            if not handed:
                most = self.guest_messages if pending.origin else self.max_messages
                self._refuse(pending, QueueFull(pending.message.recipient.name, most))
            elif inbox is None or not inbox.unconfirmed(pending.message.id):
                self._drop(pending)
                pending.way.add(now, "offline", "queue full; a client that is gone may have it")
                self._settle(pending, Outcome.UNKNOWN)
            return
        pending.stored = Stored.YES
        pending.way.add(now, "offline", answer.value)
        self._drop(pending)
        self._accept(pending)
        if answer is Queueing.DONE:
            # Sent again after the daemon, and with it the memory of this message, had died.
            if inbox is not None:
                inbox.withdraw(pending.message.id)
        elif inbox is None or not inbox.channels:
            self._extended.take(pending.message, pending.way, now)
        else:
            self._hand_late(inbox, pending)

    def _hand_late(self, inbox: Inbox, pending: Pending) -> None:
        final, attempted = inbox.hand_late(pending.message, pending.way.handed)
        if attempted:
            self._queue.attempted(inbox.account, [pending.message.id])
        if final:
            self._queue.acknowledge(inbox.account, pending.message.id)
        pending.way.handed |= final or attempted

    def _accept(self, pending: Pending) -> None:
        """Acknowledged, or durable; the sender waits for the history too, where other devices read it."""
        targets = self._histories(pending.message, pending.sender.account, pending.account)
        if not targets:
            self._accepted(pending)
        elif not pending.recording:
            pending.recording = True
            insist = len(self._recording) < _STUCK
            if insist:
                self._recording[pending.message.id] = pending
            self._history.record_talk(
                targets, pending.message, lambda outcome: self._recorded(pending, outcome), insist=insist
            )

    def _histories(self, message: Message, sender: Account | None, recipient: Account) -> list[str]:
        """Where a message is recorded: on the side of each account that has a second device."""
        if not self._history.keep:
            return []
        targets = []
        if len(recipient.devices) > 1:
            targets.append(talk(recipient.id, message.sender_account or guest(message.sender)))
        if sender is not None and len(sender.devices) > 1 and sender.id != recipient.id:
            targets.append(talk(sender.id, recipient.id))
        return targets

    def _recorded(self, pending: Pending, outcome: Outcome) -> None:
        if outcome is Outcome.ACCEPTED:
            self._recording.pop(pending.message.id, None)
            self._accepted(pending)
        elif pending.message.id in self._recording:
            # It is written when the store is back.
            self._limit_wait(pending)
        else:
            self._settle(pending, Outcome.UNKNOWN)

    def _accepted(self, pending: Pending) -> None:
        if pending.way.outcome is Outcome.UNKNOWN:
            # The sender could not be told better at the time; should it ask again, it will be.
            pending.way.outcome = self._told_as(pending)
        self._settle(pending, self._told_as(pending))

    def _told_as(self, pending: Pending) -> Outcome:
        """*Kept* for a sender who may know that the recipient is off, or who must think so; else *accepted*."""
        person = self._people.person(pending.account.id)
        if person is not None and (person is pending.sender or not self._presence.invisible(person)):
            return Outcome.ACCEPTED
        return Outcome.KEPT if self._would_see(pending.sender, pending.account, None) else Outcome.ACCEPTED

    def _would_see(self, sender: Person, account: Account, recipient: Recipient | None) -> bool:
        if sender.key == account.id:
            return True
        if recipient is not None:
            approved = sender.key in recipient.approved
        else:
            # Both sides of a subscription are kept alike, and the sender's is at hand.
            contact = self._people.rosters.contact(sender.key, account.id)
            approved = contact is not None and contact.to
        return self._presence.would_see(account, approved)

    def _wait_for_store(self, pending: Pending) -> None:
        """The store failed with this message under way: try again when it is back, and meanwhile be honest."""
        self._stuck.add(pending)
        self._limit_wait(pending)
        if pending.stored is Stored.NO and self._queue.putting(pending.account.id):
            # Younger ones are about to be put: this one goes with them, before them.
            self._put(pending)

    def _limit_wait(self, pending: Pending) -> None:
        if pending.timer is None and not pending.settled:
            pending.way.add(self._environment.clock.time(), "offline", "the store is away")
            pending.timer = self._environment.clock.call_later(OUTCOME_WAIT, lambda: self._store_stays_away(pending))

    def _store_stays_away(self, pending: Pending) -> None:
        """The sender learns that the fate is open; the message is tried again all the same, while there is room."""
        pending.timer = None
        self._settle(pending, Outcome.UNKNOWN)
        inbox = self._inboxes.get(pending.account.id)
        if len(self._stuck) > _STUCK and (inbox is None or not inbox.unconfirmed(pending.message.id)):
            self._drop(pending)

    def _drop(self, pending: Pending) -> None:
        self._stuck.discard(pending.message.id)
        inbox = self._inboxes.get(pending.account.id)
        if inbox is not None:
            inbox.pending.pop(pending.message.id, None)

    def _refuse(self, pending: Pending, reason: Refusal) -> None:
        """It will never be shown, so nobody may hold it any longer."""
        inbox = self._inboxes.get(pending.account.id)
        if inbox is not None:
            inbox.withdraw(pending.message.id)
        self._drop(pending)
        pending.way.add(self._environment.clock.time(), "refused", reason.code)
        self._settle(pending, Outcome.REFUSED, reason)

    def _settle(self, pending: Pending, outcome: Outcome, reason: Refusal | None = None) -> None:
        if not pending.settled:
            self._open.pop(pending.message.id, None)
            pending.settle(outcome, self._receipt(pending.message, outcome, reason))

    def retry(self) -> None:
        """The store is back."""
        for pending in self._stuck:
            if pending.stored is Stored.NO:
                self._keep(pending)
        self._queue.retry()
        for inbox in self._inboxes.values():
            for channel in inbox.channels.values():
                self._resume(inbox, channel)

    # ------------------------------------------------------------ sessions of the recipient

    def attach(self, session: Session) -> None:
        """A session has begun: it gets what waits, and from then on what comes."""
        if session.account is None:
            return
        inbox = self._inboxes.setdefault(session.account.id, Inbox(session.account.id))
        channel = inbox.channels[session.id] = Channel(session, self.limits.window)
        device = session.info.device or session.peer.door
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
        pending = self._open.get(message.id)
        way = self.trace.get(message.id) if pending is None else pending.way
        if way is None:
            way = self.trace.begin(message, account)
            way.add(message.time, "read", "before this daemon started, or long ago")
            way.outcome = Outcome.ACCEPTED
            recipient = self._people.person(account)
            if recipient is not None and recipient.account is not None:
                # That daemon may have died before the history had it.
                sender = self._people.person(message.sender_account) or recipient
                self._accept(Pending(recipient.account, sender, message, way, None, ""))
        return way

    def _push(self, inbox: Inbox) -> None:
        """Put into the store what is under way to clients, without waiting for them any longer."""
        self._keep_stuck(inbox.account)
        for pending in list(inbox.pending.values()):
            if pending.stored is Stored.NO:
                self._keep(pending)
        self._queue.flush()

    def _resume(self, inbox: Inbox, channel: Channel) -> None:
        """A channel that is behind reads on once half its window is confirmed."""
        if channel.flow is Flow.BEHIND and len(channel.unconfirmed) <= channel.window // 2:
            self._catch_up(inbox, channel)

    def detach(self, session: Session) -> None:
        """The session is over; what it had not confirmed stays in the inbox under its id."""
        inbox = None if session.account is None else self._inboxes.get(session.account.id)
        channel = None if inbox is None else inbox.channels.pop(session.id, None)
        if inbox is None or channel is None:
            return
        channel.close()
        if inbox.pending:
            for pending in list(inbox.pending.values()):
                if pending.stored is Stored.NO:
                    self._keep(pending)
        if not inbox.channels:
            del self._inboxes[inbox.account]

    def acknowledge(self, session: Session, ids: Iterable[str]) -> None:
        inbox = None if session.account is None else self._inboxes.get(session.account.id)
        channel = None if inbox is None else inbox.channels.get(session.id)
        if inbox is None or channel is None:
            return
        for id in ids:
            message = channel.unconfirmed.get(id)
            if message is None:
                continue
            # One acknowledgement from any session takes a message off the inbox.
            for other in list(inbox.channels.values()):
                other.confirmed(id)
            # It may have come through an earlier session, and wait for the store since.
            pending = inbox.pending.pop(id, None) or self._open.get(id) or self._stuck.get(id)
            if pending is not None:
                pending.acknowledged = True
                self._stuck.discard(id)
            if pending is None or pending.tried:
                self._queue.acknowledge(inbox.account, id)
            self._delivered(session, message, pending)
        for other in list(inbox.channels.values()):
            self._resume(inbox, other)

    def _delivered(self, session: Session, message: Message, pending: Pending | None) -> None:
        way = self.trace.get(message.id) if pending is None else pending.way
        if way is not None:
            way.add(self._environment.clock.time(), "delivered", session.peer.door)
        sender = self._people.person(message.sender_account)
        hidden = sender is None or not self._may_hear(sender, session.person)
        if pending is not None:
            self._accept(pending)
        if sender is not None and not hidden:
            person = sender
            now = self._environment.clock.time()
            receipt = self._receipt(message, Outcome.DELIVERED, time=now)
            if pending is None or pending.settled:
                self._tell_sender(person, receipt)
            else:
                # Not before *accepted*.
                pending.after = lambda: self._tell_sender(person, receipt)

    def _may_hear(self, sender: Person, recipient: Person) -> bool:
        """Whether the sender may learn what became of a message beyond *accepted* (P5)."""
        return sender is recipient or (
            self._presence.sight(sender, recipient) is not Sight.HIDDEN and not self._presence.invisible(recipient)
        )

    @staticmethod
    def _tell_sender(sender: Person, receipt: Receipt) -> None:
        for session in list(sender.sessions):
            if session.begun:
                session.client.receipt(receipt)

    def read(self, session: Session, id: str) -> None:
        way = self.trace.get(id)
        if way is None or way.recipient != session.person.key:
            return
        way.add(self._environment.clock.time(), "seen", session.peer.door)
        for other in session.person.sessions:
            if other is not session and other.begun:
                other.client.message_read(way.message.sender, id)
        sender = self._people.person(way.message.sender_account)
        if sender is not None and self._may_hear(sender, session.person):
            now = self._environment.clock.time()
            self._tell_sender(sender, self._receipt(way.message, Outcome.READ, time=now))

    async def fetch(self, session: Session) -> int:
        if session.account is None:
            return 0
        inbox = self._inboxes.get(session.account.id)
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

    # ------------------------------------------------------------ upkeep

    def _account_changed(self, change: AccountChange) -> None:
        """Of a removed account's messages nobody will confirm any; its sessions have ended by now."""
        if change.before is None or change.after is not None:
            return
        account = change.before
        self._queue.withdraw(account.id)
        under_way = {id: p for id, p in self._open.items() if p.account.id == account.id}
        under_way |= {pending.message.id: pending for pending in self._stuck.of(account.id)}
        for id, pending in under_way.items():
            # Should the store take it after all, it takes it off again.
            pending.acknowledged = True
            if pending.tried:
                self._queue.acknowledge(account.id, id)
            self._recording.pop(id, None)
            self._drop(pending)
            if pending.way.handed:
                pending.way.add(self._environment.clock.time(), "unknown", "the account was removed")
                self._settle(pending, Outcome.UNKNOWN)
            else:
                self._refuse(pending, NoSuchAccount(account.name))

    def forget_recipient(self, account: Account) -> None:
        self._recipients.forget(account)

    @property
    def idle(self) -> bool:
        """Whether no sender waits for an outcome and nothing waits for the store."""
        return not (self._open or self._stuck) and self._queue.idle and self._recipients.idle and not self._behind()

    def _behind(self) -> bool:
        """Whether a session could read on: the store had failed it."""
        return any(
            channel.flow is Flow.BEHIND and len(channel.unconfirmed) <= channel.window // 2
            for inbox in self._inboxes.values()
            for channel in inbox.channels.values()
        )

    def counts(self) -> dict[str, int]:
        """For the operator's status."""
        return {
            "open": len(self._open),
            "stuck": len(self._stuck) + len(self._recording),
            "inboxes": len(self._inboxes),
        }
