"""One UDP socket for all peers of a door: tells plain from DTLS by the first byte, and peers from each other.

::

    datagram ── DTLS ──► link by address ── ClientHello of nobody known ──► cookie, then a link
       │                    └─► payload ─┐
       └── plain (loopback only) ────────┴─► link by connection id ── Hello ──► challenge, then a link
"""

import socket
from collections.abc import Callable
from typing import Any, Final

import msgspec
from OpenSSL import SSL
from twisted.internet.protocol import DatagramProtocol
from twisted.logger import Logger

from imd.core.ports import Clock
from imd.core.refusal import Refusal
from imd.net.connections import Connections
from imd.net.datagram import packet as wire
from imd.net.datagram.dtls import Listener
from imd.net.datagram.link import Address, Link, Receiver, located
from imd.net.datagram.packet import VERSION, Malformed
from imd.net.datagram.records import CONTENT_TYPES, client_random, turned_away
from imd.net.datagram.terms import Counts, Terms
from imd.net.datagram.timetable import Timetable
from imd.net.datagram.welcome import Welcome
from imd.net.memory import Memory
from imd.net.peer import host_and_port, is_loopback

#: Bytes of the socket's receive buffer: a thousand peers at once overflow the usual one. The kernel takes the lower of
#: this and its own limit.
RECEIVE_BUFFER: Final = 4 * 1024 * 1024
#: Seconds a client has to read that it was too slow.
FAREWELL: Final = 5.0


class PortCounts(msgspec.Struct, frozen=True):
    """For ``imdctl status``: peers, and what was not as it should be since the start."""

    links: int
    #: Datagrams that belong to nobody, or are nothing.
    strays: int
    garbage: int
    duplicates: int
    resent: int
    unfit: int
    #: Datagrams the kernel did not take.
    unsent: int


