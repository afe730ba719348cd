"""A bad network on real sockets: a relay that loses, doubles and delays datagrams, from a seed."""

import random
from typing import Any

from twisted.internet.protocol import DatagramProtocol

from tests.net.datagram.link import Weather


class _Behind(DatagramProtocol):
    """The relay's socket for one client."""

    noisy = False

    def __init__(self, relay: "Relay", client: tuple[str, int]) -> None:
        self._relay = relay
        self._client = client

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        self._relay.carry(lambda: self._relay.back(self, datagram, self._client))


class Relay(DatagramProtocol):
    """In front of the server at `port` of this machine. To be given to ``reactor.listenUDP``."""

    noisy = False
    transport: Any

    def __init__(self, reactor: Any, port: int, weather: Weather, seed: int) -> None:
        self._reactor = reactor
        self._port = port
        self._weather = weather
        self._chance = random.Random(seed)
        self._behind: dict[tuple[str, int], Any] = {}
        self._closed = False
        self._old: list[Any] = []
        self.carried = 0
        self.lost = 0

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        if self._closed:
            # While the sockets behind are being closed this one may still be read.
            return
        if addr not in self._behind:
            self._behind[addr] = self._reactor.listenUDP(0, _Behind(self, addr), interface="127.0.0.1")
        self.carry(lambda: self._forth(datagram, addr))

    def carry(self, arrives: Any) -> None:
        """One datagram: lost, or delivered after a while, perhaps twice."""
        chance, weather = self._chance, self._weather
        self.carried += 1
        if chance.random() < weather.loss:
            self.lost += 1
            return
        for _ in range(1 + (chance.random() < weather.duplication)):
            self._reactor.callLater(weather.delay + chance.random() * weather.jitter, arrives)

    def _forth(self, datagram: bytes, client: tuple[str, int]) -> None:
        if client in self._behind:
            self._behind[client].write(datagram, ("127.0.0.1", self._port))

    def back(self, behind: _Behind, datagram: bytes, client: tuple[str, int]) -> None:
        """Deliver to a client, if it came where that client is now."""
        if self.transport is not None and behind.transport in self._behind.values():
            self.transport.write(datagram, client)

    def rebind(self) -> None:
        """As a NAT that has forgotten: whatever clients say comes from other ports now, and what is sent to the old
        ones goes nowhere. Nobody is told."""
        behind, self._behind = self._behind, {}
        self._old += behind.values()

    async def close(self) -> None:
        """Close all sockets."""
        self._closed = True
        behind, self._behind = self._behind, {}
        for port in [*behind.values(), *self._old, self.transport]:
            stopping = port.stopListening()
            if stopping is not None:
                await stopping
