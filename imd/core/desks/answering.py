"""What agents say to people who have a conversation with a desk of theirs, and to the desks themselves."""

import time
from dataclasses import dataclass
from functools import partial

import msgspec

from imd.core.conversation import Stage
from imd.core.desks.book import Book
from imd.core.desks.conversation import Conversation, safe
from imd.core.desks.conversations import Conversations
from imd.core.desks.desk import DeskPerson
from imd.core.desks.notices import Notices
from imd.core.desks.staff import Staff
from imd.core.desks.taking import Taking
from imd.core.desks.words import HELP, said, shortened, unknown, word
from imd.core.keeping import OUTCOME_WAIT
from imd.core.message import DESK_TAG, Kind, Message, Outcome, Receipt, Settle, receipt
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.refusal import NotAllowed
from imd.core.session import Account, Session
from imd.core.trace import Trace

#: Conversations that are listed, by `!who` and at sign-on. No setting: it is what one reads in a window, and a client
#: that wants all has `conversation`.
_LISTED = 20
#: Of her own who signs on hears one by one if there are no more: those whom nobody closed would hide what rings.
_FEW = 3


def _latest(conversations: list[Conversation]) -> list[Conversation]:
    """Of many those that matter: what rings, then what is newest. What rings is last, the oldest of each first."""
    return sorted(conversations, key=lambda each: (each.stage is Stage.RINGING, each.since))[-_LISTED:]


