"""How many connections there may be, from where, and how long they may take to sign on (promise P6).

One `Connections` counts for all doors; every connection that is let in (`imd.net.admitting`) holds a `Ticket` until it
is lost. A door's protocol that is a `TicketHolder` gets the ticket and calls `settle` once its client has signed on;
for other protocols the end of the TLS handshake is enough.
"""

import ipaddress
from collections.abc import Callable
from functools import lru_cache

import msgspec
from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime

from imd.core.ban import Network
from imd.core.refusal import Refusal, ShortOfMemory, TooFast, TooMany
from imd.core.session import place_of
from imd.core.tally import Tally
from imd.net.peer import host_and_port

#: Places whose latest connections are counted; those of longest ago are forgotten first.
MOST_PLACES = 100_000


class ConnectionLimits(msgspec.Struct, frozen=True):
    """0 means unlimited, for the timeout: never."""

    connections: int = 10_000
    per_address: int = 200
    #: From one address, in each minute.
    per_minute: int = 0
    #: Requests from one address on connections that are there, in each minute.
    requests: int = 0
    #: At one time between accept and sign-on.
    handshakes: int = 1_000
    #: Seconds from accept to sign-on.
    handshake_timeout: float = 30.0
    #: Whose addresses `per_address` and `per_minute` do not count.
    exempt: tuple[Network, ...] = ()
    #: Balancers: their connections begin with a PROXY header.
    proxies: tuple[Network, ...] = ()
    #: Where it is counted how often each was met; the same after a reload.
    tally: Tally = msgspec.field(default_factory=Tally)


#: Why a connection is refused → the limit it has met.
_SETTINGS = {
    "connections": "connections",
    "per_address": "connections_per_address",
    "per_minute": "connections_per_minute",
    "requests": "requests_per_minute",
    "handshakes": "handshakes",
    "timeout": "handshake_timeout",
    "memory": "process_memory",
}


class ConnectionCounts(msgspec.Struct, frozen=True):
    """For ``imdctl status``."""

    open: int
    handshakes: int
    accepted: int
    #: By reason: ``connections``, ``per_address``, ``per_minute``, ``requests``, ``handshakes``, ``memory``,
    #: ``banned``; ``timeout``.
    refused: dict[str, int]


class Recent:
    """How often places have come lately: for each a bucket that holds what a minute allows, and leaks as fast."""

    __slots__ = ("_places",)

    def __init__(self) -> None:
        #: How full its bucket was, and when.
        self._places: dict[str, tuple[float, float]] = {}

    def take(self, place: str, now: float, most: int) -> float:
        """Once more: 0.0 if that is within `most` a minute; else the seconds to wait, and it is not counted."""
        per_second = most / 60
        level, then = self._places.get(place, (0.0, now))
        level = max(0.0, level - max(0.0, now - then) * per_second) + 1
        if level > most:
            return (level - most) / per_second
        if len(self._places) >= MOST_PLACES and place not in self._places:
            self._places = {
                other: (full, when)
                for other, (full, when) in self._places.items()
                if full > (now - when) * per_second and when > now - 60
            }
            if len(self._places) >= MOST_PLACES:
                self._places.clear()
        self._places[place] = level, now
        return 0.0


class Ticket:
    """One connection that was let in."""

    __slots__ = ("_connections", "_late_call", "_place", "_settled", "_timeout", "_until_sign_on")

    def __init__(self, connections: "Connections", place: str | None) -> None:
        self._connections = connections
        #: Called when it takes too long.
        self._late_call: Callable[[], None] | None = None
        self._place = place
        self._settled = False
        self._timeout: IDelayedCall | None = None
        self._until_sign_on = False

    def wait_for_sign_on(self) -> None:
        """The door will say when its client has signed on."""
        self._until_sign_on = True

    def connected(self) -> None:
        """The connection is ready for the door, its TLS handshake done."""
        if not self._until_sign_on:
            self.settle()

    def expect(self, late: Callable[[], None]) -> None:
        """Call `late` if the connection has not settled within the limit."""
        seconds = self._connections.limits.handshake_timeout
        self._late_call = late
        if seconds > 0 and not self._settled:
            self._timeout = self._connections.clock.callLater(seconds, self._late, late)

    def _late(self, late: Callable[[], None]) -> None:
        self._timeout = None
        self._connections.refused("timeout")
        late()

    def settle(self) -> None:
        """The client has signed on: no longer a handshake in progress. Harmless when repeated."""
        if not self._settled:
            self._settled = True
            self._connections.handshakes -= 1
            if self._timeout is not None:
                self._timeout.cancel()
                self._timeout = None

    def begin_again(self) -> None:
        """What had settled begins something that must be done in time, too: a WebSocket, on a connection that has
        served requests. Raises `TooMany`."""
        if self._settled:
            self._connections.check_handshakes()
            self._settled = False
            self._connections.handshakes += 1
            if self._late_call is not None:
                self.expect(self._late_call)

    def ask(self, address: IAddress | None) -> None:
        """One more request on a connection that is there, by who is at this address. Raises `TooFast`."""
        self._connections.asked(address)

    def move(self, address: IAddress | None) -> Refusal | None:
        """The connection comes from elsewhere than it seemed (a PROXY header); why it may not stay, or None."""
        connections = self._connections
        host = host_and_port(address)[0]
        try:
            connections.check_barred(host)
        except Refusal as refusal:
            return refusal
        place = place_of(host)
        if place == self._place:
            return None
        connections.leave(self._place)
        self._place = place
        connections.enter(place)
        try:
            connections.check_place(host, place, connections.places[place])
        except Refusal as refusal:
            return refusal
        return None

    def give_back(self) -> None:
        """The connection is gone. Call once."""
        self.settle()
        self._late_call = None
        self._connections.open -= 1
        self._connections.leave(self._place)


