"""Limits on texts, in bytes of UTF-8."""

from __future__ import annotations

from typing import Annotated

from imd.config.field import setting
from imd.config.limits.counts import Counts


class Lengths(Counts, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long texts may be, in bytes of UTF-8."""

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
