"""A TCP proxy that cuts the connection after an exact number of bytes, by FIN or by RST.

::

    client ──c2s──► [client side │ server side] ──c2s──► daemon
           ◄──s2c──                             ◄──s2c──

Bytes are counted from the moment of `CuttingProxy.arm`, or from the first line that holds a marker. What is passed on
goes straight into the socket, so that when the connection is cut exactly `offset` bytes have left. A RST ends both
directions at once. With FIN the other direction may still speak for a moment: the client confirms what it was shown.
"""

import socket
from collections.abc import Callable
from typing import Any, NamedTuple

from twisted.internet import reactor as installed_reactor
from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ClientFactory, Factory, Protocol, connectionDone
from twisted.python.failure import Failure

reactor: Any = installed_reactor

#: Directions.
UP, DOWN = "client to server", "server to client"

#: Seconds in which the other direction may still speak after a FIN.
LAST_WORDS = 0.002


#: What is whole of these bytes, which begin with a beginning: what it says, and where it ends.
Units = Callable[[bytes], list[tuple[bytes, int]]]


def lines(data: bytes) -> list[tuple[bytes, int]]:
    """Of a stream of lines."""
    found = []
    position = 0
    for line in data.split(b"\n")[:-1]:
        position += len(line) + 1
        found.append((line, position))
    return found


def frames(data: bytes) -> list[tuple[bytes, int]]:
    """Of a WebSocket, in either direction; a client masks with zeros here. It begins with the head of the handshake."""
    found = []
    at = 0
    while len(data) >= at + 2:
        if data[at : at + 4] in (b"GET ", b"HTTP"):
            end = data.find(b"\r\n\r\n", at) + 4
            if end < 4:
                break
            found.append((data[at:end], end))
            at = end
            continue
        size, start = data[at + 1] & 0x7F, at + 2 + (4 if data[at + 1] & 0x80 else 0)
        if size >= 126:
            more = 2 if size == 126 else 8
            size, start = int.from_bytes(data[at + 2 : at + 2 + more]), start + more
        if len(data) < start + size:
            break
        at = start + size
        found.append((data[start:at], at))
    return found


class Cut(NamedTuple):
    """Where to cut."""

    direction: str
    #: So many bytes pass.
    offset: int
    #: RST; else FIN.
    reset: bool
    #: Count from the first line (or message) that holds this; b"": from now on.
    marker: bytes = b""


class _Side(Protocol):
    """One of the two connections; `direction` is that of the bytes it reads."""

    transport: Any

    def __init__(self, proxy: "CuttingProxy", direction: str) -> None:
        self.proxy = proxy
        self.direction = direction
        self.other: _Side | None = None
        self.early = b""
        self.open = False

    def connectionMade(self) -> None:
        self.open = True
        self.transport.setTcpNoDelay(True)
        if self.direction == UP:
            proxy = self.proxy
            proxy.client = self
            reactor.connectTCP("127.0.0.1", proxy.target, _Onward(self))
        elif self.other is not None:
            self.other.other = self
            self.proxy.server = self
            if not self.other.open:
                self.transport.abortConnection()
            elif self.other.early:
                early, self.other.early = self.other.early, b""
                self.other.dataReceived(early)

    def dataReceived(self, data: bytes) -> None:
        if self.other is None:
            self.early += data
        else:
            self.proxy.passing(self, self.other, data)

    def put(self, data: bytes) -> None:
        """Into the socket, now. A connection that is gone takes nothing."""
        if self.open and data:
            try:
                sent = self.transport.getHandle().send(data)
            except ConnectionError:
                # Gone, and about to be told so.
                return
            assert sent == len(data), "more than a socket takes"

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.open = False
        if self.other is not None and self.other.open:
            self.other.transport.loseConnection()


class _Onward(ClientFactory):
    noisy = False

    def __init__(self, client: _Side) -> None:
        self._client = client

    def buildProtocol(self, addr: IAddress | None) -> _Side:
        side = _Side(self._client.proxy, DOWN)
        side.other = self._client
        return side


class CuttingProxy(Factory):
    """One listening port; one connection at a time. `target` is the daemon's port."""

    noisy = False

    def __init__(self, target: int, units: Units = lines) -> None:
        self.target = target
        self.units = units
        self.client: _Side | None = None
        self.server: _Side | None = None
        self.cut: Cut | None = None
        self.done = False
        #: What passed since the last `arm`, by direction.
        self.passed: dict[str, bytes] = {UP: b"", DOWN: b""}
        #: Everything the daemon has said since then, whether or not it was passed on.
        self.said = b""
        self._counting = False
        self._line = b""
        self._listener = reactor.listenTCP(0, self, interface="127.0.0.1", backlog=16)
        address = self._listener.getHost()
        assert isinstance(address, IPv4Address)
        self.port = address.port

    def buildProtocol(self, addr: IAddress | None) -> _Side:
        self.client = self.server = None
        return _Side(self, UP)

    def arm(self, cut: Cut | None) -> None:
        """Cut here; None: only count."""
        self.cut = cut
        self.done = False
        self.passed = {UP: b"", DOWN: b""}
        self.said = b""
        self._line = b""
        self._counting = cut is None or not cut.marker
        if self._counting and cut is not None and cut.offset == 0:
            self._now()

    def passing(self, source: _Side, target: _Side, data: bytes) -> None:
        direction = source.direction
        if source not in (self.client, self.server):
            # Of a connection before.
            return
        if direction == DOWN:
            self.said += data
        if self.done:
            # FIN: nothing more this way, last words the other way.
            if self.cut is not None and direction != self.cut.direction:
                self.passed[direction] += data
                target.put(data)
            return
        cut = self.cut
        if cut is None or cut.direction != direction:
            self.passed[direction] += data
            target.put(data)
            return
        if not self._counting:
            before, data = self._found(data, cut.marker)
            target.put(before)
            if not self._counting:
                return
        room = cut.offset - len(self.passed[direction])
        self.passed[direction] += data[:room]
        target.put(data[:room])
        if room <= len(data):
            self._now()

    def _found(self, data: bytes, marker: bytes) -> tuple[bytes, bytes]:
        """Whole lines before the first one with the marker, and from there on. A line that has begun waits here."""
        data, self._line = self._line + data, b""
        position = 0
        for line, end in self.units(data):
            if marker in line:
                self._counting = True
                return data[:position], data[position:]
            position = end
        self._line = data[position:]
        return data[:position], b""

    def _now(self) -> None:
        self.done = True
        if self.cut is not None and self.cut.reset:
            self.abort()
        else:
            if self.server is not None and self.server.open and self.cut is not None and self.cut.direction == UP:
                self.server.transport.getHandle().shutdown(socket.SHUT_WR)
            reactor.callLater(LAST_WORDS, self._close, self.client, self.server)

    @staticmethod
    def _close(*sides: _Side | None) -> None:
        for side in sides:
            if side is not None and side.open:
                side.transport.loseConnection()

    def abort(self) -> None:
        """RST, both ways."""
        for side in (self.client, self.server):
            if side is not None and side.open:
                side.transport.abortConnection()

    def close(self) -> Any:
        """Listen no more; fires when done."""
        self.abort()
        return self._listener.stopListening()
