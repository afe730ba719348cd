"""One connection by datagrams, either end, without I/O: datagrams and the time are arguments.

Whoever uses it calls `receive_datagram` for what comes, `handle_timer` once `get_timer` has come, and after either, and
after `send` and `close`, sends what `datagrams_to_send` gives; `take` gives the messages of the other end, in order.

::

    CONNECTING ──first packet of the server──► OPEN ──close──► FLUSHING ──all acknowledged──► CLOSING ──► ENDED
    (client only)                               └──────── Close, Reset, silence ────────────────────────────┘
"""

import enum
from typing import Any, Final

from imd.net.datagram import packet as wire
from imd.net.datagram.acknowledging import Arrivals
from imd.net.datagram.incoming import Incoming, Unfit
from imd.net.datagram.outgoing import Outgoing
from imd.net.datagram.packet import Ack, Fragment, Malformed, Packet
from imd.net.datagram.path import Paths
from imd.net.datagram.recovery import Recovery
from imd.net.datagram.terms import DRAIN, Counts, Terms

#: Challenges a client follows; more are not a server's.
CHALLENGES: Final = 4


class Role(enum.Enum):
    CLIENT = "client"
    SERVER = "server"


class State(enum.Enum):
    CONNECTING = "connecting"
    OPEN = "open"
    #: Closing once everything sent has arrived.
    FLUSHING = "flushing"
    #: Closed; says so to what still comes.
    CLOSING = "closing"
    ENDED = "ended"


