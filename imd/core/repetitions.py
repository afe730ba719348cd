"""Messages that their senders send again, because they have heard nothing of them (DESIGN, "Ids")."""

import msgspec

from imd.core.history import History
from imd.core.keeping import Keeping
from imd.core.message import Draft, Outcome, Settle, receipt
from imd.core.past import talk
from imd.core.receiving import Receiving
from imd.core.session import Person
from imd.core.trace import Trace, Way


class Repetitions:
    """What has become of messages that are sent again."""

    def __init__(self, keeping: Keeping, trace: Trace, receiving: Receiving, history: History) -> None:
        self._keeping = keeping
        self._trace = trace
        self._receiving = receiving
        self._history = history

    def known(self, id: str, sender: Person, draft: Draft, outcome: Settle) -> bool:
        """A message its sender sends again: it is told what became of the first (DESIGN, "Ids")."""
        if self._keeping.join(id, sender, outcome):
            return True
        way = self._trace.get(id)
        if way is None or way.outcome is None or way.outcome in (Outcome.REFUSED, Outcome.UNKNOWN):
            return False
        if id in self._receiving.inherited:
            self._record_for_sender(sender, draft, way, outcome)
        else:
            outcome(receipt(way.message, way.outcome))
        return True

    def _record_for_sender(self, sender: Person, draft: Draft, way: Way, outcome: Settle) -> None:
        """The daemon that took this message died before its sender had an answer, and perhaps before the sender's other
        devices could read it in history: she is told once they can."""
        told = Outcome.ACCEPTED if way.outcome is None else way.outcome
        account = sender.account
        message = msgspec.structs.replace(way.message, body=draft.body, tags=draft.tags)
        if account is None or not self._history.read_by(account) or account.id == way.recipient:
            outcome(receipt(message, told))
            return

        def recorded(result: Outcome) -> None:
            if result is Outcome.ACCEPTED:
                self._receiving.inherited.pop(message.id, None)
            outcome(receipt(message, told if result is Outcome.ACCEPTED else result))

        self._history.record_talk([talk(account.id, way.recipient)], message, recorded, insist=False)
