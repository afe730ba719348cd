"""A client by UDP that can be led into any state of a connection, and then made to say anything at all."""

import base64
import enum
import functools
import json
import os
import time
from collections.abc import Callable
from typing import Any

from OpenSSL import SSL
from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import DatagramProtocol

from imd.net.datagram import packet as wire
from imd.net.datagram.connection import Connection, Role
from imd.net.datagram.dtls import Association, connecting, context
from imd.net.datagram.terms import Counts, Terms
from imd.net.datagram.tokens import SIZE as TOKEN

reactor: Any = installed_reactor

#: Seconds in which a daemon has to answer, and seconds after which it is asked again.
PATIENCE = 20.0
REPEAT = 0.5

#: One for all: making a context takes a millisecond. AES-128-GCM has keys that the tests can derive themselves.
CONTEXT = context(SSL.DTLS_CLIENT_METHOD)
CONTEXT.set_cipher_list(b"ECDHE+AES128+AESGCM")


class Stage(enum.Enum):
    """How far it has come."""

    NOTHING = "nothing"
    #: It has a token (plain) or cookie (DTLS), and has not said it.
    CHALLENGED = "challenged"
    #: DTLS: it has the server's flight, and has not answered.
    SHAKING = "shaking"
    OPEN = "open"
    SIGNED_ON = "signed on"
    CLOSED = "closed"


