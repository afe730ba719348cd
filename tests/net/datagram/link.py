"""Two ends and a bad network between them, in virtual time and from a seed."""

import heapq
import itertools
import random
from collections.abc import Callable
from typing import Any

import msgspec

from imd.net.datagram import packet as wire
from imd.net.datagram.connection import Connection, Role, State
from imd.net.datagram.terms import Counts, Terms
from imd.net.datagram.welcome import Welcome


class Weather(msgspec.Struct, frozen=True, kw_only=True):
    """What the network does to datagrams; times in seconds."""

    loss: float = 0.0
    duplication: float = 0.0
    delay: float = 0.02
    #: Up to so much more, by chance: datagrams overtake each other.
    jitter: float = 0.0


BAD = Weather(loss=0.3, duplication=0.2, delay=0.02, jitter=0.08)


class End:
    """One end and what it has received."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.messages: list[bytes] = []
        self.counts = Counts()
        #: False: what comes is not taken.
        self.reading = True
        self.due = 0.0

    @property
    def it(self) -> Connection:
        assert self.connection is not None
        return self.connection


class Link:
    """A client, a server, and datagrams under way. `address` is where the client is now."""

    def __init__(self, seed: int, weather: Weather, client: Terms | None = None, server: Terms | None = None) -> None:
        self.random = random.Random(seed)
        self.weather = weather
        self.now = 1000.0
        self.address = "one"
        self.client, self.server = End(), End()
        self._server_terms = server or Terms(keep_alive=0)
        self._welcome = Welcome(self.now)
        self._under_way: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = itertools.count()
        self.opened = 0
        #: Bytes sent to each address, and bytes that came from it.
        self.sent_to: dict[Any, int] = {}
        self.came_from: dict[Any, int] = {}
        #: Every datagram, in the order of sending.
        self.wire: list[tuple[str, bytes]] = []
        #: A test may drop what it likes: (from whom, datagram) → dropped.
        self.drops: Callable[[str, bytes], bool] = lambda who, data: False
        self.client.connection = Connection(
            Role.CLIENT, 0x1122334455667788, "server", client or Terms(), self.now, self.client.counts
        )
        self.flush()

    # ------------------------------------------------------------ the network

    def _send(self, who: str, data: bytes, arrives: Callable[[], None]) -> None:
        self.wire.append((who, data))
        assert len(data) <= wire.DATAGRAM
        if self.drops(who, data):
            return
        weather, chance = self.weather, self.random
        copies = 1 + (chance.random() < weather.duplication)
        for _ in range(copies):
            if chance.random() >= weather.loss:
                when = self.now + weather.delay + chance.random() * weather.jitter
                heapq.heappush(self._under_way, (when, next(self._serial), arrives))

    def _to_server(self, data: bytes, source: str) -> None:
        end = self.server
        self.came_from[source] = self.came_from.get(source, 0) + len(data)
        if end.connection is None:
            packet = wire.parse(data)
            open_it, answer = self._welcome.judge(packet, len(data), source, self.now)
            if answer:
                self._from_server(answer, source)
            if not open_it:
                return
            self.opened += 1
            end.connection = Connection(
                Role.SERVER, packet.connection, source, self._server_terms, self.now, end.counts
            )
        end.connection.receive_datagram(data, source, self.now)

    def _from_server(self, data: bytes, address: Any) -> None:
        self.sent_to[address] = self.sent_to.get(address, 0) + len(data)

        def arrives() -> None:
            if address == self.address:
                self.client.it.receive_datagram(data, "server", self.now)

        self._send("server", data, arrives)

    def flush(self) -> None:
        """Both ends take what has come and send what there is."""
        for end in (self.client, self.server):
            if end.connection is None:
                continue
            while end.reading and (message := end.it.take()) is not None:
                end.messages.append(message)
            for data, address in end.it.datagrams_to_send(self.now):
                if end is self.server:
                    self._from_server(data, address)
                else:
                    source = self.address
                    self._send("client", data, lambda data=data, source=source: self._to_server(data, source))  # type: ignore[misc]

    # ------------------------------------------------------------ time

    def step(self) -> bool:
        """To the next thing that happens; False if nothing ever will."""
        times = [self._under_way[0][0]] if self._under_way else []
        for end in (self.client, self.server):
            if end.connection is not None and (due := end.it.get_timer()):
                times.append(due)
        if not times:
            return False
        self.now = max(self.now, min(times))
        while self._under_way and self._under_way[0][0] <= self.now:
            heapq.heappop(self._under_way)[2]()
        for end in (self.client, self.server):
            if end.connection is not None and 0 < end.it.get_timer() <= self.now:
                end.it.handle_timer(self.now)
        self.flush()
        return True

    def until(self, true: Callable[[], bool], seconds: float = 300.0) -> None:
        """Let time pass until it is so."""
        end = self.now + seconds
        self.flush()
        while not true():
            assert self.step(), "nothing will ever happen again"
            assert self.now < end, "it takes too long"

    def receive(self, server: int, client: int) -> None:
        """Until the ends have received so many messages."""
        self.until(lambda: len(self.server.messages) >= server and len(self.client.messages) >= client)

    def settled(self) -> bool:
        """Whether everything sent has been acknowledged."""
        return not self.client.it.pending and not self.server.it.pending

    def over(self) -> bool:
        """Whether the server's end has ended."""
        return self.server.it.state is State.ENDED

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        self.flush()
        while True:
            times = [self._under_way[0][0]] if self._under_way else []
            times += [one.it.get_timer() for one in (self.client, self.server) if one.connection is not None]
            times = [time for time in times if time]
            if not times or min(times) > end:
                break
            self.step()
        self.now = end

    def open(self) -> "Link":
        """Until both ends are connected."""
        self.until(lambda: self.client.it.state is State.OPEN and self.server.connection is not None)
        return self
