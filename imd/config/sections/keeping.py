"""Sections `store`, `ledger` and `log`: what is written down, and where."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from imd.config.field import setting
from imd.config.values import Duration


class Store(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where accounts, rosters, rooms and undelivered messages are kept."""

    url: Annotated[
        str,
        setting(
            "The store. With Redis, set `appendonly yes` and `appendfsync always` there: weaker settings "
            "can lose messages when the machine dies, and show as `durability: weak`. In a password write "
            "%40 for @, %3A for : and %2F for /.",
            allowed='"sqlite" (a file in `data`), "redis://[user:password@]host[:port][/db]", the same with '
            '"rediss://" for TLS, or "redis+sentinel://[user:password@]host:port[,host:port…]/service[/db]"',
            example='"redis://imd:password@localhost:6379/0"',
            live=False,
            secret=True,
        ),
    ] = "sqlite"
    ca: Annotated[
        Path | None,
        setting(
            "File with the authorities that may sign the certificate of a `rediss://` store, in PEM form. "
            "Empty: those the system trusts.",
            example='"redis-ca.pem"',
            live=False,
        ),
    ] = None
    certificate: Annotated[
        Path | None,
        setting(
            "File with the certificate that imd shows to a `rediss://` store, in PEM form. Empty: none.",
            example='"redis-client.pem"',
            live=False,
        ),
    ] = None
    key: Annotated[
        Path | None,
        setting(
            "File with the private key of `store.certificate`, in PEM form.",
            example='"redis-client.key"',
            live=False,
        ),
    ] = None
    reply_timeout: Annotated[
        Duration,
        setting(
            "How long Redis may take to answer before it counts as unavailable.",
            reason="A healthy Redis answers within milliseconds; nobody waits longer than this for an honest answer.",
            live=False,
        ),
    ] = Duration(5)

    @property
    def shown(self) -> str:
        """The URL without user and password, for logs and people."""
        return re.sub(r"(?<=://)[^/]*@", "…@", self.url)

    def __repr__(self) -> str:
        # Settings end up in logs and tracebacks.
        return f"Store({self.shown!r})"


class Ledger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The record of every sign-on and sign-off: who, when, which door, from where, with which client."""

    keep: Annotated[
        Duration, setting("How long an entry is kept.", reason="Long enough to look into an abuse report.")
    ] = Duration(90 * 86_400)


class Log(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the daemon writes to its log. Never bodies of messages, never passwords."""

    level: Annotated[
        Literal["debug", "info", "warn", "error"],
        setting("The least important events that are logged.", example='"debug"'),
    ] = "info"
