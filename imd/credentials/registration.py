"""Who may register here, and how often."""

from collections import OrderedDict

from imd.core.refusal import RegistrationRefused, TooFast
from imd.core.session import Peer, place_of
from imd.core.tally import Tally
from imd.net.bucket import Bucket

OPEN, INVITE, CLOSED = "open", "invite", "closed"


class Hourly:
    """How often something may be done from one address in an hour. `limit` names it in the `Tally`."""

    def __init__(
        self, limit: str, what: str, per_hour: int, remember: int = 20_000, tally: Tally | None = None
    ) -> None:
        #: 0: unlimited.
        self.per_hour = per_hour
        self._limit = limit
        self._what = what
        self._remember = remember
        self._tally = tally or Tally()
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def count(self, peer: Peer, now: float) -> None:
        """Once more, from this address. Raises `TooFast`."""
        if self.per_hour <= 0:
            return
        place = place_of(peer.address)
        bucket = self._buckets.get(place)
        if bucket is None:
            bucket = self._buckets[place] = Bucket(self.per_hour / 3600, self.per_hour, now)
        self._buckets.move_to_end(place)
        wait = bucket.take(now)
        if len(self._buckets) > self._remember:
            self._buckets.popitem(last=False)
        if wait:
            self._tally.count(self._limit)
            raise TooFast(self._what, wait)


class RegistrationRules:
    """`policy` is ``open``, ``invite`` or ``closed``; `per_hour` accounts from one address (0: unlimited)."""

    def __init__(self, policy: str, per_hour: int, remember: int = 20_000, tally: Tally | None = None) -> None:
        if policy not in (OPEN, INVITE, CLOSED):
            raise ValueError(f"{policy!r} is no way to register")
        self.policy = policy
        self.hourly = Hourly("registrations_per_hour", "registrations from your address", per_hour, remember, tally)

    def for_peer(self, peer: Peer) -> str:
        """What this peer may do: a new password never crosses a network in the clear."""
        return self.policy if peer.confidential else CLOSED

    def check(self, peer: Peer, invitation: str) -> None:
        """Raises `RegistrationRefused`."""
        rule = self.for_peer(peer)
        if rule == CLOSED:
            if self.policy != CLOSED:
                raise RegistrationRefused("Registration needs TLS.")
            raise RegistrationRefused("New accounts are made by the operator only.")
        if rule == INVITE and not invitation:
            raise RegistrationRefused("Registration needs an invitation.")

    def count(self, peer: Peer, now: float) -> None:
        """One registration from this address. Raises `TooFast`."""
        self.hourly.count(peer, now)
