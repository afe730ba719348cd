"""What all sessions of the native door share."""

from imd.core.ports import Credentials, Hub, Log, Spawn
from imd.net.memory import Memory
from imd.net.rounds import Rounds
from imd.protocols.native.settings import NativeSettings

#: What `Peer.door` says of a client on UDP, so that the ledger shows it.
DATAGRAM_DOOR = "native-udp"


class Door:
    """The hub and the credentials behind the door, and its settings."""

    __slots__ = ("credentials", "hub", "log", "memory", "rounds", "settings", "spawn")

    def __init__(
        self,
        hub: Hub,
        credentials: Credentials,
        settings: NativeSettings,
        spawn: Spawn,
        log: Log,
        memory: Memory | None = None,
    ) -> None:
        self.hub = hub
        self.credentials = credentials
        #: Replaced as a whole at a reload.
        self.settings = settings
        self.spawn = spawn
        self.log = log
        self.memory = memory or Memory(hub.clock)
        self.rounds = Rounds(hub.clock, log)
