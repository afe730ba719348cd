"""The client's end: a socket of its own, DTLS around the connection or not."""

import os
from collections.abc import Callable
from typing import Any

import msgspec
from OpenSSL import SSL
from twisted.internet.defer import maybeDeferred
from twisted.internet.protocol import DatagramProtocol

from imd.core.ports import Clock, Timer
from imd.net.datagram.connection import Connection, Role, State
from imd.net.datagram.dtls import Association, connecting
from imd.net.datagram.terms import Counts, Terms

#: A client reads long answers (pages of history), and finds out soon that nobody is there any more.
TERMS = Terms(window=9 * 1024 * 1024, queue=0, patience=15.0, linger=3.0)


#: Seconds after which the client says again what it last said of the DTLS handshake.
REPEAT = 0.5
#: Seconds in which the system would not take a single datagram (no route, no such address any more) after which the
#: connection is lost: from another socket it may be possible.
STRANDED = 2.0


class Dialed(DatagramProtocol):
    """A connection to the server at an IP address. With `context` it is DTLS; `verify` then looks at the connection
    once the handshake is done, and raises for a server that is not to be trusted.

    Give it to ``reactor.listenUDP(0, …, interface=…)``. `on_open` is called once the server has
    answered, `on_lost` once it is over, with the reason as a word, or as OpenSSL puts it.
    """

    noisy = False
    #: A UDP port's.
    transport: Any

    def __init__(
        self,
        clock: Clock,
        host: str,
        port: int,
        context: SSL.Context | None = None,
        verify: Callable[[SSL.Connection], None] = lambda connection: None,
        name: str = "",
        terms: Terms = TERMS,
    ) -> None:
        self._clock = clock
        self._server = host, port
        self._verify = verify
        self._terms = terms
        self.association: Association | None = None if context is None else connecting(context, name)
        self.connection: Connection | None = None
        self.counts = Counts()
        #: Why it is over, "" while it is not.
        self.ended = ""
        self.failure: Exception | None = None
        self._begun = 0.0
        #: Since when the system has taken nothing; 0.0: it does.
        self._stranded = 0.0
        self._timer: Timer | None = None
        self._scheduled = False
        self._moving = False
        self._paused = False
        self._opened = False
        self.on_open: Callable[[], None] = lambda: None
        self.on_message: Callable[[bytes], None] = lambda message: None
        self.on_lost: Callable[[str], None] = lambda reason: None

    # ------------------------------------------------------------ for the user

    def send(self, message: bytes) -> None:
        if self.connection is not None and not self.ended:
            self.connection.send(message)
            self._soon()

    def close(self, reason: str = "quit") -> None:
        """Close once everything has arrived."""
        if self.ended:
            return
        if self.connection is None:
            self._over(reason)
        else:
            self.connection.close(reason, self._clock.time())
            self._soon()

    def pause(self) -> None:
        """Hand over no more messages for now."""
        self._paused = True

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            self._pump()
            self._soon()

    def abort(self) -> None:
        """Be gone without a word, as after a crash; `on_lost` follows."""
        self._over("aborted")

    async def move(self, listen: Callable[["Dialed"], object]) -> None:
        """Go on from another socket, which `listen` binds: the address changes."""
        self._moving = True
        # Twisted lets a protocol have the next socket only once the last one is closed.
        await maybeDeferred(self.transport.stopListening)
        listen(self)

    # ------------------------------------------------------------ from the transport

    def startProtocol(self) -> None:
        self.transport.connect(*self._server)
        if self._moving:
            self._moving = False
            if self.connection is not None:
                self.connection.speak()
                self._flush()
            return
        self._begun = self._clock.time()
        if self.association is None:
            self._open(self._terms)
        else:
            self.association.begin()
        self._flush()

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        if self.ended:
            return
        now = self._clock.time()
        if self.association is None:
            payloads = [datagram]
        else:
            payloads = self.association.receive(datagram)
            if self.association.established and self.connection is None:
                self._shaken()
        for payload in payloads:
            if self.connection is not None:
                self.connection.receive_datagram(payload, None, now)
        self._pump()
        self._soon()

    def _pump(self) -> None:
        connection = self.connection
        if connection is None:
            return
        if not self._opened and connection.state is State.OPEN:
            self._opened = True
            self.on_open()
        while not (self._paused or self.ended) and (message := connection.take()) is not None:
            self.on_message(message)

    def connectionRefused(self) -> None:
        """The system says that nobody listens there."""
        if not self.ended:
            self._over("refused")

    def stopProtocol(self) -> None:
        if not self._moving:
            # The reactor takes an error of the socket (ICMP: nobody listens there) for its end, and does not say which.
            self._over("lost" if self._opened else "refused")

    # ------------------------------------------------------------ inside

    def _shaken(self) -> None:
        """The handshake is done."""
        association = self.association
        if association is None:
            raise AssertionError("no DTLS here")
        try:
            self._verify(association.tls)
        except Exception as failure:
            # Whatever speaks against it: nothing is said to it.
            self.failure = failure
            self._over("untrusted")
            return
        self._open(msgspec.structs.replace(self._terms, datagram=min(association.payload, self._terms.datagram)))

    def _open(self, terms: Terms) -> None:
        id = int.from_bytes(os.urandom(8), "big")
        self.connection = Connection(Role.CLIENT, id, None, terms, self._clock.time(), self.counts)

    def _soon(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._clock.soon(self._turn_ends)

    def _turn_ends(self) -> None:
        self._scheduled = False
        if not self.ended:
            self._flush()

    def _flush(self) -> None:
        now = self._clock.time()
        connection, association = self.connection, self.association
        for datagram, _ in [] if connection is None else connection.datagrams_to_send(now):
            if association is None:
                self._write(datagram)
            else:
                association.send(datagram)
        for datagram in [] if association is None else association.take():
            self._write(datagram)
        if self.ended:
            # What was written was refused.
            return
        if connection is not None and connection.state is State.ENDED:
            self._over(connection.ended)
        elif association is not None and association.ended:
            self._over(association.ended)
        elif connection is None and now >= self._begun + self._terms.patience:
            self._over("timeout")
        elif self._stranded and now >= self._stranded + STRANDED:
            self._over("lost")
        else:
            self._arm(now)

    def _write(self, datagram: bytes) -> None:
        # No room, no route: as good as lost on the way, and treated so.
        try:
            if self.transport is not None:
                self.transport.write(datagram)
        except OSError:
            self._stranded = self._stranded or self._clock.time()
        else:
            self._stranded = 0.0

    def _arm(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self.connection is not None:
            due = self.connection.get_timer()
        else:
            due = min(self._begun + self._terms.patience, now + REPEAT)
        self._timer = self._clock.call_later(max(due - now, 0.001), self._due)

    def _due(self) -> None:
        self._timer = None
        if self.connection is not None:
            self.connection.handle_timer(self._clock.time())
        elif self.association is not None:
            for datagram in self.association.flight or ():
                self._write(datagram)
        self._flush()

    def _over(self, reason: str) -> None:
        if self.ended:
            return
        self.ended = reason
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.association is not None and reason not in ("aborted", "refused"):
            self.association.close()
            for datagram in self.association.take():
                self._write(datagram)
        if self.transport is not None:
            self.transport.stopListening()
        self.on_lost(reason)
