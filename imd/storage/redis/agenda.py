"""The list of histories (or the like) in which something expires, and when to look into each.

Each of them has its own hash tag, so no script can change one together with the list. Therefore the list may name too
many or too early, never too few or too late: a name is entered before its first message is, in the same write, and
taken off only after a script found nothing left.
"""

from collections.abc import Callable

from twisted.internet.defer import Deferred

from imd.storage.redis.connection import Part, encode
from imd.storage.redis.link import Link, together

#: Names in one step.
STEP = 100
#: Names known to be in the list; past this number the knowledge is thrown away and built anew.
MOST_KNOWN = 200_000


class Agenda:
    """A sorted set of names by the time of their next expiry, or an earlier one."""

    def __init__(self, link: Link, fence: bytes, key: bytes) -> None:
        self._link = link
        self._fence = fence
        self._key = key
        #: Names that stand in the list, with the time noted there or a later one.
        self._noted: dict[str, float] = {}
        link.on_ready.append(self._noted.clear)

    def note(self, name: str, when: float) -> None:
        """Enter `name`, unless it stands there for that time already; call it before the write it is for."""
        noted = self._noted.get(name)
        if noted is not None and noted <= when:
            return
        if len(self._noted) >= MOST_KNOWN:
            self._noted.clear()
        self._noted[name] = when
        entered = self._link.send(encode((b"ZADD", self._key, b"LT", when, name)))
        # The write it is for fails with it, and its repetition enters the name again.
        entered.addErrback(lambda failure: self._noted.pop(name, None) and None)

    async def work_off(self, now: float, step: Callable[[str], Deferred[tuple[int, int, bytes]]]) -> int:
        """Call `step` for every name that is due before `now`, until nothing is due; the sum of what it dropped.

        `step` answers how many it dropped, 1 if there is more to drop now, and the time of the next expiry or b"".
        """
        dropped = 0
        while due := await self._link.query("ZRANGEBYSCORE", self._key, "-inf", f"({now}", "LIMIT", 0, STEP):
            names = [name.decode() for name in due]
            for name in names:
                # Whoever writes from here on enters it again; that is how it is noticed below.
                self._noted.pop(name, None)
            changes: list[list[Part]] = []
            again = False
            for name, (count, more, next) in zip(names, await together([step(name) for name in names]), strict=True):
                dropped += count
                if more or name in self._noted:
                    again = again or bool(more)
                elif next:
                    changes.append(["ZADD", self._key, next, name])
                else:
                    changes.append(["ZREM", self._key, name])
            if changes:
                await self._link.apply(self._fence, [self._key], changes)
            elif not again:
                break
        return dropped

    async def names(self, cursor: bytes) -> tuple[bytes, list[str]]:
        """Some names, and the cursor for more; b"0" is the beginning and the end."""
        cursor, flat = await self._link.query("ZSCAN", self._key, cursor, "COUNT", 500)
        return cursor, [name.decode() for name in flat[::2]]
