"""How long, how many, and who has which clients. The same seed makes the same town."""

import contextlib
import random
import socket

import msgspec

from tests.tokens import site

#: How a client comes in: transport and protocol. ``bare`` is IRC without any capability.
KINDS = {
    "tcp": 22,
    "tls": 7,
    "web": 5,
    "page": 4,
    "poll": 4,
    "udp": 16,
    "dtls": 7,
    "irc": 16,
    "ircs": 4,
    "ircweb": 5,
    "bare": 10,
}
#: The same for visitors of a site.
VISITING = ("visit", "visitpoll")

#: What the daemon calls the door, for the figures.
DOORS = {
    "tcp": "native TCP",
    "tls": "native TLS",
    "web": "native WebSocket",
    "page": "web page",
    "poll": "web page, polling",
    "visit": "visitor",
    "visitpoll": "visitor, polling",
    "udp": "native UDP",
    "dtls": "native DTLS",
    "irc": "IRC",
    "ircs": "IRC TLS",
    "ircweb": "IRC WebSocket TLS",
    "bare": "IRC, bare",
}

NATIVE = frozenset({"tcp", "tls", "web", "page", "poll", "udp", "dtls", *VISITING})
POLLING = frozenset({"poll", "visitpoll"})
DATAGRAM = frozenset({"udp", "dtls"})

#: Seconds of the hour between two deeds of one person.
BETWEEN = 60.0
#: Out of a hundred people so many have a second client, a third one, are guests, and visitors of a site.
SECOND, THIRD, GUESTS, VISITORS = 20, 4, 3, 6
#: People of whom everybody knows: many talk to few. Those who have accounts are staff of the site.
FAMOUS = 10
#: Mutual contacts of each person, and rooms.
CONTACTS = 8
ROOMS = 2


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for."""

    seed: int
    clients: int
    #: Of load, by the clock; together they are an hour of people's time.
    minutes: float
    #: Ends of the daemon in the middle of the load: ``term`` or ``kill``.
    restarts: tuple[str, ...]
    #: KiB by which the daemon may be larger after a wave than after the one before, in one life of its.
    flat: int
    #: The first life is load only, and nobody comes home in it.
    brief: bool = False
    #: Messages whose way the daemon remembers; it fills in the first wave, so that memory can be flat afterwards.
    traces: int = 6_000

    @property
    def factor(self) -> float:
        """How many seconds of people's time go into one second by the clock."""
        return 60 / self.minutes

    def compressed(self, seconds: float) -> float:
        """Seconds by the clock for seconds of people's time."""
        return seconds / self.factor

    def settings(self) -> tuple[str, ...]:
        """Of the daemon: what it waits for is as much shorter as everything else. All come from one address."""

        def wait(seconds: float) -> str:
            return f'"{max(2.0, self.compressed(seconds)):.1f} s"'

        return (
            "limits.enabled=true",
            "limits.connections_per_address=0",
            f"limits.irc_ping_interval={wait(120)}",
            f"limits.irc_ping_timeout={wait(60)}",
            f"limits.native_ping_interval={wait(60)}",
            f"limits.native_ping_timeout={wait(60)}",
            f"limits.poll_wait={wait(25)}",
            f"limits.poll_idle={wait(90)}",
            "limits.visitors_per_address=0",
            site([resident.name for resident in residents(self) if resident.staff]),
            f"limits.traces={self.traces}",
            # The same in all lives of the daemon, so that it tells those who still write to an earlier one.
            f'listen.udp=["127.0.0.1:{_free_udp_port()}"]',
        )


def _free_udp_port() -> int:
    """One that the system will not give to any of the clients while the daemon is down."""
    for port in random.SystemRandom().sample(range(20_000, 30_000), 100):
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no free UDP port")


class Resident(msgspec.Struct, frozen=True):
    """Somebody who lives in the town."""

    number: int
    name: str
    guest: bool
    visitor: bool
    #: Kinds of her clients.
    clients: tuple[str, ...]
    #: Numbers of her mutual contacts.
    contacts: tuple[int, ...]
    rooms: tuple[str, ...]

    @property
    def settled(self) -> bool:
        """Whether she has an account from the beginning."""
        return not self.guest and not self.visitor

    @property
    def staff(self) -> bool:
        """Whether visitors may write to her."""
        return self.settled and self.number < FAMOUS


def residents(plan: Plan) -> list[Resident]:
    """As many as have so many clients together, nearly."""
    chance = random.Random(f"town {plan.seed}")
    kinds, weights = list(KINDS), list(KINDS.values())
    clients: list[tuple[str, ...]] = []
    guests: list[bool] = []
    visitors: list[bool] = []
    while sum(map(len, clients)) < plan.clients:
        luck = chance.randrange(100)
        guest, visitor = luck < GUESTS, GUESTS <= luck < GUESTS + VISITORS
        luck = chance.randrange(100)
        count = 3 if luck < THIRD else 2 if luck < THIRD + SECOND else 1
        if visitor:
            clients.append((chance.choice(VISITING),))
        elif guest:
            clients.append((chance.choice(["irc", "bare"]),))
        else:
            clients.append(tuple(chance.choices(kinds, weights, k=count)))
        guests.append(guest)
        visitors.append(visitor)
    people = [number for number, guest in enumerate(guests) if not guest and not visitors[number]]
    friends = _ring(people)
    rooms = [f"#room{number}" for number in range(max(2, plan.clients // 25))]
    return [
        Resident(
            number,
            f"p{number:04}",
            guest,
            visitors[number],
            clients[number],
            friends.get(number, ()),
            ()
            if visitors[number]
            else tuple(chance.sample(rooms, min(ROOMS, len(rooms)))) + (("#square",) if chance.random() < 0.2 else ()),
        )
        for number, guest in enumerate(guests)
    ]


def _ring(people: list[int]) -> dict[int, tuple[int, ...]]:
    """Everybody is a mutual contact of the neighbours."""
    half = CONTACTS // 2
    count = len(people)
    return {
        number: tuple(sorted({people[(place + step) % count] for step in range(-half, half + 1)} - {number}))
        for place, number in enumerate(people)
    }
