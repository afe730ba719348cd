"""A UDP relay whose link dies after an exact number of datagrams: all that come later are lost.

::

    client ──c2s──► [client side │ a socket for each client] ──c2s──► daemon
           ◄──s2c──                                          ◄──s2c──

Datagrams of one direction are counted from the moment of `CuttingRelay.arm`. Nobody is told that the link is dead. A
client that comes back finds another port, so that nothing of the old connection is ever taken for its own.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from twisted.internet import reactor as installed_reactor
from twisted.internet.protocol import DatagramProtocol

from tests.promises.cutting import DOWN, UP

reactor: Any = installed_reactor


class DatagramCut(NamedTuple):
    """Where to cut."""

    direction: str
    #: So many datagrams pass.
    offset: int
    #: Whether the other direction dies too.
    both: bool


class _Behind(DatagramProtocol):
    """The relay's socket for one client."""

    noisy = False

    def __init__(self, relay: "CuttingRelay", client: tuple[str, int]) -> None:
        self._relay = relay
        self._client = client

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        self._relay.passing(DOWN, lambda: self._relay.back(datagram, self._client))


class _Front(DatagramProtocol):
    """The relay's socket for clients."""

    noisy = False
    transport: Any

    def __init__(self, relay: "CuttingRelay") -> None:
        self._relay = relay

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        self._relay.forth(datagram, addr)


class CuttingRelay:
    """In front of the UDP port `target` of this machine; one client at a time."""

    def __init__(self, target: int) -> None:
        self._target = "127.0.0.1", target
        self._behind: dict[Any, Any] = {}
        self.cut: DatagramCut | None = None
        self.done = False
        self.passed = {UP: 0, DOWN: 0}
        #: Called when the link dies.
        self.on_cut: Callable[[], None] = lambda: None
        self._front = self._listen()

    def _listen(self) -> Any:
        return reactor.listenUDP(0, _Front(self), interface="127.0.0.1", maxPacketSize=2048)

    @property
    def port(self) -> int:
        """Where clients find it now."""
        port: int = self._front.getHost().port
        return port

    def arm(self, cut: DatagramCut | None) -> None:
        """Cut here; None: only count."""
        self.cut = cut
        self.done = False
        self.passed = {UP: 0, DOWN: 0}
        if cut is not None and cut.offset == 0:
            self._now()

    def bury(self) -> None:
        """Whoever was connected is cut off, whatever follows."""
        for socket in (self._front, *self._behind.values()):
            socket.stopListening()
        self._behind = {}
        self._front = self._listen()

    def forth(self, datagram: bytes, client: Any) -> None:
        """From a client."""
        if client not in self._behind:
            self._behind[client] = reactor.listenUDP(
                0, _Behind(self, client), interface="127.0.0.1", maxPacketSize=2048
            )
        self.passing(UP, lambda: self._behind[client].write(datagram, self._target))

    def back(self, datagram: bytes, client: Any) -> None:
        """To a client."""
        self._front.write(datagram, client)

    def passing(self, direction: str, deliver: Callable[[], None]) -> None:
        """One datagram."""
        cut = self.cut
        if self.done and cut is not None and (cut.both or direction == cut.direction):
            return
        self.passed[direction] += 1
        deliver()
        if cut is not None and direction == cut.direction and self.passed[direction] == cut.offset:
            self._now()

    def _now(self) -> None:
        self.done = True
        reactor.callLater(0, self.on_cut)

    def close(self) -> None:
        """Close all sockets."""
        for socket in (self._front, *self._behind.values()):
            socket.stopListening()
