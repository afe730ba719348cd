"""What all sessions of the IRC door share."""

from typing import TYPE_CHECKING
from weakref import WeakSet

from imd.core.ports import Credentials, Hub, Identification, Log, Operations, Spawn
from imd.net.memory import Memory
from imd.net.rounds import Rounds
from imd.protocols.irc.settings import IrcSettings

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


class Door:
    """The hub and the credentials behind the door, its settings, and its sessions."""

    def __init__(
        self,
        hub: Hub,
        credentials: Credentials,
        settings: IrcSettings,
        spawn: Spawn,
        log: Log,
        memory: Memory,
        operations: Operations | None = None,
        identification: Identification | None = None,
    ) -> None:
        self.hub = hub
        self.credentials = credentials
        #: Replaced as a whole at a reload.
        self.settings = settings
        self.spawn = spawn
        self.log = log
        self.memory = memory
        #: None where there is no daemon around the door (tests).
        self.operations = operations
        self.identification = identification
        #: Every connection, registered or not.
        self.sessions: set[IrcSession] = set()
        #: Those that have been asked what they are, and have not answered.
        self.asked: WeakSet[IrcSession] = WeakSet()
        #: How many of them have not been welcomed; counted, because every welcome says it.
        self.unregistered = 0
        self.rounds = Rounds(hub.clock, log)
        #: What `isupport.tell` says, and the settings of which it is true.
        self.supported: tuple[IrcSettings, list[str]] = (settings, [])

    @property
    def server(self) -> str:
        """The name of this server as a source of lines."""
        return self.settings.domain
