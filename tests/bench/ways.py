"""Who is measured: each rival, and each way into imd, with the server it needs and how its clients sign on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.servers import PASSWORD, Floor, Imd, Inspircd, Ngircd, Server, Words

#: Private messages: accounts acknowledge, guests do not.
GUESTS, BY_IRC, BY_NATIVE = "imd, guests", "imd, IRC accounts", "imd, native"
BY_TLS, BY_UDP, BY_DTLS = "imd, native by TLS", "imd, native by UDP", "imd, native by DTLS"
BY_WEBSOCKET, GUESTS_BY_WEBSOCKET = "imd, native by WebSocket", "imd, guests by WebSocket"
BY_PLAIN = "imd, native by PLAIN"
#: In pages of a site: accounts, and visitors; of these every second is one, who writes to the desk of an account.
BY_PAGES, VISITORS = "imd, accounts in web pages", "imd, visitors of a site"
#: The same visitors by long polling (`tests.bench.polls`).
POLLING = "imd, visitors by long polling"
FLOOR, CONFIRMING = "floor", "floor with PING"
WORDS, NGIRCD, INSPIRCD = "twistd words", "ngIRCd", "InspIRCd"
FORGETFUL = "imd without history"

#: Prepared stores: what their accounts have signed on with before. Accounts of two devices would be a thing of its
#: own: then history is written before a message is accepted.
IRC_STORE, NATIVE_STORE, WATCHED_STORE, DEAR_STORE = "irc", "native", "watched", "dear"
DEVICES = {IRC_STORE: "irc", NATIVE_STORE: "bench", WATCHED_STORE: "bench,irc", DEAR_STORE: "bench"}

#: At most so many of the clients talk to each other; of more, all are idle.
TALKERS = 1000

#: The store of each way into imd.
STORES: Mapping[str, str] = {
    BY_IRC: IRC_STORE,
    BY_NATIVE: NATIVE_STORE,
    BY_TLS: NATIVE_STORE,
    BY_UDP: NATIVE_STORE,
    BY_DTLS: NATIVE_STORE,
    BY_WEBSOCKET: NATIVE_STORE,
    BY_PAGES: NATIVE_STORE,
    VISITORS: NATIVE_STORE,
    POLLING: NATIVE_STORE,
    BY_PLAIN: DEAR_STORE,
}
#: Port and options of the generator of those who do not simply give a name, or a name and a password, by IRC.
_CLIENTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    BY_NATIVE: ("native", {"native": True}),
    BY_TLS: ("native tls", {"native": True, "transport": "tls"}),
    BY_UDP: ("native udp", {"native": True, "transport": "udp"}),
    BY_DTLS: ("native udp", {"native": True, "transport": "dtls"}),
    BY_WEBSOCKET: ("web", {"native": True, "transport": "websocket"}),
    BY_PAGES: ("web", {"native": True, "transport": "websocket", "embedded": True}),
    VISITORS: ("web", {"native": True, "transport": "websocket", "visitors": True}),
    GUESTS_BY_WEBSOCKET: ("web", {"transport": "websocket"}),
    BY_PLAIN: ("native", {"native": True, "plain": True, "pass": PASSWORD}),
    BY_IRC: ("irc", {"sasl": True}),
    # It looks at those who sign on once a second.
    INSPIRCD: ("irc", {"concurrency": 1000}),
}


def server(who: str, clients: int, stores: Path, floor: Path, *, store: str = "") -> Server:
    """A server for `who`, to be started. `store` takes the place of the store that is usual for this way."""
    if who in (FLOOR, CONFIRMING):
        return Floor(floor, confirm=who == CONFIRMING)
    if who == WORDS:
        return Words(clients)
    if who == NGIRCD:
        return Ngircd()
    if who == INSPIRCD:
        return Inspircd()
    if who == FORGETFUL:
        return Imd('history.keep="0"')
    if who in (GUESTS, GUESTS_BY_WEBSOCKET):
        return Imd()
    if who in (BY_PAGES, VISITORS, POLLING):
        return Imd(*site(2 if who == BY_PAGES else clients), data=stores / (store or STORES[who]), accounts=True)
    return Imd(data=stores / (store or STORES[who]), accounts=True)


def site(clients: int) -> tuple[str, str]:
    """A site, and for each account with an odd number a desk where it is the only agent. The generator knows the origin
    and the names."""
    agents = range(1, min(clients, TALKERS), 2)
    desks = ", ".join(f'{{name="desk-{number:05}", agents=["u{number:05}"]}}' for number in agents)
    staff = ", ".join(f'"desk-{number:05}"' for number in agents)
    site = f'{{name="shop", origins=["https://shop.example.org"], staff=[{staff}]}}'
    return f"web.sites=[{site}]", f"web.desks=[{desks}]"


def signing_on(who: str, running: Server, key: str) -> tuple[int, dict[str, Any]]:
    """The port, and the generator's options for its clients; `key` is what clients of SCRAM keep."""
    if who in _CLIENTS:
        port, options = _CLIENTS[who]
        return running.ports[port], {**options, **({"client_key": key} if key else {})}
    return running.port, {"pass": PASSWORD} if running.password else {}
