"""The native door by datagrams: the same client as over TCP, its lines as messages of a connection by UDP.

The reliability layer is the daemon's own (`imd.net.datagram`), which has tests of its own on a bad network.
"""

from typing import Any

from OpenSSL import SSL
from twisted.internet import reactor as installed_reactor

from imd.net.datagram.dialing import Dialed
from imd.net.datagram.dtls import context
from imd.net.reactor_clock import ReactorClock
from tests.daemon import RunningDaemon
from tests.doors.native import NativeDriver
from tests.doors.stream import Stream

reactor: Any = installed_reactor


class Datagrams(Stream):
    """A connection by UDP that looks like a stream of lines; `port` when it is not the daemon's own."""

    def __init__(self, daemon: RunningDaemon, *, dtls: bool, source: str = "", port: int = 0) -> None:
        super().__init__()
        self._source = source
        secured = context(SSL.DTLS_CLIENT_METHOD) if dtls else None
        self.dialed = Dialed(ReactorClock(reactor), "127.0.0.1", port or daemon.ports["native", "udp"], secured)
        self.dialed.on_message = self.lineReceived
        self.dialed.on_lost = lambda reason: self.connectionLost()
        self.listen(self.dialed)

    @property
    def port(self) -> int:
        """The port it speaks from."""
        port: int = self.dialed.transport.getHost().port
        return port

    def listen(self, dialed: Dialed) -> None:
        """Bind a socket for it."""
        reactor.listenUDP(0, dialed, interface=self._source or "127.0.0.1", maxPacketSize=2048)

    async def move(self) -> None:
        """Go on from another port."""
        await self.dialed.move(self.listen)

    def say(self, line: str) -> None:
        # An empty line shows a stream that it is plain; here the first packet has shown it.
        if line:
            self.transcript.append(f"C: {line}")
            self.dialed.send(line.encode())

    def abort(self) -> None:
        self.dialed.abort()


class UdpDriver(NativeDriver):
    """Plain, on loopback."""

    door = "udp"
    dtls = False
    stream: Datagrams

    @classmethod
    async def connect(cls, daemon: RunningDaemon, *, source: str = "") -> Stream:
        return Datagrams(daemon, dtls=cls.dtls, source=source)

    async def resume(self, daemon: RunningDaemon, port: int = 0) -> "UdpDriver":
        driver = type(self)(Datagrams(daemon, dtls=self.dtls, port=port), self.name)
        return await driver.go_on(self.welcome)


class DtlsDriver(UdpDriver):
    """DTLS."""

    dtls = True
