"""Messages that do not go up the ladder: to guests, to those who hear them not, and those that are never kept."""

from typing import TYPE_CHECKING

import msgspec

from imd.core.desks.conversation import Conversation
from imd.core.happening import REACTIONS
from imd.core.history import History
from imd.core.keeping import Keeping, show_elsewhere
from imd.core.message import Envelope, Kind, Message, Outcome, Settle, receipt
from imd.core.past import events, talk
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.presence import PresenceRegistry
from imd.core.recipients import Recipient
from imd.core.refusal import NoSuchAccount, NotKept
from imd.core.session import Account, Person, Session
from imd.core.trace import Trace, Way

if TYPE_CHECKING:
    from imd.core.desks.service import Desks


class Aside:
    """The part of `imd.core.delivery.Delivery` that keeps nothing."""

    trace: Trace
    ack_wait: float
    conversing: dict[str, dict[str, Conversation]]
    desks: "Desks"
    _environment: Environment
    _people: People
    _presence: PresenceRegistry
    _keeping: Keeping
    _history: History

    def _to_guest(self, speaker: Session, message: Message, person: Person, outcome: Settle) -> None:
        """A message to a guest is live only: there is no inbox, and no account to confirm for it."""
        way = self.trace.begin(message, person.key)
        way.steps.append((message.time, "relay", "handed to a guest"))
        way.outcome = Outcome.ACCEPTED
        envelopes = [Envelope(message)]
        for session in list(person.sessions):
            if session.begun:
                session.client.deliver(envelopes)
        if speaker.account is not None:
            show_elsewhere(speaker, message)
            self._note(message, speaker.account, None)
        outcome(receipt(message, Outcome.ACCEPTED))

    def _looked_at(
        self, session: Session, message: Message, account: Account, outcome: Settle, named: str
    ) -> tuple[Message, Settle] | None:
        """A message to somebody who is not as others are: what is sent on, or None."""
        if account.visitor and not self._people.visitors.may_reach(session.person, account):
            # In the words that an unknown name gets (P5).
            outcome(receipt(message, Outcome.REFUSED, NoSuchAccount(named)))
            return None
        if account.suspended:
            outcome(receipt(message, Outcome.REFUSED, NoSuchAccount(account.name)))
            return None
        if account.id not in self.conversing and not account.visitor:
            return message, outcome
        return self.desks.answered(session, message, account, outcome)

    def _as_before(self, message: Message) -> tuple[Message, bool]:
        """As it was read first, should it be sent again; and whether a client may have it since."""
        before = self.trace.get(message.id)
        if before is None:
            return message, False
        if before.outcome is Outcome.UNKNOWN:
            # Sent again, because its fate was open: somebody may have it under this time.
            message = msgspec.structs.replace(before.message, body=message.body, tags=message.tags)
        return message, before.handed

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
        kept = self._keeping.would_see(session.person, account, recipient)
        way.outcome = Outcome.KEPT if kept else Outcome.ACCEPTED
        answer = receipt(message, way.outcome)
        if message.kind.kept and session.account is not None and self._history.copies(session.account):
            # The sender's own devices show it, as they would had it been taken.
            self._history.record_talk([talk(session.account.id, account.id)], message, None, insist=False)

        expiring = self._keeping.expiring
        expiring.setdefault(message.id, [])

        def expired() -> None:
            waiting = expiring.pop(message.id, [])
            show_elsewhere(session, message)
            outcome(answer)
            for each in waiting:
                each.callback(None)

        self._environment.clock.call_later(self.ack_wait, expired)

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
        may_know = self._keeping.would_see(session.person, account, recipient)
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
            if person is not session.person:
                show_elsewhere(session, message)
            self._note(message, session.account, account, shown=here)
            outcome(receipt(message, Outcome.ACCEPTED))
        else:
            way.add(message.time, "relay", "nobody there, and this kind is not kept")
            way.outcome = Outcome.REFUSED
            reason = NotKept(f"{account.name} is not signed on, and this is not kept.")
            outcome(receipt(message, Outcome.REFUSED, reason))

    def _note(self, message: Message, sender: Account | None, recipient: Account | None, *, shown: bool = True) -> None:
        """Copies of what nobody waits for; the recipient's only if she has seen it."""
        reaction = message.kind is Kind.SIGNAL
        if reaction and (not message.tags or REACTIONS.isdisjoint(message.tags)):
            return
        targets = self._keeping.histories(message, sender, recipient, shown=shown)
        self._history.note([events(target) for target in targets] if reaction else targets, message)
