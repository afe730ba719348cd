"""What a door offers for each session."""

from collections.abc import Sequence
from typing import Protocol

from imd.core.contact import RosterChange
from imd.core.conversation import ConversationNews
from imd.core.message import Envelope, ReadMark, Receipt
from imd.core.past import Redaction
from imd.core.refusal import Refusal
from imd.core.session import (
    PresenceView,
)
from imd.core.talk import Crowd, MetadataChange, RoomEvent, RoomLines


class Client(Protocol):
    """The door's end of one session. Methods never raise and never wait; they encode and buffer."""

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        """Show these messages, in this order. Those of a kept kind are acknowledged later, by
        `Delivery.acknowledge`, once the client has confirmed them."""

    @property
    def takes_receipts(self) -> bool:
        """Whether the protocol has them; nothing is made up for who cannot show it."""

    def receipt(self, receipt: Receipt) -> None:
        """A later step (delivered, read) of a message this session sent."""

    def presence_changed(self, views: Sequence[PresenceView]) -> None:
        """People this session watches, by roster or `watch`, have changed. At most one call per reactor turn."""

    def roster_changed(self, change: RosterChange) -> None: ...

    def room_event(self, event: RoomEvent) -> None:
        """Something has happened in a room, other than talk."""

    def room_crowd(self, crowd: Crowd) -> None:
        """People have come into a room where this session is, or have signed off. Of somebody who comes herself her
        own sessions hear by `room_event`, at once."""

    def room_lines(self, told: RoomLines) -> None:
        """Something was said in a room, by this session or by others."""

    @property
    def takes_missed(self) -> bool:
        """Whether it is to be handed by `missed` what its device has missed: because it cannot read history."""

    def missed(self, name: str, envelopes: Sequence[Envelope]) -> None:
        """Show what was said in a room, or in the talk with somebody, while the device was off."""

    def probe(self) -> None:
        """Ask the client for a sign of life, if its protocol has one, and say so by `Session.track`."""

    def backlog(self) -> int:
        """Bytes written for this client that the network has not taken yet. Who never confirms is paced by it."""

    def message_redacted(self, redaction: Redaction) -> None:
        """Something said in a talk of this person was taken back, by either side."""

    def message_read(self, mark: ReadMark) -> None:
        """Another session of this person has read so far (read marks between devices)."""

    def metadata_changed(self, change: MetadataChange) -> None:
        """Somebody or some room this session may see, itself included, shows something else of itself."""

    def conversation(self, news: ConversationNews) -> None:
        """A conversation with a desk, of this person or of one whom she may answer, has come to another stage; or is
        in it, when the session begins."""

    def end(self, reason: Refusal) -> None:
        """Say why and close. `People.sign_off` has been done already."""
