"""What is said to desks: whom it rings, and whom it reaches."""

from dataclasses import dataclass

import msgspec

from imd.core.conversation import Stage
from imd.core.desks.conversation import Conversation
from imd.core.desks.conversations import Conversations
from imd.core.desks.copies import Copies
from imd.core.desks.desk import DeskPerson, best
from imd.core.desks.notices import Notices
from imd.core.desks.staff import Staff
from imd.core.introduction import Introduction, in_sight
from imd.core.message import FOR_DESK_TAG, Envelope, Message, Outcome, Settle, receipt
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.refusal import NotForGuests
from imd.core.session import Account, Person, Session, State
from imd.core.trace import Trace

#: Seconds between two notices that somebody is on another page: people turn pages quickly, and `!who` tells the latest.
PLACED_EVERY = 30.0


@dataclass(slots=True, eq=False, repr=False)
class Ringing:
    """Begins conversations, finds who is to hear what is said in them, and asks those who come later."""

    _environment: Environment
    _people: People
    _staff: Staff
    _conversations: Conversations
    _copies: Copies
    _notices: Notices
    _trace: Trace

    # ------------------------------------------------------------ what people say to desks

    def said(self, session: Session, message: Message, desk: DeskPerson, outcome: Settle) -> None:
        """Somebody says something to a desk, and hears what becomes of it."""
        account = session.account
        if account is None:
            outcome(receipt(message, Outcome.REFUSED, NotForGuests(f"Writing to {desk.name}")))
            return
        if not message.kind.kept:
            self._pass_on(session.person, message, desk, outcome)
            return
        conversation = self._conversations.of(account.id, desk.folded)
        if conversation is None or not conversation.open:
            conversation = self._begin(session, desk, message)
        at = self._conversations.at(conversation) or desk
        conversation.active = message.time
        if conversation.stage is Stage.RINGING:
            agents = self.ring(conversation, at)
        else:
            taker = self._taker(conversation, at)
            agents = self.again(conversation, at) if taker is None else [taker]
        for agent in agents:
            # What the store has refused for her since goes first.
            self._give_all(conversation, at, agent.id)
        if agents or not any(each.id != account.id and at.serves(each) for each in self._staff.agents(at).values()):
            self._copies.spread(session, conversation, message, desk, agents, outcome)
        else:
            self._for_nobody(message, desk, outcome)

    def _begin(self, session: Session, desk: DeskPerson, message: Message) -> Conversation:
        person = session.person
        conversation = self._conversations.begin(person, desk, message.seq, message.time)
        conversation.who = self._who(person)
        self._conversations.change(conversation, Stage.RINGING, since=message.time)
        return conversation

    def _taker(self, conversation: Conversation, desk: DeskPerson) -> Account | None:
        """Whoever has it, if she is to have what is said now: unless she is off and others are not."""
        taker = self._staff.agent(desk, conversation.by)
        if taker is None or self._staff.blocks(taker.id, conversation.person):
            return None
        person = self._people.person(taker.id)
        for session in () if person is None else person.sessions:
            if session.begun:
                return taker
        others = any(id not in (taker.id, conversation.person) for id in desk.on)
        return None if others else taker

    def ring(self, conversation: Conversation, desk: DeskPerson) -> list[Account]:
        """Ring those who are to be rung by now; all who have been, who shall have what is said."""
        on = [id for id in best(desk.on) if self._conversations.hears(id, conversation)]
        wanted = on or [
            id
            for id, account in self._staff.agents(desk).items()
            if desk.serves(account) and self._conversations.hears(id, conversation)
        ]
        new = [id for id in wanted if id not in conversation.rung]
        if new:
            conversation.rung = [*conversation.rung, *new]
            self._conversations.keep(conversation)
            self._notices.say(desk, new, self._summary(conversation, desk))
            for id in new:
                self._give_all(conversation, desk, id)
        # Some may block her since.
        rung = [id for id in conversation.rung if not self._staff.blocks(id, conversation.person)]
        agents = (self._staff.agent(desk, id) for id in rung)
        return [agent for agent in agents if agent is not None]

    def give_all(self, conversation: Conversation) -> None:
        """Whoever has it, or is rung, has a copy of all that was said, or gets one."""
        desk = self._conversations.at(conversation)
        if desk is not None and conversation.open:
            for id in conversation.agents:
                self._give_all(conversation, desk, id)

    def _give_all(self, conversation: Conversation, desk: DeskPerson, id: str) -> None:
        """What was said before she was rung."""
        agent = self._staff.agent(desk, id)
        if agent is not None:
            self._copies.give_all(conversation, agent)

    def again(self, conversation: Conversation, desk: DeskPerson) -> list[Account]:
        """It is nobody's any more: whom it rings now, with what its last agent has not confirmed."""
        conversation.rung = []
        self._conversations.change(conversation, Stage.RINGING)
        return self.ring(conversation, desk)

    def _for_nobody(self, message: Message, desk: DeskPerson, outcome: Settle) -> None:
        """All of the agents block her, which she must not learn (P5)."""
        way = self._trace.begin_at_desk(message, desk.key)
        # It goes on ringing for her, and stands in her history, as if somebody might answer yet.
        self._copies.note(message)
        way.add(message.time, "expired", "no agent hears the sender")
        way.outcome = Outcome.KEPT if desk.state() is State.OFFLINE else Outcome.ACCEPTED
        outcome(receipt(message, way.outcome))

    def _pass_on(self, person: Person, message: Message, desk: DeskPerson, outcome: Settle) -> None:
        """Notices and signals, as typing: to those who are on and have it, or are rung."""
        conversation = self._conversations.of(person.key, desk.folded)
        for id in conversation.agents if conversation is not None and conversation.open else ():
            agent = self._people.person(id)
            if agent is not None and not self._staff.blocks(id, person.key):
                tags = {**message.tags, FOR_DESK_TAG: desk.name}
                envelope = Envelope(msgspec.structs.replace(message, recipient=agent.address, tags=tags))
                for session in list(agent.sessions):
                    if session.begun:
                        session.client.deliver([envelope])
        outcome(receipt(message, Outcome.ACCEPTED))

    # ------------------------------------------------------------ agents who come

    def came(self, desk: DeskPerson, agent: str) -> None:
        """Somebody is on, or available, who was not: she is rung for what nobody has taken, at the end of this turn."""
        if self._conversations.by_person:
            self._environment.clock.soon(lambda: self._ring_for(desk, agent))

    def _ring_for(self, desk: DeskPerson, agent: str) -> None:
        available = desk.on.get(agent) is State.AVAILABLE
        for conversation in self._conversations.at_desk(desk):
            if (
                conversation.stage is Stage.RINGING
                and conversation.person != agent
                and agent not in conversation.rung
                and (available or not conversation.rung)
            ):
                self.ring(conversation, desk)

    # ------------------------------------------------------------ who somebody is

    def _who(self, person: Person) -> Introduction:
        said = self._people.visitors.introduction(person)
        name = "" if said.name == person.address.name else in_sight(said.name)
        return msgspec.structs.replace(said, name=name)

    def introduced(self, person: Person) -> None:
        """Somebody has said who she is, or is on another page: the agents of her conversations hear."""
        who = self._who(person)
        for conversation in self._conversations.of_person(person.key):
            if conversation.who == who or not conversation.open:
                conversation.who = who
                continue
            moved = who.name == conversation.who.name and who.email == conversation.who.email
            conversation.who = who
            now = self._environment.clock.time()
            tiresome = moved and now - conversation.placed < PLACED_EVERY
            if not tiresome:
                conversation.placed = now
            self._conversations.keep(conversation)
            self._conversations.tell(conversation)
            desk = self._conversations.at(conversation)
            if desk is not None and str(who) and not tiresome:
                # Who that is they have been told.
                news = f"now {who.where}" if moved and who.page else who
                self._notices.say(desk, conversation.agents, f"{conversation.called} is {news}.")

    @staticmethod
    def _summary(conversation: Conversation, desk: DeskPerson) -> str:
        return (
            f"{conversation.about} asks for {desk.called}. Whoever answers {conversation.called} has the conversation."
        )
