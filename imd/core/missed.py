"""What a device has missed while it was off, handed to it when it comes back, without being asked for.

A person goes on being in rooms, and in talks, by her other devices or as an account that is always on. Each device has
a *cursor*: what it was handed and has confirmed (IRC: a PONG). A client that reads history by itself needs no more. To
one that cannot, everything behind the cursor is handed from the history when its session begins: first of all, then
what waits in the inbox, then what is said from now on; so each message once, and in order.

::

    begin ──► lines for it are held ──► the history is read ──► missed lines ──► held lines ──► as ever
                                                                                    │
                cursor ◄── (signed off; every few seconds) ◄── (confirmed) ◄────────┘

What was handed and not confirmed when the connection ended is handed again, marked as a repeat; after a daemon was
killed so is what was said since its cursors were last written. A client without a name could be any: it is handed
something only where the account is always on, and while no other such client is on.
"""

from collections.abc import Sequence

from imd.core.cursors import Cursors
from imd.core.held import Held, is_client
from imd.core.history import READER, History
from imd.core.limits import Limits
from imd.core.message import Envelope, Message
from imd.core.past import MOST, moment
from imd.core.people import People
from imd.core.ports import Environment
from imd.core.refusal import StoreUnavailable
from imd.core.sequence import Sequence as Numbers
from imd.core.session import Person, Session
from imd.core.staying import DRIVEN_OUT
from imd.core.stores import HistoryStore, InboxStore, OutcomeUnknown, ShelfStore
from imd.core.talk import Room
from imd.core.talking import Talking
from imd.core.track import Cursor, Track

#: Seconds between two looks at who could confirm more, and at cursors that the store should have.
INTERVAL = 15.0
#: Seconds between two looks whether a client has read what it was handed.
_PAUSE = 0.02


