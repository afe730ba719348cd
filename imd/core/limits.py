"""The counts and sizes the core keeps within. 0 means unlimited. Rates are kept by the doors and by credentials."""

import msgspec

from imd.core.refusal import Malformed, TooLong, TooMany
from imd.core.tally import Tally


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Named as the settings are (`imd.config.limits`), where each stands with its reason; so are the defaults."""

    #: Bytes of a message's body.
    message_size: int = 16_384
    #: Bytes of presence, part and quit texts, and of those of a removal from a room.
    status_length: int = 300
    kick_length: int = 300
    real_name_length: int = 150
    topic_length: int = 390
    room_name_length: int = 64
    sessions_per_account: int = 20
    contacts: int = 1_000
    watches: int = 1_000
    #: Appearances of people that are remembered for who asks who was here.
    whowas: int = 1_000
    #: Visitors of sites, here or not.
    visitors: int = 20_000
    #: Of one conversation with a desk, which nobody has yet.
    desk_messages: int = 100
    rooms: int = 10_000
    rooms_per_account: int = 100
    room_members: int = 5_000
    room_masks: int = 100
    #: Given and not used yet, of one account.
    invites: int = 100
    #: Made and not answered yet, of one session.
    offers: int = 20
    #: Messages of one room or talk that a device is handed which has missed them.
    replay: int = 1_000
    #: Accounts that stay in their rooms while nobody is signed on.
    always_on: int = 10_000
    #: Rooms and talks in which an account has read somewhere.
    read_marks: int = 1_000
    #: Keys that one account, guest or room may have set, and bytes of a value.
    metadata_keys: int = 50
    metadata_value: int = 280
    #: Unconfirmed deliveries under way to one client; more wait in the store.
    window: int = 256
    #: Bytes of such deliveries: well within what doors let wait for a client (`limits.send_queue`), or whoever has a
    #: large inbox would be cut off as a slow reader at every sign-on.
    window_bytes: int = 128 * 1024
    #: Of accounts, masks and addresses together.
    bans: int = 10_000
    #: Messages whose way is remembered for the trace and for recognising repetitions.
    traces: int = 20_000
    #: Recipients whose block list is held in memory while they are off.
    recipients: int = 10_000
    #: Where it is counted how often each was met; the same after a reload.
    tally: Tally = msgspec.field(default_factory=Tally)

    def check_size(self, name: str, what: str, text: str) -> None:
        """Raise `TooLong` when `text` has more UTF-8 bytes than the limit `name` allows, `Malformed` when it is no
        Unicode text at all (lone surrogates): no store and no door could carry it."""
        limit: int = getattr(self, name)
        if len(text) <= limit and text.isascii():
            # Nearly always, and every message comes by here.
            return
        size = octets(what, text)
        if limit and size > limit:
            self.tally.count(name)
            raise TooLong(what, limit)

    def check_count(self, name: str, what: str, count: int) -> None:
        """Raise `TooMany` when `count` has reached the limit `name` and one more is asked for."""
        limit: int = getattr(self, name)
        if limit and count >= limit:
            self.tally.count(name)
            raise TooMany(what, limit)


def octets(what: str, text: str) -> int:
    """How many bytes of UTF-8 a text is. Raises `Malformed` when it is no Unicode text."""
    try:
        return len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        raise Malformed(f"The {what} is not Unicode text.") from None
