"""Nobody, who stands where the client of a session was."""

from collections.abc import Sequence

from imd.core.contact import RosterChange
from imd.core.conversation import ConversationNews
from imd.core.message import Envelope, ReadMark, Receipt
from imd.core.past import Redaction
from imd.core.refusal import Refusal
from imd.core.session import PresenceView
from imd.core.talk import Crowd, MetadataChange, RoomEvent, RoomLines


class Gone:
    """The client of a session that is over. The session lets go of the one it had, which nearly always knows the
    session: both go with their last reference, and need no collection of garbage."""

    def deliver(self, envelopes: Sequence[Envelope]) -> None: ...
    def receipt(self, receipt: Receipt) -> None: ...
    def presence_changed(self, views: Sequence[PresenceView]) -> None: ...
    def roster_changed(self, change: RosterChange) -> None: ...
    def room_event(self, event: RoomEvent) -> None: ...
    def room_crowd(self, crowd: Crowd) -> None: ...
    def room_lines(self, told: RoomLines) -> None: ...
    def message_redacted(self, redaction: Redaction) -> None: ...
    def message_read(self, mark: ReadMark) -> None: ...
    def metadata_changed(self, change: MetadataChange) -> None: ...
    def conversation(self, news: ConversationNews) -> None: ...

    @property
    def takes_receipts(self) -> bool:
        return False

    @property
    def takes_missed(self) -> bool:
        return False

    def missed(self, name: str, envelopes: Sequence[Envelope]) -> None: ...
    def probe(self) -> None: ...

    def backlog(self) -> int:
        return 0

    def end(self, reason: Refusal) -> None: ...


GONE = Gone()
