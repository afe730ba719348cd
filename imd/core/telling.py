"""One person's change of presence on its way to those who may see it. Used by `imd.core.presence` alone."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from imd.core.contact import Contact
from imd.core.session import Person, PresenceView, Session, State, Visibility
from imd.core.sight import Sight, Snapshot, approved, same, seen

if TYPE_CHECKING:
    from imd.core.presence import PresenceRegistry as Registry


_NOBODY: dict[str, Contact] = {}


class Published:
    """What all have been told of one person, with the views made of it: shared, so that doors encode each once."""

    __slots__ = ("_views", "snapshot")

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._views: dict[Sight, PresenceView] | None = None

    def view(self, sight: Sight) -> PresenceView:
        """As somebody with this sight sees it who asks; not to be changed."""
        if self._views is None:
            # Nobody has asked so far, which is so for most.
            self._views = {}
        view = self._views.get(sight)
        if view is None:
            view = self._views[sight] = seen(self.snapshot, sight, State.OFFLINE)
            view.before = view.state
        return view


class Change:
    """One person's change on its way to the watchers: one view per sight, shared, so that doors encode it once."""

    def __init__(
        self,
        registry: "Registry",
        person: Person,
        before: Snapshot,
        now: Snapshot,
        told: dict[Session, list[PresenceView]],
    ) -> None:
        self.renamed = before.address != now.address
        #: The sessions that are told by `presence_changed`.
        self.done: set[Session] = set()
        #: How many were looked at.
        self.looks = 0
        #: Those who are told of a name alone, and may watch both.
        self._moved: list[Session] = []
        self._registry = registry
        self._person = person
        self._before = before
        self._now = now
        self._told = told
        self._views: dict[tuple[Sight, Sight], PresenceView | None] = {}

    def view(self, session: Session) -> PresenceView | None:
        """What this session's person sees of the change; None if it looks like no change."""
        watcher = session.person
        return self._view(
            self._registry.judge(self._before, self._person, watcher),
            self._registry.judge(self._now, self._person, watcher),
        )

    def _view(self, old: Sight, new: Sight) -> PresenceView | None:
        """What somebody sees of the change who could see so much, and now can."""
        if (old, new) not in self._views:
            was = seen(self._before, old, State.OFFLINE)
            view = seen(self._now, new, was.state)
            view.before_text = was.text
            changed = not same(was, view)
            if self.renamed and (view.online or was.online):
                view.renamed_from = self._before.address
                changed = True
            self._views[old, new] = view if changed else None
        return self._views[old, new]

    def tell_contacts(self, roster: dict[str, Contact]) -> None:
        """Those on the person's own list to whom it shows its presence: nearly all who are ever told, so that they are
        told apart by what `judge` would find, without asking it for each."""
        before, now, key = self._before, self._now, self._person.key
        persons, rosters = self._registry.people.persons, self._registry.rosters.loaded
        told, done = self._told, self.done
        plain, more = (self._view(approved(before, opted), approved(now, opted)) for opted in (False, True))
        self.looks += len(roster)
        for id, contact in roster.items():
            if not contact.from_ or contact.blocked or (watcher := persons.get(id)) is None:
                continue
            view = plain
            if more is not plain and contact.to and watcher.account is not None and watcher.account.share_location:
                view = more
            if view is None or ((back := rosters.get(id, _NOBODY).get(key)) is not None and back.blocked):
                continue
            for session in watcher.sessions:
                if session.begun:
                    done.add(session)
                    if (already := told.get(session)) is None:
                        told[session] = [view]
                    else:
                        already.append(view)

    def tell(self, sessions: Iterable[Session]) -> None:
        """Those who watch by name."""
        for session in sessions:
            self.looks += 1
            if session not in self.done and session.begun and (view := self.view(session)) is not None:
                self._add(session, view)

    def tell_gone(self, sessions: Iterable[Session]) -> None:
        """A new name, for those who watch the old one by name alone: it has gone offline. That the two are one person
        is for those who have been told of it before, having her on their list."""
        before = self._before
        for session in sessions:
            was = seen(before, self._registry.judge(before, self._person, session.person), State.OFFLINE)
            self.looks += 1
            if session not in self.done and session.begun and was.online:
                self._told.setdefault(session, []).append(PresenceView(before.address, State.OFFLINE, was.state))
                self._moved.append(session)

    def tell_come(self, sessions: Iterable[Session]) -> None:
        """The same for those who watch the new one: it has come."""
        now = self._now
        for session in sessions:
            view = seen(now, self._registry.judge(now, self._person, session.person), State.OFFLINE)
            self.looks += 1
            if session not in self.done and session.begun and view.online:
                self._told.setdefault(session, []).append(view)
                self._moved.append(session)
        self.done.update(self._moved)

    def _add(self, session: Session, view: PresenceView) -> None:
        self.done.add(session)
        self._told.setdefault(session, []).append(view)


def judged(snapshot: Snapshot, contact: Contact | None, back: Contact | None, watcher: Person) -> Sight:
    """How much an account on whose list `watcher` is `contact`, and on whose `watcher`'s list it is `back`, shows."""
    if snapshot.visible_to is Visibility.NOBODY or (back is not None and back.blocked):
        return Sight.HIDDEN
    if contact is not None:
        if contact.blocked:
            return Sight.HIDDEN
        if contact.from_:
            return approved(snapshot, contact.to and watcher.account is not None and watcher.account.share_location)
    return Sight.BASIC if snapshot.visible_to is Visibility.EVERYONE else Sight.HIDDEN
