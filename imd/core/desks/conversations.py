"""All conversations with desks: found, kept, and both sides told of each change."""

from collections.abc import Iterator
from itertools import islice

from imd.core.address import Address
from imd.core.conversation import ConversationNews, Stage
from imd.core.desks.book import Book
from imd.core.desks.conversation import (
    Conversation,
    Said,
    Spread,
    Unheard,
    decode_conversation,
    decode_said,
    encode_conversation,
    encode_said,
)
from imd.core.desks.desk import DeskPerson
from imd.core.desks.staff import Staff
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.presence import PresenceRegistry
from imd.core.session import Account, Person, Session

#: On the shelf: the conversation under the desk's name, and each message that nobody has taken under this and its id.
_SAID = " "

#: Conversations of each desk of which an agent hears when a session of hers begins; she is told of others when
#: something changes in them. No setting: it bounds the work of a sign-on, and the answer to `!who` and the operator's
#: `imdctl desks` have no more use for one than a client has for a list of hundreds.
MOST_TOLD = 200


_NONE: dict[str, Conversation] = {}


class Conversations:
    """Those that are open, and those that are over, until they are forgotten."""

    def __init__(
        self,
        environment: Environment,
        people: People,
        presence: PresenceRegistry,
        book: Book,
        staff: Staff,
        by_person: dict[str, dict[str, Conversation]],
    ) -> None:
        self._environment = environment
        self._people = people
        self._presence = presence
        self._book = book
        self._staff = staff
        #: By account id of the person, and folded name of the desk. Delivery has it too, and asks for each message.
        self.by_person = by_person
        #: What has been said and not been taken, or not been confirmed by who has taken it: by conversation,
        #: as long as there is any.
        self.said: dict[Conversation, Unheard] = {}
        #: Those that are open, by folded name of the desk, and by account id of who has them; the latest change last.
        self._at: dict[str, dict[Conversation, None]] = {}
        self._by: dict[str, dict[Conversation, None]] = {}
        #: Under which of these each stands.
        self._filed: dict[Conversation, tuple[set[str], str]] = {}

    # ------------------------------------------------------------ finding

    def __iter__(self) -> Iterator[Conversation]:
        for mine in list(self.by_person.values()):
            yield from list(mine.values())

    def of(self, person: str, desk: str) -> Conversation | None:
        """What this account has with the desk of this folded name, open or not."""
        return self.by_person.get(person, _NONE).get(desk)

    def of_person(self, person: str) -> list[Conversation]:
        """All that this account has with desks, open or not."""
        return list(self.by_person.get(person, {}).values())

    def desk_name(self, conversation: Conversation) -> str:
        """As the settings spell it, of the desk she writes to."""
        desk = self._staff.desks.get(conversation.desk)
        return conversation.desk if desk is None else desk.name

    def at(self, conversation: Conversation) -> DeskPerson | None:
        """The desk whose agents have it."""
        return self._staff.desks.get(conversation.at) or self._staff.desks.get(conversation.desk)

    def at_desk(self, desk: DeskPerson) -> list[Conversation]:
        """The open ones that are this desk's now, the latest change last."""
        return [each for each in self._at.get(desk.folded, ()) if self.at(each) is desk]

    def served_at(self, desk: DeskPerson, account: Account) -> list[Conversation]:
        """Those of a desk that this account, who serves there, may answer; the oldest first."""
        return sorted(
            (each for each in self.at_desk(desk) if self.hears(account.id, each)), key=lambda each: each.since
        )

    def to_tell(self, account: Account) -> list[Conversation]:
        """Of which an agent hears who signs on: all that she has, and the latest of her desks. The oldest first."""
        found = dict.fromkeys(self._by.get(account.id, ()))
        for serving in self._staff.serving(account):
            # No more are looked at, however many there are: everybody may come at once.
            found |= dict.fromkeys(islice(reversed(self._at.get(serving.folded, {})), MOST_TOLD))
        served = (each for each in found if (desk := self.at(each)) is not None and desk.serves(account))
        return sorted((each for each in served if self.hears(account.id, each)), key=lambda each: each.since)

    def hears(self, agent: str, conversation: Conversation) -> bool:
        """Whether this account, if it serves where the conversation is, hears of it: not of one's own, nor of whom one
        blocks."""
        return conversation.person != agent and not self._staff.blocks(agent, conversation.person)

    def between(self, agent: Account, person: Account, *, in_any_case: bool = False) -> Conversation | None:
        """The conversation in which `agent` says what she says to `person`: the one she has, else one that rings, else,
        if that is a visitor, with whom there is no other talk, what a colleague has or what is over: `in_any_case`
        whoever it is, for what the other side must not be shown."""
        mine = [
            each
            for each in self.by_person.get(person.id, _NONE).values()
            if (desk := self.at(each)) is not None and desk.serves(agent) and agent.id != person.id
        ]
        if len(mine) == 1 and mine[0].by == agent.id and mine[0].stage is Stage.TAKEN:
            # So it is with nearly all that is said.
            return mine[0]
        order = (
            lambda each: each.stage is Stage.TAKEN and each.by == agent.id,
            lambda each: each.stage is Stage.RINGING,
            lambda each: each.open and (in_any_case or person.visitor),
            lambda each: in_any_case or person.visitor,
        )
        for wanted in order:
            found = [each for each in mine if wanted(each)]
            if found:
                return max(found, key=lambda each: each.active)
        return None

    def asked(self, person: Account, agent: Account) -> bool:
        """Whether a person has asked a desk of this agent, wherever her conversation is now."""
        mine = self.by_person.get(person.id, ())
        return any(desk.folded in mine for desk in self._staff.serving(agent))

    def serves(self, agent: str, person: str) -> bool:
        """Whether `agent` answers a desk to which the visitor `person` talks now."""
        serving = self._people.person(agent)
        talking = self._people.person(person)
        if serving is None or serving.account is None or (talking is not None and not self._visiting(talking)):
            return False
        for each in self.by_person.get(person, _NONE).values():
            if each.open and (desk := self.at(each)) is not None and desk.serves(serving.account):
                return True
        return False

    def attended(self, agent: Account, person: Account) -> bool:
        """Whether an agent has, or may have, a conversation with this person, open or not."""
        return self.between(agent, person) is not None

    @staticmethod
    def _visiting(person: Person) -> bool:
        return person.account is not None and person.account.visitor

    def spread(self, conversation: Conversation, id: str) -> Spread | None:
        """The message of this id, unless it is with whoever has the conversation."""
        unheard = self.said.get(conversation)
        return None if unheard is None else unheard.spreads.get(id)

    def unheard(self, conversation: Conversation) -> list[Spread]:
        """In the order in which they were said."""
        return list(self.said.get(conversation, ()))

    # ------------------------------------------------------------ changing

    def begin(self, person: Person, desk: DeskPerson, seq: int, now: float) -> Conversation:
        """One that is opened by the message of this number."""
        conversation = Conversation(
            person.key, person.address.name, desk.folded, began=seq, since=now, active=now, at=desk.folded
        )
        # Until `change`, which tells.
        conversation.stage = Stage.CLOSED
        self.by_person.setdefault(person.key, {})[desk.folded] = conversation
        return conversation

    def change(self, conversation: Conversation, stage: Stage, by: str = "", since: float = 0.0) -> None:
        """It is in this stage, from now on or since the time that is given."""
        before = {agent: self._presence.sight(agent, person) for person, agent in self._watched(conversation)}
        now = since or self._environment.clock.time()
        if not conversation.open and stage is not Stage.CLOSED:
            conversation.began = max(conversation.began, int(now * 1_000_000))
        left = conversation.stage is Stage.TAKEN and stage is Stage.RINGING
        conversation.stage, conversation.by, conversation.since, conversation.active = stage, by, now, now
        self._file(conversation)
        for spread in self.unheard(conversation) if left else ():
            if spread.accepted:
                # It stood in the inbox of whoever had the conversation, and is everybody's again.
                self.keep_said(spread)
        if conversation in self.said:
            self.said[conversation].changed()
        self.keep(conversation)
        self.tell(conversation)
        for person, agent in self._watched(conversation):
            self._presence.served(person, agent, before.get(agent, self._presence.sight(agent, person)))

    def _file(self, conversation: Conversation) -> None:
        desks, by = self._filed.pop(conversation, (set(), ""))
        for files, names in ((self._at, desks), (self._by, {by})):
            for name in names:
                file = files.get(name, {})
                file.pop(conversation, None)
                if not file:
                    files.pop(name, None)
        if conversation.open:
            desks, by = {conversation.at, conversation.desk}, conversation.by
            self._filed[conversation] = desks, by
            for name in desks:
                self._at.setdefault(name, {})[conversation] = None
            if by:
                self._by.setdefault(by, {})[conversation] = None

    def _watched(self, conversation: Conversation) -> Iterator[tuple[Person, Person]]:
        """The person, if she is a visitor and on, with each agent who watches her by name."""
        person = self._people.person(conversation.person)
        if person is not None and self._visiting(person):
            for session in self._presence.watchers_of(person.address.name):
                yield person, session.person

    def keep(self, conversation: Conversation) -> None:
        """The store is to have it as it is now."""
        self._book.put(conversation.person, conversation.desk, encode_conversation(conversation))

    def keep_said(self, spread: Spread) -> None:
        """The store is to have the message, too: the next daemon gives it to whoever takes the conversation."""
        spread.kept = True
        said = Said(spread.message, list(spread.agents), list(spread.heard))
        name = f"{spread.conversation.desk}{_SAID}{spread.message.id}"
        self._book.put(spread.conversation.person, name, encode_said(said))

    def add(self, spread: Spread) -> None:
        """Something is said that nobody has yet. Of more than `limits.desk_messages` the oldest that is settled is
        forgotten: what agents have in their inboxes stays there."""
        unheard = self.said.get(spread.conversation)
        if unheard is None:
            unheard = self.said[spread.conversation] = Unheard()
            unheard.given.update(spread.agents)
        unheard.add(spread)
        most = self._people.limits.desk_messages
        if most and len(unheard.spreads) > most:
            oldest = next((each for each in unheard if each.settled), None)
            if oldest is not None:
                self._people.limits.tally.count("desk_messages")
                self.forget_said(oldest)

    def keep_no_more(self, spread: Spread) -> None:
        """The store has it as a message to whoever has the conversation."""
        if spread.kept:
            spread.kept = False
            name = f"{spread.conversation.desk}{_SAID}{spread.message.id}"
            self._book.put(spread.conversation.person, name, None)

    def forget_said(self, spread: Spread) -> None:
        """It is with whoever has the conversation."""
        conversation, id = spread.conversation, spread.message.id
        unheard = self.said.get(conversation)
        if unheard is not None and unheard.spreads.pop(id, None) is not None and not unheard.spreads:
            del self.said[conversation]
        self.keep_no_more(spread)

    def forget(self, conversation: Conversation, *, stored: bool = True) -> None:
        """There is none any more; `stored`: the store has to hear of that."""
        for spread in self.unheard(conversation):
            self.forget_said(spread)
        conversation.stage = Stage.CLOSED
        self._file(conversation)
        mine = self.by_person.get(conversation.person, {})
        if mine.get(conversation.desk) is conversation:
            del mine[conversation.desk]
            if not mine:
                del self.by_person[conversation.person]
        if stored:
            self._book.put(conversation.person, conversation.desk, None)

    async def load(self) -> None:
        """At the start: all that is kept. Raises `StoreUnavailable`."""
        for person, shelf in (await self._book.load()).items():
            for name, value in shelf.items():
                if _SAID not in name:
                    conversation = decode_conversation(value)
                    self.by_person.setdefault(person, {})[name] = conversation
                    self._file(conversation)
            for name, value in shelf.items():
                desk, space, _ = name.partition(_SAID)
                if not space:
                    continue
                of = self.of(person, desk)
                said = decode_said(value)
                if of is None or said.message.seq < of.began:
                    # Of what was said before it was opened last the daemon had not come to forget all.
                    self._book.put(person, name, None)
                    continue
                spread = Spread(of, said.message, None)
                spread.agents = dict.fromkeys(said.agents)
                spread.heard = set(said.heard)
                spread.kept = True
                self.said.setdefault(of, Unheard()).add(spread)

    # ------------------------------------------------------------ telling

    def news(self, conversation: Conversation) -> ConversationNews | None:
        """How it is now, for clients; None where the settings have no such desk."""
        desk = self._staff.desks.get(conversation.desk)
        serving = self.at(conversation)
        if desk is None or serving is None:
            return None
        agent = self._staff.agent(serving, conversation.by) if conversation.by else None
        domain = self._people.domain
        return ConversationNews(
            desk.address,
            Address(conversation.called, domain),
            conversation.stage,
            None if agent is None else Address(agent.name, domain),
            "" if conversation.who.poses else conversation.who.name,
            conversation.since,
        )

    def tell(self, conversation: Conversation) -> None:
        """Both sides, of how it is now."""
        news = self.news(conversation)
        desk = self.at(conversation)
        if news is None or desk is None:
            return
        for id in dict.fromkeys([conversation.person, *desk.on, *([conversation.by] if conversation.by else ())]):
            if self._staff.blocks(id, conversation.person):
                continue
            person = self._people.person(id)
            for session in [] if person is None else list(person.sessions):
                if session.begun:
                    session.client.conversation(news)

    def tell_session(self, session: Session, conversations: list[Conversation]) -> None:
        """A session that begins, of those that are open."""
        for conversation in conversations:
            news = self.news(conversation)
            if news is not None:
                session.client.conversation(news)
