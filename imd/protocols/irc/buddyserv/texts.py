"""How people and their doings are called in notices."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from imd.core.contact import Contact
from imd.core.session import Location, PresenceView, State

if TYPE_CHECKING:
    pass


#: Names in one notice: the line must fit, whatever their length.
_NAMES_A_LINE = 10


def described(contact: Contact, view: PresenceView | None) -> str:
    """``alice (Alice from work) [friends]: online``."""
    parts = [contact.address.name]
    if contact.label and contact.label != contact.address.name:
        parts.append(f"({contact.label})")
    if contact.groups:
        parts.append(f"[{', '.join(contact.groups)}]")
    states = []
    if contact.blocked:
        states.append("blocked")
    if view is not None:
        states.append(state_text(view))
    elif contact.asking:
        states.append("asked, no answer yet")
    if contact.from_:
        states.append("sees you")
    elif contact.approved:
        states.append("may see you")
    return f"{' '.join(parts)}: {', '.join(states) or 'noted'}"


STATES = {
    State.AVAILABLE: "online",
    State.AWAY: "away",
    State.EXTENDED_AWAY: "away for a while",
    State.BUSY: "busy",
    State.INVISIBLE: "invisible",
    State.OFFLINE: "offline",
}


def state_text(view: PresenceView) -> str:
    """``away: lunch``."""
    return STATES[view.state] + (f": {view.text}" if view.text and view.online else "")


def location_text(location: Location) -> str:
    """``203.0.113.7 port 51234 (native), listening on TCP 6000 and UDP 6001, imc 0.1``."""
    text = f"{location.address} port {location.port} ({location.door})"
    ports = [f"{kind} {port}" for kind, port in (("TCP", location.tcp_port), ("UDP", location.udp_port)) if port]
    if ports:
        text += f", listening on {' and '.join(ports)}"
    return f"{text}, {location.client} {location.version}".rstrip(", ")


def count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def in_lines(names: list[str]) -> Iterable[str]:
    for at in range(0, len(names), _NAMES_A_LINE):
        yield ", ".join(names[at : at + _NAMES_A_LINE])


def presence_text(view: PresenceView) -> str:
    """What a person wants to know of a change; "" for what she would not see (idle, addresses)."""
    name = view.person.name
    if view.renamed_from is not None and view.renamed_from != view.person:
        return f"{view.renamed_from.name} is now called {name} ({state_text(view)})."
    if not view.online:
        return f"{name} is now offline." if view.before is not State.OFFLINE else ""
    if view.before is State.OFFLINE:
        more = "" if view.state is State.AVAILABLE and not view.text else f" ({state_text(view)})"
        return f"{name} is now online{more}."
    if (view.state, view.text) == (view.before, view.before_text):
        return ""
    back = view.state is State.AVAILABLE and view.before is not State.AVAILABLE
    return f"{name} is {'back' if back else 'now'} {state_text(view)}."
