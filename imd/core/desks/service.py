"""All of desks, joined: what the hub starts and doors ask (`imd.core.ports.Desks`)."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from imd.core.accounts import AccountChange, Accounts
from imd.core.conversation import Stage
from imd.core.desks.answering import Answering
from imd.core.desks.book import Book
from imd.core.desks.conversation import Conversation
from imd.core.desks.conversations import Conversations
from imd.core.desks.copies import Copies
from imd.core.desks.desk import DeskPerson
from imd.core.desks.hearing import Hearing
from imd.core.desks.notices import Notices
from imd.core.desks.ringing import Ringing
from imd.core.desks.staff import Staff
from imd.core.desks.taking import Taking
from imd.core.history import History
from imd.core.keeping import Keeping
from imd.core.message import FOR_DESK_TAG, Message, Settle
from imd.core.past import END
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.presence import PresenceRegistry
from imd.core.refusal import NoSuchAccount, StoreUnavailable
from imd.core.sequence import MessageIds, Sequence
from imd.core.session import Account, Session
from imd.core.sites import DeskRule
from imd.core.stores import HistoryStore, InboxStore, ShelfStore, surely

if TYPE_CHECKING:
    from imd.core.delivery import Delivery


#: Messages of an inbox that are read at a time.
_PAGE = 256


class Desks:
    """The `imd.core.ports.Desks` of this daemon."""

    def __init__(
        self,
        environment: Environment,
        people: People,
        presence: PresenceRegistry,
        accounts: Accounts,
        delivery: "Delivery",
        keeping: Keeping,
        history: History,
        shelf: ShelfStore,
        past: HistoryStore,
        inbox: InboxStore,
        numbers: Sequence,
        ids: MessageIds,
    ) -> None:
        self._environment = environment
        self._people = people
        self._accounts = accounts
        self._inbox = inbox
        self._book = Book(environment, shelf)
        self.staff = staff = Staff(environment, people, presence, accounts)
        by_person = delivery.conversing
        self.conversations = Conversations(environment, people, presence, self._book, staff, by_person)
        notices = Notices(environment, people, numbers, ids)
        trace = delivery.trace
        self._copies = Copies(
            environment, people, delivery, trace, keeping, history, self._book, staff, self.conversations
        )
        self._hearing = Hearing(people, presence, trace, keeping, self.conversations, self._copies)
        self._ringing = Ringing(environment, people, staff, self.conversations, self._copies, notices, trace)
        self._taking = Taking(
            environment, people, staff, self.conversations, self._copies, self._ringing, notices, past
        )
        self._answering = Answering(
            environment, people, staff, self.conversations, self._taking, notices, self._book, trace
        )
        staff.came, staff.left = self._ringing.came, self._taking.left
        # For delivery, which asks for each message.
        self.answered = self._answering.answered
        self.delivered, self.read = self._hearing.delivered, self._hearing.read
        self.way_of_copy = self._hearing.way_of_copy
        presence.observer = staff.presence_changed
        presence.attended = by_person
        presence.serves = keeping.serves = self.conversations.serves
        people.visitors.attended = self.conversations.attended
        people.visitors.introduced = self._ringing.introduced
        delivery.serve(self)
        #: Conversations of an earlier daemon, until their desk is open.
        self._earlier: set[Conversation] = set()
        self._rules: Mapping[str, DeskRule] = {}
        self._opening = self._started = False
        #: The store was away when they were to be opened.
        self._unopened = False
        # Before those who end sessions and refuse messages: what a removed agent had is others' by then.
        accounts.observers.insert(0, self._account_changed)

    # ------------------------------------------------------------ the settings

    async def start(self, rules: Mapping[str, DeskRule]) -> None:
        """What earlier daemons have left, and the desks of these settings, by folded name. Raises `StoreUnavailable`
        where it is not known what there is to go on with; desks that cannot be opened yet are opened later."""
        await self.conversations.load()
        self._earlier = set(self.conversations)
        self._rules = dict(rules)
        await self._open()

    async def _search(self) -> None:
        """What waits in the inboxes of agents of conversations that are open. Raises `StoreUnavailable`."""
        agents = {id for desk in self.staff.desks.values() for id in self.staff.agents(desk)}
        for agent in agents if any(each.open for each in self._earlier) else ():
            after = -1
            while page := await surely(partial(self._inbox.read, agent, after, END, _PAGE)):
                for queued in page:
                    message = queued.message
                    if message.tags and FOR_DESK_TAG in message.tags:
                        self._hearing.found(agent, message)
                after = page[-1].message.seq

    def apply(self, rules: Mapping[str, DeskRule]) -> None:
        """New settings."""
        self._rules = dict(rules)
        if not self._opening:
            self._environment.spawn("open desks", self._open())

    async def _open(self) -> None:
        self._opening, self._unopened = True, False
        rules: Mapping[str, DeskRule] | None = None
        try:
            while rules != self._rules:
                # Others may come while the store is asked.
                rules = self._rules
                await self.staff.open(rules)
            if not self._started:
                # Later somebody may confirm what is read here.
                await self._search()
                self._started = True
            for conversation in [each for each in self._earlier if each.desk in self.staff.desks]:
                await self._restore(conversation)
                self._earlier.discard(conversation)
        except StoreUnavailable:
            self._unopened = True
            self._environment.log.warn("not all desks are open: the store is away; they will be when it is back")
        finally:
            self._opening = False
        if rules != self._rules and not self._unopened:
            self.apply(self._rules)

    async def _restore(self, conversation: Conversation) -> None:
        """What was said before this daemon started, and not taken or not confirmed."""
        accounts = await self._accounts.by_id([conversation.person])
        if conversation.person not in accounts:
            self.conversations.forget(conversation)
            return
        conversation.called = accounts[conversation.person].name
        desk = self.conversations.at(conversation)
        if desk is None or not conversation.open:
            return
        if conversation.stage is Stage.TAKEN and self.staff.agent(desk, conversation.by) is None:
            self._ringing.again(conversation, desk)
        for spread in self.conversations.unheard(conversation):
            ids = [conversation.by] if conversation.stage is Stage.TAKEN else [*spread.agents, *conversation.rung]
            found = [self.staff.agent(desk, id) for id in dict.fromkeys(ids)]
            agents = [agent for agent in found if agent is not None]
            self._copies.restore(spread, agents or self._ringing.ring(conversation, desk))

    def _account_changed(self, change: AccountChange) -> None:
        before, now = change.before, change.after
        if before is not None and now is None:
            for conversation in self.conversations.of_person(before.id):
                if conversation.open:
                    self._taking.close(conversation, f"{before.name} has ended the conversation: the account is gone.")
                self.conversations.forget(conversation, stored=False)
            self._book.forget(before.id)
        elif now is not None and change.renamed:
            for conversation in self.conversations.of_person(now.id):
                conversation.called = now.name
                self.conversations.keep(conversation)
        self.staff.account_changed(change)
        if before is not None and now is None:
            self._taking.forget_agent(before.id)

    # ------------------------------------------------------------ for delivery

    def said(self, session: Session, message: Message, desk: DeskPerson, outcome: Settle) -> None:
        if not self._answering.at_desk(session, message, desk, outcome):
            self._ringing.said(session, message, desk, outcome)

    # ------------------------------------------------------------ taking back

    def agents_of(self, person: str, id: str) -> list[str]:
        """Who has, or may have, a copy of what this person has said to a desk, by account id."""
        found = dict.fromkeys(self._hearing.agents_of(person, id))
        for conversation in self.conversations.of_person(person):
            desk = self.conversations.at(conversation)
            # Of the copies of a conversation that is over, or of whoever could not sign on, nothing else is known.
            found |= {} if desk is None else dict.fromkeys(self.staff.agents(desk))
        return list(found)

    def taken_back(self, person: str, id: str) -> None:
        """Nobody is to be given it any more."""
        for conversation in self.conversations.of_person(person):
            spread = self.conversations.spread(conversation, id)
            if spread is not None:
                self.conversations.forget_said(spread)

    # ------------------------------------------------------------ sessions

    def begun(self, session: Session) -> None:
        """A session has begun: it hears of its conversations, before what waits for it."""
        account = session.account
        if account is None or not self.conversations.by_person:
            return
        mine = [each for each in self.conversations.of_person(account.id) if each.open]
        served = self.conversations.to_tell(account)
        self.conversations.tell_session(session, [*mine, *served])
        self._answering.greet(session, served)

    def close(self, session: Session, desk: str) -> None:
        if session.person.site:
            self._people.visitors.check_staff(session.person, desk)
        front = self.staff.named(desk)
        if front is None:
            raise NoSuchAccount(desk)
        conversation = self.conversations.of(session.person.key, front.folded)
        if conversation is not None and conversation.open:
            self._taking.close(conversation, f"{conversation.called} has ended the conversation.")

    def named(self, name: str) -> DeskPerson | None:
        return self.staff.named(name)

    def serves(self, account: Account) -> bool:
        """Whether this account answers at any desk."""
        return bool(self.staff.serving(account))

    # ------------------------------------------------------------ upkeep

    def retry(self) -> None:
        """The store is back."""
        self._book.retry()
        for conversation in list(self.conversations.said):
            # Copies that it has refused; who signs on, or is on and waits, is not given them otherwise.
            self._ringing.give_all(conversation)
        if self._unopened:
            self.apply(self._rules)

    def expire(self, before: float) -> int:
        """Close what nobody has said anything in since then, and forget what was closed already; how many."""
        old = [each for each in self.conversations if each.active < before]
        closed = [each for each in old if not each.open]
        for conversation in old:
            if conversation.open:
                self._taking.close(
                    conversation, f"The conversation with {conversation.called} is closed: nothing was said for long."
                )
        for conversation in closed:
            # Visitors are forgotten with all they have; till then the staff can write to them.
            if conversation.person not in self._people.visitors.visits:
                self.conversations.forget(conversation)
        return len(old) - len(closed)

    def counts(self) -> dict[str, int]:
        """Conversations by their stage."""
        stages = [each.stage for each in self.conversations]
        return {stage.value: stages.count(stage) for stage in Stage}

    def open_conversations(self) -> list[Conversation]:
        """For the operator, the oldest first."""
        return sorted((each for each in self.conversations if each.open), key=lambda each: each.since)

    @property
    def idle(self) -> bool:
        return self._book.idle
