"""BuddyServ itself."""

from imd.protocols.irc.services import Service

BUDDYSERV = Service(
    "BuddyServ",
    "I keep your buddy list, whatever client you use. What I understand:",
    commands=("BUDDY",),
    needs="A buddy list",
)