class Connection:
    """`address` is whatever the caller uses to send to; DTLS, which knows its peer, has None."""

    __slots__ = (
        "_arrivals",
        "_asked",
        "_challenges",
        "_drain_until",
        "_heard",
        "_in",
        "_out",
        "_paths",
        "_poke",
        "_recovery",
        "_spoke",
        "_token",
        "_why",
        "address",
        "counts",
        "ended",
        "id",
        "role",
        "state",
        "terms",
    )

    def __init__(self, role: Role, id: int, address: Any, terms: Terms, now: float, counts: Counts) -> None:
        self.role = role
        self.id = id
        self.address = address
        #: May be replaced at any time; the window must not shrink.
        self.terms = terms
        self.counts = counts
        self.state = State.CONNECTING if role is Role.CLIENT else State.OPEN
        #: Why it is over, in a word; "" while it is not.
        self.ended = ""
        self._recovery = Recovery()
        self._in = Incoming()
        self._out = Outgoing()
        self._arrivals = Arrivals(now)
        self._heard = now
        self._spoke = now
        #: When the first packet left since the other end was heard that it should acknowledge.
        self._asked = now
        #: A packet must go out that is answered, even without anything to say.
        self._poke = role is Role.CLIENT
        self._token = b""
        self._challenges = 0
        self._paths: Paths | None = None
        self._why = ""
        self._drain_until = 0.0

    # ------------------------------------------------------------ for the user

    def send(self, message: bytes) -> bool:
        """Queue a message; False if more waits than `Terms.queue` allows: the other end does not keep up."""
        if self.state in (State.CONNECTING, State.OPEN):
            self._out.add(message)
        return not self.terms.queue or self._out.pending <= self.terms.queue

    def take(self) -> bytes | None:
        """The next message of the other end. What is not taken is not sent, beyond the window."""
        return self._in.take()

    def close(self, reason: str, now: float) -> None:
        """Close once everything has arrived, in `Terms.linger` seconds at most. Harmless when repeated."""
        if self.state in (State.CONNECTING, State.OPEN):
            self.state = State.FLUSHING
            self._why = reason
            self._drain_until = now + self.terms.linger

    def abort(self, reason: str, now: float) -> None:
        """Close now, whatever has not arrived."""
        if self.state not in (State.CLOSING, State.ENDED):
            self._why = reason
            self._begin_closing(now)

    def speak(self) -> None:
        """Say something, even without anything to say: for a client that has moved, and is written to at its old
        address until the server hears it from the new one."""
        if self.state is State.OPEN:
            self._poke = True

    def forget(self) -> None:
        """Nobody will take what has come any more."""
        self._in.clear()

    @property
    def unread(self) -> int:
        """Bytes that have come, and are not complete or were not taken."""
        return self._in.buffered

    @property
    def reason(self) -> str:
        """Why it is over, or closing; "" while it is neither."""
        return self.ended or self._why

    @property
    def over(self) -> bool:
        """Whether nothing will come any more."""
        return self.state in (State.CLOSING, State.ENDED)

    @property
    def pending(self) -> int:
        """Bytes that have not been acknowledged."""
        return self._out.pending

    @property
    def round_trip(self) -> float:
        """Seconds; 0.0 before it is known."""
        return self._recovery.srtt

    # ------------------------------------------------------------ what comes

    def receive_datagram(self, data: bytes, address: Any, now: float) -> None:
        """Take in a datagram. Garbage is counted, and changes nothing."""
        try:
            packet = wire.parse(data)
        except Malformed:
            self.counts.garbage += 1
            return
        self.receive_packet(packet, len(data), address, now)

    def receive_packet(self, packet: Packet, size: int, address: Any, now: float) -> None:
        """The same for what is parsed already; `size` of the datagram in bytes."""
        if packet.connection != self.id or self.state is State.ENDED:
            self.counts.garbage += 1
            return
        first = packet.frames[0]
        if isinstance(first, wire.Challenge | wire.Reset):
            self._stateless(first)
            return
        eliciting = packet.eliciting
        if packet.number in self._arrivals.seen:
            self.counts.duplicates += 1
            self._arrivals.came_again(eliciting=eliciting, now=now)
            return
        if self.state is State.CLOSING:
            if any(isinstance(frame, wire.Close) for frame in packet.frames):
                self._end(self._why)
            return
        if not all([self._frame(frame, address, now) for frame in packet.frames]):
            return
        if self.ended:
            return
        self._heard = now
        if self.state is State.CONNECTING:
            self.state = State.OPEN
        if self._arrivals.came(packet.number, eliciting=eliciting, now=now):
            if self.role is Role.SERVER and address != self.address:
                self._in_question.heard(address, size)
            elif self._paths is not None:
                self._paths.back()

    def _frame(self, frame: wire.Frame, address: Any, now: float) -> bool:
        """Take in a frame; False if it must come again."""
        if isinstance(frame, Fragment):
            try:
                taken = self._in.add(frame, self.terms.window)
            except Unfit:
                self.abort("too-long", now)
                return True
            if not taken:
                self.counts.unfit += 1
            return taken
        if isinstance(frame, Ack):
            return self._acknowledged(frame, now)
        if isinstance(frame, wire.Close):
            self._end(frame.reason or "closed")
            # Heard: the other end need not say it again.
            self._poke = True
        elif isinstance(frame, wire.PathChallenge):
            self._in_question.asked(address, frame.data)
        elif (
            isinstance(frame, wire.PathResponse) and self._paths is not None and self._paths.proved(frame.data, address)
        ):
            self.address = address
        return True

    def _acknowledged(self, frame: Ack, now: float) -> bool:
        told = self._recovery.acknowledged(frame.ranges, frame.delay / 1000, now)
        if told is None:
            self.counts.garbage += 1
            return False
        arrived, lost = told
        self._out.credit = max(self._out.credit, frame.credit)
        self._out.arrived(arrived)
        self._again(lost)
        return True

    def _again(self, keys: list[int]) -> None:
        if keys:
            self.counts.resent += len(keys)
            self._out.lost(keys)

    def _stateless(self, frame: wire.Challenge | wire.Reset) -> None:
        """What a server says that keeps nothing of us."""
        if self.role is Role.SERVER:
            self.counts.garbage += 1
        elif isinstance(frame, wire.Reset):
            if self.state is not State.CONNECTING:
                self._end("reset")
        elif self.state is State.CONNECTING and frame.token != self._token and self._challenges < CHALLENGES:
            self._challenges += 1
            self._token = frame.token
            # What was sent so far was not kept, and no sign of a crowded path.
            self._out.lost(self._recovery.restart())
            self._poke = True

    @property
    def _in_question(self) -> Paths:
        if self._paths is None:
            self._paths = Paths()
        return self._paths

    # ------------------------------------------------------------ time

    def get_timer(self) -> float:
        """When `handle_timer` wants to be called, at the latest; 0.0: never."""
        if self.state is State.ENDED:
            return 0.0
        if self.state is State.CLOSING:
            return min(self._spoke + self._recovery.timeout, self._drain_until)
        terms = self.terms
        earliest = self._gone_at
        if self._arrivals.ack_at:
            earliest = min(earliest, self._arrivals.ack_at)
        deadline = self._recovery.deadline
        if deadline:
            earliest = min(earliest, deadline)
        elif self._out.blocked:
            earliest = min(earliest, self._spoke + self._recovery.timeout)
        else:
            if terms.keep_alive:
                earliest = min(earliest, self._spoke + terms.keep_alive)
            if terms.probe:
                earliest = min(earliest, self._heard + terms.probe)
        if self.state is State.FLUSHING:
            earliest = min(earliest, self._drain_until)
        return earliest

    def handle_timer(self, now: float) -> None:
        """Do what time demands."""
        if self.state is State.ENDED:
            return
        if self.state is State.CLOSING:
            self._spoke = min(self._spoke, now)
            if now >= self._drain_until:
                self._end(self._why)
            elif now >= self._spoke + self._recovery.timeout:
                self._poke = True
            return
        # A clock set back must not make anybody immortal.
        self._heard, self._spoke, self._asked = min(self._heard, now), min(self._spoke, now), min(self._asked, now)
        terms, recovery = self.terms, self._recovery
        if now >= self._gone_at:
            self._end("timeout")
            return
        if self.state is State.FLUSHING and now >= self._drain_until:
            self._begin_closing(now)
            return
        if recovery.deadline:
            if now >= recovery.deadline:
                self._again(recovery.expire(now))
                # What is to be sent again goes out anyway; what had nothing to say is said anew.
                self._poke = self._poke or (not recovery.flight and not self._out.sendable)
        elif self._out.blocked and now >= self._spoke + recovery.timeout:
            # The news that there is room again may have been lost.
            self._poke = True
        elif (terms.keep_alive and now >= self._spoke + terms.keep_alive) or (
            terms.probe and now >= self._heard + terms.probe
        ):
            self._poke = True

    @property
    def _gone_at(self) -> float:
        """When the silence has lasted too long."""
        if self._recovery.flight or self._out.pending or self.state is State.CONNECTING:
            return max(self._heard, self._asked) + self.terms.patience
        return self._heard + self.terms.idle

    # ------------------------------------------------------------ what goes

    def datagrams_to_send(self, now: float) -> list[tuple[bytes, Any]]:
        """Datagrams and where they go."""
        out: list[tuple[bytes, Any]] = []
        if self.state in (State.CLOSING, State.ENDED):
            if self._poke:
                self._poke = False
                self._spoke = now
                out.append((wire.farewell(self.id, self._recovery.number(), self._why or self.ended), self.address))
            return out
        if self._paths is not None:
            out += self._paths.datagrams(lambda: wire.header(self.id, self._recovery.number()))
        arrivals, window = self._arrivals, self.terms.window
        while (self._speaking or arrivals.due(self._credit, window, now)) and (datagram := self._datagram(now)):
            out.append((datagram, self.address))
            self._spoke = now
        if self.state is State.FLUSHING and not self._out.pending:
            self._begin_closing(now)
            out += self.datagrams_to_send(now)
        return out

    def _datagram(self, now: float) -> bytes:
        """The next datagram; empty if there is nothing to send, or no room on the path."""
        recovery, terms = self._recovery, self.terms
        room = terms.datagram - wire.HEADER_SIZE
        parts: list[bytes] = []
        if self.state is State.CONNECTING:
            parts.append(wire.hello(self._token))
            room -= len(parts[0])
        ack = self._arrivals.frame(self._credit, terms.window, now, room)
        keys: list[int] = []
        if recovery.room > 0:
            left = room - len(ack)
            while (sending := self._out.next(left)) is not None:
                keys.append(sending[0])
                parts.append(sending[1])
                left -= len(sending[1])
        if self._poke and not keys:
            parts.append(wire.PING)
        elif not keys and not ack:
            return b""
        elif self.state is State.CONNECTING and not keys:
            # Nothing is acknowledged before there is a connection.
            return b""
        self._poke = False
        number = recovery.number()
        datagram = b"".join((wire.header(self.id, number), ack, *parts))
        if parts:
            if self._asked <= self._heard:
                self._asked = now
            recovery.sent(number, now, len(datagram), tuple(keys))
        if ack:
            self._arrivals.told()
        return datagram

    @property
    def _credit(self) -> int:
        """How many bytes of fragments the other end may send in all."""
        return self._in.taken + self.terms.window

    @property
    def _speaking(self) -> bool:
        """Whether there is something to send, and room for it."""
        return self._poke or (self._out.sendable and self._recovery.room > 0)

    # ------------------------------------------------------------ the end

    def _begin_closing(self, now: float) -> None:
        self.state = State.CLOSING
        self._out.clear()
        self._poke = True
        self._drain_until = now + DRAIN

    def _end(self, reason: str) -> None:
        self.state = State.ENDED
        self.ended = reason
        self._poke = False
        self._out.clear()
