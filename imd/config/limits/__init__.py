"""The limits: what one client, one account and the whole daemon may use.

    sizes.py    lines, messages, queues, memory; and `enabled`
    rates.py    connections and sign-on, rates, signs of life
    counts.py   how many of everything
    lengths.py  of texts

`0` means unlimited, for times: never. Fields marked `switched` are the rates, the delays and the caps on
connections and handshakes, which `limits.enabled = false` turns off; all others always hold.

It is one section of the settings, so one struct. A struct can have fields from one base only: each group of limits
is added to the one before it, in the order of the sample.
"""

from __future__ import annotations

from typing import Self, get_type_hints

import msgspec

from imd.config.limits.lengths import Lengths
from imd.config.values import Duration


class Limits(Lengths, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds on everything a client can make the daemon hold, send or do."""

    def effective(self) -> Self:
        """The limits to apply: these, or with `enabled = false` these without rates, delays and caps on
        connections and handshakes (each of them 0, which is unlimited).

        A rate whose burst is unlimited never holds anybody back, so it is given as 0 too."""
        if self.enabled:
            free = {rate: 0 for rate, burst in _BUCKETS.items() if not getattr(self, burst) and getattr(self, rate)}
            return msgspec.structs.replace(self, **free) if free else self
        off: dict[str, int | Duration] = {
            name: Duration(0) if isinstance(getattr(self, name), Duration) else 0 for name in SWITCHED
        }
        return msgspec.structs.replace(self, **off)


_BUCKETS = {"messages_per_second": "message_burst", "commands_per_second": "command_burst"}


def _switched() -> frozenset[str]:
    names = set()
    for name, hint in get_type_hints(Limits, include_extras=True).items():
        (meta,) = hint.__metadata__
        if meta.extra["switched"]:
            names.add(name)
    return frozenset(names)


SWITCHED: frozenset[str] = _switched()
"""Names of the limits that `limits.enabled = false` turns off."""
