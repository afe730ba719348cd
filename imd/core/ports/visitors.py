"""Visitors of sites, and others who are in a page."""

from collections.abc import Awaitable
from typing import Protocol

from imd.core.session import Account, Session


class Visitors(Protocol):
    """Who is in a page, without an account that she knows of or with one."""

    def realname(self, account: Account) -> str:
        """What a visitor calls herself, "" for others."""

    def introduce(
        self, session: Session, *, name: str = "", email: str = "", page: str = "", title: str = ""
    ) -> Awaitable[None]:
        """She says who she is and where; what is empty stays as it was. Raises `NotAllowed` for who is not in a page,
        `Malformed`, `TooLong`, `StoreUnavailable`."""
