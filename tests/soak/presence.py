"""P4 in the end: what every client was told of its contacts is what they are."""

from typing import TYPE_CHECKING

from tests.soak.device import Device, State

if TYPE_CHECKING:
    from tests.soak.person import Person
    from tests.soak.town import Town

#: The most available session speaks (docs/presence.md).
_ORDER = ("available", "busy", "away", "extended-away")


def truth(person: "Person") -> list[tuple[str, str]]:
    """State and text, merged from all her sessions. Among equals the one that signed on last speaks; if they came at
    the same time only the daemon knows which that was, so each of them may be it."""
    visible = [device.presence for device in person.on if device.presence[0] != "invisible"]
    if not visible:
        return [("offline", "")]
    best = min(visible, key=lambda presence: _ORDER.index(presence[0]))[0]
    return [presence for presence in visible if presence[0] == best]


def as_told(device: Device, state: str, text: str) -> tuple[str, str]:
    """What a client of this kind can know of it: IRC knows here and away, and MONITOR alone only here."""
    if device.native:
        return state, text
    if device.kind == "bare" and device.monitors:
        return ("offline" if state == "offline" else "available"), ""
    return ("away" if state in ("busy", "extended-away") else state), ""


async def compare(town: "Town") -> int:
    """Some leave, others change; then all views of contacts are compared. How many were; differences are faults."""
    for person in town.people:
        for device in person.devices:
            if person.chance.random() < 0.3:
                device.leave()
            elif device.state is State.ON:
                person.be(device)
    await town.barrier(town.devices)
    await town.settled()
    await town.barrier(town.devices)
    compared = 0
    agreed: dict[str, list[tuple[str, str]]] = {person.name: truth(person) for person in town.people}
    for watcher in town.people:
        for device in watcher.on:
            for number in watcher.resident.contacts:
                contact = town.people[number]
                compared += 1
                told = as_told(device, *device.views.get(contact.name, ("offline", "")))
                if told not in [as_told(device, *each) for each in agreed[contact.name]]:
                    states = [f"{each.label} {each.state.value} {each.presence}" for each in contact.devices]
                    town.books.fault("wrong view", f"{device.label} sees {contact.name} {told}: {states}")
                elif device.native:
                    # Whichever it is, it is the same for all.
                    agreed[contact.name] = [told]
    return compared
