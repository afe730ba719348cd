"""Packets that belong to no connection: who may open one, and what the others are told. Keeps nothing of anybody."""

from imd.net.datagram import packet as wire
from imd.net.datagram.packet import Packet
from imd.net.datagram.path import AMPLIFICATION
from imd.net.datagram.tokens import Tokens


class Welcome:
    """For the server's end of plain datagrams, where an address proves nothing."""

    __slots__ = ("_tokens",)

    def __init__(self, now: float) -> None:
        self._tokens = Tokens(now)

    def judge(self, packet: Packet, size: int, address: str, now: float) -> tuple[bool, bytes]:
        """Whether this packet of `size` bytes opens a connection; if not, what to answer (empty: nothing)."""
        hello = next((frame for frame in packet.frames if isinstance(frame, wire.Hello)), None)
        if hello is not None:
            if self._tokens.holds(hello.token, address, packet.connection, now):
                return True, b""
            answer = wire.challenge(packet.connection, self._tokens.make(address, packet.connection, now))
        elif any(isinstance(frame, wire.Close | wire.Challenge | wire.Reset) for frame in packet.frames):
            # No answers to what may be an answer.
            answer = b""
        else:
            answer = wire.reset(packet.connection)
        return False, answer if len(answer) <= AMPLIFICATION * size else b""
