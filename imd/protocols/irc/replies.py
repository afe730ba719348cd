"""Answers leave in command order (DESIGN section 4, "Acknowledgement"), with their labels.

Each command has a `Slot`. What it answers leaves at once while its slot is the oldest open one and carries no label,
and otherwise when the older ones are closed. A labelled command's answers wait for its end, because their number
decides the form (https://ircv3.net/specs/extensions/labeled-response): one line carries the label itself, several
stand in a batch, none becomes ACK. An answer that is one batch already carries the label at its opening, and batches
within an answer are nested in that of the answer.
"""

from collections.abc import Callable

from imd.protocols.irc.wire.line import encode
from imd.protocols.irc.wire.tags import escape


class Slot:
    """The place of one command's answers. Closed exactly once; `hold` keeps it open beyond the command's own end."""

    __slots__ = ("_holds", "_replies", "label", "lines")

    def __init__(self, replies: "Replies", label: str) -> None:
        self._replies = replies
        self._holds = 1
        self.label = label
        self.lines: list[bytes] = []

    @property
    def closed(self) -> bool:
        return self._holds == 0

    def answer(self, data: bytes) -> None:
        """Add one encoded line. After the end it leaves by itself, without a label."""
        if not self._holds or (not self.label and self._replies.slots[0] is self):
            self._replies.write(data)
        else:
            self.lines.append(data)
            self._replies.held += len(data)

    def hold(self) -> None:
        """Keep open until one more `close`: something this command started has yet to be settled."""
        self._holds += 1

    def let_go(self) -> None:
        """Send what there is under the label: a welcome, or the end of the connection, is no part of the answer."""
        if self.label and self._replies.slots[:1] == [self]:
            self._replies.leave(self)
            self.label = ""

    def close(self) -> None:
        self._holds -= 1
        if not self._holds:
            self._replies.closed()


class Replies:
    """The open slots of one connection, oldest first."""

    __slots__ = ("_batches", "_server", "held", "settled", "slots", "write")

    def __init__(self, server: str, write: Callable[[bytes], None], settled: Callable[[], None]) -> None:
        self._server = server
        #: Called whenever slots have gone: what waited for them may run.
        self.settled = settled
        #: Those that are open.
        self.slots: list[Slot] = []
        #: Bytes of answers that wait for others.
        self.held = 0
        self._batches = 0
        #: Writes to the client past all slots.
        self.write = write

    def open(self, label: str = "") -> Slot:
        slot = Slot(self, label)
        self.slots.append(slot)
        return slot

    def closed(self) -> None:
        """A slot was closed: let go what nothing waits before any more."""
        slots = self.slots
        while slots:
            oldest = slots[0]
            if oldest.closed:
                del slots[0]
                if oldest.label or oldest.lines:
                    self.leave(oldest)
                continue
            if not oldest.label:
                for line in oldest.lines:
                    self.held -= len(line)
                    self.write(line)
                oldest.lines.clear()
            break
        self.settled()

    def reference(self) -> str:
        """A new one for a batch (https://ircv3.net/specs/extensions/batch: opaque, and unique per connection)."""
        self._batches += 1
        return f"r{self._batches}"

    def leave(self, slot: Slot) -> None:
        """Write what a slot holds, in the form that its label asks for."""
        self.held -= sum(map(len, slot.lines))
        if not slot.label:
            for line in slot.lines:
                self.write(line)
        elif not slot.lines:
            self.write(encode("ACK", source=self._server, tags={"label": slot.label}))
        elif len(slot.lines) == 1 or _one_batch(slot.lines):
            # "The batch type MUST be one of: an existing type applicable to the entire response, labeled-response".
            self.write(with_tag(slot.lines[0], "label", slot.label))
            for line in slot.lines[1:]:
                self.write(line)
        else:
            batch = self.reference()
            opening = encode("BATCH", [f"+{batch}", "labeled-response"], source=self._server)
            self.write(with_tag(opening, "label", slot.label))
            for line in slot.lines:
                # What stands in a batch of its own has said so; the opening and the end of that one are in ours.
                self.write(line if in_batch(line) else with_tag(line, "batch", batch))
            self.write(encode("BATCH", [f"-{batch}"], source=self._server))
        slot.lines = []


def in_batch(line: bytes) -> bool:
    """Whether an encoded line says which batch it stands in."""
    return line[:1] == b"@" and b";batch=" in b";" + line[1 : line.find(b" ")]


def _reference(line: bytes, sign: bytes) -> bytes:
    """The reference of the batch that a line opens (``+``) or ends (``-``); b"" if it does neither."""
    words = line.split(maxsplit=4)
    while words and words[0][:1] in (b"@", b":"):
        del words[0]
    return words[1][1:] if len(words) > 1 and words[0] == b"BATCH" and words[1][:1] == sign else b""


def _one_batch(lines: list[bytes]) -> bool:
    """Whether an answer is one batch, from its first line to its last."""
    reference = _reference(lines[0], b"+")
    return bool(reference) and _reference(lines[-1], b"-") == reference


def with_tag(data: bytes, key: str, value: str) -> bytes:
    """An encoded line with one tag more; with no value none."""
    if not value:
        return data
    tag = f"@{key}={escape(value)}".encode()
    return tag + b";" + data[1:] if data.startswith(b"@") else tag + b" " + data
