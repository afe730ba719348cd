"""One driver for each door: the same deeds and the same observations, in the door's own protocol.

The tests of the promises are written once, against `Driver`, and run for every door and every ordered pair of doors.
A new door adds a module here, a line to `DOORS`, and its ways of watching people to `WATCHERS`.

driver   what every driver can do
stream   lines over TCP or TLS, and waiting for one
irc      the IRC door
native   the native door
udp      the same by datagrams, plain and with DTLS
websocket both by the web listener
web       members and visitors of a site whose pages have imd embedded
polling   the same where WebSockets do not come through
"""

from typing import NamedTuple

from tests.doors.driver import Change, Driver, Outcome, Received, Seen
from tests.doors.irc import BareIrcDriver, IrcDriver
from tests.doors.native import NativeDriver
from tests.doors.udp import DtlsDriver, UdpDriver
from tests.doors.web import VISITORS, PollingVisitorDriver, VisitorDriver, WebDriver, WebPollDriver
from tests.doors.websocket import IrcWebDriver, NativeWebDriver

DOORS: dict[str, type[Driver]] = {
    "native": NativeDriver,
    "udp": UdpDriver,
    "websocket": NativeWebDriver,
    "irc": IrcDriver,
    "irc-websocket": IrcWebDriver,
    "web": WebDriver,
    "web-poll": WebPollDriver,
}


class Watcher(NamedTuple):
    """A way of watching somebody: with which client, and how it came to be told."""

    driver: type[Driver]
    #: A mutual contact by the buddy list; otherwise a stranger.
    contact: bool
    #: Asked for the person by name (native `watch`, IRC MONITOR).
    watches: bool
    #: In a room with the person.
    together: bool = False


WATCHERS: dict[str, Watcher] = {
    "native contact": Watcher(NativeDriver, True, False),
    "native contact, watch": Watcher(NativeDriver, True, True),
    "native stranger, watch": Watcher(NativeDriver, False, True),
    "native contact, room": Watcher(NativeDriver, True, False, True),
    "native stranger, room": Watcher(NativeDriver, False, False, True),
    "udp contact": Watcher(UdpDriver, True, False),
    "dtls contact, watch": Watcher(DtlsDriver, True, True),
    "dtls stranger, watch": Watcher(DtlsDriver, False, True),
    "websocket contact": Watcher(NativeWebDriver, True, False),
    "websocket contact, watch": Watcher(NativeWebDriver, True, True),
    "websocket stranger, watch": Watcher(NativeWebDriver, False, True),
    "websocket contact, room": Watcher(NativeWebDriver, True, False, True),
    "web contact": Watcher(WebDriver, True, False),
    "web contact, watch": Watcher(WebDriver, True, True),
    "web stranger, watch": Watcher(WebDriver, False, True),
    "web contact, room": Watcher(WebDriver, True, False, True),
    "web-poll contact, watch": Watcher(WebPollDriver, True, True),
    "web-poll stranger, room": Watcher(WebPollDriver, False, False, True),
    "irc contact": Watcher(IrcDriver, True, False),
    "irc contact, MONITOR": Watcher(IrcDriver, True, True),
    "irc stranger, MONITOR": Watcher(IrcDriver, False, True),
    "irc contact, room": Watcher(IrcDriver, True, False, True),
    "irc contact, MONITOR, room": Watcher(IrcDriver, True, True, True),
    "irc stranger, room": Watcher(IrcDriver, False, False, True),
    "irc-websocket contact": Watcher(IrcWebDriver, True, False),
    "irc-websocket contact, MONITOR, room": Watcher(IrcWebDriver, True, True, True),
    "irc-websocket stranger, MONITOR": Watcher(IrcWebDriver, False, True),
    "bare irc contact": Watcher(BareIrcDriver, True, False),
    "bare irc contact, MONITOR": Watcher(BareIrcDriver, True, True),
    "bare irc stranger, MONITOR": Watcher(BareIrcDriver, False, True),
    "bare irc contact, room": Watcher(BareIrcDriver, True, False, True),
    "bare irc stranger, room": Watcher(BareIrcDriver, False, False, True),
}

__all__ = [
    "DOORS",
    "VISITORS",
    "WATCHERS",
    "BareIrcDriver",
    "Change",
    "Driver",
    "DtlsDriver",
    "IrcDriver",
    "IrcWebDriver",
    "NativeDriver",
    "NativeWebDriver",
    "Outcome",
    "PollingVisitorDriver",
    "Received",
    "Seen",
    "UdpDriver",
    "VisitorDriver",
    "Watcher",
    "WebDriver",
    "WebPollDriver",
]
