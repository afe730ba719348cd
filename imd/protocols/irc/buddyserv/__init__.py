"""BuddyServ: the buddy list on the server, for any IRC client.

``/msg BuddyServ HELP``, or ``/BUDDY HELP`` where the client passes unknown commands on. Answers are notices; news of
buddies are too, for those whom the client does not watch with MONITOR (presence.py decides).

::

    service  the service itself
    verbs    what it understands
    news     what it tells unasked
    texts    how people and their doings are called
"""

from imd.protocols.irc.buddyserv.news import roster_changed, summary, tell_locations, tell_presence

__all__ = ["roster_changed", "summary", "tell_locations", "tell_presence"]
