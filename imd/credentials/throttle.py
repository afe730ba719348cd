"""Growing delays after failed sign-ons, per account and per network address. Time is an argument, memory is bounded.

The first `free` failures cost nothing. From then on each attempt must wait twice as long as the one before, up to
`longest`; and each books its wait when it begins, so that many attempts at the same time count as one. A success
clears the account. Names nobody has are treated like all others.

Guessing at somebody's account must not lock its owner out: an address from which the account has signed on lately is
not held up by what others do to the account, only by its own failures.
"""

from collections import OrderedDict

from imd.core.refusal import TooFast
from imd.core.session import place_of
from imd.core.tally import Tally

#: Longer names are nobody's; what is remembered of them is this long.
_LONGEST = 100


class _Failures:
    __slots__ = ("count", "last", "until")

    def __init__(self) -> None:
        self.count = 0
        self.last = 0.0
        self.until = 0.0


class Delays:
    """The failures of one kind of key."""

    def __init__(self, base: float, free: int, longest: float, remember: int) -> None:
        self.base = base
        self._free = free
        self._longest = longest
        self._remember = remember
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def begin(self, key: str, now: float) -> float:
        """An attempt: 0.0 if it may go on, else the seconds to wait."""
        failures = self._failures.get(key)
        if failures is None or self.base <= 0:
            return 0.0
        if now - failures.last > 2 * self._longest or now < failures.last:
            # Long ago; or the clock was set back, and nobody shall wait for it to catch up.
            del self._failures[key]
            return 0.0
        if failures.count < self._free:
            return 0.0
        if now < failures.until:
            return failures.until - now
        failures.until = now + self._delay(failures.count)
        return 0.0

    def failed(self, key: str, now: float) -> None:
        if self.base <= 0:
            return
        failures = self._failures.setdefault(key, _Failures())
        self._failures.move_to_end(key)
        failures.count += 1
        failures.last = now
        if failures.count >= self._free:
            failures.until = now + self._delay(failures.count)
        if len(self._failures) > self._remember:
            self._failures.popitem(last=False)

    def clear(self, key: str) -> None:
        self._failures.pop(key, None)

    def exhausted(self, key: str) -> bool:
        """Whether the free failures are used up."""
        failures = self._failures.get(key)
        return failures is not None and failures.count >= self._free

    def _delay(self, count: int) -> float:
        return min(self._longest, self.base * 2.0 ** min(count - self._free, 40))

    def __len__(self) -> int:
        return len(self._failures)


class Throttle:
    """All mechanisms ask it before they work and tell it how it went. `base` 0 switches it off."""

    def __init__(
        self,
        base: float = 1.0,
        *,
        free_per_account: int = 5,
        free_per_address: int = 20,
        longest: float = 300.0,
        remember: int = 20_000,
        tally: Tally | None = None,
    ) -> None:
        self._tally = tally or Tally()
        self._accounts = Delays(base, free_per_account, longest, remember)
        self._addresses = Delays(base, free_per_address, longest, remember)
        # (account, place) of late successes.
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._remember = remember

    def set_base(self, base: float) -> None:
        """After a reload."""
        self._accounts.base = self._addresses.base = base

    def begin(self, folded: str, address: str, now: float) -> None:
        """Before an attempt. `folded` is "" where no name is given. Raises `TooFast`."""
        folded, place = folded[:_LONGEST], place_of(address)
        wait = self._addresses.begin(place, now)
        if not wait and folded and (folded, place) not in self._known:
            wait = self._accounts.begin(folded, now)
        if wait:
            self._tally.count("sign_on_delay")
            raise TooFast("failed sign-ons", wait)

    def failed(self, folded: str, address: str, now: float) -> None:
        folded, place = folded[:_LONGEST], place_of(address)
        self._addresses.failed(place, now)
        if folded:
            if (folded, place) in self._known:
                # A known place that fails often is known no longer.
                if self._own(folded, place, now):
                    del self._known[folded, place]
                return
            self._accounts.failed(folded, now)

    def succeeded(self, folded: str, address: str) -> None:
        place = place_of(address)
        self._accounts.clear(folded)
        self._accounts.clear(_own_key(folded, place))
        # The address is not cleared: with one account of one's own one could wash it clean between guesses.
        self._known[folded, place] = None
        self._known.move_to_end((folded, place))
        if len(self._known) > self._remember:
            self._known.popitem(last=False)

    def _own(self, folded: str, place: str, now: float) -> bool:
        key = _own_key(folded, place)
        self._accounts.failed(key, now)
        return self._accounts.exhausted(key)


def _own_key(folded: str, place: str) -> str:
    # No folded name holds a blank.
    return f"{folded} {place}"
