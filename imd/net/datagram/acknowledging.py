"""Packets that have come, and when and how the other end is told: the receiving half's side of `recovery`."""

from typing import Final

from imd.net.datagram import packet as wire
from imd.net.datagram.outgoing import FIRST_CREDIT
from imd.net.datagram.ranges import Ranges
from imd.net.datagram.recovery import ACK_DELAY

#: Packets that want an acknowledgement after which it does not wait for company (RFC 9000 section 13.2.2).
ACK_EVERY: Final = 2


class Arrivals:
    """What has come, and whether an acknowledgement is due. `credit` is what may be sent to us in all."""

    __slots__ = ("_largest_at", "_told", "_unacknowledged", "ack_at", "seen")

    def __init__(self, now: float) -> None:
        self.seen = Ranges()
        #: When an acknowledgement is due; 0.0: none is.
        self.ack_at = 0.0
        self._unacknowledged = 0
        self._largest_at = now
        #: The credit the other end was told.
        self._told = FIRST_CREDIT

    def came(self, number: int, *, eliciting: bool, now: float) -> bool:
        """Note a new packet; whether it is the newest of all."""
        newest = number > self.seen.largest
        in_order = number == self.seen.largest + 1
        self.seen.add(number)
        if newest:
            self._largest_at = now
        if eliciting:
            self._unacknowledged += 1
            due = now if not in_order or self._unacknowledged >= ACK_EVERY else now + ACK_DELAY
            self.ack_at = min(self.ack_at or due, due)
        return newest

    def came_again(self, *, eliciting: bool, now: float) -> None:
        """The other end has not heard that it came."""
        if eliciting:
            self.ack_at = now

    def due(self, credit: int, window: int, now: float) -> bool:
        """Whether an acknowledgement has to go out now, alone if need be."""
        if self.ack_at and now >= self.ack_at:
            return True
        # The other end must hear that there is room again before it has none.
        return credit - self._told >= window // 2 and bool(self.seen)

    def frame(self, credit: int, window: int, now: float, room: int) -> bytes:
        """An acknowledgement of at most `room` bytes, if one is due, or can go along with what is sent."""
        if not self.seen or not (self.ack_at or self.due(credit, window, now)):
            return b""
        self._told = credit
        return wire.ack(self.seen.newest(), round((now - self._largest_at) * 1000), credit, room)

    def told(self) -> None:
        """An acknowledgement has left."""
        self.ack_at = 0.0
        self._unacknowledged = 0
