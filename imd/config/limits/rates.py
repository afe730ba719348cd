"""Limits on connections and sign-on, on how fast a client may be, and on how long it may be silent."""

from __future__ import annotations

from typing import Annotated

from imd.config.field import setting
from imd.config.limits.sizes import Sizes
from imd.config.values import Duration


class Connections(Sizes, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Connections and sign-on."""

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
    requests_per_minute: Annotated[
        int,
        setting(
            "Most requests to the web listener that one address (IPv6: one /64 network) may make in each minute on "
            "connections that are there already (HTTP status 429). See listen.exempt.",
            reason="An office of a hundred people who all chat by long polling, one message a second for each.",
            switched=True,
            ge=0,
        ),
    ] = 6_000
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
    visitors_per_address: Annotated[
        int,
        setting(
            "Visitors of sites that may come for the first time from one address (IPv6: one /64 network) in an hour.",
            reason="An office behind one public address; who has been here is not counted again.",
            switched=True,
            ge=0,
        ),
    ] = 60


class Rates(Connections, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much a client may do in a time."""

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


class SignsOfLife(Rates, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a client may be silent."""

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
    poll_wait: Annotated[
        Duration,
        setting(
            "How long an answer by long polling is held back while there is nothing to say.",
            reason="Proxies give up after thirty seconds or more of silence.",
        ),
    ] = Duration(25)
    poll_idle: Annotated[
        Duration,
        setting(
            "How long a client by long polling may stay away between two requests; then it is lost.",
            reason="Survives a train in a tunnel; the session can be resumed afterwards.",
        ),
    ] = Duration(60)
