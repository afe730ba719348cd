"""The client of a session that is being handed what its device missed: what happens meanwhile waits."""

from collections.abc import Callable, Sequence
from functools import partial

from imd.core.contact import RosterChange
from imd.core.conversation import ConversationNews
from imd.core.message import Envelope, Message, ReadMark, Receipt
from imd.core.past import Redaction
from imd.core.ports import Client
from imd.core.refusal import Refusal
from imd.core.relay import weight
from imd.core.session import PresenceView, Session
from imd.core.talk import Crowd, MetadataChange, RoomEvent, RoomLines

#: Things that happen while a device is handed what it missed, and bytes of what is said: with more it is handed both at
#: a time.
_HELD = 1_000
_HELD_BYTES = 1024 * 1024


def is_client(session: Session, client: object) -> bool:
    """Whether this is the client of the session now."""
    return session.client is client


class Held:
    """The client of a session that is being handed what it missed: what happens meanwhile waits, in order."""

    def __init__(self, session: Session, client: Client) -> None:
        self.client = client
        #: Of messages that came by another way.
        self.ids: set[str] = set()
        self._session = session
        self._held: list[Callable[[], None]] = []
        self._weight = 0

    def release(self) -> None:
        held, self._held = self._held, []
        if is_client(self._session, self):
            self._session.client = self.client
            for call in held:
                call()
                if not is_client(self._session, self.client):
                    # It read too slowly for all of that, and is gone.
                    break

    def _hold(self, call: Callable[[], None], *said: Message) -> None:
        self._held.append(call)
        self._weight += sum(map(weight, said))
        if len(self._held) > _HELD or self._weight > _HELD_BYTES:
            self.release()

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        messages = [envelope.message for envelope in envelopes]
        self.ids.update(message.id for message in messages)
        self._hold(partial(self.client.deliver, list(envelopes)), *messages)

    def room_event(self, event: RoomEvent) -> None:
        if event.session == self._session.id:
            # The answer to what it has just asked for.
            self.client.room_event(event)
        else:
            self._hold(partial(self.client.room_event, event))

    def room_crowd(self, crowd: Crowd) -> None:
        self._hold(partial(self.client.room_crowd, crowd))

    def room_lines(self, told: RoomLines) -> None:
        self._hold(partial(self.client.room_lines, told), *[line.envelope.message for line in told.lines])

    def message_redacted(self, redaction: Redaction) -> None:
        self._hold(partial(self.client.message_redacted, redaction))

    def metadata_changed(self, change: MetadataChange) -> None:
        self._hold(partial(self.client.metadata_changed, change))

    def presence_changed(self, views: Sequence[PresenceView]) -> None:
        self._hold(partial(self.client.presence_changed, views))

    def roster_changed(self, change: RosterChange) -> None:
        self._hold(partial(self.client.roster_changed, change))

    def message_read(self, mark: ReadMark) -> None:
        self._hold(partial(self.client.message_read, mark))

    def conversation(self, news: ConversationNews) -> None:
        self._hold(partial(self.client.conversation, news))

    def receipt(self, receipt: Receipt) -> None:
        self._hold(partial(self.client.receipt, receipt))

    @property
    def takes_receipts(self) -> bool:
        return self.client.takes_receipts

    @property
    def takes_missed(self) -> bool:
        return False

    def missed(self, name: str, envelopes: Sequence[Envelope]) -> None:
        self.client.missed(name, envelopes)

    def probe(self) -> None: ...

    def backlog(self) -> int:
        return self.client.backlog()

    def end(self, reason: Refusal) -> None:
        self.client.end(reason)
