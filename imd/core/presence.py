"""The PresenceRegistry: what every person's sessions say, merged, and told to whoever may know.

The one place that knows presence. A change marks its person; at the end of the reactor turn each marked person is
compared with what was last published, and every watching session gets all its changes in one call. So a session that
comes and goes within a turn is not seen at all, and a sign-on storm costs each watcher one call per turn. When more
people have changed than one turn has room for (a thousand have vanished), the rest follows in the next turns.
What a watcher may see of a person is `imd.core.sight`; who is which, is judged here (promise P5).
"""

from collections import OrderedDict
from collections.abc import Callable, Container, Iterable

import msgspec

from imd.core.address import Address, fold, split
from imd.core.limits import Limits
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.refusal import InvalidName
from imd.core.roommates import RoomMates
from imd.core.roster import Rosters
from imd.core.session import Account, Person, Presence, PresenceView, Session, State, Visibility
from imd.core.sight import Sight, Snapshot, merge, same, seen
from imd.core.telling import Change, Published, judged

__all__ = ["PresenceRegistry", "Sight"]

#: Contacts and watchers looked at in one turn, some 1 µs each; who is told costs the door as much again, and the kernel
#: the most. A person is never divided.
ENOUGH = 1_000


def _nobody_cares(person: Person, now: Snapshot) -> None: ...


def _seen_as(snapshot: Snapshot) -> tuple[str, Visibility]:
    """Under which name, and by whom."""
    return snapshot.address.name, snapshot.visible_to


