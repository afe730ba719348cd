"""One peer of a port: its connection, DTLS around it or not, and the door's end of it."""

import hashlib
from typing import TYPE_CHECKING, Protocol

from twisted.internet.address import IPv4Address, IPv6Address

from imd.core.refusal import ShortOfMemory
from imd.core.session import Peer
from imd.net.connections import Ticket
from imd.net.datagram import packet as wire
from imd.net.datagram.connection import Connection, Role, State
from imd.net.datagram.dtls import Association
from imd.net.datagram.packet import Malformed, Packet
from imd.net.datagram.terms import Terms
from imd.net.peer import host_and_port, is_loopback

if TYPE_CHECKING:
    from imd.net.datagram.port import DatagramPort

#: An address as the socket gives and takes it.
Address = tuple[str, int]


def located(address: Address) -> IPv4Address | IPv6Address:
    """An address as Twisted has it."""
    family = IPv6Address if ":" in address[0] else IPv4Address
    return family("UDP", *address)


#: Seconds from the cookie to the first packet inside DTLS.
HANDSHAKE = 60.0
#: How often a flight of the DTLS handshake is repeated for who asks.
REPEATS = 20


class Receiver(Protocol):
    """A door's end of a link."""

    def received(self, message: bytes) -> None: ...

    def lost(self, reason: str) -> None:
        """It is over; called once."""

    def admission_expired(self) -> None:
        """The client has not signed on in time."""


