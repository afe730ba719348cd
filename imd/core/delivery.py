"""The way of a message from person to person, and what its sender hears (DESIGN, "How a message travels").

One ladder: *direct*, *relay*, *offline*, *extended*; every step leaves its reason in the trace. A message is
*accepted* once a client of the recipient acknowledged it or the store has it, whichever comes first; so whoever
acknowledges within `ack_wait` costs no write, and whoever does not costs one row in a group commit.
"""

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from imd.core.address import Address, fold, split
from imd.core.aside import Aside
from imd.core.catchup import CatchUp
from imd.core.desks.conversation import Conversation
from imd.core.desks.desk import DeskPerson
from imd.core.direct import Direct
from imd.core.history import History
from imd.core.keeping import Keeping
from imd.core.limits import Limits
from imd.core.message import Draft, Message, Outcome, Receipt, Settle
from imd.core.offline import OfflineQueue
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.presence import PresenceRegistry
from imd.core.receiving import Receiving
from imd.core.recipients import Recipient, Recipients
from imd.core.refusal import AccountsOnly, Malformed, NoSuchAccount, Refusal, TooMany
from imd.core.relay import Pending, Stored, copy_key
from imd.core.repetitions import Repetitions
from imd.core.sequence import MessageIds, Sequence
from imd.core.session import FIRST_MARKS, Account, Mark, Person, Session, place_of
from imd.core.stores import InboxStore
from imd.core.talking import Talking
from imd.core.trace import Trace

if TYPE_CHECKING:
    from imd.core.desks.service import Desks

#: Looked up for each message, which an enumeration makes dear.
_ACCOUNTS_ONLY = Mark.ACCOUNTS_ONLY