class Missed:
    """The cursors of devices, and what they are good for."""

    def __init__(
        self,
        environment: Environment,
        people: People,
        history: History,
        shelf: ShelfStore,
        past: HistoryStore,
        inbox: InboxStore,
        talking: Talking,
        numbers: Numbers,
        limits: Limits,
    ) -> None:
        self.limits = limits
        self._environment = environment
        self._people = people
        self._history = history
        self.cursors = Cursors(environment, shelf)
        self._past = past
        self._inbox = inbox
        self._talking = talking
        self._numbers = numbers
        #: What was said before, an earlier daemon has handed to somebody or not.
        self._started = int(environment.clock.time() * 1_000_000)
        self._tracked: dict[str, Session] = {}
        self._ticking = False
        self._replaying = 0

    # ------------------------------------------------------------ coming and going

    def begun(self, session: Session) -> None:
        """A session has begun, and has been told which rooms it is in; nothing else has been said to it yet."""
        account = session.account
        if account is None or not self._history.keep:
            return
        devices = {*account.devices, session.device} - {READER}
        if len(devices) < 2 and not self._people.stays(session.person):
            return
        known = session.device in account.devices
        position = self.position()
        self.follow(session.person, session)
        self._follow(session, position)
        if not known or not session.client.takes_missed or self._ambiguous(session):
            self._ready(session)
            return
        if session.track is not None:
            # Not known yet, and then where the device stands.
            session.track.confirmed = -1
        holding = Held(session, session.client)
        session.client = holding
        self._replaying += 1
        self._environment.spawn("hand over what a device has missed", self._replay(session, holding, position))

    def follow(self, person: Person, but: Session | None = None) -> None:
        """From now on it matters what the devices of this person have been handed: there is a second one, or the
        account stays when they go."""
        if self._history.keep:
            for session in person.sessions:
                if session is not but and session.begun and session.track is None:
                    self._follow(session, self.position())
                    self._ready(session)

    def _follow(self, session: Session, position: int) -> None:
        if session.track is None:
            session.track = Track(position)
            self._tracked[session.id] = session
            if not self._ticking:
                self._ticking = True
                self._environment.clock.call_later(INTERVAL, self._tick)

    def _ambiguous(self, session: Session) -> bool:
        """Whether this could be any of several clients: it has no name of its own, and so have others, now or ever. Who
        is always on with one client need not name it."""
        if session.info.device:
            return False
        alone = not any(
            other is not session and not other.info.device and other.peer.door == session.peer.door
            for other in session.person.sessions
        )
        return not (alone and self._people.stays(session.person))

    def position(self) -> int:
        """Everything up to here has been told to whoever it is for."""
        waiting = [lines[0].envelope.message.seq for lines in self._talking.said.values()]
        return min(waiting) - 1 if waiting else self._numbers.last

    def ended(self, session: Session, reason: str) -> None:
        """The session is over: what it has not confirmed it may be handed again."""
        track = session.track
        if track is None or self._tracked.pop(session.id, None) is None or reason in DRIVEN_OUT:
            return
        # Of who reads history by itself, or never confirms, it is enough that it was handed.
        asks = session.client.takes_missed and session.confirms
        confirmed = track.position if asks or not track.ready else self._numbers.last
        if confirmed >= 0:
            self._write(session, Cursor(confirmed, max(self._numbers.last, 1)))

    def _ready(self, session: Session) -> None:
        if session.track is not None and not session.track.ready:
            session.track.ready = True
            self._write(session, Cursor(session.track.position))
            session.client.probe()

    # ------------------------------------------------------------ handing over

    async def _replay(self, session: Session, holding: Held, upto: int) -> None:
        try:
            cursor = await self._cursor(session)
            track = session.track
            if track is not None:
                track.confirmed = upto if cursor is None else min(cursor.confirmed, upto)
            if cursor is not None:
                await self._hand_over(session, holding, cursor, upto)
        except (StoreUnavailable, OutcomeUnknown):
            # Its cursor stays where it is, and it gets everything the next time.
            self._environment.log.info("what a device had missed was not read: the store is away")
            self._tracked.pop(session.id, None)
        finally:
            self._replaying -= 1
            on = self._on(session, holding)
            holding.release()
            if on and session.id in self._tracked:
                self._ready(session)

    async def _cursor(self, session: Session) -> Cursor | None:
        """Where the device stands. If its old connection still seems to be there, as far as that has confirmed."""
        account = session.account
        if account is None:
            return None
        # What was said in this turn is under way to the store at its end.
        turn = self._environment.future()
        self._environment.clock.soon(lambda: turn.callback(None))
        await turn
        for other in session.person.sessions:
            track = other.track
            # With less than nothing confirmed it is not known yet where that stands, either.
            if other is not session and other.device == session.device and track is not None and track.confirmed >= 0:
                return Cursor(track.position, self._numbers.last)
        waiting = self.cursors.waiting(account.id, session.device)
        if waiting is not None:
            return waiting
        cursor = await self.cursors.read(account, session.device)
        return cursor if cursor is None or cursor.handed else Cursor(cursor.confirmed, self._started)

    async def _hand_over(self, session: Session, holding: Held, cursor: Cursor, upto: int) -> None:
        account = session.account
        if account is None:
            return
        for room in self._people.rooms.rooms_of(session.person):
            member = room.members.get(session.person.key)
            if member is not None:
                # What was said before she came in is nothing she has missed.
                after = max(cursor.confirmed, moment(member.joined).first, moment(room.created).first - 1)
                await self._hand_target(session, holding, room.name, room.archive, after, upto, cursor.handed, set())
        if not self._history.read_by(account):
            return
        await self._people.delivery.arrived(account.id)
        talks = await self._past.talks(account.id, cursor.confirmed, upto + 1, MOST, newest=True)
        # One that went on after this session began has its last message behind it.
        talks |= await self._past.talks(account.id, upto, self._numbers.last + 1, MOST, newest=True)
        if not talks:
            return
        await self._people.delivery.caught_up(session)
        waiting = {queued.message.id for queued in await self._inbox.read(account.id, 0, upto, 2**31 - 1)}
        for target in sorted(talks, key=talks.__getitem__):
            await self._hand_target(session, holding, "", target, cursor.confirmed, upto, cursor.handed, waiting)

    async def _hand_target(
        self,
        session: Session,
        holding: Held,
        name: str,
        target: str,
        after: int,
        upto: int,
        handed: int,
        without: set[str],
    ) -> None:
        """The newest messages of one room or talk, as many as `limits.replay` says."""
        found = await self._newest_of(session, holding, target, after, upto + 1)
        for start in range(0, len(found), MOST):
            if not self._on(session, holding):
                return
            # Looked at only now: meanwhile some may have come by another way, or been taken back.
            some = [
                Envelope(each, repeat=each.seq <= handed)
                for each in found[start : start + MOST]
                if each.id not in without and each.id not in holding.ids and not self._history.taken_back(each.id)
            ]
            if some:
                holding.client.missed(name or _other(session, some[-1].message), some)
            while self._on(session, holding) and holding.client.backlog() > self.limits.window_bytes // 2:
                pause = self._environment.future()
                self._environment.clock.call_later(_PAUSE, lambda pause=pause: pause.callback(None))  # type: ignore[misc]
                await pause

    async def _newest_of(self, session: Session, holding: Held, target: str, after: int, before: int) -> list[Message]:
        """Read from the end, so that who was away for long costs no more than is handed over."""
        limit = self.limits.replay
        pages: list[list[Message]] = []
        count = 0
        while self._on(session, holding):
            page = await self._past.latest(target, before, MOST, after)
            pages.insert(0, page)
            count += len(page)
            if len(page) < MOST or (limit and count > limit):
                break
            before = page[0].seq
        found = [message for page in pages for message in page]
        if limit and count > limit:
            self.limits.tally.count("replay")
            return found[-limit:]
        return found

    @staticmethod
    def _on(session: Session, holding: Held) -> bool:
        return is_client(session, holding) or session.client is holding.client

    # ------------------------------------------------------------ cursors

    def _tick(self) -> None:
        """Now and then: ask clients to confirm what they were told, and have the store know how far they are."""
        position = self.position()
        for session in list(self._tracked.values()):
            track = session.track
            if track is None or not track.ready:
                continue
            if not session.confirms:
                track.confirmed = position
            if track.written != track.position:
                self._write(session, Cursor(track.position))
            if track.confirmed < position and self._newest(session) > track.confirmed:
                session.client.probe()
        self._ticking = bool(self._tracked)
        if self._ticking:
            self._environment.clock.call_later(INTERVAL, self._tick)

    def _newest(self, session: Session) -> int:
        rooms: Sequence[Room] = self._people.rooms.rooms_of(session.person)
        return max((room.newest for room in rooms), default=0)

    def _write(self, session: Session, cursor: Cursor) -> None:
        account, track = session.account, session.track
        if account is None or track is None:
            return
        track.written = cursor.confirmed
        self.cursors.write(account.id, session.device, cursor)

    def retry(self) -> None:
        """Write what waits; called again when the store is back."""
        self.cursors.retry()

    @property
    def idle(self) -> bool:
        return self.cursors.idle and not self._replaying


def _other(session: Session, message: Message) -> str:
    """Whom one talks with, by a message of the talk."""
    account = session.account
    mine = account is not None and message.sender_account == account.id
    return (message.recipient if mine else message.sender).name
