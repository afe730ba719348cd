"""Masks such as ``*!*@user/mallory`` (RFC 2811 section 4.3), matched under the folding of names."""

import re
from functools import lru_cache

from imd.core.address import fold


@lru_cache(maxsize=4096)
def _pattern(mask: str) -> re.Pattern[str]:
    # RFC 2812 section 2.5: "*" any number of characters, "?" exactly one, and nothing else is special.
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in re.sub(r"\*+", "*", mask))
    return re.compile("".join(parts) + r"\Z", re.DOTALL)


def matches(mask: str, prefix: str) -> bool:
    """Whether ``nick!user@host`` `prefix` fits `mask`."""
    return _pattern(fold(mask)).match(fold(prefix)) is not None
