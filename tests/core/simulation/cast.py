"""Messages and clients of a simulated life."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imd.core.contact import RosterChange
from imd.core.conversation import ConversationNews
from imd.core.message import Envelope, Outcome, ReadMark, Receipt
from imd.core.past import Redaction
from imd.core.refusal import Refusal
from imd.core.session import PresenceView, Session
from imd.core.talk import Crowd, MetadataChange, RoomEvent, RoomLines

if TYPE_CHECKING:
    from tests.core.simulation.life import Life

#: How a client confirms what it is shown.
HABITS = ("at once", "at once", "later", "in parts", "never", "cannot")

SETTLING = (Outcome.ACCEPTED, Outcome.KEPT, Outcome.REFUSED, Outcome.UNKNOWN)


class Sent:
    """One message as its sender knows it."""

    def __init__(self, number: int, sender: str, to: str, client_id: str) -> None:
        self.number = number
        self.sender = sender
        self.to = to
        self.client_id = client_id
        self.id = ""
        #: One list of receipts per time it was sent.
        self.told: list[list[Receipt]] = []
        #: Lives of the daemon in which it was sent; the answers of a daemon that was killed do not come.
        self.lives: list[int] = []
        self.blocked = False
        #: The recipient was known to have several devices whenever it was sent: it must be in their history.
        self.recorded = True
        #: Its sender has asked to take it back; then when that was done, and how often it had been sent by then.
        self.regretted = False
        self.taken_back: tuple[int, int] | None = None

    @property
    def outcomes(self) -> list[Outcome]:
        return [receipt.outcome for told in self.told for receipt in told]


class Device:
    """A client of an account, with its habit of confirming."""

    def __init__(self, life: "Life", who: str, habit: str, number: int) -> None:
        self.life = life
        self.who = who
        self.habit = habit
        self.number = number
        self.session: Session | None = None
        self.began = life.moment()
        self.unconfirmed: list[str] = []
        self.seen: set[str] = set()
        self.first: dict[str, int] = {}
        self.over = False

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            self.life.show(self, envelope)
        ids = [envelope.message.id for envelope in envelopes]
        if self.habit == "at once":
            self.confirm(ids)
        elif self.habit != "cannot":
            self.unconfirmed += ids

    def confirm(self, ids: list[str]) -> None:
        assert self.session is not None
        for id in ids:
            self.life.confirmed.setdefault((self.who, id), self.life.moment())
        self.life.house.hub.delivery.acknowledge(self.session, ids)

    def end(self, reason: Refusal) -> None:
        self.over = True

    takes_receipts = True

    def receipt(self, receipt: Receipt) -> None: ...
    def presence_changed(self, views: Sequence[PresenceView]) -> None: ...
    def roster_changed(self, change: RosterChange) -> None: ...
    def room_lines(self, told: RoomLines) -> None: ...

    def room_crowd(self, crowd: Crowd) -> None: ...
    def room_event(self, event: RoomEvent) -> None: ...

    takes_missed = False

    def missed(self, name: str, envelopes: Sequence[Envelope]) -> None: ...
    def probe(self) -> None: ...
    def backlog(self) -> int:
        return 0

    def message_redacted(self, redaction: Redaction) -> None:
        self.life.show_redacted(self, redaction)

    def message_read(self, mark: ReadMark) -> None: ...

    def metadata_changed(self, change: MetadataChange) -> None: ...
    def conversation(self, news: ConversationNews) -> None: ...
