"""The limits: what one client, one account and the whole daemon may use.

`0` means unlimited, for times: never. Fields marked `switched` are the rates, the delays and the caps on
connections and handshakes, which `limits.enabled = false` turns off; all others always hold.
"""

from __future__ import annotations

from typing import Annotated, Self, get_type_hints

import msgspec

from imd.config.field import setting
from imd.config.values import Duration, Size


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds on everything a client can make the daemon hold, send or do."""

    enabled: Annotated[
        bool,
        setting(
            "Set to false, it switches off rates, delays and all caps on connections and handshakes, for "
            "benchmarks only; the log warns. Sizes, counts, send_queue and offline.max_messages stay in "
            "force.",
        ),
    ] = True

    # -- sizes ---------------------------------------------------------------------------------------------

    line_length: Annotated[
        Size,
        setting(
            "Longest line or frame a native or web client may send. IRC lines are as long as the IRC standards say.",
            reason="Room for a message of message_size in JSON, where a quote or line end takes two bytes, "
            "and for what else is in the line.",
        ),
    ] = Size(64 * 1024)
    message_size: Annotated[
        Size,
        setting(
            "Longest body of one message, in bytes of UTF-8, through whatever door.",
            reason="A few printed pages; with offline.max_messages it bounds an inbox to 16 MB.",
        ),
    ] = Size(16 * 1024)
    tags_size: Annotated[
        Size,
        setting(
            "Most bytes of message tags an IRC client may send with one line.",
            reason="The figure of the IRCv3 message-tags specification (4,094 bytes between @ and space).",
        ),
    ] = Size(4094)
    websocket_message: Annotated[
        Size,
        setting(
            "Longest WebSocket message that is borne: one that is longer than the door takes (line_length) is dropped "
            "as it comes and answered in the door's own words, with one that is longer than this the connection is "
            "closed (1009).",
            reason="Enough to tell a text that was pasted by mistake from an attack.",
        ),
    ] = Size(1024 * 1024)
    request_size: Annotated[
        Size,
        setting(
            "Longest head of a request to the web listener (HTTP status 431).",
            reason="Browsers send one or two KB, eight with many cookies.",
        ),
    ] = Size(16 * 1024)
    multiline_lines: Annotated[
        int,
        setting(
            "Most lines of one message by `draft/multiline` (IRC); 0: as many as fit into `limits.message_size`.",
            reason="Each line costs everybody who takes them one by one a hundred bytes more.",
            ge=0,
        ),
    ] = 100
    multiline_time: Annotated[
        Duration,
        setting(
            "How long a client may take over the lines of such a message.",
            reason="A client that is there sends them at once; what has come of them is kept meanwhile.",
        ),
    ] = Duration(60)
    send_queue: Annotated[
        Size,
        setting(
            "Most bytes that wait for a client that reads slowly; with more it is disconnected, and what it "
            "did not acknowledge is kept.",
            reason="The member list of a room of 5,000 fits with room to spare.",
        ),
    ] = Size(512 * 1024)

    memory: Annotated[
        Size,
        setting(
            "Most bytes that all connections together may hold: what clients have not read, not said to the end of "
            "their line, or not acknowledged (UDP). With more, those that hold most are disconnected first, each "
            "with the reason; what they did not acknowledge is kept.",
            reason="Five hundred clients that read nothing at all, each with its whole send_queue; a machine with "
            "1 GB has room for everything else besides.",
        ),
    ] = Size(256 * 1024 * 1024)

    process_memory: Annotated[
        Size,
        setting(
            "Most memory of the whole process, as the system counts it; looked at every five seconds. With more, "
            "nobody else is let in, and half of what connections hold is let go.",
            reason="Ten thousand people with TLS, their rooms and memory take under 1 GB; with twice as much "
            "something is wrong, and those who are on should not suffer for it.",
        ),
    ] = Size(2 * 1024 * 1024 * 1024)

    # -- connections and sign-on ---------------------------------------------------------------------------

    connections: Annotated[
        int,
        setting(
            "Most connections at one time, all doors together.",
            reason="At most 30 KiB each with TLS, so 300 MB; the daemon warns if the system allows fewer open files.",
            switched=True,
            ge=0,
        ),
    ] = 10_000
    connections_per_address: Annotated[
        int,
        setting(
            "Most connections at one time from one address (IPv6: one /64 network).",
            reason="An office behind one public address, two devices each for a hundred people.",
            switched=True,
            ge=0,
        ),
    ] = 200
    connections_per_minute: Annotated[
        int,
        setting(
            "Most connections that one address (IPv6: one /64 network) may make in each minute. See listen.exempt.",
            reason="An office of a hundred people that has lost its connection comes back at once.",
            switched=True,
            ge=0,
        ),
    ] = 300
    handshakes: Annotated[
        int,
        setting(
            "Most connections at one time that have not finished their TLS handshake and sign-on.",
            reason="A second's worth of TLS handshakes at 0.7 ms each.",
            switched=True,
            ge=0,
        ),
    ] = 1_000
    handshake_timeout: Annotated[
        Duration,
        setting(
            "How long a new connection may take to finish its TLS handshake and sign-on.",
            reason="Enough for a slow phone that derives a SCRAM key; short enough to free what a dead one holds.",
            switched=True,
        ),
    ] = Duration(30)
    sign_on_attempts: Annotated[
        int,
        setting(
            "Failed sign-ons after which a connection is closed.",
            reason="People mistype twice; a guessing program gains little from three.",
            ge=0,
        ),
    ] = 3
    sign_on_delay: Annotated[
        Duration,
        setting(
            "How long the answer to a failed sign-on is held back.",
            reason="Hardly felt by a person; with sign_on_attempts it slows guessing to one a second per connection.",
            switched=True,
        ),
    ] = Duration(1)
    registrations_per_hour: Annotated[
        int,
        setting(
            "Accounts that may be registered from one address in an hour.",
            reason="A family signs up in one evening; a script that fills the store does not get far.",
            switched=True,
            ge=0,
        ),
    ] = 10

    # -- rates ---------------------------------------------------------------------------------------------

    messages_per_second: Annotated[
        int,
        setting(
            "Messages a session may send per second over time (a token bucket of message_burst).",
            reason="Faster than anyone types and enough for most bots.",
            switched=True,
            ge=0,
        ),
    ] = 10
    message_burst: Annotated[
        int,
        setting(
            "Messages a session may send at once before messages_per_second holds it back.",
            reason="A pasted page of text goes out unhindered.",
            switched=True,
            ge=0,
        ),
    ] = 60
    commands_per_second: Annotated[
        int,
        setting(
            "Commands of any kind a session may send per second over time (a token bucket of command_burst).",
            reason="A client that signs on and asks for its rooms and contacts never meets it.",
            switched=True,
            ge=0,
        ),
    ] = 50
    command_burst: Annotated[
        int,
        setting(
            "Commands a session may send at once before commands_per_second holds it back.",
            reason="A client that joins a hundred rooms and asks who is in each of them.",
            switched=True,
            ge=0,
        ),
    ] = 300

    frames_per_second: Annotated[
        int,
        setting(
            "WebSocket frames that are no whole message (pings, pongs, fragments) a client may send per second over "
            "time, ten times as many at once; with more the connection is closed (1008).",
            reason="A client pings a few times in a minute, and sends a long message in a handful of fragments.",
            switched=True,
            ge=0,
        ),
    ] = 100

    # -- signs of life -------------------------------------------------------------------------------------

    irc_ping_interval: Annotated[
        Duration,
        setting(
            "After this silence an IRC client is sent a PING.",
            reason="Home routers forget a silent connection after some five minutes; two leave a margin.",
        ),
    ] = Duration(120)
    irc_ping_timeout: Annotated[
        Duration,
        setting(
            "How long an IRC client may take to answer a PING.",
            reason="Survives a train in a tunnel.",
        ),
    ] = Duration(60)
    native_ping_interval: Annotated[
        Duration,
        setting(
            "After this silence a native client is sent a ping.",
            reason="A lost phone shows as gone within two minutes.",
        ),
    ] = Duration(60)
    native_ping_timeout: Annotated[
        Duration,
        setting(
            "How long a native client may take to answer a ping.",
            reason="Survives a train in a tunnel; the session can be resumed afterwards.",
        ),
    ] = Duration(60)

    # -- counts --------------------------------------------------------------------------------------------

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

    # -- lengths of texts, in bytes of UTF-8 -----------------------------------------------------------------

    nick_length: Annotated[
        int,
        setting(
            "Longest nick or account name.",
            allowed="a whole number from 1 to 30",
            reason="Names of accounts are at most 30 bytes behind every door.",
            ge=1,
            le=30,
        ),
    ] = 30
    room_name_length: Annotated[
        int,
        setting("Longest name of a room.", reason="Fits every IRC line, with room for the rest of it.", ge=0),
    ] = 64
    topic_length: Annotated[
        int,
        setting("Longest topic of a room.", reason="What fits an IRC line of 512 bytes.", ge=0),
    ] = 390
    kick_length: Annotated[
        int,
        setting("Longest reason given for a kick.", reason="Fits an IRC line with all names.", ge=0),
    ] = 300
    status_length: Annotated[
        int,
        setting("Longest text of a presence (IRC: AWAY).", reason="Fits an IRC line with all names.", ge=0),
    ] = 300
    real_name_length: Annotated[
        int,
        setting("Longest real name.", reason="A full name and a remark; it stands in every extended JOIN.", ge=0),
    ] = 150

    def effective(self) -> Self:
        """The limits to apply: these, or with `enabled = false` these without rates, delays and caps on
        connections and handshakes (each of them 0, which is unlimited).

        A rate whose burst is unlimited never holds anybody back, so it is given as 0 too."""
        if self.enabled:
            free = {rate: 0 for rate, burst in _BUCKETS.items() if not getattr(self, burst) and getattr(self, rate)}
            return msgspec.structs.replace(self, **free) if free else self
        off: dict[str, int | Duration] = {
            name: Duration(0) if isinstance(getattr(self, name), Duration) else 0 for name in SWITCHED
        }
        return msgspec.structs.replace(self, **off)


_BUCKETS = {"messages_per_second": "message_burst", "commands_per_second": "command_burst"}


def _switched() -> frozenset[str]:
    names = set()
    for name, hint in get_type_hints(Limits, include_extras=True).items():
        (meta,) = hint.__metadata__
        if meta.extra["switched"]:
            names.add(name)
    return frozenset(names)


SWITCHED: frozenset[str] = _switched()
"""Names of the limits that `limits.enabled = false` turns off."""
