"""A message to a desk and its copies, from being said to an outcome.

Each copy goes the way of any message to its agent, under the one id. The sender hears *accepted* when the first copy is
accepted and the conversation is durable, *refused* when all copies are. Once an agent has the conversation, and her own
copy is with her client or in the store, the others' are withdrawn.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from imd.core.address import Address
from imd.core.conversation import Stage
from imd.core.desks.book import Book
from imd.core.desks.conversation import Conversation, Spread, Unheard, safe
from imd.core.desks.conversations import Conversations
from imd.core.desks.desk import DeskPerson
from imd.core.desks.staff import Staff
from imd.core.history import History
from imd.core.keeping import OUTCOME_WAIT, Keeping
from imd.core.message import FOR_DESK_TAG, Message, Outcome, Receipt, Settle, receipt
from imd.core.past import guest, talk
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.refusal import NoSuchAccount, QueueFull, Refusal, StoreUnavailable
from imd.core.relay import Pending, copy_key
from imd.core.session import Account, Person, Session, place_of
from imd.core.stores import Queueing
from imd.core.trace import DeskWay, Trace, Way

if TYPE_CHECKING:
    from imd.core.delivery import Delivery


#: As the trace has it; looked up for each copy, which an enumeration makes dear.
_DONE = Queueing.DONE.value


def _withdrawn(way: Way) -> bool:
    """Whether this copy was taken from its agent once, perhaps by an earlier daemon: for her inbox it is over, as if
    she had confirmed it."""
    return any(step == "withdrawn" or why == _DONE for _, step, why in way.steps)


@dataclass(slots=True, eq=False, repr=False)
class Copies:
    """Gives copies, hears what becomes of each, and takes back those that nobody needs any more."""

    _environment: Environment
    _people: People
    _delivery: "Delivery"
    _trace: Trace
    _keeping: Keeping
    _history: History
    _book: Book
    _staff: Staff
    _conversations: Conversations
    #: To be settled up as soon as what is known of them is durable.
    _settling: set[Conversation] = field(default_factory=set, init=False)

    # ------------------------------------------------------------ giving

    def spread(
        self,
        session: Session,
        conversation: Conversation,
        message: Message,
        desk: DeskPerson,
        agents: list[Account],
        outcome: Settle,
    ) -> None:
        """Somebody has said this to a desk: a copy for each of these agents. Where there is none, because no such
        account has been made yet, it waits on the shelf for the first who comes."""
        if not agents and self._full(session, conversation, message, desk, outcome):
            return
        before = self._trace.get(message.id) if message.client_id else None
        if before is not None and before.outcome is Outcome.UNKNOWN:
            # Sent again, because its fate was open: somebody may have it under this time.
            message = msgspec.structs.replace(before.message, body=message.body, tags=message.tags)
        way = self._trace.begin_at_desk(message, desk.key)
        way.steps.append((message.time, "read", session.peer.door))
        pending = Pending(desk.stand_in, session.person, message, way, outcome, "", session)
        self._keeping.open[message.id] = pending
        spread = self._conversations.spread(conversation, message.id)
        if spread is None:
            spread = Spread(conversation, message, pending)
            had = [id for id, copy in way.copies.items() if any(step[1] == "delivered" for step in copy.steps)]
            if had:
                # Sent again, and an agent had it: nobody else needs it, and later than what was said since.
                spread.agents = dict.fromkeys(had, Outcome.ACCEPTED)
                self.look(spread)
                return
        spread.pending = pending
        for agent in agents:
            # All of them first: none is the last before it has one.
            spread.agents.setdefault(agent.id, None)
        self._conversations.add(spread)
        origin = self._origin(session)
        for agent in agents:
            self.give(spread, agent, origin)
        self.look(spread)

    def _full(
        self, session: Session, conversation: Conversation, message: Message, desk: DeskPerson, outcome: Settle
    ) -> bool:
        """Whether as much waits for the first agent as may."""
        limits = self._people.limits
        most, limit = limits.desk_messages, "desk_messages"
        guests = self._keeping.guest_messages if session.person.site else 0
        if guests and (not most or guests < most):
            most, limit = guests, "guests.offline_messages"
        if not most or len(self._conversations.unheard(conversation)) < most:
            return False
        limits.tally.count(limit)
        outcome(receipt(message, Outcome.REFUSED, QueueFull(desk.name, most)))
        return True

    @staticmethod
    def _origin(session: Session) -> str:
        """Of visitors: where they are, whose messages that wait are counted together."""
        return place_of(session.peer.address) if session.person.site else ""

    def give_all(self, conversation: Conversation, agent: Account) -> None:
        """A copy for this agent of all of which she has none."""
        unheard = self._conversations.said.get(conversation)
        if unheard is None or agent.id in unheard.given:
            return
        unheard.given.add(agent.id)
        # What an agent who is off is given later counts as what visitors leave for her at once: or she has all that one
        # address has said to others who were on.
        person = self._people.person(conversation.person)
        origin = self._origin(person.sessions[-1]) if person is not None and person.sessions else ""
        for spread in list(unheard):
            self.give(spread, agent, origin)

    def give(self, spread: Spread, agent: Account, origin: str = "") -> None:
        """A copy for this agent, if she has none."""
        if safe(spread.agents.get(agent.id)):
            return
        if self._staff.blocks(agent.id, spread.conversation.person):
            # Also if she takes the conversation herself, or was rung by an earlier daemon (P5).
            return
        if agent.id in spread.heard:
            # She had it, and another one since.
            spread.agents[agent.id] = Outcome.ACCEPTED
            return
        spread.agents[agent.id] = None
        conversation = spread.conversation
        if agent.id != conversation.by and conversation in self._conversations.said:
            self._conversations.said[conversation].changed()
        person = self._people.person(conversation.person)
        sender = person or Person(conversation.person, spread.message.sender, None)
        settle = partial(self._heard, spread, agent.id)
        if self._keeping.join(copy_key(spread.message.id, agent.id), sender, settle):
            return
        tags = {**spread.message.tags, FOR_DESK_TAG: self._conversations.desk_name(conversation)}
        to = Address(agent.name, self._people.domain)
        message = msgspec.structs.replace(spread.message, recipient=to, tags=tags)
        way = self._main_way(spread).copy(message, agent.id)
        if _withdrawn(way) and not self._ready(agent):
            # For her store it is over: she can have it live. Until then it stays where it is.
            spread.agents[agent.id] = Outcome.REFUSED
            self._give_again(spread, agent.id)
            return
        store_first = agent.id in spread.doubtful
        spread.doubtful.discard(agent.id)
        self._delivery.copy(Pending(agent, sender, message, way, settle, origin), store_first=store_first)

    def _give_again(self, spread: Spread, agent: str) -> None:
        """She has no copy, and is to have one when the next is said."""
        unheard = self._conversations.said.get(spread.conversation)
        if unheard is not None:
            unheard.given.discard(agent)

    def _ready(self, agent: Account) -> bool:
        inbox = self._keeping.inboxes.get(agent.id)
        return inbox is not None and any(each.ready and each.session.confirms for each in inbox.channels.values())

    def restore(self, spread: Spread, agents: list[Account]) -> None:
        """After a start of the daemon: these agents have their copies, or had them; and others may have had some."""
        way = self._main_way(spread)
        way.outcome = Outcome.ACCEPTED
        self.note(spread.message)
        desk = self._conversations.at(spread.conversation)
        for id in spread.agents:
            serves = desk is not None and self._staff.agent(desk, id) is not None
            spread.agents[id] = Outcome.ACCEPTED if serves else Outcome.REFUSED
            if not serves:
                # She may have none; should she be an agent again she is to have one.
                spread.doubtful.add(id)
        spread.agents |= dict.fromkeys(agent.id for agent in agents)
        for agent in agents:
            spread.doubtful.add(agent.id)
            self.give(spread, agent)

    def _main_way(self, spread: Spread) -> DeskWay:
        way = self._trace.get(spread.message.id)
        if not isinstance(way, DeskWay):
            way = self._trace.begin_at_desk(spread.message, f"desk:{spread.conversation.desk}")
            way.add(spread.message.time, "read", "before this daemon started, or long ago")
        return way

    # ------------------------------------------------------------ what becomes of them

    def _heard(self, spread: Spread, agent: str, told: Receipt) -> None:
        """What became of one copy."""
        if agent not in spread.agents:
            # Withdrawn.
            return
        spread.agents[agent] = told.outcome
        way = self._trace.of(spread.message.id, agent)
        if safe(told.outcome) and way is not None and _withdrawn(way) and agent not in spread.heard:
            # The store will not have it again: only her client can say that she has.
            spread.agents[agent] = Outcome.REFUSED
        if told.reason is not None:
            spread.refusal = told.reason
        if not safe(spread.agents[agent]):
            self._give_again(spread, agent)
        self.look(spread)

    def look(self, spread: Spread) -> None:
        """What its copies amount to, now that something of one is known."""
        outcomes = spread.agents.values()
        pending = spread.pending
        if spread.accepted or not outcomes:
            if pending is not None and not pending.settled and not pending.recording:
                self._accept(spread, pending)
            self.settle_up(spread.conversation, spread)
        elif None not in outcomes and pending is not None and not pending.settled:
            if Outcome.UNKNOWN in outcomes:
                self._keeping.settle(pending, Outcome.UNKNOWN)
            else:
                self._refuse(spread, pending)

    def _refuse(self, spread: Spread, pending: Pending) -> None:
        reason: Refusal = spread.refusal or StoreUnavailable()
        name = pending.message.recipient.name
        if isinstance(reason, QueueFull):
            # Not whose it is.
            reason = QueueFull(name, reason.limit)
        elif isinstance(reason, NoSuchAccount):
            reason = NoSuchAccount(name)
        spread.pending = None
        conversation = spread.conversation
        self._conversations.forget_said(spread)
        if conversation.stage is Stage.RINGING and conversation not in self._conversations.said:
            # Nothing was said in it. It is not forgotten: a word of an agent may be on its way, and no text by that.
            self._conversations.change(conversation, Stage.CLOSED)
        pending.way.add(self._environment.clock.time(), "refused", reason.code)
        self._keeping.settle(pending, Outcome.REFUSED, reason)

    def _accept(self, spread: Spread, pending: Pending) -> None:
        """The first copy is accepted: the conversation has to be, too."""
        pending.recording = True
        known = self._conversations.spread(spread.conversation, spread.message.id)
        if spread.conversation.stage is Stage.RINGING and known is spread:
            self._conversations.keep_said(spread)
        if self._book.durable:
            self._durable(spread, pending)
            return
        self._limit_wait(pending)
        self._book.when_durable(partial(self._durable, spread, pending))

    def _limit_wait(self, pending: Pending) -> None:
        """Something is away that it waits for."""
        if pending.timer is None and not pending.settled:
            call = partial(self._too_long, pending)
            pending.timer = self._environment.clock.call_later(OUTCOME_WAIT, call)

    def _too_long(self, pending: Pending) -> None:
        """The store stays away: its sender may ask again."""
        pending.timer = None
        self._keeping.settle(pending, Outcome.UNKNOWN)

    def _durable(self, spread: Spread, pending: Pending) -> None:
        sender = pending.sender.account
        if sender is None or not self._history.read_by(sender):
            self.note(pending.message)
            self._accepted(spread, pending, Outcome.ACCEPTED)
        else:
            done = partial(self._accepted, spread, pending)
            self._history.record_talk([self._place(pending.message)], pending.message, done, insist=True)

    def _accepted(self, spread: Spread, pending: Pending, recorded: Outcome) -> None:
        if recorded is not Outcome.ACCEPTED:
            # It is written when the store is back.
            self._limit_wait(pending)
            return
        desk = self._staff.desks.get(spread.conversation.desk)
        told = Outcome.KEPT if desk is not None and not desk.on else Outcome.ACCEPTED
        if pending.way.outcome is Outcome.UNKNOWN:
            pending.way.outcome = told
        self._keeping.settle(pending, told)
        if spread.pending is pending:
            spread.pending = None
        self.settle_up(spread.conversation, spread)

    def settle_up(self, conversation: Conversation, changed: Spread | None = None) -> None:
        """If somebody has the conversation, and a copy of all that was said, nobody else needs one. Where nobody else
        has any, only what has `changed` is looked at.

        All at once: were an older message taken from somebody, and a newer one shown to her, she would be given them in
        the wrong order should the conversation be handed to her.
        """
        agent = conversation.by
        unheard = self._conversations.said.get(conversation)
        if unheard is None:
            return
        if not conversation.open:
            self._forget(list(unheard))
            return
        if conversation.stage is not Stage.TAKEN:
            return
        everything = changed is None or unheard.shared is None
        if unheard.shared_beside(agent):
            if unheard.lacks(agent):
                return
            if not self._book.durable:
                # A daemon that is killed must not find the copies gone and the conversation nobody's.
                if conversation not in self._settling:
                    self._settling.add(conversation)
                    self._book.when_durable(partial(self._settle_up, conversation))
                return
            self._withdraw(unheard, agent)
            everything = True
        for spread in list(unheard) if changed is None or everything else (changed,):
            if unheard.spreads.get(spread.message.id) is spread:
                self._confirmed(spread, agent)

    def _withdraw(self, unheard: Unheard, agent: str) -> None:
        """She has all of it, and nobody else needs it."""
        unheard.shared = False
        unheard.given.intersection_update((agent,))
        for spread in unheard:
            for other in [other for other in spread.agents if other != agent]:
                del spread.agents[other]
                self._keeping.withdraw_copy(other, spread.message.id)
                way = self._trace.of(spread.message.id, other)
                if way is not None:
                    way.add(self._environment.clock.time(), "withdrawn", "another agent has it")

    def _confirmed(self, spread: Spread, agent: str) -> None:
        """Whoever has the conversation has this message, and she alone: it need not be kept for anybody."""
        if not safe(spread.agents.get(agent)) or not spread.settled:
            return
        if agent in spread.heard:
            self._conversations.forget_said(spread)
        else:
            self._conversations.keep_no_more(spread)

    def _forget(self, unheard: list[Spread]) -> None:
        """What was said before the conversation was closed, and is settled since."""
        for spread in unheard:
            if spread.settled:
                self._conversations.forget_said(spread)

    def _settle_up(self, conversation: Conversation) -> None:
        self._settling.discard(conversation)
        self.settle_up(conversation)

    # ------------------------------------------------------------ history

    def _place(self, message: Message) -> str:
        """Where whoever said it has the talk: with the desk, whoever answers."""
        return talk(message.sender_account, guest(message.recipient))

    def note(self, message: Message) -> None:
        """It stands where whoever said it has the talk; nobody waits for that."""
        self._history.note([self._place(message)], message)