class Connections:
    """The counts of all doors together. `limits` may be replaced at any time (a reload)."""

    def __init__(self, clock: IReactorTime, limits: ConnectionLimits) -> None:
        self.clock = clock
        self.limits = limits
        self.open = 0
        self.handshakes = 0
        self.accepted = 0
        #: Nobody is let in: there is no memory left (`imd.net.resident`).
        self.shut = False
        self.places: dict[str, int] = {}
        self._refused: dict[str, int] = {}
        self._recent = Recent()
        self._requests = Recent()
        #: Why nobody may connect from an address, or None: bans. Asked before anything is spent on a connection.
        self.barred: Callable[[str], Refusal | None] | None = None

    def check_barred(self, host: str) -> None:
        """Raises what `barred` says."""
        refusal = None if self.barred is None else self.barred(host)
        if refusal is not None:
            self.refused("banned")
            raise refusal

    def is_proxy(self, address: IAddress | None) -> bool:
        """Whether the connection comes from a balancer that is to say whose it is."""
        return bool(self.limits.proxies) and _within(host_and_port(address)[0], self.limits.proxies)

    def admit(self, address: IAddress | None, *, proxied: bool = False) -> Ticket:
        """Let a connection in, or raise `TooMany`, `TooFast`, `ShortOfMemory`, or what `barred` says.

        Of one that is `proxied` the address is looked at when it is known: `Ticket.move`.
        """
        limits = self.limits
        if self.shut:
            self.refused("memory")
            raise ShortOfMemory("The server is short of memory; try again later.")
        host = host_and_port(address)[0]
        if not proxied:
            self.check_barred(host)
        place = None if proxied else place_of(host)
        if limits.connections and self.open >= limits.connections:
            self.refused("connections")
            raise TooMany("connections", limits.connections)
        if place is not None:
            self.check_place(host, place, self.places.get(place, 0) + 1)
        self.check_handshakes()
        self.open += 1
        self.handshakes += 1
        self.accepted += 1
        self.enter(place)
        return Ticket(self, place)

    def check_handshakes(self) -> None:
        """Raises `TooMany` if no more may be under way."""
        most = self.limits.handshakes
        if most and self.handshakes >= most:
            self.refused("handshakes")
            raise TooMany("sign-ons at one time", most)

    def asked(self, address: IAddress | None) -> None:
        """A request more from there, on a connection that is there already. Raises `TooFast`."""
        limits = self.limits
        host = host_and_port(address)[0]
        if not limits.requests or not host or (limits.exempt and _within(host, limits.exempt)):
            return
        wait = self._requests.take(place_of(host), self.clock.seconds(), limits.requests)
        if wait:
            self.refused("requests")
            raise TooFast("requests from one address", wait)

    def check_place(self, host: str, place: str, there: int) -> None:
        """Raises `TooMany` if one more than it may is `there`, `TooFast` if the place comes too often."""
        limits = self.limits
        if limits.exempt and _within(host, limits.exempt):
            return
        if limits.per_address and there > limits.per_address:
            self.refused("per_address")
            raise TooMany("connections from one address", limits.per_address)
        if limits.per_minute and place:
            self._check_rate(place, limits.per_minute)

    def _check_rate(self, place: str, most: int) -> None:
        wait = self._recent.take(place, self.clock.seconds(), most)
        if wait:
            self.refused("per_minute")
            raise TooFast("connections from one address", wait)

    def counts(self) -> ConnectionCounts:
        return ConnectionCounts(self.open, self.handshakes, self.accepted, dict(self._refused))

    def refused(self, why: str) -> None:
        self._refused[why] = self._refused.get(why, 0) + 1
        if why in _SETTINGS:
            self.limits.tally.count(_SETTINGS[why])

    def enter(self, place: str | None) -> None:
        """One more is there; None: a balancer's, whose client is not known yet."""
        if place is None:
            return
        self.places[place] = self.places.get(place, 0) + 1

    def leave(self, place: str | None) -> None:
        if place is None:
            return
        left = self.places[place] - 1
        if left:
            self.places[place] = left
        else:
            del self.places[place]


@lru_cache(maxsize=4096)
def _within(host: str, networks: tuple[Network, ...]) -> bool:
    """Whether an address is in one of these; "" (a Unix socket) is in none."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return any(address in network for network in networks)


class TicketHolder:
    """Base of a door's protocols that tell when their client has signed on, by ``self.ticket.settle()``."""

    #: None where no limits apply (tests, in-memory connections).
    ticket: Ticket | None = None

    def settle(self) -> None:
        """The client has signed on."""
        if self.ticket is not None:
            self.ticket.settle()

    def moved(self, address: IAddress) -> Refusal | None:
        """The client is elsewhere than the connection comes from; why it may not stay, or None."""
        return None if self.ticket is None else self.ticket.move(address)

    def admission_expired(self) -> None:
        """The client has not signed on in time: say so in the protocol's terms and close."""
        self.transport.loseConnection()  # type: ignore[attr-defined]
