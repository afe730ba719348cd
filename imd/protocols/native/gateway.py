"""From settings to a factory for listeners, and the end of all sessions when the daemon stops."""

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory

from imd.core.ports import Credentials, Hub, Log, Spawn
from imd.core.refusal import Refusal, ShuttingDown
from imd.messages.connection import Bye
from imd.net.memory import Memory
from imd.net.sending import MakeOutbox
from imd.protocols.native.connection import NativeConnection
from imd.protocols.native.door import Door
from imd.protocols.native.settings import NativeSettings
from imd.protocols.native.wire.codec import encode
from imd.protocols.native.wire.frame import line

#: Seconds clients have to read that the daemon stops.
FAREWELL = 2.0


class NativeFactory(Factory):
    """Makes connections; wrapped by `imd.net` for TLS, limits and admission."""

    noisy = False

    def __init__(self, door: Door) -> None:
        self._door = door
        self._emptied: list[Deferred[None]] = []
        #: Those that are connected, signed on or not.
        self.connections: set[NativeConnection] = set()

    def buildProtocol(self, addr: IAddress | None) -> NativeConnection:
        return NativeConnection(self._door, self)

    def lost(self, connection: NativeConnection) -> None:
        """A connection is gone."""
        self.connections.discard(connection)
        if not self.connections:
            emptied, self._emptied = self._emptied, []
            for waiting in emptied:
                waiting.callback(None)

    def when_empty(self) -> "Deferred[None]":
        """Fires when no connection is left."""
        waiting: Deferred[None] = Deferred()
        if self.connections:
            self._emptied.append(waiting)
        else:
            waiting.callback(None)
        return waiting


class NativeGateway:
    """The native door as a whole. Listeners are given `factory`; over a limit they say `answer`."""

    def __init__(
        self,
        hub: Hub,
        credentials: Credentials,
        settings: NativeSettings,
        spawn: Spawn,
        log: Log,
        memory: Memory | None = None,
    ) -> None:
        self.door = Door(hub, credentials, settings, spawn, log, memory)
        self.factory = NativeFactory(self.door)

    def carried(self, via: str, framed: MakeOutbox, origin: str) -> NativeConnection:
        """A connection over something that is no stream of lines; the ledger calls it `via`. `origin` is that of the
        page it came from, or ""."""
        return NativeConnection(self.door, self.factory, via, framed, origin)

    def reload(self, settings: NativeSettings) -> None:
        """New settings; rates and signs of life hold for connections made from now on."""
        self.door.settings = settings

    @staticmethod
    def answer(refusal: Refusal) -> bytes:
        """What a connection is told that is not let in."""
        return line(encode(Bye(code=refusal.code, text=refusal.sentence)))

    async def stop(self, reason: Refusal | None = None) -> None:
        """Tell all clients why and close; returns when all connections are gone, after `FAREWELL` at the latest."""
        why = reason or ShuttingDown()
        for connection in list(self.factory.connections):
            connection.session.bye(why.code, why.sentence, "stopped")
        timer = self.door.hub.clock.call_later(FAREWELL, self._abort)
        try:
            await self.factory.when_empty()
        finally:
            timer.cancel()

    def _abort(self) -> None:
        for connection in list(self.factory.connections):
            connection.abort()
