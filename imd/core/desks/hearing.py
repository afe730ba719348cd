"""What is heard of copies again: out of agents' inboxes, and from their clients, who confirm and read them."""

from dataclasses import dataclass
from functools import partial

import msgspec

from imd.core.address import Address, fold
from imd.core.desks.conversation import Spread
from imd.core.desks.conversations import Conversations
from imd.core.desks.copies import Copies
from imd.core.keeping import Keeping
from imd.core.message import FOR_DESK_TAG, Message, Outcome, receipt
from imd.core.people import People
from imd.core.presence import PresenceRegistry
from imd.core.receiving import Receiving
from imd.core.relay import Pending, copy_key
from imd.core.session import Person
from imd.core.trace import DeskWay, Trace, Way


@dataclass(slots=True, eq=False, repr=False)
class Hearing:
    """Finds what a copy belongs to, and tells whoever said it."""

    _people: People
    _presence: PresenceRegistry
    _trace: Trace
    _keeping: Keeping
    _conversations: Conversations
    _copies: Copies

    # ------------------------------------------------------------ out of inboxes

    def _as_said(self, copy: Message) -> Message:
        """As its sender wrote it."""
        name = copy.tags[FOR_DESK_TAG]
        tags = {key: value for key, value in copy.tags.items() if key != FOR_DESK_TAG}
        return msgspec.structs.replace(copy, recipient=Address(name, self._people.domain), tags=tags)

    def found(self, agent: str, copy: Message) -> None:
        """At the start: this copy waits in an agent's inbox. It may be all there is of the message: what the taker has
        in her inbox is not on the shelf, and what nobody had taken is there only once its sender was to hear."""
        conversation = self._conversations.of(copy.sender_account, fold(copy.tags[FOR_DESK_TAG]))
        if conversation is None or not conversation.open or copy.seq < conversation.began:
            return
        spread = self._conversations.spread(conversation, copy.id)
        if spread is None:
            spread = Spread(conversation, self._as_said(copy), None)
        spread.agents.setdefault(agent, None)
        self._conversations.add(spread)
        self._conversations.said[conversation].changed()

    def way_of_copy(self, message: Message, account: str) -> Way:
        """The trace of a copy that came out of the store."""
        main = self._trace.get(message.id)
        if not isinstance(main, DeskWay):
            said = self._as_said(message)
            main = self._trace.begin_at_desk(said, f"desk:{said.recipient.name}")
            main.add(message.time, "read", "before this daemon started, or long ago")
            main.outcome = Outcome.ACCEPTED
            # That daemon may have died before the history had it.
            self._copies.note(said)
        way = main.of(account)
        if way is None:
            way = main.copy(message, account)
            way.outcome = Outcome.ACCEPTED
            agent = self._people.person(account)
            if agent is not None and agent.account is not None:
                pending = Pending(agent.account, agent, message, way, None, "")
                pending.key = copy_key(message.id, account)
                self._keeping.accept(pending)
        return way

    def agents_of(self, person: str, id: str) -> list[str]:
        """Who has, or may have, a copy of what this person has said, by account id: where nothing is known of it any
        more, all who were asked."""
        way = self._trace.get(id)
        # Of copies that an earlier daemon has given the trace may know nothing.
        found = dict.fromkeys(way.copies if isinstance(way, DeskWay) else ())
        for each in self._conversations.of_person(person):
            spread = self._conversations.spread(each, id)
            found |= dict.fromkeys((*([] if spread is None else spread.agents), *each.rung, each.by))
        return [agent for agent in found if agent]

    # ------------------------------------------------------------ what agents' clients say

    def _spread_of(self, message: Message) -> Spread | None:
        """Of a copy."""
        conversations = self._conversations
        if not conversations.said:
            return None
        for conversation in conversations.by_person.get(message.sender_account, {}).values():
            spread = conversations.spread(conversation, message.id)
            if spread is not None:
                return spread
        return None

    def delivered(self, agent: Person, message: Message, now: float) -> None:
        """An agent's client has confirmed her copy."""
        spread = self._spread_of(message)
        if spread is not None:
            if agent.key not in spread.heard:
                spread.heard.add(agent.key)
                if spread.kept:
                    # A daemon that is killed now must not give it to her once more.
                    self._conversations.keep_said(spread)
            if spread.agents.get(agent.key) in (Outcome.REFUSED, Outcome.UNKNOWN):
                spread.agents[agent.key] = Outcome.ACCEPTED
            self._copies.look(spread)
        self._tell(agent, message, Outcome.DELIVERED, now, None if spread is None else spread.pending)

    def read(self, agent: Person, message: Message, now: float) -> None:
        """An agent has read her copy."""
        self._tell(agent, message, Outcome.READ, now, None)

    def _tell(self, agent: Person, message: Message, step: Outcome, now: float, pending: Pending | None) -> None:
        """Whoever said it, once, whichever agent it was; not of one whom nobody can see to be here (P5)."""
        way = self._trace.get(message.id)
        sender = self._people.person(message.sender_account)
        if not isinstance(way, DeskWay) or step in way.told or self._presence.invisible(agent):
            return
        way.told += (step,)
        if sender is None:
            return
        told = partial(Receiving.tell_sender, sender, receipt(way.message, step, time=now))
        if pending is None or pending.settled:
            told()
        else:
            # Not before *accepted*.
            pending.after = told
