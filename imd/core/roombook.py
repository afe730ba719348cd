"""The book of durable rooms: what an account founded outlives its last member and the daemon."""

from imd.core.address import fold
from imd.core.ports import Environment
from imd.core.refusal import StoreUnavailable
from imd.core.stores import OutcomeUnknown, RoomRecord, RoomStore
from imd.core.talk import ListKind, Role, Room


class RoomBook:
    """Writes rooms that changed, once per reactor turn, off the path of whoever changed them.

    New ones go to the store all at once, before what is said in them: a line that was accepted is nobody's to read if
    the daemon dies and its room is made anew. While the store is away changes wait here; only the latest state of each
    room is written.
    """

    def __init__(self, environment: Environment, store: RoomStore) -> None:
        self._environment = environment
        self._store = store
        self._written: dict[str, RoomRecord] = {}
        self._changed: dict[str, Room | None] = {}
        #: Rooms that have been renamed since they were written: now → what they are written under.
        self._before: dict[str, str] = {}
        self._writing = False
        self._scheduled = False
        #: New rooms on their way.
        self._founding = 0

    async def load(self) -> list[Room]:
        rooms = []
        for record in await self._store.load():
            room = Room(record.name, record.created)
            room.founder = record.founder
            room.access = {**dict.fromkeys(record.operators, Role.OPERATOR), **record.access}
            room.topic = record.topic
            room.flags = set(record.flags)
            room.key = record.key
            room.limit = record.limit
            room.lists = {kind: list(record.lists.get(kind, [])) for kind in ListKind}
            room.archive = record.archive or room.archive
            room.heir = record.heir
            room.topic_lock = record.topic_lock
            room.mode_lock = dict(record.mode_lock)
            room.closed = record.closed
            room.metadata = record.metadata or None
            self._written[fold(record.name)] = record
            rooms.append(room)
        return rooms

    def changed(self, room: Room) -> None:
        """Something about the room is different; one without a founding account is not written, unless it is closed."""
        if room.founder or room.closed:
            self._mark(fold(room.name), room)

    def renamed(self, room: Room, before: str) -> None:
        """The room was called `before` until now."""
        old, new = fold(before), fold(room.name)
        if not (room.founder or room.closed) or old == new:
            self.changed(room)
            return
        self._changed.pop(old, None)
        self._before[new] = self._before.pop(old, old)
        self._mark(new, room)

    def forget(self, room: Room) -> None:
        folded = fold(room.name)
        before = self._before.pop(folded, None)
        if before is not None:
            self._mark(before, None)
        self._mark(folded, None)

    def _mark(self, folded: str, room: Room | None) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._environment.clock.soon(self.retry)
        self._changed[folded] = room

    def retry(self) -> None:
        """Write what waits; called again when the store is back."""
        self._scheduled = False
        for folded, room in [*self._changed.items()]:
            if room is not None and folded not in self._written and folded not in self._before:
                del self._changed[folded]
                self._founding += 1
                self._environment.spawn("write a new room", self._found(folded, room))
        if self._changed and not self._writing:
            self._writing = True
            self._environment.spawn("write rooms", self._write())

    async def _found(self, folded: str, room: Room) -> None:
        try:
            await self._write_one(folded, room)
        except (StoreUnavailable, OutcomeUnknown):
            if fold(room.name) == folded:
                self._changed = {folded: room, **self._changed}
            self._environment.log.info("a new room waits for the store")
        finally:
            self._founding -= 1

    async def _write(self) -> None:
        try:
            while self._changed:
                folded = next(iter(self._changed))
                # Taken off before the store is asked: what changes meanwhile is marked, and written, again.
                room = self._changed.pop(folded)
                try:
                    await self._write_one(folded, room)
                except (StoreUnavailable, OutcomeUnknown):
                    if room is None or fold(room.name) == folded:
                        # First again: a name that it had may be another's by now, which is then written after it.
                        self._changed = {folded: room, **self._changed}
                    raise
        except (StoreUnavailable, OutcomeUnknown):
            self._environment.log.info("{count} rooms wait for the store", count=len(self._changed))
        finally:
            self._writing = False

    async def _write_one(self, folded: str, room: Room | None) -> None:
        if room is None:
            # Should this fail half-way, what was written before is no longer known.
            self._written.pop(folded, None)
            await self._store.remove(folded)
            return
        record = self._record(room)
        # Coming and going alone is not worth a write.
        if record != self._written.get(folded):
            self._written.pop(folded, None)
            before = self._before.pop(folded, "")
            try:
                await self._store.put(folded, record, before=before)
            except (StoreUnavailable, OutcomeUnknown):
                if before and fold(room.name) == folded:
                    self._before[folded] = before
                elif before:
                    # Renamed again meanwhile: neither of the names before is its own any more.
                    self._changed.setdefault(before, None)
                raise
            self._written[folded] = record
            self._written.pop(before, None)

    def _record(self, room: Room) -> RoomRecord:
        return RoomRecord(
            name=room.name,
            created=room.created,
            founder=room.founder,
            topic=room.topic,
            flags=frozenset(room.flags),
            key=room.key,
            limit=room.limit,
            lists={kind: list(entries) for kind, entries in room.lists.items() if entries},
            access=dict(room.access),
            heir=room.heir,
            topic_lock=room.topic_lock,
            mode_lock=dict(room.mode_lock),
            closed=room.closed,
            archive="" if room.archive == fold(room.name) else room.archive,
            metadata=room.metadata or {},
        )

    @property
    def idle(self) -> bool:
        return not (self._changed or self._writing or self._founding)
