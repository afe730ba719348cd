"""What operators of the service ask for: bans, and the daemon itself."""

from collections.abc import Sequence
from typing import Protocol

from imd.core.ban import Ban, BanKind
from imd.core.session import (
    Session,
)


class Bans(Protocol):
    """Bans of accounts, masks and addresses, which hold behind every door."""

    async def add(self, ban: Ban, *, spare: Session | None = None) -> int:
        """Set a ban, or set it anew, and end the sessions it is for, but for `spare`; how many. Raises `TooMany`,
        `StoreUnavailable`."""

    async def remove(self, kind: BanKind, target: str) -> bool:
        """Lift a ban; False when there is none. Raises `StoreUnavailable`."""

    def all(self) -> Sequence[Ban]:
        """Those in force, the oldest first."""

    def find(self, kind: BanKind, target: str) -> Ban | None: ...

    def fits(self, ban: Ban, session: Session) -> bool:
        """Whether a ban, set or not, is for this session."""


class Operations(Protocol):
    """What an operator may ask of the daemon by way of a door."""

    async def rehash(self) -> Sequence[str]:
        """Read the settings again; what has changed, one sentence each. Raises `NotAllowed` when they are wrong."""
