"""Every limit for the operator: how often it was met, and how much of it is used, where it is a level."""

from collections.abc import Mapping
from typing import Final

from imd.config.limits import Limits
from imd.config.model import Settings
from imd.config.values import Duration, Size
from imd.control.wire import Answer
from imd.core.hub import Hub
from imd.core.tally import Tally
from imd.net.connections import Connections
from imd.net.memory import Memory
from imd.net.resident import Resident

#: Counted together: who is held back has used up the burst and comes faster than the rate.
_COUNTED_AS: Final[Mapping[str, str]] = {
    "message_burst": "messages_per_second",
    "command_burst": "commands_per_second",
}

#: Of `limits`, what bounds nothing.
SWITCHES: Final = frozenset({"enabled"})


def limits(
    settings: Settings, tally: Tally, hub: Hub, connections: Connections, memory: Memory, resident: Resident
) -> Answer:
    """By the name of the setting: ``bound`` (0: none), ``met`` since the start, and ``now``, None for what is no level.

    Where a limit holds for each account, room, client or address, ``now`` is that of whoever uses most of it.
    """
    levels: dict[str, int] = {
        **hub.levels(),
        "connections": connections.open,
        "connections_per_address": max(connections.places.values(), default=0),
        "handshakes": connections.handshakes,
        "memory": memory.total,
        "send_queue": memory.most(),
        "process_memory": resident.size,
    }
    met = {**tally.met, "traces": hub.delivery.trace.forgotten}
    effective = settings.limits.effective()
    bounds = {name: getattr(effective, name) for name in Limits.__struct_fields__ if name not in SWITCHES}
    bounds |= {
        "offline.max_messages": settings.offline.max_messages,
        "history.max_messages": settings.history.max_messages,
        "guests.offline_messages": settings.guests.offline_messages,
        "accounts.hashing_threads": settings.accounts.hashing_threads,
    }
    return {
        name if "." in name else f"limits.{name}": {
            # Settings are numbers of kinds of their own, which have no place in JSON.
            "bound": float(bound) if isinstance(bound, Duration) else int(bound),
            "unit": "seconds" if isinstance(bound, Duration) else "bytes" if _in_bytes(name, bound) else "",
            "now": levels.get(name),
            "met": met.get(_COUNTED_AS.get(name, name), 0),
        }
        for name, bound in bounds.items()
    }


def _in_bytes(name: str, bound: object) -> bool:
    return isinstance(bound, Size) or name.endswith("_length")
