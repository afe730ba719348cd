"""The edges of the core, as `typing.Protocol`s: what it needs, what doors offer it, what doors may ask of it.

Storage has its own page, `imd.core.stores`. Nothing here knows Twisted: an awaitable is whatever the environment's
coroutines can await, and `Spawn` runs a coroutine that nobody waits for.

::

    door ──(Hub: people, presence, rosters, rooms, delivery, history)──► core ──(Store, Clock, Log)──► outside
    door ◄──(Client: deliver, receipt, presence_changed, roster_changed, room_event, end)── core

All methods of `Client` and all non-awaitable methods of `Hub` are synchronous: they run in the reactor's thread, take
effect at once and write, if at all, into buffers. Methods that refuse raise a `Refusal`.

A door imports this package only, which has all of them:

    environment   what the core needs of its environment
    client        what a door offers for each session
    people        who is here, their presence, their buddy lists
    rooms         rooms, and what is kept of them
    messages      delivery, history, read marks, offers
    desks         conversations with desks
    metadata      what people and rooms show of themselves
    visitors      people in pages of sites
    operating     bans, and the daemon itself
    hub           all that a door may ask of the core
    credentials   signing on, outside the core
"""

from imd.core.ports.client import Client
from imd.core.ports.credentials import Credentials, ScramExchange
from imd.core.ports.desks import Desks
from imd.core.ports.environment import Clock, Environment, Future, Identification, Log, Names, Spawn, Timer
from imd.core.ports.hub import Hub
from imd.core.ports.messages import Delivery, HistoryPort, Offers, OwnHistoryPort, ReadMarks
from imd.core.ports.metadata import Metadata
from imd.core.ports.operating import Bans, Operations
from imd.core.ports.people import People, PresenceRegistryPort, Rosters
from imd.core.ports.rooms import Rooms, RoomsKept
from imd.core.ports.visitors import Visitors

__all__ = [
    "Bans",
    "Client",
    "Clock",
    "Credentials",
    "Delivery",
    "Desks",
    "Environment",
    "Future",
    "HistoryPort",
    "Hub",
    "Identification",
    "Log",
    "Metadata",
    "Names",
    "Offers",
    "Operations",
    "OwnHistoryPort",
    "People",
    "PresenceRegistryPort",
    "ReadMarks",
    "Rooms",
    "RoomsKept",
    "Rosters",
    "ScramExchange",
    "Spawn",
    "Timer",
    "Visitors",
]
