"""P4 in the end: what every client was told of its contacts is what they are."""

from typing import TYPE_CHECKING

from tests.soak.device import Device, State

if TYPE_CHECKING:
    from tests.soak.person import Person
    from tests.soak.town import Town

#: The most available session speaks (docs/presence.md).
_ORDER = ("available", "busy", "away", "extended-away")


def truth(person: "Person") -> tuple[str, str]:
    """State and text, merged from all her sessions; among equals the one that signed on last speaks."""
    visible = [device for device in person.on if device.presence[0] != "invisible"]
    if not visible:
        return "offline", ""
    return min(visible, key=lambda device: (_ORDER.index(device.presence[0]), -device.since)).presence


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
    for watcher in town.people:
        for device in watcher.on:
            for number in watcher.resident.contacts:
                contact = town.people[number]
                compared += 1
                expected = as_told(device, *truth(contact))
                told = as_told(device, *device.views.get(contact.name, ("offline", "")))
                if told != expected:
                    states = [f"{each.label} {each.state.value} {each.presence}" for each in contact.devices]
                    town.books.fault(
                        "wrong view", f"{device.label} sees {contact.name} {told}, is {expected}: {states}"
                    )
    return compared
