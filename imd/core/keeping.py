"""From *under way* to an outcome: the store is asked, the history is told, and the sender hears what became of it.

::

                        ┌──(a client acknowledged)──┐
    open ──(keep)──► store ──(durable)──► accept ──(history, for several devices)──► settle
                        ├──(full, or away and nobody has it)──► refuse ──────────────► settle
                        └──(died, or away and a client may have it)──► limbo, until it is back or ten seconds are over
"""

from collections.abc import Callable

from imd.core.accounts import AccountChange
from imd.core.address import Address
from imd.core.extended import Extended
from imd.core.history import History
from imd.core.limbo import Limbo
from imd.core.message import DESK_TAG, FOR_DESK_TAG, Envelope, Message, Outcome, Receipt
from imd.core.offline import OfflineQueue
from imd.core.past import guest, talk
from imd.core.people import People
from imd.core.ports import Environment, Future
from imd.core.presence import PresenceRegistry
from imd.core.recipients import Recipient
from imd.core.refusal import NoSuchAccount, QueueFull, Refusal, StoreUnavailable
from imd.core.relay import Inbox, Pending, Stored, copy_key
from imd.core.session import Account, Person, Session
from imd.core.stores import OutcomeUnknown, Queued, Queueing
from imd.core.tally import Tally

#: How long a sender waits for a store that died with the message, before hearing *unknown*. Seconds.
OUTCOME_WAIT = 10.0

#: So many messages of unknown fate are held in memory while the store is away.
_STUCK = 10_000


def _serves_nobody(agent: str, person: str) -> bool:
    return False


_TAKEN = (Outcome.ACCEPTED, Outcome.KEPT)


def show_elsewhere(speaker: Session, message: Message) -> None:
    """The other sessions of whoever said it show it, too, as said by herself."""
    if len(speaker.person.sessions) > 1:
        envelopes = [Envelope(message)]
        for session in list(speaker.person.sessions):
            if session is not speaker and session.begun:
                if session.track is not None:
                    session.track.late(message.seq)
                session.client.deliver(envelopes)


