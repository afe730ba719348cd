"""What one end of a connection goes by, and what it counts."""

from typing import Final

import msgspec

from imd.net.datagram import packet as wire

#: Seconds a closed connection says so, if the other end does not answer.
DRAIN: Final = 1.5


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What one end goes by; shared by many connections. Bytes and seconds."""

    #: Longest datagram, less what is around it (DTLS).
    datagram: int = wire.DATAGRAM
    #: Fragments that wait to be taken, headers included; at least `FIRST_CREDIT`.
    window: int = 128 * 1024
    #: What may wait to be sent or acknowledged; 0: unlimited.
    queue: int = 512 * 1024
    #: After so much silence of its own a client says something, so that a NAT keeps its binding (RFC 4787 REQ-5: two
    #: minutes at least, but 30 seconds are met in the field). 0: never.
    keep_alive: float = 20.0
    #: After so much silence of the other end it is gone.
    idle: float = 75.0
    #: After so much silence of the other end it is asked for a sign of life. 0: never.
    probe: float = 0.0
    #: With something that waits to be acknowledged, it is gone after so much silence.
    patience: float = 30.0
    #: How long what was sent has to arrive when the connection closes.
    linger: float = 5.0


class Counts:
    """What was wrong, for all connections of a port."""

    __slots__ = ("duplicates", "garbage", "resent", "unfit")

    def __init__(self) -> None:
        #: Datagrams that are nothing.
        self.garbage = 0
        #: Packets that came twice.
        self.duplicates = 0
        #: Fragments that were sent again.
        self.resent = 0
        #: Fragments without room.
        self.unfit = 0
