"""Offers between client programs (direct connections, files, calls): how many of one session may be open.

An offer is a signal: the server passes it on and keeps nothing of it but that it is open, until it is answered or
withdrawn, its session ends, or nobody has answered for `LIFETIME`.
"""

from imd.core.address import fold, split
from imd.core.limits import Limits
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.session import Session

#: Seconds after which nobody is expected to answer any more; IRC clients give up on DCC after two to five minutes.
LIFETIME = 300.0

#: Folded name of whom it is for, and its id.
_Offer = tuple[str, str]


class Offers:
    """The `imd.core.ports.Offers` of this daemon."""

    def __init__(self, environment: Environment, people: People, limits: Limits) -> None:
        self._environment = environment
        self._people = people
        self.limits = limits
        #: By session id: when each is forgotten, the oldest first.
        self._open: dict[str, dict[_Offer, float]] = {}

    def make(self, session: Session, to: str, offer: str) -> None:
        self._people.visitors.refuse(session.person, "Making offers")
        mine = self._current(session.id)
        key = _key(to, offer)
        if key not in mine:
            self.limits.check_count("offers", "open offers", len(mine))
        # To the end of the line, if it is made anew.
        mine.pop(key, None)
        mine[key] = self._environment.clock.time() + LIFETIME
        self._open[session.id] = mine

    def settle(self, session: Session, other: str, offer: str) -> None:
        self._drop(session.id, _key(other, offer))
        maker = self._people.find(other)
        if maker is not None:
            key = _key(session.address.name, offer)
            for each in maker.sessions:
                self._drop(each.id, key)

    def closed(self, session: Session) -> None:
        """The session is over."""
        self._open.pop(session.id, None)

    def most(self) -> int:
        """How many are open of the session that has most."""
        return max((len(self._current(id)) for id in list(self._open)), default=0)

    def _drop(self, session: str, key: _Offer) -> None:
        mine = self._open.get(session)
        if mine is not None and mine.pop(key, None) is not None and not mine:
            del self._open[session]

    def _current(self, session: str) -> dict[_Offer, float]:
        """Those of a session that are still open."""
        mine = self._open.get(session, {})
        now = self._environment.clock.time()
        for key in [key for key, until in mine.items() if until <= now]:
            self._drop(session, key)
        return mine


def _key(name: str, offer: str) -> _Offer:
    return fold(split(name, "")[0]), offer
