"""Whose a conversation is: taken, handed over, closed, and left by agents who serve no more."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from imd.core.address import fold
from imd.core.conversation import Stage
from imd.core.desks.conversation import Conversation
from imd.core.desks.conversations import Conversations
from imd.core.desks.copies import Copies
from imd.core.desks.desk import DeskPerson
from imd.core.desks.notices import Notices
from imd.core.desks.ringing import Ringing
from imd.core.desks.staff import Staff
from imd.core.past import END, guest, talk
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.refusal import StoreUnavailable
from imd.core.session import Account
from imd.core.stores import HistoryStore, OutcomeUnknown

#: Lines of the talk that whoever is handed it is shown, and characters of each.
_LAST = 5
_LONG = 300


@dataclass(slots=True, eq=False, repr=False)
class Taking:
    """Every change of whose a conversation is; its agents are told of each."""

    _environment: Environment
    _people: People
    _staff: Staff
    _conversations: Conversations
    _copies: Copies
    _ringing: Ringing
    _notices: Notices
    _past: HistoryStore

    def take(self, conversation: Conversation, agent: Account, *, by: str = "", since: float = 0.0) -> None:
        """This agent has it from now on; the others hear, but for her who did it, and what they have not seen yet is
        hers alone."""
        desk = self._conversations.at(conversation)
        before = conversation.by if conversation.stage is Stage.TAKEN else ""
        self._conversations.change(conversation, Stage.TAKEN, agent.id, since)
        if desk is not None:
            others = [id for id in (*desk.on, before) if id not in ("", by, conversation.person)]
            self._notices.say(desk, others, f"{agent.name} has taken {conversation.called}.", but=agent.id)
        self._copies.give_all(conversation, agent)
        self._copies.settle_up(conversation)

    def hand(self, conversation: Conversation, by: Account, name: str) -> str:
        """Give it to another agent or to another desk; what `by` is answered."""
        desk = self._staff.named(name)
        if desk is not None:
            return self._hand_to_desk(conversation, by, desk)
        at = self._conversations.at(conversation)
        if fold(name) == fold(conversation.called):
            return f"{conversation.called} is who asks."
        person = self._people.find(name)
        account = None if person is None else person.account
        # The same words for who is off, for who hides, and for who is no agent: that is no way to find out (P5).
        here = [] if account is None else [desk for desk in self._staff.serving(account) if account.id in desk.on]
        named = [desk for desk in here if desk is at] or [desk for desk in here if not desk.everyone]
        if account is None or not named:
            return f"{name} is not here. Hand it to an agent who is, or to a desk."
        if conversation.stage is Stage.TAKEN and conversation.by == account.id:
            return f"{account.name} has it already."
        at = named[0]
        conversation.at = at.folded
        self.take(conversation, account, by=by.id)
        first = f"{by.name} hands you {conversation.about}. Write to {conversation.called} to answer."
        self._tell_of(at, conversation, account.id, first)
        return f"{account.name} has {conversation.called} now."

    def _hand_to_desk(self, conversation: Conversation, by: Account, desk: DeskPerson) -> str:
        on = [id for id in desk.on if id not in (by.id, conversation.person)]
        if not on:
            return f"Nobody else is at {desk.name} now."
        conversation.at = desk.folded
        # Whoever has handed it on is not asked again.
        agents = [agent.id for agent in self._ringing.again(conversation, desk) if agent.id != by.id]
        for id in agents:
            self._tell_of(desk, conversation, id, f"{by.name} hands {conversation.called} to {desk.name}.")
        return f"{conversation.called} rings at {desk.name}."

    def _tell_of(self, desk: DeskPerson, conversation: Conversation, agent: str, first: str) -> None:
        self._environment.spawn("tell of a conversation", self._tell_last(desk, conversation, agent, first))

    async def _tell_last(self, desk: DeskPerson, conversation: Conversation, agent: str, first: str) -> None:
        """What was said last, for somebody who has not heard it."""
        texts = [first]
        own = self._staff.desks.get(conversation.desk)
        if own is not None:
            try:
                place = talk(conversation.person, guest(own.address))
                for message in await self._past.latest(place, END, _LAST):
                    when = time.strftime("%H:%M", time.gmtime(message.time))
                    body = " ".join(message.body.split())
                    body = body if len(body) <= _LONG else f"{body[:_LONG]}…"
                    texts.append(f"[{when}] <{message.sender.name}> {body}")
            except (StoreUnavailable, OutcomeUnknown):
                texts.append("What was said cannot be read at the moment.")
        self._notices.say(desk, [agent], *texts)

    def close(self, conversation: Conversation, why: str, *, but: str = "") -> None:
        """It is over; `why` is for its agents, but for `but`, who knows already."""
        desk = self._conversations.at(conversation)
        agents = conversation.agents
        self._conversations.change(conversation, Stage.CLOSED)
        if desk is not None:
            self._notices.say(desk, agents, why, but=but)
        for spread in self._conversations.unheard(conversation):
            # What somebody has not confirmed stays in her inbox.
            if spread.settled:
                self._conversations.forget_said(spread)
            else:
                self._conversations.keep_no_more(spread)

    def left(self, desk: DeskPerson, agents: Iterable[str]) -> None:
        """These serve at this desk no more: what they had is asked of the others."""
        gone = set(agents)
        for conversation in self._conversations.at_desk(desk):
            conversation.rung = [id for id in conversation.rung if id not in gone]
            if conversation.stage is Stage.TAKEN and conversation.by in gone:
                text = f"{conversation.called} has nobody any more, and rings again."
                self._notices.say(desk, [*desk.on], text, but=conversation.person)
                self._ringing.again(conversation, desk)
            elif conversation.stage is Stage.RINGING:
                self._conversations.keep(conversation)
                self._ringing.ring(conversation, desk)

    def forget_agent(self, agent: str) -> None:
        """The account is removed, and its inbox with it. Others have their copies by now."""
        for conversation in list(self._conversations.said):
            for spread in self._conversations.unheard(conversation):
                # What becomes of a copy that is under way is told yet, and its sender may wait for that.
                # What she has confirmed somebody has had.
                if spread.agents.get(agent) is not None and len(spread.agents) > 1 and agent not in spread.heard:
                    del spread.agents[agent]
