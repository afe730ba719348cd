"""What stands beside the type of each setting: explanation, reason, and when a change takes effect."""

from __future__ import annotations

from typing import Any, Final

import msgspec

LARGEST_COUNT: Final = 1_000_000_000
"""More of anything is a typing error, and would not fit the integers of every store."""


def setting(
    description: str,
    *,
    reason: str = "",
    allowed: str = "",
    example: str = "",
    live: bool = True,
    secret: bool = False,
    switched: bool = False,
    ge: int | None = None,
    le: int | None = None,
) -> msgspec.Meta:
    """Describe one setting.

    description: what it does, in a sentence or two.
    reason: why the default is what it is.
    allowed: what may be written, where the type does not say it all.
    example: a value, in TOML, that differs from the default.
    live: a reload is enough; otherwise it takes effect at the next start.
    secret: its value may hold a password and is never shown.
    switched: `limits.enabled = false` turns it off.
    ge, le: the smallest and largest number; with ge alone the largest is LARGEST_COUNT.
    """
    extra: dict[str, Any] = {
        "reason": reason,
        "allowed": allowed,
        "example": example,
        "live": live,
        "secret": secret,
        "switched": switched,
    }
    if ge is not None and le is None:
        le = LARGEST_COUNT
    return msgspec.Meta(description=description, ge=ge, le=le, extra=extra)
