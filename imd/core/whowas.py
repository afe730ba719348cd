"""Who was here: names under which somebody has been seen, for IRC WHOWAS (RFC 2812 section 3.6.3).

An appearance is remembered when it begins, together with what decided who could see it (promise P5). To who asks, an
appearance is over when she does not see that person under that name now. So the answer about somebody who hides, blocks
or has become invisible is the same as about somebody who has gone, and nobody hears of who was hidden from her then.
"""

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from imd.core.address import fold
from imd.core.limits import Limits
from imd.core.session import Appearance, Person, Session, Visibility
from imd.core.sight import Snapshot

if TYPE_CHECKING:
    from imd.core.people import People

#: Whoever blocks more people than this is not remembered: the list would have to be kept with each appearance.
MAX_BLOCKED = 50


class WhoWas:
    """The last `limits.whowas` appearances. `appeared` is called by the presence registry, which knows who is seen."""

    def __init__(self, people: "People", limits: Limits) -> None:
        self.limits = limits
        self._people = people
        self._entries: deque[tuple[str, Appearance]] = deque()
        #: By folded name; the youngest last. Nearly always one, for which a deque takes six times the memory of a list.
        self._by_name: dict[str, list[Appearance]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def appeared(self, person: Person, snapshot: Snapshot) -> None:
        """Somebody can be seen from now on, or under another name, or by others than before."""
        contacts = self._people.rosters.cached(person.key)
        blocked = frozenset(id for id, contact in contacts.items() if contact.blocked)
        if len(blocked) > MAX_BLOCKED:
            return
        entry = Appearance(
            person.key,
            snapshot.address.name,
            self._people.origin(person),
            next((session.info.realname for session in person.sessions if session.info.realname), ""),
            "" if person.account is None else person.account.name,
            snapshot.visible_to,
            blocked,
        )
        folded = fold(entry.name)
        self._entries.append((folded, entry))
        self._by_name.setdefault(folded, []).append(entry)
        while self.limits.whowas and len(self._entries) > self.limits.whowas:
            self.limits.tally.count("whowas")
            self._forget()

    def _forget(self) -> None:
        folded, _ = self._entries.popleft()
        entries = self._by_name[folded]
        del entries[0]
        if not entries:
            del self._by_name[folded]

    def was(self, watcher: Session, name: str) -> Iterator[Appearance]:
        """Those who have been called so and are not now, the youngest first, as far as `watcher` could see them."""
        folded = fold(name)
        here = self._people.find(name)
        current = here.key if here is not None and self._people.may_see(watcher, here) else ""
        for entry in reversed(self._by_name.get(folded, ())):
            if entry.key == current:
                # The youngest of hers is how she is here now.
                current = ""
            elif self._could_see(watcher, entry):
                yield entry

    def _could_see(self, watcher: Session, entry: Appearance) -> bool:
        me = watcher.person.key
        if entry.key == me:
            return True
        mine = self._people.rosters.contact(me, entry.key)
        if me in entry.blocked or (mine is not None and mine.blocked):
            return False
        if entry.visible_to is Visibility.EVERYONE:
            return True
        return entry.visible_to is Visibility.CONTACTS and mine is not None and mine.to
