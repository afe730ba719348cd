"""Sections `delivery`, `offline`, `history`, `rooms` and `carriers`: what becomes of messages."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from imd.config.field import setting
from imd.config.values import Duration


class Delivery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How messages reach people who are on."""

    ack_wait: Annotated[
        Duration,
        setting(
            "How long an acknowledgement of the recipient's client is waited for before the message is "
            "written to "
            'the store. "0" writes each message at once.',
            reason="A client nearby answers within a millisecond or two and saves the write to disk.",
        ),
    ] = Duration(0.005)


class Offline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Messages for people who are not on."""

    keep: Annotated[
        Duration,
        setting(
            "How long an undelivered message is kept.",
            reason="A long holiday.",
        ),
    ] = Duration(30 * 86_400)
    max_messages: Annotated[
        int,
        setting(
            "Most messages that wait for one account; further senders are told that it is full. 0 means unlimited.",
            reason="With limits.message_size at most 16 MB for one account.",
            ge=0,
        ),
    ] = 1_000


class History(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Talks and rooms to read again, on every device."""

    keep: Annotated[Duration, setting('How long history is kept. "0" keeps none.', example='"365 days"')] = Duration(
        30 * 86_400
    )
    max_messages: Annotated[
        int,
        setting(
            "Most messages kept of one room, or of one person's talk with another; older ones are forgotten first, a "
            "tenth of this at a time. 0 means unlimited.",
            reason="Weeks of a busy room; with limits.message_size at most 160 MB.",
            ge=0,
        ),
    ] = 10_000
    talks: Annotated[
        Literal["readers", "always"],
        setting(
            'Whose private talks are kept: of "readers", accounts that have a second device or a client that reads '
            'history, or "always" of everybody. Each account has copies of its own.',
            reason="Whoever nobody reads talks of pays nothing for them.",
            example='"always"',
        ),
    ] = "readers"
    redact: Annotated[
        Duration,
        setting(
            "How long people may take back what they have said (IRC: REDACT). Operators of a room always may. "
            '"0": as long as it is kept.',
            reason="Time to notice a mistake; not for rewriting what was agreed on.",
        ),
    ] = Duration(86_400)


class Rooms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rooms (IRC: channels)."""

    create: Annotated[
        Literal["everyone", "accounts", "nobody"],
        setting(
            'Who may open a new room by joining it: "everyone", "accounts" (no guests), or "nobody".',
            example='"accounts"',
        ),
    ] = "everyone"


class Carriers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ways out of IM. None of them is part of this release: turning one on is an error."""

    email: Annotated[bool, setting("Messages by e-mail.", allowed="false", live=False)] = False
    sms: Annotated[bool, setting("Messages by SMS.", allowed="false", live=False)] = False
    fax: Annotated[bool, setting("Messages by fax.", allowed="false", live=False)] = False
