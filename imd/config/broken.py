"""A rule that settings of the right types break."""

from __future__ import annotations

import msgspec


class Broken(msgspec.Struct, frozen=True):
    """A rule that settings of the right types break."""

    key: str
    problem: str
    element: int | None = None
    """Position in a list, where one element is to blame."""
    also: tuple[str, ...] = ()
    """The other settings that take part, one of which may be the one that was changed."""