class Delivery(Aside):
    """The `imd.core.ports.Delivery` of this daemon."""

    def __init__(
        self,
        environment: Environment,
        people: People,
        presence: PresenceRegistry,
        recipients: Recipients,
        store: InboxStore,
        queue: OfflineQueue,
        keeping: Keeping,
        catchup: CatchUp,
        history: History,
        numbers: Sequence,
        ids: MessageIds,
        limits: Limits,
        talking: Talking,
        *,
        ack_wait: float,
    ) -> None:
        self.trace = Trace(limits.traces)
        self.ack_wait = ack_wait
        self._environment = environment
        self._people = people
        self._presence = presence
        self._recipients = recipients
        self._queue = queue
        self._keeping = keeping
        self._history = history
        self._numbers = numbers
        self._ids = ids
        self._talking = talking
        self._direct = Direct()
        self._receiving = Receiving(environment, people, presence, store, queue, keeping, catchup, self.trace, limits)
        self._repeated = Repetitions(keeping, self.trace, self._receiving, history).known
        # The recipient's side.
        self.attach, self.detach = self._receiving.attach, self._receiving.detach
        self.acknowledge, self.read = self._receiving.acknowledge, self._receiving.read
        self.fetch, self.waiting = self._receiving.fetch, self._receiving.waiting
        self.caught_up, self.arrived = self._receiving.caught_up, self._receiving.arrived
        #: Conversations with desks, by the account id of whoever has them: those people's messages are looked at.
        self.conversing: dict[str, dict[str, Conversation]] = {}
        #: Handed to a client lately; those of the elder generation are put into the store when the timer fires.
        self._young: list[Pending] = []
        self._elder: list[Pending] = []

    # ------------------------------------------------------------ sending

    def send(self, session: Session, draft: Draft, outcome: Settle) -> str:
        if not draft.body and (draft.kind.kept or not draft.tags):
            raise Malformed("An empty message is not sent.")
        self.limits.check_size("message_size", "message", draft.body)
        if session.person.site:
            self._people.visitors.says(session.person, draft)
        if self._talking.said:
            # What a sender said in a room before is heard before.
            self._talking.tell_of(session.id)
        now = self._environment.clock.time()
        session.active = now
        sender = session.person
        id = self._ids.of(sender.key, draft.client_id)
        if draft.client_id and self._repeated(id, sender, draft, outcome):
            return id
        seq = self._numbers.next(now)
        people = self._people
        person = people.find(draft.to)
        if person is not None and not person.sessions:
            # Who stays in rooms without a client is off.
            person = None
        if person is not None and session.marks is not FIRST_MARKS and person.account is None:
            self._accept_answers(session, person)
        if (
            sender.account is None
            and people.marks[_ACCOUNTS_ONLY]
            and person is not None
            and self._refuses(session, person)
        ):
            outcome(Receipt(id, draft.client_id, None, Outcome.REFUSED, now, AccountsOnly(person.address.name)))
            return id
        if person is None or (person.account is not None and not self._recipients.idle):
            self._look_up(session, draft, id, seq, now, outcome)
        else:
            message = self._message(session, draft, id, seq, now, person.address)
            if person.account is None:
                if isinstance(person, DeskPerson):
                    self.desks.said(session, message, person, outcome)
                else:
                    self._to_guest(session, message, person, outcome)
            else:
                self._route(session, message, person.account, person, outcome, named=draft.to)
        return id

    def _refuses(self, guest: Session, person: Person) -> bool:
        """Whether a guest's message is refused openly: who may not see that somebody is here does not hear that."""
        seen = person.account is None or self._presence.visible(guest, person)
        return seen and self._people.accepting.turns_away(person, guest.person)

    def _accept_answers(self, session: Session, guest: Person) -> None:
        if _ACCOUNTS_ONLY in session.marks and guest is not session.person:
            with suppress(TooMany):
                self._people.accepting.accept(session.person, guest)

    def _here(self, name: str) -> Person | None:
        """Who is on under this name. Who stays in rooms without a client is off."""
        person = self._people.find(name)
        return person if person is None or person.sessions else None

    def _message(self, session: Session, draft: Draft, id: str, seq: int, now: float, to: Address) -> Message:
        sender = session.person
        return Message(
            id,
            seq,
            now,
            sender.address,
            "" if sender.account is None else sender.account.id,
            to,
            draft.body,
            draft.kind,
            draft.client_id,
            draft.tags if session.marks is FIRST_MARKS else session.signed(draft.tags),
            self._people.origin(sender),
        )

    def _look_up(self, session: Session, draft: Draft, id: str, seq: int, now: float, outcome: Settle) -> None:
        """A message to somebody who is off, or whose name is being looked up for earlier messages."""
        name, domain = split(draft.to, self._people.domain)
        folded = fold(name)
        person = self._here(draft.to)
        if person is not None and person.account is not None and not self._recipients.asking(folded):
            message = self._message(session, draft, id, seq, now, person.address)
            self._route(session, message, person.account, person, outcome, named=draft.to)
            return
        if person is None and domain != self._people.domain:
            outcome(Receipt(id, draft.client_id, None, Outcome.REFUSED, now, NoSuchAccount(draft.to)))
            return
        known = self._recipients.known(folded)
        if known is not None:
            to = Address(known.account.name, self._people.domain)
            here = self._people.person(known.account.id)
            message = self._message(session, draft, id, seq, now, to)
            self._route(session, message, known.account, here, outcome, known, named=draft.to)
            return
        # As it is at reading: the sender may be gone when the answer comes.
        unaddressed = self._message(session, draft, id, seq, now, session.person.address)

        def found(answer: Recipient | Refusal) -> None:
            if draft.client_id and self._repeated(id, session.person, draft, outcome):
                # Sent twice while the name was looked up.
                return
            if isinstance(answer, Refusal):
                outcome(Receipt(id, draft.client_id, None, Outcome.REFUSED, now, answer))
            else:
                here = self._people.person(answer.account.id)
                to = Address(answer.account.name, self._people.domain)
                message = msgspec.structs.replace(unaddressed, recipient=to)
                self._route(session, message, answer.account, here, outcome, answer, named=draft.to)

        self._recipients.find(name, found)

    def _route(
        self,
        session: Session,
        message: Message,
        account: Account,
        person: Person | None,
        outcome: Settle,
        recipient: Recipient | None = None,
        *,
        named: str,
    ) -> None:
        """The ladder. `named`: as the sender spelled the recipient."""
        if account.visitor or account.suspended or account.id in self.conversing:
            passed = self._looked_at(session, message, account, outcome, named)
            if passed is None:
                return
            message, outcome = passed
        handed = False
        if message.client_id:
            message, handed = self._as_before(message)
        way = self.trace.begin(message, account.id)
        way.handed = handed
        way.steps.append((message.time, "read", session.peer.door))
        if self._blocked(session.person, account, recipient, person):
            way.add(message.time, "expired", "the recipient does not hear the sender")
            if message.kind.kept:
                self._expire_at_once(session, message, account, way, outcome, recipient)
            else:
                self._pass_on(session, message, account, None, way, outcome, recipient)
            return
        if not message.kind.kept:
            self._pass_on(session, message, account, person, way, outcome, recipient)
            return
        sender = session.person
        guest_origin = place_of(session.peer.address) if sender.account is None or sender.site else ""
        pending = Pending(account, sender, message, way, outcome, guest_origin, session)
        self._keeping.open[message.id] = pending
        if self._direct.take(message, way, message.time):
            return
        inbox = self._keeping.inboxes.get(account.id)
        if inbox is None:
            way.add(message.time, "relay", "not signed on")
            self._keeping.keep(pending)
            return
        inbox.pending[message.id] = pending
        if not inbox.relay(pending, message.time):
            way.add(message.time, "relay", "no client can take it now")
            self._keeping.keep(pending)
            return
        if pending.acknowledged:
            return
        if not self._young and not self._elder:
            self._environment.clock.call_later(self.ack_wait, self._ack_wait_ends)
        self._young.append(pending)

    def copy(self, pending: Pending, *, store_first: bool) -> None:
        """An agent's copy of a message to a desk (`imd.core.desks`), which goes as any other message does; with
        `store_first` the store is asked what it has of it before a client is handed it."""
        keeping, message, now = self._keeping, pending.message, self._environment.clock.time()
        pending.key = copy_key(message.id, pending.account.id)
        keeping.copies = True
        keeping.open[pending.key] = pending
        inbox = keeping.inboxes.get(pending.account.id)
        if inbox is None:
            pending.way.add(now, "relay", "not signed on")
            keeping.keep(pending)
            return
        inbox.pending[message.id] = pending
        if store_first or not inbox.relay(pending, now):
            pending.way.add(now, "relay", "asking the store first" if store_first else "no client can take it now")
            keeping.keep(pending)
        elif not pending.acknowledged:
            if not self._young and not self._elder:
                self._environment.clock.call_later(self.ack_wait, self._ack_wait_ends)
            self._young.append(pending)

    def _blocked(self, sender: Person, account: Account, recipient: Recipient | None, person: Person | None) -> bool:
        """Whether the recipient blocks the sender, or takes nothing of guests and must not show that she is here."""
        people = self._people
        choosy = sender.account is None and people.marks[_ACCOUNTS_ONLY]
        if choosy and person is not None and people.accepting.turns_away(person, sender):
            return True
        if recipient is not None:
            return sender.key in recipient.blocked
        contact = people.rosters.contact(account.id, sender.key)
        return contact is not None and contact.blocked

    # ------------------------------------------------------------ keeping

    def _ack_wait_ends(self) -> None:
        # Acknowledgements that have arrived and were not read yet count: it is we who are late, and all the more so
        # the busier we are.
        self._environment.clock.when_read(self._ack_wait_over)

    def _ack_wait_over(self) -> None:
        """Whoever has not acknowledged for one to two times `ack_wait`: the store takes the message."""
        for pending in self._elder:
            if pending.stored is Stored.NO and not pending.acknowledged and not pending.settled:
                self._keeping.keep(pending)
        self._elder, self._young = self._young, []
        if self._elder:
            self._environment.clock.call_later(self.ack_wait, self._ack_wait_ends)

    def retry(self) -> None:
        """The store is back."""
        self._keeping.retry()
        self._queue.retry()
        self._receiving.retry()

    # ------------------------------------------------------------ upkeep

    def serve(self, desks: "Desks") -> None:
        """There are desks, and these know of them."""
        self.desks = self._receiving.desks = desks

    @property
    def limits(self) -> Limits:
        return self._receiving.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._receiving.limits = limits

    def most_unconfirmed(self) -> int:
        """Messages under way to the client that has most to confirm."""
        return self._receiving.most_unconfirmed()

    def forget_recipient(self, account: Account) -> None:
        self._recipients.forget(account)

    @property
    def idle(self) -> bool:
        """Whether no sender waits for an outcome and nothing waits for the store."""
        return (
            not (self._keeping.open or self._keeping.stuck)
            and self._queue.idle
            and self._recipients.idle
            and not self._receiving.behind()
        )

    def counts(self) -> dict[str, int]:
        """For the operator's status."""
        return {
            "open": len(self._keeping.open),
            "stuck": len(self._keeping.stuck) + len(self._keeping.recording),
            "inboxes": len(self._keeping.inboxes),
        }
