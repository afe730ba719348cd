"""One driver for each door: the same deeds and the same observations, in the door's own protocol.

The tests of the promises are written once, against `Driver`, and run for every door and every ordered pair of doors.
A new door adds a module here and a line to `DOORS`.

driver   what every driver can do
stream   lines over TCP or TLS, and waiting for one
irc      the IRC door
native   the native door
"""

from tests.doors.driver import Driver, Outcome, Received, Seen
from tests.doors.irc import IrcDriver
from tests.doors.native import NativeDriver

DOORS: dict[str, type[Driver]] = {"native": NativeDriver, "irc": IrcDriver}

__all__ = ["DOORS", "Driver", "IrcDriver", "NativeDriver", "Outcome", "Received", "Seen"]