class Puppet(DatagramProtocol):
    """A socket at the address `source`, and with it a connection as soon as it is led to one."""

    noisy = False
    transport: Any

    def __init__(self, port: int, *, dtls: bool, source: str = "127.0.0.1") -> None:
        self._server = "127.0.0.1", port
        self.association: Association | None = connecting(CONTEXT) if dtls else None
        self.id = int.from_bytes(os.urandom(8), "big")
        self.connection: Connection | None = None
        #: The last challenge's.
        self.token = b""
        #: What it has to say next of the handshake.
        self.flight: list[bytes] = []
        #: What it said as it should.
        self.said: list[bytes] = []
        self.messages: list[dict[str, Any]] = []
        #: Datagrams of the server, of late.
        self.heard: list[bytes] = []
        #: Whether it has shown that it gets what is sent to it.
        self.proved = False
        #: Tokens and cookies it was sent.
        self.proofs: list[bytes] = []
        self.bytes_said = 0
        self.bytes_heard = 0
        self._timer: Any = None
        self._waiting: tuple[Callable[[], bool], Deferred[None]] | None = None
        self.closed = False
        reactor.listenUDP(0, self, interface=source, maxPacketSize=4096)

    # ------------------------------------------------------------ the socket

    def startProtocol(self) -> None:
        self.transport.connect(*self._server)

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        self.heard.append(datagram)
        del self.heard[:-50]
        self.bytes_heard += len(datagram)
        if self.association is not None and datagram[13:14] == b"\x03":
            # A HelloVerifyRequest ends with its cookie.
            self.proofs.append(datagram[-TOKEN:])
        payloads = [datagram] if self.association is None else self.association.receive(datagram)
        for payload in payloads:
            self._payload(payload)
        self.flush()
        self._look()

    def connectionRefused(self) -> None:
        """Its server is gone: the test will say so."""

    def _payload(self, payload: bytes) -> None:
        try:
            packet = wire.parse(payload)
        except wire.Malformed as error:
            raise AssertionError(f"the daemon said what is no packet: {payload!r}") from error
        first = packet.frames[0]
        if isinstance(first, wire.Challenge):
            self.proofs.append(first.token)
            if packet.connection == self.id:
                self.token = first.token
        if self.connection is not None:
            self.connection.receive_datagram(payload, None, time.time())
            while (message := self.connection.take()) is not None:
                self.messages.append(json.loads(message))

    def write(self, datagram: bytes) -> None:
        """This, and nothing else."""
        self.bytes_said += len(datagram)
        if not self.proved:
            self.proved = any(proof in datagram for proof in self.proofs[-10:])
        self.transport.write(datagram)

    def inside(self, payload: bytes) -> bool:
        """The same, inside DTLS; whether it could be said."""
        association = self.association
        if association is None or not association.established or association.ended or not payload:
            return False
        if len(payload) > association.payload:
            return False
        association.send(payload)
        out = association.take()
        for datagram in out:
            self.write(datagram)
        return bool(out)

    def flush(self) -> None:
        """Say what a connection has to say by itself."""
        if self.closed:
            return
        connection, association = self.connection, self.association
        out = [] if connection is None else [data for data, _ in connection.datagrams_to_send(time.time())]
        if association is not None:
            for payload in out:
                association.send(payload)
            out = association.take()
            if not association.established or association.flight:
                # Of the handshake: it goes when the test lets it.
                self.flight, out = out or self.flight, []
        for datagram in out:
            self.said.append(datagram)
            self.write(datagram)
        del self.said[:-50]
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if connection is not None and (due := connection.get_timer()):
            self._timer = reactor.callLater(max(due - time.time(), 0.001), self._due)

    def _due(self) -> None:
        self._timer = None
        if self.connection is not None:
            self.connection.handle_timer(time.time())
        self.flush()

    async def until(self, what: str, true: Callable[[], bool], again: Callable[[], None]) -> None:
        """Wait; every so often do something `again`, for what the system has dropped."""
        end = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < end, f"waited in vain for {what}"
            waiting: Deferred[None] = Deferred()
            self._waiting = true, waiting
            repeat = reactor.callLater(REPEAT, waiting.callback, None)
            await waiting
            self._waiting = None
            if repeat.active():
                repeat.cancel()
            else:
                again()

    def _look(self) -> None:
        if self._waiting is not None and self._waiting[0]() and not self._waiting[1].called:
            self._waiting[1].callback(None)

    def close(self) -> None:
        """Gone, without a word."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.transport.stopListening()

    # ------------------------------------------------------------ as it should be

    async def reach(self, stage: Stage, name: str, password: str) -> None:
        """From nothing to this stage. Signing on may fail, where somebody has changed the password."""
        stages = list(Stage)
        far = stages.index(stage)
        if self.association is None:
            if far >= stages.index(Stage.CHALLENGED):
                await self._challenged()
        else:
            flights = {Stage.NOTHING: 0, Stage.CHALLENGED: 1, Stage.SHAKING: 2}.get(stage, 3)
            await self._shake(flights)
        if far >= stages.index(Stage.OPEN):
            await self._open()
        if far >= stages.index(Stage.SIGNED_ON):
            await self._sign_on(name, password)
        if stage is Stage.CLOSED and self.connection is not None:
            self.connection.close("quit", time.time())
            self.flush()

    async def _challenged(self) -> None:
        hello = wire.header(self.id, 0) + wire.hello(b"")
        self.write(hello)
        await self.until("a challenge", lambda: bool(self.token), lambda: self.write(hello))

    async def _shake(self, flights: int) -> None:
        """Say so many flights of a DTLS handshake, and hear the answer to each."""
        association = self.association
        assert association is not None
        association.begin()
        self.flight = association.take()
        for _ in range(flights):
            flight, self.flight = self.flight, []

            def say(flight: list[bytes] = flight) -> None:
                for datagram in flight:
                    self.said.append(datagram)
                    self.write(datagram)

            say()
            await self.until("the handshake", lambda: bool(self.flight) or association.established, say)

    async def _open(self) -> None:
        datagram = wire.DATAGRAM if self.association is None else self.association.payload
        self.connection = Connection(
            Role.CLIENT, self.id, None, Terms(datagram=datagram, window=1 << 24), time.time(), Counts()
        )
        self.flush()
        await self.until("a greeting", lambda: bool(self.messages), self.flush)

    async def _sign_on(self, name: str, password: str) -> None:
        plain = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        for request in (
            {"type": "authenticate", "mechanism": "PLAIN", "data": plain},
            {"type": "session", "client": "fuzz"},
        ):
            before = len(self.messages)
            self.send(json.dumps({**request, "ref": 1}).encode())
            await self.until("an answer", functools.partial(self._more, before), self.flush)

    def _more(self, messages: int) -> bool:
        """Whether more messages than this have come, or none will."""
        return len(self.messages) > messages or self.over

    @property
    def over(self) -> bool:
        """Whether the server has ended it."""
        return self.connection is not None and self.connection.over

    def send(self, message: bytes) -> None:
        """A message, as it should be sent."""
        if self.connection is not None and message:
            self.connection.send(message)
            self.flush()

    async def answered(self) -> None:
        """The daemon still answers at this address, and for this connection."""
        id = int.from_bytes(os.urandom(8), "big")
        if self.association is None:
            hello = wire.header(id, 0) + wire.hello(b"")
            prefix, other = id.to_bytes(8, "big"), self.id.to_bytes(8, "big")
            ping = wire.header(self.id, 1 << 40) + wire.PING

            def say() -> None:
                self.write(hello)
                self.write(ping)

            def heard() -> bool:
                return all(any(each[1:9] == one for each in self.heard) for one in (prefix, other))

        else:
            fresh = connecting(CONTEXT)
            fresh.begin()
            flight = fresh.take()

            def say() -> None:
                for datagram in flight:
                    self.write(datagram)

            def heard() -> bool:
                # A HelloVerifyRequest.
                return any(each[:1] == b"\x16" and each[13:14] == b"\x03" for each in self.heard)

        self.heard.clear()
        say()
        await self.until("any answer", heard, say)
