"""The books: what senders were told, what was shown, and what the two together say of P1, P2 and P3.

::

    sender ──Entry──► told: accepted, kept, refused, unknown, or nothing because the connection died
    recipient ──Shelf (one for each client program)──► shown once, shown again, or wrongly

A message is recognised by the number in its body, so that the same text under two ids would be noticed too.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

import msgspec

#: What a body says of itself; a client that has no times is shown one in front of an old text.
_NUMBER = re.compile(r"~(\d+)~")


class Entry:
    """One message, or line of a room, as its sender knows it."""

    __slots__ = ("author", "body", "client", "how", "id", "late", "number", "reason", "reigns", "resent", "sent", "to")

    def __init__(self, number: int, author: str, client: str, to: str, body: str, sent: float) -> None:
        self.number = number
        #: The sender's name, and which of her programs.
        self.author = author
        self.client = client
        #: A name, a guest's nick, or a room.
        self.to = to
        self.body = body
        self.sent = sent
        #: ``""`` while open, ``nothing`` when the connection died and the door has no way of asking.
        self.how = ""
        self.id = ""
        self.reason = ""
        #: How often it was sent again.
        self.resent = 0
        #: How often the daemon had ended when it was said first, and when its sender was told of it.
        self.reigns = (0, 0)
        #: Sent again after others, because its fate was unknown: it has no place in the order.
        self.late = False

    @property
    def promised(self) -> bool:
        return self.how in ("accepted", "kept")

    @property
    def in_vain(self) -> bool:
        """Refused, so that nobody has it. Not if it was said to an earlier daemon, too: whoever was shown it then,
        and had confirmed it or is no more, the later daemon cannot know, and speaks of the repetition only."""
        return self.how == "refused" and not (self.resent and self.reigns[0] < self.reigns[1])


class _Shown:
    __slots__ = ("connection", "id", "position", "reign")

    def __init__(self, id: str, connection: int, position: int, reign: int) -> None:
        self.id = id
        self.connection = connection
        #: How many had been confirmed on this connection, this one included.
        self.position = position
        self.reign = reign


class Tally(msgspec.Struct):
    """Counts for the table."""

    sent: int = 0
    resent: int = 0
    shown: int = 0
    #: Shown before on another connection: marked, and known by its id.
    repeated: int = 0
    #: The same, not marked, after the daemon has ended: nothing is written of what was confirmed at once, so that when
    #: its sender asks again nobody knows it but the recipient, by its id.
    unmarked: int = 0
    #: Shown again by a client that knows no ids.
    repeated_bare: int = 0
    #: To the sender's other clients.
    copied: int = 0
    room_lines: int = 0
    room_shown: int = 0


class Books:
    """Of the whole town."""

    def __init__(self, tell: Callable[[str], object]) -> None:
        #: For whoever watches.
        self.tell = tell
        self.entries: list[Entry] = []
        self.tally = Tally()
        #: What must not be, in words.
        self.faults: list[str] = []
        #: Messages that something was wrong with; the daemon is asked for their way.
        self.suspects: list[str] = []
        #: Of which kind; the list is cut short.
        self.wrong: Counter[str] = Counter()
        #: Name → numbers shown by any of her programs.
        self.shown: defaultdict[str, set[int]] = defaultdict(set)
        #: Numbers of which one of the sender's own programs has had a copy.
        self.copied: set[int] = set()
        #: How often the daemon has ended so far.
        self.reign = 0

    def open(self, author: str, client: str, to: str, words: str, now: float) -> Entry:
        number = len(self.entries)
        entry = Entry(number, author, client, to, f"~{number}~ {words}", now)
        entry.reigns = (self.reign, self.reign)
        self.entries.append(entry)
        if to.startswith("#"):
            self.tally.room_lines += 1
        else:
            self.tally.sent += 1
        return entry

    def told(self, entry: Entry, how: str, id: str, reason: str) -> None:
        if entry.promised and not (how in ("accepted", "kept") and id in ("", entry.id)):
            self.fault("contradicted", f"{entry.number}: {entry.how} {entry.id}, then {how} {id} {reason}")
        entry.how, entry.reason = how, reason
        entry.reigns = (entry.reigns[0], self.reign)
        entry.id = id or entry.id

    def fault(self, kind: str, text: str, id: str = "") -> None:
        self.wrong[kind] += 1
        if id and self.wrong[kind] <= 20:
            self.suspects.append(id)
        if self.wrong[kind] <= 20:
            self.faults.append(f"{kind}: {text}")
            self.tell(f"wrong: {kind}: {text}")

    def entry(self, body: str) -> Entry | None:
        match = _NUMBER.search(body)
        number = -1 if match is None else int(match[1])
        if not 0 <= number < len(self.entries):
            self.fault("garbled", repr(body[:80]))
            return None
        return self.entries[number]

    def lost(self, names: Iterable[str]) -> list[Entry]:
        """P1: promised to one of `names`, and not shown by any program of hers."""
        owners = set(names)
        return [
            entry
            for entry in self.entries
            if entry.promised and entry.to in owners and entry.number not in self.shown[entry.to]
        ]

    def check(self) -> None:
        """What can be said only in the end: nothing that was refused was shown."""
        for entry in self.entries:
            if entry.in_vain and entry.number in self.shown[entry.to]:
                self.fault("refused and shown", f"{entry.number} to {entry.to}: {entry.reason}")
            if entry.in_vain and entry.number in self.copied:
                self.fault("refused and copied", f"{entry.number} to {entry.to}: {entry.reason}")


class Shelf:
    """What one client program remembers of what it has shown, over all its connections."""

    def __init__(self, books: Books, owner: str, client: str, *, knows_ids: bool) -> None:
        self._books = books
        self._owner = owner
        self._client = client
        self._knows_ids = knows_ids
        self._shown: dict[int, _Shown] = {}
        #: Her own messages, said by another program of hers.
        self._copied: dict[int, tuple[str, int]] = {}
        #: Sender's program → the latest number.
        self._latest: dict[str, int] = {}
        #: Connection → how many messages the daemon had seen confirmed on it for certain.
        self._confirmed: dict[int, int] = {}
        #: Room → numbers of lines, of the connection that is open; then of those that are over.
        self.heard: dict[str, list[int]] = {}
        self.segments: list[tuple[str, list[int]]] = []

    def certain(self, connection: int, position: int) -> None:
        """The daemon has answered what was asked after the confirmation at `position`."""
        self._confirmed[connection] = max(position, self._confirmed.get(connection, 0))

    def private(
        self, sender: str, to: str, id: str, body: str, connection: int, position: int, *, repeat: bool
    ) -> None:
        """A message to this person has come. `position`: how many have been confirmed once this one is."""
        books, entry = self._books, self._books.entry(body)
        if entry is None:
            return
        where = f"{entry.number} {id} from {entry.client} at {self._client}"
        if sender == self._owner == entry.author and to == entry.to != self._owner:
            self._own(entry, where, id, connection)
            return
        if to != self._owner or entry.to != self._owner or entry.author != sender:
            books.fault("misdelivered", f"{where}: {sender} to {to}, meant for {entry.to} by {entry.author}")
            return
        before = self._shown.get(entry.number)
        now = self._shown[entry.number] = _Shown(id, connection, position, books.reign)
        if before is not None:
            self._again(where, before, now, repeat=repeat)
            return
        books.tally.shown += 1
        # Another client of hers has confirmed it to an earlier daemon, and the later one read it as new.
        again = entry.resent and entry.reigns[0] < books.reign and entry.number in books.shown[self._owner]
        books.shown[self._owner].add(entry.number)
        if entry.id and id and id != entry.id:
            books.fault("other id", f"{where}: the sender was told {entry.id}")
        if not entry.late and not again:
            latest = self._latest.get(entry.client, -1)
            if entry.number < latest:
                books.fault("out of order", f"{where}: after {latest}", id or entry.id)
            self._latest[entry.client] = max(latest, entry.number)

    def _own(self, entry: Entry, where: str, id: str, connection: int) -> None:
        """A copy of what the owner has said elsewhere: on each connection once, under the id that its sender heard."""
        books = self._books
        before_id, before = self._copied.get(entry.number, (id, 0))
        if connection == before:
            books.fault("doubled", f"own {where}: twice on connection {connection}", id)
        if id and before_id and id != before_id:
            books.fault("two ids", f"own {where}: shown before as {before_id}")
        if entry.id and id and id != entry.id:
            books.fault("other id", f"own {where}: the sender was told {entry.id}")
        self._copied[entry.number] = id, connection
        books.copied.add(entry.number)
        books.tally.copied += 1

    def _again(self, where: str, before: _Shown, now: _Shown, *, repeat: bool) -> None:
        """P2: again only on another connection, only what was not confirmed, marked, and under the same id."""
        books = self._books
        ended = before.reign != now.reign
        if before.id != now.id:
            books.fault("two ids", f"{where}: shown before as {before.id}")
        elif before.connection == now.connection:
            books.fault("doubled", f"{where}: twice on connection {now.connection}", now.id)
        elif not ended and before.position <= self._confirmed.get(before.connection, 0):
            what = f"confirmed on connection {before.connection}, again on {now.connection}"
            books.fault("doubled", f"{where}: {what}", now.id)
        elif not self._knows_ids:
            books.tally.repeated_bare += 1
        elif repeat:
            books.tally.repeated += 1
        elif ended:
            books.tally.unmarked += 1
        else:
            books.fault("not marked", f"{where}: connection {before.connection}, then {now.connection}", now.id)

    def room(self, room: str, id: str, body: str) -> None:
        """A line of a room has come."""
        entry = self._books.entry(body)
        if entry is None:
            return
        if entry.to != room:
            self._books.fault("misdelivered", f"{entry.number} at {self._client}: in {room}, meant for {entry.to}")
            return
        before = self._shown.get(entry.number)
        if before is not None and before.reign == self._books.reign:
            self._books.fault("doubled", f"{entry.number} {id} in {room} at {self._client}")
        self._shown[entry.number] = _Shown(id, 0, 0, self._books.reign)
        self._books.tally.room_shown += 1
        self.heard.setdefault(room, []).append(entry.number)

    def left(self, room: str = "") -> None:
        """Out of a room, or of all because the connection is over: what is heard later need not follow."""
        for each in [room] if room else list(self.heard):
            heard = self.heard.pop(each, [])
            if heard:
                self.segments.append((each, heard))
