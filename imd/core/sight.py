"""What a person's sessions say, merged, and how much of it somebody else sees. Pure values: no registry, no time.

What a watcher may see falls into four classes (promise P5):

======  ==============================================================================
HIDDEN  looks offline: blocked (either way), `visible_to` forbids it, or invisible
BASIC   a stranger under ``visible_to = everyone``: only online and away
FULL    an approved contact: state, text, idle time
MUTUAL  contacts both ways who both opted in: also addresses, ports and clients
======  ==============================================================================
"""

import enum

import msgspec

from imd.core.address import Address
from imd.core.session import Location, Person, PresenceView, State, Visibility


class Sight(enum.IntEnum):
    """How much one person may see of another."""

    HIDDEN = 0
    BASIC = 1
    FULL = 2
    MUTUAL = 3


class Snapshot(msgspec.Struct, frozen=True):
    """A person's presence at one moment, with the settings that decide who sees it."""

    address: Address
    state: State = State.OFFLINE
    text: str = ""
    idle_since: float | None = None
    locations: tuple[Location, ...] = ()
    visible_to: Visibility = Visibility.EVERYONE
    guest: bool = False
    #: `Person.title`.
    title: str = ""

    @property
    def shown(self) -> bool:
        """Whether there is anything to see at all."""
        return self.state is not State.OFFLINE and self.state is not State.INVISIBLE


# RFC 6121 section 8.5.2: the most available resource speaks for the account.
_RANK = {State.AVAILABLE: 0, State.BUSY: 1, State.AWAY: 2, State.EXTENDED_AWAY: 3}


def merge(person: Person) -> Snapshot:
    """What all sessions of a person say together. Invisible sessions count for nothing unless there are only such."""
    account = person.account
    visible_to = Visibility.EVERYONE if account is None else account.visible_to
    begun = [session for session in person.sessions if session.begun]
    shown = [session for session in begun if session.presence.state in _RANK]
    if len(shown) > 1:
        # Who runs by itself counts for nothing beside those at which somebody is.
        shown = [session for session in shown if session.presence.attended] or shown
    if not shown:
        state = State.INVISIBLE if begun else State.OFFLINE
        return Snapshot(person.address, state, visible_to=visible_to, guest=account is None, title=person.title)
    # The youngest among the most available: what was said last wins.
    best = min(reversed(shown), key=lambda session: _RANK[session.presence.state]).presence
    idle = [session.presence.idle_since for session in shown]
    idle_since = None if None in idle else max(moment for moment in idle if moment is not None)
    locations = tuple(
        Location(
            session.peer.door,
            session.peer.address,
            session.peer.port,
            session.info.tcp_port,
            session.info.udp_port,
            session.info.name,
            session.info.version,
            session.since,
        )
        for session in (shown if account is not None and account.share_location else ())
    )
    return Snapshot(
        person.address, best.state, best.text, idle_since, locations, visible_to, account is None, person.title
    )


def seen(snapshot: Snapshot, sight: Sight, before: State) -> PresenceView:
    """`snapshot` as somebody with this `sight` sees it."""
    state = snapshot.state
    if sight is Sight.HIDDEN or not snapshot.shown:
        return PresenceView(snapshot.address, State.OFFLINE, before, title=snapshot.title)
    if sight is Sight.BASIC:
        shown = State.AVAILABLE if state is State.AVAILABLE else State.AWAY
        return PresenceView(snapshot.address, shown, before, title=snapshot.title)
    locations = snapshot.locations if sight is Sight.MUTUAL else ()
    return PresenceView(
        snapshot.address, state, before, snapshot.text, snapshot.idle_since, locations, title=snapshot.title
    )


def same(one: PresenceView, other: PresenceView) -> bool:
    return (one.state, one.text, one.idle_since, one.locations, one.title) == (
        other.state,
        other.text,
        other.idle_since,
        other.locations,
        other.title,
    )


def approved(snapshot: Snapshot, opted: bool) -> Sight:
    """How much a contact sees who may see this person; `opted`: mutual, and it tells its own location."""
    if snapshot.visible_to is Visibility.NOBODY:
        return Sight.HIDDEN
    return Sight.MUTUAL if opted and snapshot.locations else Sight.FULL
