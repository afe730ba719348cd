"""What has arrived over there, and what must be sent again.

Round trips and timeouts by RFC 6298; every packet has a number of its own, so that an acknowledgement never leaves
open which transmission it means (Karn's problem, section 3). Losses by three later packets (RFC 5681 section 3.2,
RFC 9002 section 6.1.1) or by time (RFC 9002 section 6.1.2). The window grows and shrinks by RFC 5681, in bytes, never
below two datagrams.
"""

from collections.abc import Sequence
from typing import Final

from imd.net.datagram.packet import DATAGRAM

#: Seconds: the timeout before the first measurement (RFC 6298 section 2.1), and its bounds. RFC 6298 would have one
#: second at least; chat is worth the 0.2 that TCP stacks use, and acknowledgements come within `ACK_DELAY`.
FIRST_TIMEOUT: Final = 1.0
LEAST_TIMEOUT: Final = 0.2
LONGEST_TIMEOUT: Final = 4.0
#: Seconds an acknowledgement may wait for company (RFC 9000 section 18.2 `max_ack_delay`).
ACK_DELAY: Final = 0.025
#: Later packets acknowledged that make a packet lost.
REORDERING: Final = 3
#: The clock's granularity in seconds (RFC 6298 section 2, G).
GRANULARITY: Final = 0.001

#: Bytes: RFC 6928, RFC 9002 section 7.2.
FIRST_WINDOW: Final = 10 * DATAGRAM
LEAST_WINDOW: Final = 2 * DATAGRAM
LARGEST_WINDOW: Final = 256 * DATAGRAM
#: Packets taken for lost are remembered so long, as a multiple of the timeout: they may only have been late.
REMEMBER: Final = 3.0


class Sent:
    """One packet on its way."""

    __slots__ = ("keys", "lost", "size", "time")

    def __init__(self, time: float, size: int, keys: tuple[int, ...]) -> None:
        self.time = time
        self.size = size
        #: The fragments in it.
        self.keys = keys
        self.lost = False