@dataclass(slots=True, eq=False, repr=False)
class Answering:
    """Asked by delivery before an agent's words go their way, and told when her session begins."""

    _environment: Environment
    _people: People
    _staff: Staff
    _conversations: Conversations
    _taking: Taking
    _notices: Notices
    _book: Book
    _trace: Trace

    def answered(
        self, session: Session, message: Message, person: Account, outcome: Settle
    ) -> tuple[Message, Settle] | None:
        """Somebody says this to a visitor, or to a person who has, or had, a conversation with a desk. What is to be
        sent, and who is told what becomes of it; None where that is done."""
        agent = session.account
        command = word(message.body) if message.kind is Kind.TEXT else None
        conversation = None
        if agent is not None:
            conversation = self._conversations.between(agent, person, in_any_case=command is not None)
        if agent is None or conversation is None:
            asked = agent is not None and command is not None and self._conversations.asked(person, agent)
            if agent is not None and (asked or (person.visitor and message.kind is Kind.TEXT)):
                return self._unasked(session, message, agent, person, command, outcome)
            return message, outcome
        if message.kind is Kind.SIGNAL:
            # Whoever is rung may be seen to write; nobody takes it by that.
            return (self._signal(message, conversation, agent), outcome) if conversation.open else (message, outcome)
        if message.kind is Kind.NOTICE:
            if person.visitor:
                # As clients answer by themselves (RFC 2812 section 3.3.2): that an agent is away is not for visitors.
                outcome(receipt(message, Outcome.REFUSED, NotAllowed("A visitor of a desk is sent no notices.")))
                return None
            return message, outcome
        if command is not None:
            self._do(session, message, conversation, agent, command, outcome)
            return None
        if message.kind is Kind.TEXT:
            message = msgspec.structs.replace(message, body=said(message.body))
        conversation.active = message.time
        if conversation.stage is not Stage.TAKEN:
            # Since she spoke, so that clients show it before her words.
            self._taking.take(conversation, agent, since=message.time)
        elif conversation.by != agent.id:
            self._tell(session, conversation, f"{self._name(conversation)} has {conversation.called}; !take if you do.")
        return self._tagged(message, conversation), partial(self._settled, outcome)

    def _unasked(
        self,
        session: Session,
        message: Message,
        agent: Account,
        person: Account,
        command: tuple[str, str] | None,
        outcome: Settle,
    ) -> tuple[Message, Settle] | None:
        """The same where there is no conversation of the agent's: none yet, or it went to another desk while the name
        was looked up. The staff of a site has no other talk with its visitors; words are for desks in any case."""
        serving = self._staff.serving(agent)
        if not serving:
            return message, outcome
        if command is None:
            return msgspec.structs.replace(message, body=said(message.body)), outcome
        self._trace_word(message, person.id, command[0])
        text = f"There is no conversation with {person.name}, and !{shortened(command[0])} was not sent."
        self._notices.tell(serving[0], session.person, [session], text)
        outcome(receipt(message, Outcome.ACCEPTED))
        return None

    def _signal(self, message: Message, conversation: Conversation, agent: Account) -> Message:
        """Whoever has the conversation is seen to type herself; of others it is the desk that does: who they are the
        person learns when they answer (P5)."""
        desk = self._staff.desks.get(conversation.desk)
        has = conversation.stage is Stage.TAKEN and conversation.by == agent.id
        typing = message.tags.keys() == {"typing"}
        message = self._tagged(message, conversation)
        if desk is None or has or not typing:
            return message
        return msgspec.structs.replace(
            message, sender=desk.address, sender_account="", origin=self._people.origin(desk)
        )

    def _tagged(self, message: Message, conversation: Conversation) -> Message:
        name = self._conversations.desk_name(conversation)
        return msgspec.structs.replace(message, tags={**message.tags, DESK_TAG: name})

    def _settled(self, outcome: Settle, told: Receipt) -> None:
        """An agent hears that her answer is accepted once it is durable that she has the conversation."""
        if self._book.durable or not safe(told.outcome):
            outcome(told)
            return
        waiting = [outcome]

        def tell(told: Receipt) -> None:
            while waiting:
                timer.cancel()
                waiting.pop()(told)

        # The store may stay away: then it is open whose the conversation is.
        unknown = msgspec.structs.replace(told, outcome=Outcome.UNKNOWN)
        timer = self._environment.clock.call_later(OUTCOME_WAIT, partial(tell, unknown))
        self._book.when_durable(partial(tell, told))

    # ------------------------------------------------------------ words

    def _do(
        self,
        session: Session,
        message: Message,
        conversation: Conversation,
        agent: Account,
        command: tuple[str, str],
        outcome: Settle,
    ) -> None:
        name, rest = command
        self._trace_word(message, conversation.person, name)
        match name:
            case "hand" if rest:
                answer = [self._taking.hand(conversation, agent, rest)]
            case "hand":
                answer = ["!hand NAME: to another agent, or to another desk."]
            case "close":
                closed = f"{agent.name} has closed the conversation with {conversation.called}."
                self._taking.close(conversation, closed, but=agent.id)
                answer = [f"The conversation with {conversation.called} is closed."]
            case "take":
                self._taking.take(conversation, agent)
                answer = [f"You have {conversation.called}."]
            case "who":
                answer = [self._line(conversation)]
            case "help":
                answer = [*HELP]
            case _:
                answer = [unknown(name)]
        self._tell(session, conversation, *answer)
        self._settled(outcome, receipt(message, Outcome.ACCEPTED))

    def _trace_word(self, message: Message, person: str, name: str) -> None:
        way = self._trace.begin(message, person)
        way.add(message.time, "read", f"a word for the desk: !{shortened(name)}")
        way.outcome = Outcome.ACCEPTED

    def at_desk(self, session: Session, message: Message, desk: DeskPerson, outcome: Settle) -> bool:
        """A word that an agent says to her own desk, if it is one."""
        command = word(message.body) if message.kind is Kind.TEXT else None
        account = session.account
        if command is None or account is None or not desk.serves(account) or command[0] not in ("who", "help"):
            return False
        texts = list(HELP)
        if command[0] == "who":
            mine = self._conversations.served_at(desk, account)
            texts = [self._line(each) for each in _latest(mine)] or ["No conversation is open."]
            if len(mine) > _LISTED:
                texts.insert(0, f"{len(mine) - _LISTED} older ones, and:")
        self._notices.tell(desk, session.person, [session], *texts)
        outcome(receipt(message, Outcome.ACCEPTED))
        return True

    def _line(self, conversation: Conversation) -> str:
        """A conversation in a line, for agents."""
        about = conversation.about
        since = time.strftime("%Y-%m-%d %H:%M", time.gmtime(conversation.since))
        match conversation.stage:
            case Stage.RINGING:
                return f"{about}: rings since {since} UTC."
            case Stage.TAKEN:
                return f"{about}: {self._name(conversation)} has it since {since} UTC."
            case _:
                return f"{about}: closed since {since} UTC."

    def _name(self, conversation: Conversation) -> str:
        desk = self._conversations.at(conversation)
        agent = None if desk is None else self._staff.agent(desk, conversation.by)
        return "somebody" if agent is None else agent.name

    def _tell(self, session: Session, conversation: Conversation, *texts: str) -> None:
        desk = self._conversations.at(conversation)
        if desk is not None:
            self._notices.tell(desk, session.person, [session], *texts)

    def greet(self, session: Session, conversations: list[Conversation]) -> None:
        """An agent's session begins: what rings, and what is hers."""
        me = session.person.key
        hers: dict[DeskPerson, list[Conversation]] = {}
        for conversation in conversations:
            desk = self._conversations.at(conversation)
            if desk is not None and conversation.stage is Stage.TAKEN and conversation.by == me:
                hers.setdefault(desk, []).append(conversation)
        for desk, mine in hers.items():
            texts = [self._line(each) for each in mine]
            if len(mine) > _FEW:
                texts = [f"{len(mine)} conversations are yours. !who, said to {desk.name}, lists them."]
            self._notices.tell(desk, session.person, [session], *texts)
        for conversation in _latest([each for each in conversations if each.stage is Stage.RINGING]):
            self._tell(session, conversation, self._line(conversation))
