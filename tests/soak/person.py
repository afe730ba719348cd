"""What a person does: she comes and goes, talks, sits in rooms, changes her mind. One deed a minute of her time."""

import random
from typing import TYPE_CHECKING

from tests.soak.clients import NativeClient
from tests.soak.device import CUTS, Device, State
from tests.soak.plan import BETWEEN, FAMOUS, Resident

if TYPE_CHECKING:
    from tests.soak.town import Town

#: How often out of all deeds.
DEEDS = {
    "talk": 50,
    "say": 11,
    "be": 10,
    "read": 4,
    "befriend": 4,
    "wander": 4,
    "leave": 7,
    "cut": 6,
}
#: The same for visitors of a site, who may do less.
VISITING = {"talk": 50, "be": 5, "read": 5, "leave": 10, "cut": 10}
#: Seconds of her time for which a person stays away who has left.
AWAY = 180.0

_WORDS = ["tea", "talk", "boat", "rain", "moon", "late", "here", "soon", "well", "then", "good", "so", "ø", "雨"]
_STATES = ("available", "available", "away", "busy", "extended-away", "invisible")


class Person:
    """Somebody with her devices. A guest has another nick each time."""

    def __init__(self, town: "Town", resident: Resident) -> None:
        self.town = town
        self.resident = resident
        self.name = resident.name
        self.chance = random.Random(f"{town.plan.seed} {resident.name}")
        self.rooms = set(resident.rooms)
        self.devices = [Device(self, kind, number) for number, kind in enumerate(resident.clients)]
        #: Away for good: the load is over.
        self.gone = False
        self._times = 0
        #: Whether somebody of her name is kept: visitors are called something once they have come, and are forgotten
        #: when they go and have never said anything.
        self.known = resident.settled
        self.secret = ""

    def called(self) -> str:
        """The name to sign on with."""
        if self.resident.guest:
            self._times += 1
            self.name = f"{self.resident.name}g{self._times}"
        return self.name

    @property
    def on(self) -> list[Device]:
        return [device for device in self.devices if device.state is State.ON]

    def arrived(self, device: Device) -> None:
        """A device is on; what a client does then."""
        client = device.client
        if client is None or self.resident.guest:
            return
        if not isinstance(client, NativeClient) and device.monitors:
            names = [self.town.people[number].name for number in self.resident.contacts]
            client.say("MONITOR + " + ",".join(names))

    # ------------------------------------------------------------ living

    def begin(self) -> None:
        """Live until the town rests."""
        mean = self.town.plan.compressed(BETWEEN)
        self.town.later(self.chance.expovariate(1 / mean), self._next)

    def _next(self) -> None:
        if self.town.resting:
            return
        self.do()
        self.begin()

    def do(self) -> None:
        """One deed."""
        deeds = VISITING if self.resident.visitor else DEEDS
        deed = self.chance.choices(list(deeds), list(deeds.values()))[0]
        device = self.chance.choice(self.devices)
        self.town.figures.deeds += 1
        if device.state is State.OFF:
            device.back(0.0)
        elif device.state is State.ON:
            getattr(self, deed)(device)

    def talk(self, device: Device) -> None:
        """A line or several to somebody, whether or not they are on."""
        people = self.town.people
        luck = self.chance.random()
        asked = [visitor for visitor in self.town.visitors if visitor.known] if self.resident.staff else []
        if self.resident.visitor:
            other = self.chance.choice(self.town.staff)
        elif asked and luck < 0.3:
            other = self.chance.choice(asked)
        elif luck < 0.7 and self.resident.contacts:
            other = people[self.chance.choice(self.resident.contacts)]
        elif luck < 0.8:
            other = people[self.chance.randrange(min(FAMOUS, len(people)))]
        else:
            other = people[self.chance.randrange(len(people))]
        if other is not self and (not other.resident.visitor or self.resident.staff):
            for _ in range(self.chance.choice((1, 1, 1, 2, 5))):
                device.send(other.name, self._words())

    def say(self, device: Device) -> None:
        """A line in a room."""
        if self.rooms:
            device.send(self.chance.choice(sorted(self.rooms)), self._words())

    def _words(self) -> str:
        return " ".join(self.chance.choices(_WORDS, k=self.chance.randrange(1, 30)))

    def be(self, device: Device) -> None:
        """Another presence."""
        state = self.chance.choice(_STATES)
        text = "" if state == "available" else f"{self.chance.choice(_WORDS)} {self.chance.randrange(1000)}"
        client = device.client
        if isinstance(client, NativeClient):
            client.tell({"type": "set-presence", "state": state, "text": text})
            device.presence = (state, text)
        elif client is not None and state in ("available", "away"):
            client.say(f"AWAY :{text}" if text else "AWAY")
            device.presence = (state, text)

    def read(self, device: Device) -> None:
        """A page of history, or what IRC has instead."""
        client = device.client
        if isinstance(client, NativeClient):
            people = [each.name for each in self.town.staff] if self.resident.visitor else []
            people += map(self._contact, self.resident.contacts)
            where = self.chance.choice([*sorted(self.rooms), *people])
            client.ask({"type": "get-history", "with": where, "limit": 50})
        elif client is not None:
            client.say(self.chance.choice(("BUDDY LIST", "BUDDY QUEUE", "WHO #square", "LUSERS", "LIST")))

    def _contact(self, number: int) -> str:
        return self.town.people[number].name

    def befriend(self, device: Device) -> None:
        """Ask a stranger, answer one, or think better of it. The contacts of the plan stay."""
        if not self.resident.settled:
            return
        other = self.town.people[self.chance.randrange(len(self.town.people))]
        if other is self or not other.resident.settled or other.resident.number in self.resident.contacts:
            return
        deed = self.chance.choice(("ask", "approve", "refuse", "remove", "cancel"))
        client = device.client
        if isinstance(client, NativeClient):
            client.ask({"type": f"roster-{deed}", "name": other.name})
        elif client is not None:
            verb = {"ask": "ADD", "approve": "ALLOW", "refuse": "DENY", "remove": "REMOVE", "cancel": "CANCEL"}[deed]
            client.say(f"BUDDY {verb} {other.name}")

    def wander(self, device: Device) -> None:
        """Leave a room, or go back to one."""
        room = self.chance.choice(self.resident.rooms)
        if room in self.rooms:
            self.rooms.discard(room)
            device.part(room)
        else:
            self.rooms.add(room)
            device.join(room)

    def leave(self, device: Device) -> None:
        """Sign off for a while."""
        device.leave()
        self.town.later(self.chance.expovariate(1 / self.town.plan.compressed(AWAY)), lambda: device.back(0.0))

    def cut(self, device: Device) -> None:
        device.cut(self.chance.choice(CUTS))
