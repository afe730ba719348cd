"""Times and sizes as people write them in settings: `"5 ms"`, `"30 days"`, `"16 KiB"`.

The parsed values are plain numbers (seconds, bytes) that code can use directly and that remember how to be
written again.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Final, Self

# Longest first within a meaning; the first name of each is the one we write.
_TIME_UNITS: Final[dict[str, float]] = {
    "weeks": 604_800.0,
    "days": 86_400.0,
    "hours": 3_600.0,
    "min": 60.0,
    "s": 1.0,
    "ms": 0.001,
}
_TIME_NAMES: Final[dict[str, str]] = {
    "weeks": "weeks",
    "week": "weeks",
    "w": "weeks",
    "days": "days",
    "day": "days",
    "d": "days",
    "hours": "hours",
    "hour": "hours",
    "h": "hours",
    "minutes": "min",
    "minute": "min",
    "min": "min",
    "seconds": "s",
    "second": "s",
    "sec": "s",
    "s": "s",
    "milliseconds": "ms",
    "millisecond": "ms",
    "ms": "ms",
}
_SIZE_UNITS: Final[dict[str, int]] = {
    "b": 1,
    "byte": 1,
    "bytes": 1,
    "kib": 1024,
    "mib": 1024**2,
    "gib": 1024**3,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
}
_QUANTITY: Final = re.compile(r"\s*(-?)([0-9]{1,20}(?:\.[0-9]{1,40})?)\s*([A-Za-z]*)\s*\Z")

LONGEST: Final = 100 * 365.25 * 86_400.0
"""No time may be longer than a hundred years: longer ones are typing errors and overflow timers."""

LARGEST: Final = 1024**4
"""No size may be larger than one tebibyte."""


class Duration(float):
    """A length of time in seconds, not negative."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number and a unit (`ms`, `s`, `min`, `hours`, `days`, `weeks`), or `0` alone.

        Raises ValueError with a reason for people.
        """
        sign, number, unit = _quantity(text, "time")
        if sign and float(number) > 0:
            raise ValueError("a time cannot be negative")
        if not unit:
            if float(number) == 0:
                return cls(0.0)
            raise ValueError(f'a time needs a unit: "{number} s", "{number} min", "{number} days"')
        name = _TIME_NAMES.get(unit.lower())
        if name is None:
            raise ValueError(f'"{unit}" is no unit of time; there are ms, s, min, hours, days and weeks')
        # Dividing is exact where multiplying by 0.001 is not: "5 ms" is the float 0.005.
        seconds = float(number) / 1000 if name == "ms" else float(number) * _TIME_UNITS[name]
        if seconds > LONGEST:
            raise ValueError("a time cannot be longer than 100 years")
        return cls(seconds)

    @property
    def text(self) -> str:
        """The shortest way to write it that `parse` reads back as the same number."""
        if not self:
            return "0"
        for name, unit in _TIME_UNITS.items():
            count = self / unit if name != "ms" else self * 1000
            # "2 weeks" is seldom what people write: they say 14 days.
            if name == "weeks" or count < 1 or count != math.floor(count):
                continue
            written = f"{count:.0f} {name}"
            if type(self).parse(written) == self:
                return written.removesuffix("s") if written in ("1 days", "1 hours") else written
        return f"{Decimal(repr(float(self))):f} s"


class Size(int):
    """A number of bytes, not negative."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number and a unit (`bytes`, `KiB`, `MiB`, `GiB`, decimal `kB`, `MB`, `GB`), or bytes alone.

        Raises ValueError with a reason for people.
        """
        sign, number, unit = _quantity(text, "size")
        if sign and float(number) > 0:
            raise ValueError("a size cannot be negative")
        factor = _SIZE_UNITS.get(unit.lower() or "b")
        if factor is None:
            raise ValueError(f'"{unit}" is no unit of size; there are bytes, KiB, MiB, GiB, kB, MB and GB')
        size = Decimal(number) * factor
        if size != size.to_integral_value():
            raise ValueError("a size must be a whole number of bytes")
        if size > LARGEST:
            raise ValueError("a size cannot be larger than 1024 GiB")
        return cls(int(size))

    @property
    def text(self) -> str:
        """The shortest way to write it that `parse` reads back as the same number."""
        if self == 0:
            return "0"
        for name, unit in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
            if self % unit == 0:
                return f"{int(self) // unit} {name}"
        return f"{int(self)} bytes"


def _quantity(text: str, wanted: str) -> tuple[str, str, str]:
    match = _QUANTITY.match(text)
    if match is None:
        raise ValueError(f'"{text[:40]}" is no {wanted}')
    sign, number, unit = match.groups()
    return sign, number, unit
