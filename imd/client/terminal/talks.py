"""A talk with a person or a room: its lines, what is unread, who is in."""

from collections import deque
from dataclasses import dataclass, field

from imd.messages.values import Member

#: Lines kept of a talk; what came before is on the server.
KEPT = 1000

#: What became of a line of one's own.
PENDING, ACCEPTED, WAITS, DELIVERED, READ, REFUSED, UNKNOWN = "…", "✓", "✓ waits", "✓✓", "✓✓ read", "✗", "?"
_RANK = {PENDING: 0, UNKNOWN: 1, ACCEPTED: 2, WAITS: 2, DELIVERED: 3, READ: 4, REFUSED: 5}


@dataclass
class Line:
    """A line of a talk. `sender` "": a note by the client itself."""

    time: float
    sender: str
    body: str
    kind: str = "text"
    id: str = ""
    seq: int = 0
    #: For lines of one's own.
    mark: str = ""
    why: str = ""

    def step(self, mark: str, why: str = "") -> None:
        """A later step of its way; steps may arrive out of order, and none goes back."""
        if _RANK[mark] >= _RANK.get(self.mark, 0):
            self.mark, self.why = mark, why


@dataclass
class Talk:
    """One talk. `address` in full; "" is the client's own page."""

    address: str
    title: str
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=KEPT))
    unread: int = 0
    #: Somebody spoke to oneself.
    called: bool = False
    #: Of a room.
    topic: str = ""
    people: dict[str, Member] = field(default_factory=dict)
    #: Whether the server has been asked for what was said before, and whether there is no more.
    asked: bool = False
    complete: bool = False
    #: The newest message of others, and the one up to which we said that it was read.
    newest: str = ""
    read: str = ""
    #: When the other one last was writing.
    typing: float = 0.0
    #: Rows scrolled up from the end.
    scroll: int = 0

    @property
    def room(self) -> bool:
        return self.address.startswith("#")

    def add(self, line: Line) -> bool:
        """Append a line, unless a message of this id is there."""
        if line.id and any(line.id == known.id for known in self.lines):
            return False
        self.lines.append(line)
        return True

    def note(self, text: str, time: float) -> None:
        """A line of the client's own."""
        self.lines.append(Line(time, "", text, "note"))

    def merge(self, said: list[Line]) -> bool:
        """Lines from history, oldest first, each into its place; whether some were here already."""
        known = {line.id: line for line in self.lines if line.id}
        for line in said:
            if line.id in known:
                # One's own lines learn their place only now.
                known[line.id].seq = line.seq
        fresh = [line for line in said if line.id not in known]
        lines = list(self.lines)
        at = 0
        for line in fresh:
            # Behind the last one that was read before it; notes stay where they are.
            at = max([at, *(index + 1 for index, other in enumerate(lines) if 0 < other.seq < line.seq)])
            lines.insert(at, line)
        # Who scrolls back far may keep more than the newest.
        self.lines = deque(lines, maxlen=max(KEPT, len(lines)))
        return len(fresh) < len(said)

    @property
    def first_seq(self) -> int:
        """Of the earliest message here; 0: none."""
        return next((line.seq for line in self.lines if line.seq), 0)
