"""The counts and sizes the core keeps within. 0 means unlimited. Rates are kept by the doors and by credentials."""

import msgspec

from imd.core.refusal import Malformed, TooLong, TooMany


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Defaults here are those of the settings (`imd.config`), where each stands with its reason."""

    #: Bytes of a message's body.
    message_size: int = 16_384
    #: Bytes of presence texts and of part, quit and removal texts.
    status_text: int = 390
    realname: int = 150
    topic: int = 390
    room_name: int = 64
    sessions_per_account: int = 20
    contacts: int = 1_000
    watches: int = 200
    rooms: int = 10_000
    rooms_per_person: int = 100
    room_members: int = 5_000
    room_list: int = 100
    #: Unconfirmed deliveries under way to one client; more wait in the store.
    window: int = 256
    #: Bytes of such deliveries: well within what doors let wait for a client (`limits.send_queue`), or whoever has a
    #: large inbox would be cut off as a slow reader at every sign-on.
    window_bytes: int = 128 * 1024
    #: Messages whose way is remembered for the trace and for recognising repetitions.
    traces: int = 20_000
    #: Recipients whose block list is held in memory while they are off.
    recipients: int = 10_000


def check_size(what: str, text: str, limit: int) -> None:
    """Raise `TooLong` when `text` has more than `limit` UTF-8 bytes (0: no limit), `Malformed` when it is no Unicode
    text at all (lone surrogates): no store and no door could carry it."""
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        raise Malformed(f"The {what} is not Unicode text.") from None
    if limit and size > limit:
        raise TooLong(what, limit)


def check_count(what: str, count: int, limit: int) -> None:
    """Raise `TooMany` when `count` has reached `limit` and one more is asked for (0: no limit)."""
    if limit and count >= limit:
        raise TooMany(what, limit)
