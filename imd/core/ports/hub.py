"""All of the core, as a door sees it."""

from typing import Protocol

from imd.core.ports.environment import Clock
from imd.core.ports.messages import Delivery, HistoryPort, Offers, ReadMarks
from imd.core.ports.metadata import Metadata
from imd.core.ports.operating import Bans
from imd.core.ports.people import People, PresenceRegistryPort, Rosters
from imd.core.ports.rooms import Rooms
from imd.core.ports.visitors import Visitors


class Hub(Protocol):
    """All of the core, as a door sees it."""

    @property
    def people(self) -> People: ...
    @property
    def presence(self) -> PresenceRegistryPort: ...
    @property
    def rosters(self) -> Rosters: ...
    @property
    def rooms(self) -> Rooms: ...
    @property
    def delivery(self) -> Delivery: ...
    @property
    def history(self) -> HistoryPort: ...
    @property
    def offers(self) -> Offers: ...
    @property
    def metadata(self) -> Metadata: ...
    @property
    def bans(self) -> Bans: ...
    @property
    def read_marks(self) -> ReadMarks: ...
    @property
    def visitors(self) -> Visitors: ...
    @property
    def clock(self) -> Clock: ...
