"""Section `operators`: who may operate the service through a client."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from imd.config.field import setting

PRIVILEGES: Final = ("kill", "ban", "rehash", "wallops", "rooms", "see")
"""What an operator may do: the values of `imd.core.session.Privilege`."""


class OperatorLogin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table `[[operators.logins]]`."""

    name: str
    password: str = ""
    """A verifier, never the password itself."""
    account: str = ""
    certificate: str = ""
    networks: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    """Of `PRIVILEGES`; empty: everything."""

    def __repr__(self) -> str:
        # Settings end up in logs and tracebacks.
        return f"OperatorLogin({self.name!r})"


class Operators(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may operate the service through a client (IRC: OPER). See docs/operations/operators.md."""

    logins: Annotated[
        tuple[OperatorLogin, ...],
        setting(
            "Operators, each by `OPER name password`. `password` is what `imdctl operator-password` prints; "
            "`account`, `certificate` (SHA-256, in hex) and `networks` are further conditions, or stand in for the "
            "password; `may` says what for, and without it everything.",
            allowed="a list of tables with name, and password, account or certificate; networks as addresses or "
            "CIDR; may of kill, ban, rehash, wallops, rooms, see",
            example='[{name = "root", account = "alice", may = ["kill", "ban"]}]',
            secret=True,
        ),
    ] = ()
    accounts: Annotated[
        tuple[str, ...],
        setting(
            "Accounts that may operate the service, in everything: `OPER name`, with no password but that of the "
            "account's own sign-on.",
            allowed="a list of names of accounts",
            example='["alice"]',
        ),
    ] = ()
