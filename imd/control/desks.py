"""``imdctl desks``: who is at which desk, and which conversations are open. Nothing of what is said."""

from typing import Any

from imd.control.directory import Action
from imd.control.wire import PAGE, Answer
from imd.core.desks.conversation import Conversation
from imd.core.desks.desk import DeskPerson
from imd.core.hub import Hub
from imd.core.sites import DeskRule


class DeskActions:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.actions: dict[str, Action] = {"desks": self.desks}

    async def desks(self, arguments: dict[str, Any]) -> Answer:
        """One row for each desk, then one for each open conversation."""
        rules = self._hub.sites.desks.items()
        desks = [self._desk(rule, self._hub.desks.staff.desks.get(folded)) for folded, rule in rules]
        found = [*desks, *map(self._conversation, self._hub.desks.open_conversations())]
        after = int(arguments.get("after") or 0)
        return {"rows": found[after : after + PAGE], "next": str(after + PAGE) if len(found) > after + PAGE else ""}

    def _desk(self, rule: DeskRule, desk: DeskPerson | None) -> Answer:
        on = {} if desk is None else desk.on
        people = {id: self._hub.people.person(id) for id in on}
        return {
            "desk": rule.name,
            "title": rule.title,
            # There is none where an account has its name.
            "open": desk is not None,
            "on": {person.address.name: on[id].value for id, person in people.items() if person is not None},
        }

    def _conversation(self, conversation: Conversation) -> Answer:
        desks = self._hub.desks
        news = desks.conversations.news(conversation)
        at = desks.conversations.at(conversation)
        return {
            "desk": conversation.desk,
            "at": conversation.desk if at is None else at.name,
            "person": conversation.called,
            "state": conversation.stage.value,
            "by": "" if news is None or news.by is None else news.by.name,
            "since": conversation.since,
            "unheard": len(desks.conversations.unheard(conversation)),
        }