class Keeping:
    """What is not settled yet, and what the store has failed."""

    def __init__(
        self,
        environment: Environment,
        people: People,
        presence: PresenceRegistry,
        queue: OfflineQueue,
        history: History,
        *,
        keep: float,
        max_messages: int,
        guest_messages: int,
        tally: Tally,
    ) -> None:
        #: Seconds for which a message is kept.
        self.lifetime = keep
        self.max_messages = max_messages
        self.guest_messages = guest_messages
        self._tally = tally
        self._environment = environment
        self._people = people
        self._presence = presence
        self._queue = queue
        self._history = history
        self._extended = Extended()
        #: What is under way to accounts that are on, by account id.
        self.inboxes: dict[str, Inbox] = {}
        #: Not settled yet, by `Pending.key`, nearly always the message's id: a repetition joins those who wait.
        self.open: dict[str, Pending] = {}
        #: The store failed them; they are tried again when it is back.
        self.stuck = Limbo()
        #: What a blocked person has said and has not been told of yet, by message id; and who waits for that.
        self.expiring: dict[str, list[Future[None]]] = {}
        #: Acknowledged or durable, and on their way into the history of an account with several devices.
        self.recording: dict[str, Pending] = {}
        #: Whether agents of desks have had copies of messages, which go by `copy_key`.
        self.copies = False
        #: Whether the account of this id serves the person of that id at a desk. Set by the hub.
        self.serves: Callable[[str, str], bool] = _serves_nobody
        # After that of `people`, which ends the sessions.
        people.accounts.observers.append(self._account_changed)

    def find(self, key: str) -> Pending | None:
        """A message whose last word is not spoken, though its sender may have heard *unknown*."""
        return self.open.get(key) or self.stuck.get(key) or self.recording.get(key)

    def under_way(self, id: str, account: str) -> Pending | None:
        """A message to this account, if it is open or the store has failed it."""
        pending = self.open.get(id) or self.stuck.get(id)
        if (pending is None or pending.account.id != account) and self.copies:
            key = copy_key(id, account)
            return self.open.get(key) or self.stuck.get(key)
        return pending

    def join(self, id: str, sender: Person, settle: Callable[[Receipt], None]) -> bool:
        """Wait for the same outcome, if the message `id` is under way."""
        pending = self.find(id)
        if pending is None:
            return False
        pending.settles.append(settle)
        pending.sender = sender
        # If it is not open its sender has heard *unknown*: the same message waits once more.
        if self.open.setdefault(id, pending) is pending and (pending.doubtful or pending.recording):
            self.limit_wait(pending)
        return True

    def keep(self, pending: Pending) -> None:
        if self.stuck:
            self.keep_stuck(pending.account.id)
        if pending.stored is Stored.NO:
            self._put(pending)

    def keep_stuck(self, account: str) -> None:
        """What an earlier failure of the store left behind goes first, so that the order is kept."""
        for pending in self.stuck.of(account):
            if pending.stored is Stored.NO:
                self._put(pending)

    def _put(self, pending: Pending) -> None:
        pending.stored = Stored.WRITING
        pending.tried = True
        queued = Queued(
            pending.message,
            pending.message.time + self.lifetime,
            int(pending.way.handed),
            pending.origin,
            self.guest_messages if pending.origin else 0,
        )
        self._queue.put(pending.account.id, queued, lambda answer: self._kept(pending, answer))

    def _kept(self, pending: Pending, answer: Queueing | StoreUnavailable | OutcomeUnknown) -> None:
        now = self._environment.clock.time()
        inbox = self.inboxes.get(pending.account.id)
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
                self.refuse(pending, StoreUnavailable())
            return
        if answer is Queueing.FULL:
            self._tally.count("guests.offline_messages" if pending.origin else "offline.max_messages")
            if not handed and inbox is not None and inbox.holds(pending.message.id):
                # A client that signs on is about to have it: nobody who is here is too full for a moment.
                return
            if not handed:
                most = self.guest_messages if pending.origin else self.max_messages
                self.refuse(pending, QueueFull(pending.message.recipient.name, most))
            elif inbox is None or not inbox.unconfirmed(pending.message.id):
                self.drop(pending)
                pending.way.add(now, "offline", "queue full; a client that is gone may have it")
                self.settle(pending, Outcome.UNKNOWN)
            return
        pending.stored = Stored.YES
        pending.way.add(now, "offline", answer.value)
        self.drop(pending)
        self.accept(pending)
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

    def accept(self, pending: Pending) -> None:
        """Acknowledged, or durable; the sender waits for the history too, where other devices read it."""
        sender, recipient = pending.sender.account, pending.account
        tags = pending.message.tags
        if self._history.needless(sender, recipient) and not (tags and DESK_TAG in tags):
            self._accepted(pending)
            return
        targets = self.histories(pending.message, sender, recipient)
        if not targets:
            self._accepted(pending)
        elif not (self._history.read_by(recipient) or (sender is not None and self._history.read_by(sender))):
            # Nobody has another device that would miss it, should the daemon die now.
            self._history.note(targets, pending.message)
            self._accepted(pending)
        elif not pending.recording:
            pending.recording = True
            insist = len(self.recording) < _STUCK
            if insist:
                self.recording[pending.key] = pending
            self._history.record_talk(
                targets, pending.message, lambda outcome: self._recorded(pending, outcome), insist=insist
            )

    def histories(
        self, message: Message, sender: Account | None, recipient: Account | None, *, shown: bool = True
    ) -> list[str]:
        """Where a message is recorded: on the side of each account that has copies of its talks."""
        targets: list[str] = []
        if message.tags:
            if DESK_TAG in message.tags:
                return self._of_answer(message, sender, recipient)
            if FOR_DESK_TAG in message.tags:
                # What its sender has of it is under the desk, and not this copy's matter.
                sender = None
        if shown and recipient is not None and self._history.copies(recipient):
            targets.append(talk(recipient.id, message.sender_account or guest(message.sender)))
        if sender is not None and self._history.copies(sender) and (recipient is None or sender.id != recipient.id):
            targets.append(talk(sender.id, guest(message.recipient) if recipient is None else recipient.id))
        return targets

    def _of_answer(self, message: Message, sender: Account | None, recipient: Account | None) -> list[str]:
        """What an agent says into a conversation: whoever is answered has the talk with the desk, whoever answers, and
        whatever else she reads with."""
        targets: list[str] = []
        if recipient is not None and self._history.keep:
            desk = guest(Address(message.tags[DESK_TAG], message.recipient.domain))
            targets.append(talk(recipient.id, desk))
            if sender is not None and self._history.copies(sender):
                targets.append(talk(sender.id, recipient.id))
        return targets

    def _recorded(self, pending: Pending, outcome: Outcome) -> None:
        if outcome is Outcome.ACCEPTED:
            self.recording.pop(pending.key, None)
            self._accepted(pending)
        elif pending.key in self.recording:
            # It is written when the store is back.
            self.limit_wait(pending)
        else:
            self.settle(pending, Outcome.UNKNOWN)

    def _accepted(self, pending: Pending) -> None:
        outcome = self._told_as(pending)
        if pending.way.outcome is Outcome.UNKNOWN:
            # The sender could not be told better at the time; should it ask again, it will be.
            pending.way.outcome = outcome
        self.settle(pending, outcome)

    def _told_as(self, pending: Pending) -> Outcome:
        """*Kept* for a sender who may know that the recipient is off, or who must think so; else *accepted*."""
        person = self._people.person(pending.account.id)
        if person is not None and (person is pending.sender or not self._presence.invisible(person)):
            return Outcome.ACCEPTED
        return Outcome.KEPT if self.would_see(pending.sender, pending.account, None) else Outcome.ACCEPTED

    def would_see(self, sender: Person, account: Account, recipient: Recipient | None) -> bool:
        if sender.key == account.id:
            return True
        if recipient is not None:
            approved = sender.key in recipient.approved
        else:
            # Both sides of a subscription are kept alike, and the sender's is at hand.
            contact = self._people.rosters.contact(sender.key, account.id)
            approved = contact is not None and contact.to
        return self._presence.would_see(account, approved) or self.serves(sender.key, account.id)

    def _wait_for_store(self, pending: Pending) -> None:
        """The store failed with this message under way: try again when it is back, and meanwhile be honest."""
        self.stuck.add(pending)
        self.limit_wait(pending)
        if pending.stored is Stored.NO and self._queue.putting(pending.account.id):
            # Younger ones are about to be put: this one goes with them, before them.
            self._put(pending)

    def limit_wait(self, pending: Pending) -> None:
        if pending.timer is None and not pending.settled:
            pending.way.add(self._environment.clock.time(), "offline", "the store is away")
            pending.timer = self._environment.clock.call_later(OUTCOME_WAIT, lambda: self._store_stays_away(pending))

    def _store_stays_away(self, pending: Pending) -> None:
        """The sender learns that the fate is open; the message is tried again all the same, while there is room."""
        pending.timer = None
        self.settle(pending, Outcome.UNKNOWN)
        inbox = self.inboxes.get(pending.account.id)
        if len(self.stuck) > _STUCK and (inbox is None or not inbox.unconfirmed(pending.message.id)):
            self.drop(pending)

    def drop(self, pending: Pending) -> None:
        self.stuck.discard(pending.key)
        inbox = self.inboxes.get(pending.account.id)
        if inbox is not None:
            inbox.pending.pop(pending.message.id, None)

    async def settled(self, id: str) -> None:
        """The message `id` has an outcome, if it is under way: it is in history, or will never be."""
        pending = self.open.get(id)
        outcome = self._environment.future()
        if pending is not None and not pending.settled:
            pending.settles.append(outcome.callback)
        elif id in self.expiring:
            self.expiring[id].append(outcome)
        else:
            return
        await outcome
        # Whoever told it goes on: its copies, and sessions that get it once it is stored.
        turn = self._environment.future()
        self._environment.clock.soon(lambda: turn.callback(None))
        await turn

    def withdraw(self, account: str, id: str) -> None:
        """Nobody of this account shall be shown this message, should it still wait for that."""
        pending = self.find(id)
        if pending is not None and pending.account.id == account:
            pending.acknowledged = True
            self.recording.pop(id, None)
            self.drop(pending)
        inbox = self.inboxes.get(account)
        if inbox is not None:
            inbox.withdraw(id)
            inbox.not_again(id)
        self._queue.acknowledge(account, id)

    def withdraw_copy(self, account: str, id: str) -> None:
        """An agent of a desk shall not be shown this message, should her copy still wait for that: another has it."""
        key = copy_key(id, account)
        pending = self.find(key)
        if pending is not None:
            pending.settles.clear()
            if pending.timer is not None:
                pending.timer.cancel()
                pending.timer = None
            pending.acknowledged = True
            self.open.pop(key, None)
            self.recording.pop(key, None)
            self.drop(pending)
        self.withdraw(account, id)

    def refuse(self, pending: Pending, reason: Refusal) -> None:
        """It will never be shown, so nobody may hold it any longer."""
        inbox = self.inboxes.get(pending.account.id)
        if inbox is not None:
            inbox.withdraw(pending.message.id)
        self.drop(pending)
        pending.way.add(self._environment.clock.time(), "refused", reason.code)
        self.settle(pending, Outcome.REFUSED, reason)

    def settle(self, pending: Pending, outcome: Outcome, reason: Refusal | None = None) -> None:
        if pending.settles:
            message = pending.message
            self.open.pop(pending.key, None)
            speaker = pending.speaker
            if speaker is not None and len(speaker.person.sessions) > 1 and outcome in _TAKEN:
                # Never what was refused.
                pending.speaker = None
                if speaker.person.key != pending.account.id:
                    show_elsewhere(speaker, message)
            pending.settle(
                outcome, Receipt(message.id, message.client_id, message.recipient, outcome, message.time, reason)
            )

    def _account_changed(self, change: AccountChange) -> None:
        """Of a removed account's messages nobody will confirm any; its sessions have ended by now."""
        if change.before is None or change.after is not None:
            return
        account = change.before
        self._queue.withdraw(account.id)
        under_way = {key: p for key, p in self.open.items() if p.account.id == account.id}
        under_way |= {pending.key: pending for pending in self.stuck.of(account.id)}
        for key, pending in under_way.items():
            # Should the store take it after all, it takes it off again.
            pending.acknowledged = True
            if pending.tried:
                self._queue.acknowledge(account.id, pending.message.id)
            self.recording.pop(key, None)
            self.drop(pending)
            if pending.way.handed:
                pending.way.add(self._environment.clock.time(), "unknown", "the account was removed")
                self.settle(pending, Outcome.UNKNOWN)
            else:
                self.refuse(pending, NoSuchAccount(account.name))

    def retry(self) -> None:
        """The store is back."""
        for pending in self.stuck:
            if pending.stored is Stored.NO:
                self.keep(pending)

    @property
    def idle(self) -> bool:
        return not (self.open or self.stuck or self.recording)
