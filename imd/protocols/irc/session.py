"""One IRC connection: its state, and the order in which its commands run; `speaking` has what it says to the client,
`known` who that is.

The family modules do the work; they are given this object. Its states: registering (`me` is None), registered,
closing. `IrcSession` is also the core's `Client` (see `incoming.py`).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imd.core.contact import RosterChange
from imd.core.conversation import ConversationNews
from imd.core.message import Envelope, ReadMark, Receipt
from imd.core.past import Redaction
from imd.core.ports import Timer
from imd.core.refusal import Banned, Killed, Refusal
from imd.core.session import Peer, PresenceView
from imd.core.talk import Crowd, MetadataChange, RoomEvent, RoomLines
from imd.protocols.irc import (
    buddyserv,
    incoming,
    metadata,
    missed,
    multiline,
    numerics,
    operators,
    presence,
    read_marker,
    redacting,
    room_events,
)
from imd.protocols.irc.barrier import Barrier
from imd.protocols.irc.commands import COMMANDS, Command, execute
from imd.protocols.irc.known import Known
from imd.protocols.irc.pace import Pace
from imd.protocols.irc.speaking import Link
from imd.protocols.irc.wire.line import MAX_CLIENT_TAGS, BadLine, Framer, Line, encode, parse

if TYPE_CHECKING:
    from imd.protocols.irc.door import Door

#: Most commands of one connection that wait for earlier ones; with more, it is not read from.
MAX_WAITING = 64
#: Most messages of one connection whose outcome is open; further ones wait.
MAX_OPEN = 256


class IrcSession(Known):
    """One connection and who is behind it."""

    # Ten thousand of these are idle: no dictionary for each.
    __slots__ = (
        "__weakref__",
        "_alone",
        "_early",
        "_framer",
        "_full",
        "_kept",
        "_pace",
        "_pumping",
        "_tags_size",
        "_timer",
        "_waiting",
        "_weight",
        "barrier",
        "closing",
        "metadata",
        "multiline",
    )

    def __init__(self, door: "Door", peer: Peer, link: Link) -> None:
        super().__init__(door, peer, link, self._answered)
        self.closing = False
        self.barrier = Barrier()
        #: What it wants to be told of others; None until it asks.
        self.metadata: metadata.Wanted | None = None
        #: The message of several lines it is sending.
        self.multiline: multiline.Batch | None = None
        most = door.settings.limits.tags_size
        self._tags_size = min(most, MAX_CLIENT_TAGS) if most else MAX_CLIENT_TAGS
        self._framer = Framer(self._tags_size)
        # Nearly always empty, and then a deque takes ten times the memory of a list.
        self._waiting: list[Line | BadLine] = []
        #: Their bytes.
        self._weight = 0
        #: What the connection was told last that is kept.
        self._kept = 0
        #: Taken from the bytes received, and too soon.
        self._early: Line | BadLine | None = None
        self._pace = Pace(door.settings.limits, self.hub.clock.time())
        self._timer: Timer | None = None
        #: A command runs that nothing may overlap.
        self._alone = False
        self._pumping = False
        #: So much waits for the client that it is asked nothing more.
        self._full = False

    # ------------------------------------------------------------ hearing

    def settings_changed(self) -> None:
        """`Door.settings` are new: what was copied from the old ones is made again."""
        self._pace = Pace(self.door.settings.limits, self.hub.clock.time())
        if self._early is not None and self._pace.unlimited:
            line, self._early = self._early, None
            self._wait(line)
            self._pump()

    def receive(self, data: bytes) -> None:
        """Bytes of the client."""
        if self.closing:
            return
        self._framer.feed(data)
        self._pump()

    def unreadable(self, bad: BadLine) -> None:
        """A line of the client of which nothing was kept."""
        if not self.closing:
            self._wait(bad)
            self._pump()

    def _answered(self) -> None:
        """Commands have got their last answer: others may have waited for that."""
        if self._waiting or self._framer.buffer or self._early is not None or self._kept:
            self._pump()

    def go_on(self) -> None:
        """The client has read what waited for it."""
        self._full = False
        if not self.closing:
            self._pump()

    def _pump(self) -> None:
        """Run what may run, read what may be read."""
        if self._pumping:
            return
        self._pumping = True
        try:
            while not (self.closing or self._full) and (
                (self._waiting and self._next_waiting())
                or ((self._framer.buffer or self._early is not None) and self._next_line())
            ):
                self._full = self.link.full
        finally:
            self._pumping = False
        if self.closing:
            return
        if self._early is not None or len(self._waiting) >= MAX_WAITING or self._full:
            self.link.pause()
        else:
            self.link.resume()
        if self._framer.buffer or self._waiting or self.replies.held or self._kept:
            self.keep()

    @property
    def kept(self) -> int:
        """Bytes that wait here: read and not yet run (or of a message that is not complete), or answered and not yet
        said."""
        lines = 0 if self.multiline is None else self.multiline.size
        return len(self._framer) + self._weight + self.replies.held + lines

    def keep(self) -> None:
        """Tell the connection how much is kept, if that has changed."""
        kept = self.kept
        if kept != self._kept:
            self._kept = kept
            self.link.keeps()

    def _wait(self, line: Line | BadLine) -> None:
        self._waiting.append(line)
        self._weight += len(line)

    def _next_waiting(self) -> bool:
        """Run the first command that waits, if it may."""
        line = self._waiting[0]
        row = COMMANDS.get(line.command)
        if line.tags and "batch" in line.tags and isinstance(line, Line):
            row = multiline.row_for(self, line, row)
        if not self._may_run(line, row):
            return False
        del self._waiting[0]
        self._weight -= len(line)
        self._run(line, row)
        return True

    def _next_line(self) -> bool:
        """Take one line from the bytes received."""
        if len(self._waiting) >= MAX_WAITING:
            return False
        line: Line | BadLine | None = self._early
        if line is None:
            data = self._framer.next()
            if data is None:
                return False
            if data in self.barrier.answers:
                # By far the line that is read most often.
                self._confirmed()
                return True
            try:
                line = parse(data, self._tags_size) if isinstance(data, bytes) else data
            except BadLine as bad:
                line = bad
        row = COMMANDS.get(line.command)
        if line.tags and "batch" in line.tags and isinstance(line, Line):
            row = multiline.row_for(self, line, row)
        if not self._pace.unlimited and not self._in_time(line, row):
            return False
        if row is not None and row.immediate and isinstance(line, Line):
            self._run_now(row, line)
        elif self._waiting or (self.replies.slots and not self._may_run(line, row)):
            self._wait(line)
        else:
            self._run(line, row)
        return True

    def _in_time(self, line: Line | BadLine, row: Command | None) -> bool:
        """Whether the line may be taken now; if not it is kept, and taken when it may."""
        if line.command == "PONG" and self.barrier.since is not None:
            # Others wait for it, and we asked for it.
            self._early = None
            return True
        if row is multiline.LINE:
            row = None
        wait = self._pace.take(line, row, self.hub.clock.time())
        if wait <= 0:
            self._early = None
            return True
        if self._early is not line:
            self.door.settings.limits.tally.count(self._pace.limit_of(line, row))
        self._early = line
        if self._timer is None:
            # Not less than the clock can tell, or rounding would have us ask again and again.
            self._timer = self.hub.clock.call_later(max(wait, 0.01), self._try_again)
        return False

    def _try_again(self) -> None:
        self._timer = None
        self._pump()

    def _may_run(self, line: Line | BadLine, row: Command | None) -> bool:
        """Commands run one after the other; messages need not wait for the outcome of earlier messages."""
        if not self.replies.slots:
            return True
        if row is None or not isinstance(line, Line):
            return False
        return row.overlaps and not self._alone and len(self.replies.slots) < MAX_OPEN

    def _run(self, line: Line | BadLine, row: Command | None) -> None:
        if isinstance(line, BadLine):
            outer, self.slot = self.slot, self.replies.open(self._label(line) if line.tags else "")
            try:
                self.answer_bad(line)
            finally:
                self.slot.close()
                self.slot = outer
            return
        self._alone = row is None or not row.overlaps
        execute(self, line, row, self.replies.open(self._label(line) if line.tags else ""))

    def _label(self, line: Line | BadLine) -> str:
        """https://ircv3.net/specs/extensions/labeled-response: "MUST NOT exceed 64 bytes"; "depends on batch"."""
        label = line.tags.get("label", "")
        if not label or len(label.encode()) > 64:
            return ""
        return label if "labeled-response" in self.caps and "batch" in self.caps else ""

    def _confirmed(self) -> None:
        """The PONG that the barrier waits for, which needs no further look."""
        try:
            self.barrier.pass_on(self)
        except Exception:
            self.fault(Line("PONG"))

    def _run_now(self, row: Command, line: Line) -> None:
        """Run a command that answers nothing, in no slot."""
        try:
            row.run(self, line)
        except Exception:
            self.fault(line)
        if line.tags and (label := self._label(line)):
            # The specification's own example: a labelled PONG is answered with ACK, in its order.
            self.replies.open(label).close()

    # ------------------------------------------------------------ ending

    def close(self, text: str) -> None:
        """Say ERROR and close; the session, if there is one, must have been signed off or is by the connection's end.

        Modern IRC, ERROR: "ERROR :Closing Link: <client's hostname> (<reason>)"; the host is left out (P5).
        """
        if self.closing:
            return
        if self.slot is not None:
            self.slot.let_go()
        self.closing = True
        self._forget()
        self.link.write(encode("ERROR", [f"Closing Link: {self.nick} ({text})"], colon=True))
        self.link.close()

    def lost(self, reason: str = "lost", text: str = "Connection closed") -> None:
        """The connection is gone."""
        self.closing = True
        self._forget()
        if self._timer is not None:
            self._timer.cancel()
        self.sign_off(reason, text)

    def _forget(self) -> None:
        """What was read and has not run never will."""
        self._framer.clear()
        self._waiting.clear()
        self._weight = 0
        multiline.drop(self)
        self.keep()

    # ------------------------------------------------------------ the core's Client

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        incoming.deliver(self, envelopes)

    #: IRC has no delivery or read receipts.
    takes_receipts = False

    def receipt(self, receipt: Receipt) -> None: ...

    def presence_changed(self, views: Sequence[PresenceView]) -> None:
        presence.presence_changed(self, views)

    def roster_changed(self, change: RosterChange) -> None:
        buddyserv.roster_changed(self, change)

    def room_event(self, event: RoomEvent) -> None:
        room_events.room_event(self, event)

    def room_crowd(self, crowd: Crowd) -> None:
        room_events.crowd(self, crowd)

    def room_lines(self, told: RoomLines) -> None:
        room_events.said(self, told)

    @property
    def takes_missed(self) -> bool:
        return "draft/chathistory" not in self.caps

    def missed(self, name: str, envelopes: Sequence[Envelope]) -> None:
        missed.missed(self, name, envelopes)

    def probe(self) -> None:
        if self.me.confirms:
            self.barrier.sent(self, ())

    def backlog(self) -> int:
        return self.link.backlog

    def message_redacted(self, redaction: Redaction) -> None:
        redacting.message_redacted(self, redaction)

    def message_read(self, mark: ReadMark) -> None:
        read_marker.read_elsewhere(self, mark)

    def metadata_changed(self, change: MetadataChange) -> None:
        metadata.changed(self, change)

    def conversation(self, news: ConversationNews) -> None:
        """IRC has no word for it: agents hear by notices of the desk."""

    def end(self, reason: Refusal) -> None:
        if isinstance(reason, Killed):
            operators.killed(self, reason)
        elif isinstance(reason, Banned):
            self.numeric(numerics.ERR_YOUREBANNEDCREEP.saying(reason.sentence))
        self.close(reason.sentence)
