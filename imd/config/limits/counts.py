"""Limits on how many there may be of everything."""

from __future__ import annotations

from typing import Annotated

from imd.config.field import setting
from imd.config.limits.rates import SignsOfLife
from imd.config.values import Size


class Counts(SignsOfLife, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many there may be of everything."""

    sessions_per_account: Annotated[
        int,
        setting(
            "Sessions an account may have at one time.",
            reason="All devices of a person, with some that died unnoticed.",
            ge=0,
        ),
    ] = 20
    contacts: Annotated[
        int,
        setting(
            "Entries of a buddy list, blocked people and open requests included.",
            reason="More people than anybody knows; a presence change still costs under 4 ms.",
            ge=0,
        ),
    ] = 1_000
    watches: Annotated[
        int,
        setting(
            "Names a session may watch that are not in its buddy list (IRC: MONITOR).",
            reason="What large IRC networks allow is 100; a client may keep its whole buddy list there.",
            ge=0,
        ),
    ] = 1_000
    whowas: Annotated[
        int,
        setting(
            "How many times that somebody came are remembered, for who asks who was here (IRC: WHOWAS).",
            reason="An evening of a busy service, in half a megabyte.",
            ge=0,
        ),
    ] = 1_000
    visitors: Annotated[
        int,
        setting(
            "Visitors of sites that are known, here or not; see web.visitors_keep. Where there are nearly as many, "
            "those away for longest are forgotten after a day, unless something waits for them.",
            reason="A busy shop's month, in some 5 MB.",
            ge=0,
        ),
    ] = 20_000
    desk_messages: Annotated[
        int,
        setting(
            "Messages of one conversation with a desk that nobody has yet: whoever takes it is given as many of the "
            "latest, and while the desk has no agent at all no more are taken.",
            reason="More than people write without an answer; agents have the rest in their inboxes.",
            ge=0,
        ),
    ] = 100
    rooms: Annotated[
        int,
        setting("Rooms at one time.", reason="Room for one to each connection.", ge=0),
    ] = 10_000
    rooms_per_account: Annotated[
        int,
        setting(
            "Rooms an account may be in at one time, and rooms it may own.",
            reason="What large IRC networks allow.",
            ge=0,
        ),
    ] = 100
    room_members: Annotated[
        int,
        setting(
            "Members of one room.",
            reason="One line to all of them takes some 15 ms; above that others would feel it.",
            ge=0,
        ),
    ] = 5_000
    bans: Annotated[
        int,
        setting(
            "Bans of accounts, masks and addresses together.",
            reason="All are held in memory, some 500 bytes each, and a mask that names neither nick nor host costs "
            "each sign-on a microsecond.",
            ge=0,
        ),
    ] = 10_000
    room_masks: Annotated[
        int,
        setting("Entries in each list of a room, such as its bans.", reason="What large IRC networks allow.", ge=0),
    ] = 100
    invites: Annotated[
        int,
        setting(
            "Invitations to rooms that one person has given and nobody has used yet.",
            reason="More than anybody asks in one evening; each opens a room to one person once.",
            ge=0,
        ),
    ] = 100
    offers: Annotated[
        int,
        setting(
            "Open offers of one session: direct connections, files, calls (IRC: DCC). An offer is open until it is "
            "answered or withdrawn, for five minutes at most.",
            reason="Each waits for an answer of a person; nobody waits for more.",
            ge=0,
        ),
    ] = 20
    replay: Annotated[
        int,
        setting(
            "Messages of one room or talk that a client which cannot read history is handed when its device has missed "
            "them; of more, the newest.",
            reason="More than anybody reads again; as many as an inbox holds.",
            ge=0,
        ),
    ] = 1_000
    always_on: Annotated[
        int,
        setting(
            "Accounts that stay in their rooms while no client of theirs is connected.",
            reason="As many as connections: some 2 KiB each, and a row for each of their rooms.",
            ge=0,
        ),
    ] = 10_000
    read_marks: Annotated[
        int,
        setting(
            "Rooms and talks of which it is known how far an account has read; the oldest mark is forgotten first.",
            reason="More than anybody follows; some 50 bytes each while the account is on.",
            ge=0,
        ),
    ] = 1_000
    window: Annotated[
        int,
        setting(
            "Messages under way to one client that it has not acknowledged; more wait in the store.",
            reason="More than a client far away takes in a round trip; few enough to send again after a loss.",
            ge=0,
        ),
    ] = 256
    targets: Annotated[
        int,
        setting(
            "Recipients of one command.",
            reason="Each counts as a message of its own against the rate; this bounds the single line.",
            ge=0,
        ),
    ] = 10
    metadata_keys: Annotated[
        int,
        setting(
            "Keys that a person, and a room, may show of themselves (IRC METADATA).",
            reason="A picture, a name, pronouns, links: with limits.metadata_value 14 KB.",
            ge=0,
        ),
    ] = 50
    metadata_value: Annotated[
        Size,
        setting(
            "Most bytes of such a value; at most 350 together with its key.",
            reason="It stands in one line of IRC, with the names of server and room.",
        ),
    ] = Size(280)
    metadata_subscriptions: Annotated[
        int,
        setting(
            "Keys of others that one IRC client may be told of.",
            reason="More than there are in the registry of keys.",
            ge=0,
        ),
    ] = 100
    metadata_at_once: Annotated[
        int,
        setting(
            "Most values of a room and its members that an IRC client is told by itself when it comes in; where there "
            "are more it is asked to come back for them.",
            reason="As many lines as a busy sign-on has anyhow.",
            ge=0,
        ),
    ] = 200
    metadata_per_minute: Annotated[
        int,
        setting(
            "Changes of them that one IRC client may make in a minute.",
            reason="Each is told to everybody who shares a room with her.",
            ge=0,
            switched=True,
        ),
    ] = 30
    traces: Annotated[
        int,
        setting(
            "Messages whose way is remembered for `imdctl trace`, and by which one that its sender sends again is "
            "recognised; the oldest is forgotten first.",
            reason="About a kilobyte each, so some 20 MB.",
            ge=0,
        ),
    ] = 20_000