class Link:
    """One peer. What is to be sent leaves at the end of the reactor's turn."""

    __slots__ = (
        "_begun",
        "_kept",
        "_paused",
        "_port",
        "_pumping",
        "_repeat",
        "_repeats",
        "address",
        "association",
        "connection",
        "dirty",
        "far",
        "near",
        "noted",
        "receiver",
        "ticket",
    )

    def __init__(self, port: "DatagramPort", address: Address, ticket: Ticket, now: float) -> None:
        self._port = port
        #: Where it was first seen; a plain connection may have moved since.
        self.address = address
        self.ticket = ticket
        self.association: Association | None = None
        #: None until the DTLS handshake is done and a first packet has come.
        self.connection: Connection | None = None
        self.receiver: Receiver | None = None
        self.near = self.far = 0.0
        #: Whether it is on the port's list of those that may have something to send.
        self.dirty = False
        self._begun = now
        self._paused = False
        #: Bytes of what the door has been handed and has not handled, and what the books know of.
        self._kept = 0
        self.noted = 0
        self._pumping = False
        self._repeat = False
        self._repeats = 0

    # ------------------------------------------------------------ for the door

    def peer(self, door: str) -> Peer:
        """The far end, for doors and the ledger."""
        host, port = host_and_port(located(self.address))
        if self.association is None:
            return Peer(door, host, port, loopback=is_loopback(host))
        tls = self.association.tls
        certificate = tls.get_peer_certificate(as_cryptography=True)
        fingerprint = ""
        if certificate is not None:
            # Imported here: only DTLS needs it.
            from cryptography.hazmat.primitives.serialization import Encoding

            fingerprint = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
        named = f"{tls.get_protocol_version_name()} {tls.get_cipher_name() or ''}".rstrip()
        return Peer(door, host, port, secure=True, tls=named, loopback=is_loopback(host), certificate=fingerprint)

    def send(self, message: bytes) -> bool:
        """Queue a message; False if too much waits."""
        if self.connection is None or self.connection.over:
            return True
        self._port.touched(self)
        return self.connection.send(message)

    def close(self, reason: str) -> None:
        """Close once everything has arrived."""
        if self.connection is not None:
            self.connection.close(reason, self._port.now())
            self._port.touched(self)

    def abort(self, reason: str) -> None:
        """Close at once; `Receiver.lost` follows."""
        if self.connection is not None:
            self.connection.abort(reason, self._port.now())
        self._port.touched(self)

    def pause(self, kept: int = 0) -> None:
        """Hand over no more messages for now; the door keeps `kept` bytes of those it has been handed."""
        self._paused = True
        self._kept = kept

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            self._kept = 0
            self.pump()
            # There is room again: the other end wants to know.
            self._port.touched(self)

    def widen(self, terms: Terms) -> None:
        """Other terms from now on, with no smaller a window."""
        if self.connection is not None:
            self.connection.terms = self._fitting(terms)

    # ------------------------------------------------------------ for the port

    def open(self, packet: Packet, terms: Terms, now: float) -> None:
        """The first packet of a connection."""
        address = None if self.association is not None else self.address
        fitting = self._fitting(terms)
        self.connection = Connection(Role.SERVER, packet.connection, address, fitting, now, self._port.counts)
        self.receiver = self._port.make(self)

    def _fitting(self, terms: Terms) -> Terms:
        return terms if self.association is None else self._port.inside_dtls(terms, self.association.payload)

    def secured(self, datagram: bytes, association: Association, now: float) -> None:
        """A datagram of DTLS."""
        payloads = association.receive(datagram)
        for payload in payloads:
            self.payload(payload, now)
        if not payloads and association.flight:
            # A client that repeats itself has not heard our flight; where it is, its cookie has proved.
            self._repeat = self._repeats < REPEATS

    def payload(self, data: bytes, now: float) -> None:
        """A datagram out of DTLS."""
        if self.connection is not None:
            self.connection.receive_datagram(data, None, now)
            return
        try:
            packet = wire.parse(data)
        except Malformed:
            self._port.counts.garbage += 1
            return
        if any(isinstance(frame, wire.Hello) for frame in packet.frames):
            self.open(packet, self._port.terms, now)
            self.payload(data, now)

    @property
    def backlog(self) -> int:
        """Bytes that were sent and are not acknowledged."""
        return 0 if self.connection is None else self.connection.pending

    # ------------------------------------------------------------ for the books (imd.net.memory.Holder)

    def held(self) -> int:
        """Bytes that are not acknowledged, not complete, or not taken."""
        connection = self.connection
        return 0 if connection is None else connection.pending + connection.unread + self._kept

    def shed(self, why: ShortOfMemory) -> None:
        if self.connection is not None:
            self.abort(why.code)
            self.connection.forget()

    def whose(self) -> str:
        return f"{self.address[0]}, by datagrams"

    def empty(self) -> None:
        """It is over: the timetable and the door may know it for a while yet, but need not keep all of it alive."""
        self.association = self.connection = self.receiver = None

    def pump(self) -> None:
        """Hand over what has come, as long as the door takes it. A door that resumes while it takes must not nest."""
        if self._pumping or self.connection is None:
            return
        self._pumping = True
        try:
            while not self._paused and self.receiver is not None and (message := self.connection.take()) is not None:
                self.receiver.received(message)
        finally:
            self._pumping = False

    def timer(self) -> float:
        """When it wants to be woken; 0.0: never."""
        if self.connection is not None:
            return self.connection.get_timer()
        return self._begun + HANDSHAKE

    def wake(self, now: float) -> None:
        if self.connection is not None:
            self.connection.handle_timer(now)

    def outgoing(self, now: float) -> list[tuple[bytes, Address]]:
        """What is to be sent, encrypted."""
        connection, association = self.connection, self.association
        if association is None:
            return [] if connection is None else connection.datagrams_to_send(now)
        if connection is not None:
            for data, _ in connection.datagrams_to_send(now):
                association.send(data)
            if connection.state is State.ENDED:
                association.close()
        datagrams = association.take()
        if self._repeat:
            self._repeat = False
            if not datagrams:
                self._repeats += 1
                datagrams = association.flight or []
        return [(datagram, self.address) for datagram in datagrams]

    def over(self, now: float) -> str:
        """Why nothing will come any more; "" while something may."""
        connection, association = self.connection, self.association
        if connection is not None and connection.over:
            return connection.reason
        if association is not None and association.ended:
            return "lost"
        if connection is None and now >= self._begun + HANDSHAKE:
            return "timeout"
        return ""

    @property
    def finished(self) -> bool:
        """Whether it has said its last word."""
        if self.association is not None and self.association.ended:
            return True
        return self.connection is None or self.connection.state is State.ENDED
