"""What BuddyServ tells unasked: buddies who come, go and answer; at sign-on, who is here."""

from typing import TYPE_CHECKING

from imd.core.address import fold
from imd.core.contact import RosterAction, RosterChange
from imd.core.refusal import Refusal
from imd.core.session import PresenceView, State
from imd.protocols.irc.buddyserv.service import BUDDYSERV
from imd.protocols.irc.buddyserv.texts import STATES, in_lines, location_text, presence_text

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


def tell_presence(session: "IrcSession", view: PresenceView) -> None:
    """A buddy's change, as a notice."""
    # The view is shared by all who may see the same: for each flavour only the nick differs.
    key = ("irc buddy", session.flavour)
    data = view.encoded.get(key)
    if data is None:
        text = presence_text(view)
        data = view.encoded[key] = BUDDYSERV.notice(session, text, nick=_ANYBODY) if text else b""
    if data:
        session.push(data.replace(_ANYBODY_BYTES, session.nick.encode(), 1))


#: Stands for the nick in a notice that is encoded for all: no name holds it, and the tags before it neither.
_ANYBODY = "\x1f"


_ANYBODY_BYTES = b"\x1f"


def tell_locations(session: "IrcSession", view: PresenceView) -> None:
    """Where a buddy is who has just come: for those who may know, or the view would not hold it (P5)."""
    for location in view.locations:
        BUDDYSERV.tell(session, f"{view.person.name} is at {location_text(location)}.")


def roster_changed(session: "IrcSession", change: RosterChange) -> None:
    """The core's `Client.roster_changed` of this door: what a person has to know or answer."""
    name = change.contact.address.name
    if change.action is RosterAction.ASKED:
        BUDDYSERV.tell(
            session, f"{name} asks to see when you are on. Answer: /msg {BUDDYSERV.nick} ALLOW {name}, or DENY {name}"
        )
    elif change.action is RosterAction.APPROVED:
        # How they are follows, if they are on.
        BUDDYSERV.tell(session, f"{name} lets you see when they are on.")
    elif change.action is RosterAction.REFUSED:
        BUDDYSERV.tell(session, f"{name} does not let you see when they are on.")


async def summary(session: "IrcSession") -> None:
    """At sign-on: who is on, who waits for an answer."""
    if session.me.account is None:
        return
    online = [view for view in session.hub.presence.roster_views(session.me) if view.online]
    online.sort(key=lambda view: fold(view.person.name))
    names = [
        view.person.name if view.state is State.AVAILABLE else f"{view.person.name} ({STATES[view.state]})"
        for view in online
    ]
    for text in in_lines(names):
        BUDDYSERV.tell(session, f"Online: {text}")
    try:
        contacts = await session.hub.rosters.contacts(session.me)
    except Refusal:
        # The store is away: REQUESTS will tell later.
        return
    for text in in_lines([contact.address.name for contact in contacts if contact.asked]):
        BUDDYSERV.tell(session, f"Waiting for your ALLOW or DENY: {text}")
