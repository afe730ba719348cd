"""Limits: whether they hold, and what a line, a message, a queue and all memory may hold."""

from __future__ import annotations

from typing import Annotated

import msgspec

from imd.config.field import setting
from imd.config.values import Duration, Size


class Switch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the limits marked `switched` hold."""

    enabled: Annotated[
        bool,
        setting(
            "Set to false, it switches off rates, delays and all caps on connections and handshakes, for "
            "benchmarks only; the log warns. Sizes, counts, send_queue and offline.max_messages stay in "
            "force.",
        ),
    ] = True


class Sizes(Switch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a line, a message, a queue and all memory may hold."""

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
    request_body: Annotated[
        Size,
        setting(
            "Longest body of a request to the web listener, where one is taken: long polling (HTTP status 413).",
            reason="Room for a message of line_length, and for others that go with it.",
        ),
    ] = Size(128 * 1024)
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
