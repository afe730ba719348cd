"""The IRC door as the daemon sees it: a factory for listeners, with a reload and an end."""

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory

from imd.core.ports import Credentials, Hub, Identification, Log, Operations, Spawn
from imd.core.refusal import Banned, Refusal
from imd.net.memory import Memory
from imd.net.sending import MakeOutbox
from imd.protocols.irc import isupport, negotiation, numerics, operators
from imd.protocols.irc.connection import IrcConnection
from imd.protocols.irc.door import Door
from imd.protocols.irc.families import FAMILIES
from imd.protocols.irc.settings import IrcSettings
from imd.protocols.irc.wire.line import encode

__all__ = ["FAMILIES", "IrcGateway", "farewell"]


def farewell(refusal: Refusal) -> bytes:
    """ERROR for somebody who has no name yet."""
    return encode("ERROR", [f"Closing Link: * ({refusal.sentence})"], colon=True)


class IrcGateway(Factory):
    """Makes a connection for each client of the door's listeners."""

    noisy = False

    def __init__(
        self,
        hub: Hub,
        credentials: Credentials,
        settings: IrcSettings,
        spawn: Spawn,
        log: Log,
        memory: Memory | None = None,
        operations: Operations | None = None,
        identification: Identification | None = None,
    ) -> None:
        self.door = Door(
            hub, credentials, settings, spawn, log, memory or Memory(hub.clock), operations, identification
        )

    def buildProtocol(self, addr: IAddress | None) -> IrcConnection:
        connection = IrcConnection(self.door)
        connection.factory = self
        return connection

    def carried(self, via: str, framed: MakeOutbox, origin: str) -> IrcConnection:
        """A connection over something that is no stream of lines; the ledger calls it `via`. From which page it came
        makes no difference here."""
        return IrcConnection(self.door, via, framed)

    def answer(self, refusal: Refusal) -> bytes:
        """What a connection that is not let in is told (`imd.net.listening.listen`, `answer`)."""
        banned = b""
        if isinstance(refusal, Banned):
            row = numerics.ERR_YOUREBANNEDCREEP
            banned = encode(row.number, ["*", refusal.sentence], source=self.door.server, colon=True)
        return banned + farewell(refusal)

    def reload(self, settings: IrcSettings) -> None:
        """New settings, also for those who are connected; with cap-notify they hear what they may now request."""
        before, self.door.settings = self.door.settings, settings
        for session in list(self.door.sessions):
            session.settings_changed()
            negotiation.announce(session)
            isupport.announce(session, before)
            operators.reconsider(session)

    def stop(self, text: str = "The server is stopping") -> None:
        """Say goodbye to every connection, signed on or not."""
        for session in list(self.door.sessions):
            session.sign_off("stopped", text)
            session.close(text)
