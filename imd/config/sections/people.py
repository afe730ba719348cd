"""Sections `accounts` and `guests`: who may sign on."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from imd.config.field import setting
from imd.config.values import Duration


class Accounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may have an account, and how passwords are kept."""

    registration: Annotated[
        Literal["auto", "open", "invite", "closed"],
        setting(
            'Who may register: "open" anybody, "invite" people with an invitation, "closed" nobody but the '
            'operator (`imdctl user add`). "auto" is open while every listener is on loopback, else invite.',
            example='"closed"',
        ),
    ] = "auto"
    guests: Annotated[
        Literal["auto"] | bool,
        setting(
            'Whether people without an account may sign on. "auto": while every listener is on loopback.',
            allowed='"auto", true or false',
            example="true",
        ),
    ] = "auto"
    international: Annotated[
        bool,
        setting(
            "Whether account names may have letters beyond ASCII.",
            reason="Many IRC clients and all old ones show such names wrongly.",
            live=False,
        ),
    ] = False
    always_on: Annotated[
        Literal["opt-in", "opt-out", "off"],
        setting(
            "Which accounts stay in their rooms while no client of theirs is connected, also over a restart: "
            '"opt-in" those that ask for it (`/msg NickServ SET ALWAYS-ON on`), "opt-out" all that have not asked '
            'against it, "off" none.',
            example='"opt-out"',
        ),
    ] = "opt-in"
    always_on_keep: Annotated[
        Duration,
        setting(
            'How long an account stays in its rooms after its last sign-off. "0": for ever.',
            reason="Who has not come back in a season will hardly miss the room.",
        ),
    ] = Duration(90 * 86_400)
    scram_iterations: Annotated[
        int,
        setting(
            "PBKDF2 rounds of SCRAM-SHA-256 (RFC 7677) for passwords set from now on.",
            allowed="a whole number from 4096 (RFC 7677) to 10000000",
            reason="40 ms of one hashing thread for each sign-on by PLAIN or PASS, so some 50 a second; a "
            "sign-on by SCRAM costs the server next to nothing. Ten times dearer to guess than the common "
            "10,000.",
            ge=4096,
            le=10_000_000,
        ),
    ] = 100_000
    hashing_threads: Annotated[
        int,
        setting(
            "Threads that hash passwords.",
            reason="With two, others wait at most 4 ms for the processor while passwords are hashed; with ten 28 ms.",
            live=False,
            ge=1,
            le=64,
        ),
    ] = 2
    resume_keep: Annotated[
        Duration,
        setting(
            "How long a resume token is good after its last use: a client can sign on with it without the password.",
            reason="A device used once in a fortnight stays signed on; a lost one not for ever.",
        ),
    ] = Duration(14 * 86_400)


class Guests(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """People without an account. Whether they may sign on is `accounts.guests`."""

    offline_messages: Annotated[
        int,
        setting(
            "Most messages from guests at one address that wait for one account. 0 means unlimited.",
            reason="Enough to say who called and why.",
            ge=0,
        ),
    ] = 20
