"""Each limit, and how it is met."""

from imd.core.verifier import written
from imd.credentials.scram import new_verifier
from imd.net.scram import salted_password
from tests.promises.bounds import counts, signing_on, sizes, texts
from tests.promises.bounds.meeting import Deed, alike

_SESAME = new_verifier(salted_password(b"sesame", b"salt", 4096), b"salt", 4096)


#: Rates and rooms in all are met elsewhere: they would be in the way here.
TIGHT = (
    "limits.enabled=true",
    "limits.messages_per_second=0",
    "limits.commands_per_second=0",
    "limits.registrations_per_hour=1",
    'limits.sign_on_delay="20 ms"',
    "limits.sign_on_attempts=2",
    'limits.line_length="4 KiB"',
    'limits.message_size="300 bytes"',
    'limits.tags_size="100 bytes"',
    "limits.metadata_at_once=1",
    "limits.metadata_keys=1",
    'limits.metadata_value="20 bytes"',
    "limits.metadata_subscriptions=1",
    "limits.metadata_per_minute=3",
    "limits.multiline_lines=2",
    'limits.multiline_time="2 s"',
    "limits.sessions_per_account=2",
    "limits.contacts=1",
    "limits.watches=1",
    "limits.desk_messages=1",
    'web.desks=[{name="nobody-there", agents=["not-yet"]}]',
    "limits.whowas=2",
    "limits.rooms_per_account=2",
    "limits.room_members=2",
    "limits.room_masks=1",
    "limits.invites=1",
    "limits.offers=1",
    "limits.bans=1",
    f'operators.logins=[{{name="root", password="{written(_SESAME)}"}}]',
    "limits.always_on=1",
    "limits.replay=2",
    "limits.read_marks=1",
    "limits.window=2",
    "limits.targets=2",
    "limits.traces=5",
    "limits.nick_length=12",
    "limits.room_name_length=12",
    "limits.topic_length=20",
    "limits.kick_length=20",
    "limits.status_length=20",
    "limits.real_name_length=20",
    "offline.max_messages=4",
    "history.max_messages=6",
    "guests.offline_messages=1",
)


#: By setting: how it is met through the native door (stream and datagrams) and through IRC; None: not through this one.
DEEDS: dict[str, tuple[Deed | None, Deed | None]] = {
    "limits.line_length": (sizes.native_line, sizes.irc_line),
    "limits.message_size": (sizes.message, sizes.message),
    # Tags are IRC's.
    "limits.tags_size": (None, sizes.tags),
    # Only IRC has metadata.
    "limits.metadata_at_once": (None, sizes.metadata_later),
    "limits.metadata_keys": (None, sizes.metadata("SET b x", "FAIL METADATA LIMIT_REACHED", "SET a x")),
    "limits.metadata_value": (None, sizes.metadata(f"SET a {'x' * 21}", "FAIL METADATA VALUE_INVALID")),
    "limits.metadata_subscriptions": (None, sizes.metadata("SUB b", "FAIL METADATA TOO_MANY_SUBS b", "SUB a")),
    "limits.metadata_per_minute": (None, sizes.metadata("SET a y", "FAIL METADATA RATE_LIMITED", *["SET a x"] * 3)),
    # A native message has its line ends in it.
    "limits.multiline_lines": (None, sizes.lines),
    "limits.multiline_time": (None, sizes.unfinished),
    "limits.sign_on_attempts": (signing_on.native_attempts, signing_on.irc_attempts),
    "limits.sign_on_delay": (signing_on.native_attempts, signing_on.irc_attempts),
    "limits.registrations_per_hour": (signing_on.native_registrations, signing_on.irc_registrations),
    "limits.sessions_per_account": (signing_on.sessions, signing_on.sessions),
    "limits.contacts": (alike("roster-ask", "too-many", {"name": "@"}, {"name": "@"}), counts.irc_contacts),
    "limits.watches": (alike("watch", "too-many", {"name": "@"}, {"name": "@"}), counts.irc_watches),
    "limits.whowas": (counts.whowas, counts.whowas),
    "limits.desk_messages": (counts.desk, counts.desk),
    "limits.rooms_per_account": (
        alike("join", "too-many", {"room": "#new"}, {"room": "#new"}, {"room": "#new"}),
        counts.irc_rooms,
    ),
    "limits.room_members": (counts.members, counts.members),
    "limits.room_masks": (counts.native_masks, counts.irc_masks),
    "limits.invites": (counts.invites, counts.invites),
    "limits.offers": (counts.offers, counts.offers),
    # Operators come by IRC.
    "limits.bans": (None, counts.bans),
    # Native clients read history.
    "limits.replay": (None, counts.replay),
    "limits.always_on": (counts.native_always_on, counts.irc_always_on),
    "limits.read_marks": (counts.native_marks, counts.irc_marks),
    "limits.window": (counts.window, counts.window),
    # A native command has one recipient.
    "limits.targets": (None, counts.targets),
    "limits.traces": (counts.traces, counts.traces),
    "limits.nick_length": (texts.native_nick, texts.irc_nick),
    "limits.room_name_length": (alike("join", "invalid-name", {"room": "#" + "x" * 12}), texts.irc_room_name),
    "limits.topic_length": (alike("set-topic", "too-long", {"room": "#", "text": "x" * 21}), texts.irc_topic),
    "limits.kick_length": (texts.kick, texts.kick),
    "limits.status_length": (
        alike("set-presence", "too-long", {"state": "away", "text": "x" * 21}),
        texts.irc_status,
    ),
    "limits.real_name_length": (alike("set-realname", "too-long", {"realname": "x" * 21}), texts.irc_real_name),
    "history.max_messages": (counts.history, counts.history),
    "offline.max_messages": (counts.inbox, counts.inbox),
    # Guests come by IRC.
    "guests.offline_messages": (None, counts.guests_inbox),
}