class DatagramPort(DatagramProtocol):
    """`make` gives the door's end of a new link. `terms` hold for strangers; the door may widen them."""

    noisy = False
    log = Logger()
    #: A UDP port's.
    transport: Any

    def __init__(
        self,
        clock: Clock,
        connections: Connections,
        context: Callable[[], SSL.Context],
        make: Callable[[Link], Receiver],
        terms: Terms,
        memory: Memory | None = None,
    ) -> None:
        self._clock = clock
        self._connections = connections
        self._memory = memory or Memory(clock)
        self._context = context
        self.make = make
        #: For strangers; may be replaced.
        self.terms = terms
        self.counts = Counts()
        #: Takes no new peers any more.
        self.closing = False
        self._strays = 0
        self._unsent = 0
        self._plain: dict[int, Link] = {}
        self._secure: dict[Address, Link] = {}
        self._loopback = False
        self._dirty: list[Link] = []
        self._fitted: dict[tuple[Terms, int], Terms] = {}
        self._timetable = Timetable(clock, self._wake)
        now = clock.time()
        self._welcome = Welcome(now)
        self._listener = Listener(context, now)
        self._sendto: Callable[[bytes, Address], object] = self._write

    # ------------------------------------------------------------ from the transport

    def startProtocol(self) -> None:
        # What a socket for all addresses receives may have been sent to any of them: only a loopback socket is one.
        self._loopback = is_loopback(host_and_port(self.transport.getHost())[0])
        sock = getattr(self.transport, "socket", None)
        if isinstance(sock, socket.socket):
            # Past Twisted's own checks of the address, which it has given us itself.
            self._sendto = sock.sendto
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)

    def stopProtocol(self) -> None:
        for link in [*self._plain.values(), *self._secure.values()]:
            self._lose(link, "stopped")
            self._forget(link)
        self._timetable.stop()

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        first = datagram[0] if datagram else 0
        if first == VERSION and self._loopback and (addr[0] == "127.0.0.1" or is_loopback(addr[0])):
            self._receive_plain(datagram, addr)
        elif first in CONTENT_TYPES:
            self._receive_secure(datagram, addr)
        else:
            self.counts.garbage += 1

    # ------------------------------------------------------------ plain

    def _receive_plain(self, datagram: bytes, address: Address) -> None:
        try:
            packet = wire.parse(datagram)
        except Malformed:
            self.counts.garbage += 1
            return
        now = self._clock.time()
        link = self._plain.get(packet.connection)
        if link is None:
            link = self._strange(packet, len(datagram), address, now)
            if link is None:
                return
        if link.connection is not None:
            link.connection.receive_packet(packet, len(datagram), address, now)
        self._handed(link, now)

    def _strange(self, packet: wire.Packet, size: int, address: Address, now: float) -> Link | None:
        """A packet of no connection we know."""
        opens, answer = self._welcome.judge(packet, size, f"{address[0]} {address[1]}", now)
        if not opens:
            self._strays += 1
            if answer:
                self._send(answer, address)
            return None
        link = self._admitted(address, now)
        if isinstance(link, Link):
            self._plain[packet.connection] = link
            link.open(packet, self.terms, now)
            return link
        self._send(wire.farewell(packet.connection, 0, link), address)
        return None

    # ------------------------------------------------------------ DTLS

    def _receive_secure(self, datagram: bytes, address: Address) -> None:
        now = self._clock.time()
        link = self._secure.get(address)
        random = client_random(datagram)
        # A hello of the one we know is a copy that comes late; another one is a client that has begun anew, which
        # has to show that it is there before the old one goes (RFC 6347 section 4.2.8).
        fresh = random and (link is None or link.association is None or link.association.random != random)
        if fresh:
            link = self._greeted(datagram, address, link, now)
        elif link is None:
            self._strays += 1
        elif link.association is not None:
            link.secured(datagram, link.association, now)
        if link is not None:
            self._handed(link, now)

    def _greeted(self, datagram: bytes, address: Address, old: Link | None, now: float) -> Link | None:
        association, answer = self._listener.hello(datagram, f"{address[0]} {address[1]}", now)
        for each in answer:
            self._send(each, address)
        if association is None:
            return old
        if old is not None:
            self._lose(old, "replaced")
            self._forget(old)
        link = self._admitted(address, now)
        if not isinstance(link, Link):
            self._send(turned_away(datagram), address)
            return None
        link.association = association
        self._secure[address] = link
        association.begin()
        return link

    def inside_dtls(self, terms: Terms, payload: int) -> Terms:
        """The same terms for what fits into DTLS; made once for all."""
        fitted = self._fitted.get((terms, payload))
        if fitted is None:
            if len(self._fitted) > 100:
                self._fitted.clear()
            datagram = min(payload, terms.datagram)
            fitted = self._fitted[terms, payload] = msgspec.structs.replace(terms, datagram=datagram)
        return fitted

    # ------------------------------------------------------------ links

    def _admitted(self, address: Address, now: float) -> Link | str:
        """A link, or the code of why not."""
        try:
            if self.closing:
                return "shutting-down"
            ticket = self._connections.admit(located(address))
        except Refusal as refusal:
            self.log.info("datagrams from {address} refused: {why}", address=address[0], why=refusal.sentence)
            return refusal.code
        link = Link(self, address, ticket, now)
        ticket.wait_for_sign_on()
        ticket.expect(lambda: self._late(link))
        return link

    def _late(self, link: Link) -> None:
        if link.receiver is not None:
            link.receiver.admission_expired()
            self._clock.call_later(FAREWELL, lambda: link.abort("timeout"))
        else:
            self._forget(link)

    def _handed(self, link: Link, now: float) -> None:
        """Something has come for it."""
        link.pump()
        self.touched(link)

    def touched(self, link: Link) -> None:
        """It may have something to send."""
        if not link.dirty:
            link.dirty = True
            if not self._dirty:
                self._clock.soon(self._flush)
            self._dirty.append(link)

    def _flush(self) -> None:
        now = self._clock.time()
        links, self._dirty = self._dirty, []
        for link in links:
            link.dirty = False
            try:
                self._transmit(link, now)
            except Exception:
                # One peer's trouble is not that of the others.
                self.log.failure("while sending datagrams to {address}", address=link.address[0])
                self._lose(link, "failed")
                self._forget(link)

    def _transmit(self, link: Link, now: float) -> None:
        if not self._known(link):
            return
        for datagram, address in link.outgoing(now):
            self._send(datagram, address)
        why = link.over(now)
        if why:
            self._lose(link, why)
            if link.finished:
                self._forget(link)
                return
        held = link.held()
        if held != link.noted:
            link.noted = held
            self._memory.note(link, held)
        self._timetable.enter(link, link.timer(), now)

    def _wake(self, link: Link, now: float) -> None:
        if self._known(link):
            link.wake(now)
            self.touched(link)

    def _known(self, link: Link) -> bool:
        if link.association is not None:
            return self._secure.get(link.address) is link
        return link.connection is not None and self._plain.get(link.connection.id) is link

    def _lose(self, link: Link, why: str) -> None:
        receiver, link.receiver = link.receiver, None
        if receiver is not None:
            receiver.lost(why)

    def _forget(self, link: Link) -> None:
        if not self._known(link):
            return
        if link.association is not None:
            del self._secure[link.address]
            link.association.close()
            for datagram in link.association.take():
                self._send(datagram, link.address)
        elif link.connection is not None:
            del self._plain[link.connection.id]
        link.empty()
        self._memory.note(link, 0)
        link.ticket.give_back()

    # ------------------------------------------------------------ the socket

    def _send(self, datagram: bytes, address: Address) -> None:
        try:
            self._sendto(datagram, address)
        except OSError:
            # No room, no route, nobody there: as good as lost on the way, and treated so.
            self._unsent += 1

    def _write(self, datagram: bytes, address: Address) -> None:
        self.transport.write(datagram, address)

    def now(self) -> float:
        return self._clock.time()

    def status(self) -> PortCounts:
        counts = self.counts
        links = len(self._plain) + len(self._secure)
        return PortCounts(
            links, self._strays, counts.garbage, counts.duplicates, counts.resent, counts.unfit, self._unsent
        )