class Recovery:
    """Packets on their way and what they tell of the path."""

    __slots__ = (
        "_backoff",
        "_largest",
        "_last",
        "_loss_time",
        "_new",
        "_recovering",
        "_rttvar",
        "_threshold",
        "flight",
        "packets",
        "srtt",
        "window",
    )

    def __init__(self) -> None:
        #: Smoothed round trip in seconds; 0 before the first measurement.
        self.srtt = 0.0
        self._rttvar = 0.0
        self._backoff = 0
        self.window = FIRST_WINDOW
        self._threshold = LARGEST_WINDOW
        #: Bytes on their way.
        self.flight = 0
        #: By number, in the order of sending.
        self.packets: dict[int, Sent] = {}
        self._new = 0
        self._largest = -1
        #: The first packet sent after the last loss was noticed: what is older belongs to the same loss.
        self._recovering = 0
        #: When a packet must be taken for lost that later ones overtook; 0: none.
        self._loss_time = 0.0
        #: When the last packet left that is waited for.
        self._last = 0.0

    # ------------------------------------------------------------ sending

    def number(self) -> int:
        """The number of the next packet."""
        number = self._new
        self._new += 1
        return number

    def sent(self, number: int, now: float, size: int, keys: tuple[int, ...]) -> None:
        """A packet that wants to be acknowledged has left."""
        self.packets[number] = Sent(now, size, keys)
        self.flight += size
        self._last = now

    @property
    def room(self) -> int:
        """Bytes that may be sent now."""
        return self.window - self.flight

    @property
    def timeout(self) -> float:
        """The retransmission timeout in seconds, with the delay of acknowledgements and the backing off."""
        if not self.srtt:
            # Of a beginning there are a few small packets: where a third is lost, backing off would end many.
            return FIRST_TIMEOUT
        base = max(self.srtt + max(GRANULARITY, 4 * self._rttvar) + ACK_DELAY, LEAST_TIMEOUT)
        # RFC 6298 section 5.5, and never below what the path takes.
        return min(base * 2.0 ** min(self._backoff, 10), max(base, LONGEST_TIMEOUT))

    @property
    def deadline(self) -> float:
        """When `expire` has something to do; 0.0: never."""
        if self._loss_time:
            return self._loss_time
        return self._last + self.timeout if self.flight else 0.0

    # ------------------------------------------------------------ hearing

    def acknowledged(
        self, ranges: Sequence[tuple[int, int]], delay: float, now: float
    ) -> tuple[list[int], list[int]] | None:
        """Fragments that have arrived, and those to send again; None if it speaks of packets that were never sent."""
        largest = ranges[0][1]
        if largest >= self._new:
            return None
        packets = self.packets
        arrived: list[int] = []
        come = [number for number in packets if any(first <= number <= last for first, last in ranges)]
        if not come:
            return arrived, self._overtaken(now)
        if largest == come[-1] and largest > self._largest:
            self._measured(now - packets[largest].time, delay)
        self._largest = max(self._largest, largest)
        self._backoff = 0
        full = self.flight + DATAGRAM > self.window
        for number in come:
            packet = packets.pop(number)
            arrived += packet.keys
            if not packet.lost:
                self.flight -= packet.size
                if number >= self._recovering and full:
                    self._grow(packet.size)
        return arrived, self._overtaken(now)

    def expire(self, now: float) -> list[int]:
        """`deadline` has come: the fragments to send again."""
        if self._loss_time:
            return self._overtaken(now)
        if not self.flight:
            return []
        # RFC 6298 section 5.4-5.6, RFC 5681 section 3.1: what is on its way is sent again, the earliest first, through
        # the least window; another timeout without an answer lasts twice as long.
        self._threshold = max(self.flight // 2, LEAST_WINDOW)
        self.window = LEAST_WINDOW
        self._recovering = self._new
        self._backoff += 1
        again: list[int] = []
        for packet in self.packets.values():
            if not packet.lost:
                self._lose(packet)
                again += packet.keys
        self._forget(now)
        return again

    def restart(self) -> list[int]:
        """What has left has left for nothing: its fragments, to send again."""
        keys = [key for packet in self.packets.values() for key in packet.keys]
        self.packets.clear()
        self.flight = 0
        self._loss_time = 0.0
        return keys

    def _measured(self, sample: float, delay: float) -> None:
        """RFC 6298 section 2.2 and 2.3."""
        sample = max(sample, GRANULARITY)
        if self.srtt and sample - delay >= GRANULARITY:
            sample -= min(delay, ACK_DELAY)
        if not self.srtt:
            self.srtt = sample
            self._rttvar = sample / 2
        else:
            self._rttvar += (abs(self.srtt - sample) - self._rttvar) / 4
            self.srtt += (sample - self.srtt) / 8

    def _grow(self, size: int) -> None:
        """RFC 5681 section 3.1: by what arrived below the threshold, by a datagram per window above."""
        gained = size if self.window < self._threshold else DATAGRAM * size // self.window
        self.window = min(self.window + gained, LARGEST_WINDOW)

    def _overtaken(self, now: float) -> list[int]:
        """Fragments of packets that later ones overtook by too much."""
        self._loss_time = 0.0
        if not self.packets:
            return []
        again: list[int] = []
        patience = max(self.srtt * 9 / 8, GRANULARITY)
        worst = -1
        for number, packet in self.packets.items():
            if number > self._largest:
                break
            if packet.lost:
                continue
            if number <= self._largest - REORDERING or packet.time + patience <= now:
                self._lose(packet)
                again += packet.keys
                worst = number
            elif not self._loss_time:
                self._loss_time = packet.time + patience
        if worst >= self._recovering:
            # Once per window of packets (RFC 5681 section 3.2, RFC 6582).
            self._threshold = max(self.window // 2, LEAST_WINDOW)
            self.window = self._threshold
            self._recovering = self._new
        self._forget(now)
        return again

    def _lose(self, packet: Sent) -> None:
        packet.lost = True
        self.flight -= packet.size

    def _forget(self, now: float) -> None:
        old = now - REMEMBER * self.timeout
        for number in [number for number, packet in self.packets.items() if packet.lost and packet.time < old]:
            del self.packets[number]
