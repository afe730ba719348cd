"""The cable between clients and a daemon, which a test can pull."""

from typing import Any

from twisted.internet.interfaces import IListeningPort
from twisted.protocols.portforward import ProxyFactory, ProxyServer

from tests.peers.peer import reactor


class Wire(ProxyServer):
    """One connection; `portforward` knows no `abortConnection`, which is what a pulled cable comes to."""

    factory: "Cable"

    def connectionMade(self) -> None:
        self.factory.wires.append(self)
        super().connectionMade()

    def cut(self) -> None:
        for end in (self, self.peer):
            if end is not None:
                transport: Any = end.transport
                transport.abortConnection()


class Cable(ProxyFactory):
    """Listens `here` and passes bytes on to a daemon at `to`, both on this machine, unless it is `pulled`."""

    protocol = Wire
    noisy = False

    def __init__(self, to: int) -> None:
        super().__init__("127.0.0.1", to)
        self.wires: list[Wire] = []
        self._listening: IListeningPort = reactor.listenTCP(0, self, interface="127.0.0.1")
        #: Its own port; `port` is the one it leads to.
        self.here: int = self._listening.getHost().port
        self.pulled = False

    def buildProtocol(self, address: Any) -> Any:
        # A client that tries meanwhile is hung up on.
        return None if self.pulled else super().buildProtocol(address)

    def pull(self) -> None:
        """Both ends lose all connections at once, and none can be made."""
        self.pulled = True
        wires, self.wires = self.wires, []
        for wire in wires:
            wire.cut()

    def plug_in(self) -> None:
        """Connections can be made again."""
        self.pulled = False

    def remove(self) -> Any:
        self.pull()
        return self._listening.stopListening()