class PresenceRegistry:
    """Every session's presence, every person's watchers. The registry that all doors share."""

    def __init__(self, environment: Environment, people: People, rosters: Rosters, limits: Limits) -> None:
        self._environment = environment
        self.people = people
        self.rosters = rosters
        self.limits = limits
        #: What watchers have been told, by `Person.key`; a person who is not in it is offline for everybody.
        self._published: dict[str, Published] = {}
        self._marked: OrderedDict[str, Person] = OrderedDict()
        self._renamed: dict[str, Address] = {}
        #: Guests who have become an account, by its id: what its contacts have been told of it, or None.
        self._promoted: dict[str, Snapshot | None] = {}
        #: Temporary watches (IRC MONITOR): folded name → sessions, and session id → folded name → name as given.
        self._watchers: dict[str, dict[str, Session]] = {}
        self._watches: dict[str, dict[str, str]] = {}
        self._room_mates = RoomMates(self, environment)
        #: Told of each person whose presence has changed, and to what (`imd.core.desks.staff`).
        self.observer: Callable[[Person, Snapshot], None] = _nobody_cares
        #: Who talks to desks, by `Person.key`; and whether the account of this id serves a visitor of that one, and
        #: sees her presence although nobody else does.
        self.attended: Container[str] = ()
        self.serves: Callable[[str, str], bool]

    # ------------------------------------------------------------ what sessions say

    def opened(self, session: Session) -> None:
        """A session has begun."""
        self._mark(session.person)

    def closed(self, session: Session) -> None:
        """A session is over; its own watches end with it."""
        for folded in self._watches.pop(session.id, {}):
            self._forget_watcher(folded, session)
        self._mark(session.person)

    def update(self, session: Session, presence: Presence) -> None:
        self.limits.check_size("status_length", "status text", presence.text)
        session.presence = presence
        session.active = self._environment.clock.time()
        if session.begun:
            self._mark(session.person)

    def touched(self, session: Session) -> None:
        session.active = self._environment.clock.time()
        if session.presence.idle_since is not None:
            self.update(session, msgspec.structs.replace(session.presence, idle_since=None))

    def renamed(self, person: Person, before: Address) -> None:
        """The person's address changed; `person.address` is the new one."""
        self._renamed.setdefault(person.key, before)
        self._mark(person)

    def promoted(self, person: Person, key: str, before: Address) -> None:
        """A guest, under `key` and this address, is an account now. Who watched the guest by name sees one person with
        a new address; to the account's contacts she has come."""
        self._marked.pop(key, None)
        own = self._published.get(person.key)
        self._promoted[person.key] = None if own is None else own.snapshot
        published = self._published.pop(key, None)
        if published is not None:
            self._published[person.key] = published
        self.renamed(person, self._renamed.pop(key, before))

    def refresh(self, person: Person) -> None:
        """Something that `merge` looks at has changed (the account's settings)."""
        self._mark(person)

    def _mark(self, person: Person) -> None:
        if not self._marked:
            self._environment.clock.soon(self.publish)
        self._marked[person.key] = person

    # ------------------------------------------------------------ telling watchers

    def publish(self) -> None:
        """Tell every watcher what has changed since the last time, one call per session and turn."""
        # Who has come into a room, or is gone from it, is so before anything is said of her presence.
        self.people.rooms.tell_crowds()
        told: dict[Session, list[PresenceView]] = {}
        looks = 0
        while self._marked and looks < ENOUGH:
            _, person = self._marked.popitem(last=False)
            try:
                looks += self._publish(person, told)
            except Exception:
                # The others' changes wait, too, and so would all that follow.
                self._environment.log.failure("while telling of {who}", who=person.address.name)
        if self._marked:
            self._environment.clock.call_later(0, self.publish)
        for session, views in told.items():
            session.client.presence_changed(views)

    def _publish(self, person: Person, told: dict[Session, list[PresenceView]]) -> int:
        """One person; how much work it was."""
        key = person.key
        before_renaming = self._renamed.pop(key, None)
        now = merge(person)
        published = self._published.get(key)
        if published is None:
            before = Snapshot(before_renaming or person.address, visible_to=now.visible_to)
        else:
            before = published.snapshot
        looks = 1
        if now != before:
            if now.state is State.OFFLINE:
                self._published.pop(key, None)
            else:
                self._published[key] = Published(now)
            looks += self._tell_watchers(person, before, now, told)
            self.observer(person, now)
            if now.shown and (not before.shown or _seen_as(before) != _seen_as(now)):
                self.people.whowas.appeared(person, now)
        self._promoted.pop(key, None)
        if self.people.person(key) is None and key not in self.people.staying.persons:
            self.rosters.unload(key)
        return looks

    def _tell_watchers(
        self, person: Person, before: Snapshot, now: Snapshot, told: dict[Session, list[PresenceView]]
    ) -> int:
        change = Change(self, person, before, now, told)
        contacts = self.rosters.cached(person.key)
        moved = fold(before.address.name) != fold(now.address.name)
        gone = self._watchers.get(fold(before.address.name), {}).values() if moved else ()
        if person.key in self._promoted:
            # Contacts, too: to them the guest was somebody else.
            change.tell_gone(gone)
            told_before = self._promoted[person.key] or Snapshot(now.address, visible_to=now.visible_to)
            coming = Change(self, person, told_before, now, told)
            coming.tell_contacts(contacts)
            change.done, change.looks = coming.done, change.looks + coming.looks
        else:
            change.tell_contacts(contacts)
            change.tell_gone(gone)
        watchers = self._watchers.get(fold(now.address.name), {}).values()
        (change.tell_come if moved else change.tell)(watchers)
        if (before.state, before.text) != (now.state, now.text) and before.shown and now.shown:
            self._room_mates.tell(person, change)
            if len(person.sessions) > 1:
                self._room_mates.tell_herself(person, before, now)
        elif before.shown is not now.shown and not change.renamed and self.people.stays(person):
            self._room_mates.tell_of_staying(person, change, before, now)
        return change.looks

    # ------------------------------------------------------------ who may see what

    def judge(self, snapshot: Snapshot, person: Person, watcher: Person) -> Sight:
        """How much `watcher` may see of a `snapshot` of `person` (P5)."""
        if watcher is person:
            return Sight.MUTUAL
        if snapshot.guest:
            return Sight.FULL
        if person.key in self.attended and self.serves(watcher.key, person.key):
            # As her contacts would.
            return Sight.FULL
        back = self.rosters.contact(watcher.key, person.key)
        return judged(snapshot, self.rosters.contact(person.key, watcher.key), back, watcher)

    def sight(self, watcher: Person, person: Person) -> Sight:
        """How much `watcher` may see of `person`, going by what has been published."""
        published = self._published.get(person.key)
        return self.judge(merge(person) if published is None else published.snapshot, person, watcher)

    @staticmethod
    def would_see(account: Account, approved: bool) -> bool:
        """Whether a person (an approved contact, or not) could see this account if it were on and not invisible.

        Blocks are left out of account on purpose. Decides how a message's fate may be told: somebody who blocks must
        look like somebody who is offline.
        """
        return account.visible_to is Visibility.EVERYONE or (approved and account.visible_to is Visibility.CONTACTS)

    def published(self, person: Person) -> Snapshot | None:
        """What has been told of a person; None while she is off."""
        published = self._published.get(person.key)
        return None if published is None else published.snapshot

    def visible(self, watcher: Session, person: Person) -> bool:
        snapshot = merge(person)
        return seen(snapshot, self.judge(snapshot, person, watcher.person), State.OFFLINE).online or (
            watcher.person is person
        )

    def mutual(self, watcher: Session, person: Person) -> bool:
        return self.sight(watcher.person, person) is Sight.MUTUAL

    def invisible(self, person: Person) -> bool:
        # As `merge` has it, without the rest: it is asked for each message.
        begun = False
        for session in person.sessions:
            if session.begun:
                if session.presence.state is not State.INVISIBLE:
                    return False
                begun = True
        return begun

    def reclassify(self, person: Person, watcher: Person, before: Sight) -> None:
        """What `watcher` may see of `person` was `before`; tell the watcher's sessions what that changes for them."""
        published = self._published.get(person.key)
        if published is None:
            return
        snapshot = published.snapshot
        now = self.judge(snapshot, person, watcher)
        views: dict[bool, PresenceView | None] = {}
        for session in watcher.sessions:
            named = self.watches(session, person.address.name)
            if named not in views:
                # Without a watch by name one is told of approved contacts only: it is with approval that they come,
                # and at its end they go (RFC 6121 sections 3.1.6 and 3.2.3).
                was = seen(snapshot, before if named or before >= Sight.FULL else Sight.HIDDEN, State.OFFLINE)
                view = seen(snapshot, now if named or now >= Sight.FULL else Sight.HIDDEN, was.state)
                view.before_text = was.text
                views[named] = None if same(was, view) else view
            told = views[named]
            if session.begun and told is not None:
                session.client.presence_changed([told])

    def served(self, person: Person, watcher: Person, before: Sight) -> None:
        """`watcher` has begun to serve a visitor, or ended that: those of its sessions that watch her by name hear."""
        published = self._published.get(person.key)
        if published is None:
            return
        was = seen(published.snapshot, before, State.OFFLINE)
        view = seen(published.snapshot, self.judge(published.snapshot, person, watcher), was.state)
        if not same(was, view):
            view.before_text = was.text
            for session in watcher.sessions:
                if session.begun and self.watches(session, person.address.name):
                    session.client.presence_changed([view])

    def opted(self, person: Person, watcher: Person, on: bool) -> None:
        """`watcher` has opted in to (or out of) sharing locations: it sees those of mutual contacts, or no longer."""
        contact = self.rosters.contact(person.key, watcher.key)
        if contact is None or not contact.mutual:
            return
        sight = self.sight(watcher, person)
        if on and sight is Sight.MUTUAL:
            self.reclassify(person, watcher, Sight.FULL)
        elif not on and sight is Sight.FULL:
            self.reclassify(person, watcher, Sight.MUTUAL)

    # ------------------------------------------------------------ asking

    def view(self, watcher: Session, name: str) -> PresenceView:
        person = self.people.find(name)
        if watcher.person.site and person is not watcher.person:
            self.people.visitors.check_staff(watcher.person, name)
        if person is watcher.person:
            own = merge(person)
            view = seen(own, Sight.MUTUAL, State.OFFLINE)
            if own.state is State.INVISIBLE:
                view.state = State.INVISIBLE
            view.before = view.state
            if view.online:
                return view
        elif person is not None and (published := self._published.get(person.key)) is not None:
            view = published.view(self.judge(published.snapshot, person, watcher.person))
            if view.online:
                return view
        elif person is not None and person.title:
            # A desk is no secret, only who is at it.
            return PresenceView(person.address, State.OFFLINE, State.OFFLINE, title=person.title)
        # Spelled as asked: the right spelling would tell that somebody is here (P5).
        return PresenceView(Address(*split(name, self.people.domain)), State.OFFLINE, State.OFFLINE)

    def member(self, watcher: Session, person: Person) -> PresenceView:
        view = self.view(watcher, person.address.name)
        if view.online or person is watcher.person or not self.people.stays(person):
            return view
        if self.judge(merge(person), person, watcher.person) is Sight.HIDDEN:
            return view
        return PresenceView(person.address, State.AWAY, State.AWAY)

    def roster_views(self, session: Session) -> list[PresenceView]:
        views = []
        watcher, published, cached = session.person, self._published, self.rosters.cached
        for id, contact in cached(watcher.key).items():
            if contact.to and (there := published.get(id)) is not None:
                theirs = cached(id).get(watcher.key)
                view = there.view(judged(there.snapshot, theirs, contact, watcher))
                if view.online:
                    views.append(view)
        return views

    # ------------------------------------------------------------ temporary watches

    def watch(self, session: Session, name: str) -> PresenceView:
        if session.person.site:
            self.people.visitors.check_staff(session.person, name)
        names = self._watches.setdefault(session.id, {})
        bare, domain = split(name, self.people.domain)
        folded = fold(bare)
        if not bare or len(bare) > 64 or any(c in bare for c in " ,*?!#"):
            raise InvalidName(name, "not a name one can watch")
        if domain not in (self.people.domain, f"guest.{self.people.domain}"):
            raise InvalidName(name, f"nobody of {domain} is here")
        if folded not in names:
            self.limits.check_count("watches", "watches", len(names))
            self._watchers.setdefault(folded, {})[session.id] = session
        names[folded] = name
        return self.view(session, name)

    def unwatch(self, session: Session, name: str) -> None:
        folded = fold(split(name, self.people.domain)[0])
        if self._watches.get(session.id, {}).pop(folded, None) is not None:
            self._forget_watcher(folded, session)

    def _forget_watcher(self, folded: str, session: Session) -> None:
        watchers = self._watchers.get(folded, {})
        watchers.pop(session.id, None)
        if not watchers:
            self._watchers.pop(folded, None)

    def watching(self, person: Person) -> list[Session]:
        """The sessions that watch a person by name and may see her, but for those in a room with her."""
        rooms = self.people.rooms
        return [
            session
            for session in self._watchers.get(fold(person.address.name), {}).values()
            if session.begun
            and session.person is not person
            and not rooms.share(session.person, person)
            and self.visible(session, person)
        ]

    def most_watches(self) -> int:
        """Names that the session watches which watches most."""
        return max(map(len, self._watches.values()), default=0)

    def watches(self, session: Session, name: str) -> bool:
        watches = self._watches.get(session.id)
        return watches is not None and fold(split(name, self.people.domain)[0]) in watches

    def watchers_of(self, name: str) -> Iterable[Session]:
        """The sessions that watch a name, whatever they may see."""
        return list(self._watchers.get(fold(name), {}).values())

    def watched(self, session: Session) -> list[str]:
        return list(self._watches.get(session.id, {}).values())
