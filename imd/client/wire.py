"""One connection to a server: bytes to messages and back, signs of life. Knows nothing of signing on."""

from collections.abc import Callable
from typing import Any

from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet import error
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from imd.messages.base import Wire
from imd.messages.catalogue import FromServer
from imd.messages.connection import Bye, Ping, Pong
from imd.messages.signon import Hello
from imd.net.peer import host_and_port, is_loopback
from imd.protocols.native.wire.codec import BadMessage, decode_server, encode
from imd.protocols.native.wire.frame import LineFramer, line

#: Longest line of a server that is believed; a page of history of the longest messages fits.
LONGEST_LINE = 8 * 1024 * 1024
#: A listener that takes TLS and plain waits for the first byte. Empty lines are ignored; these are enough for one
#: that takes only TLS to see that it is not (a record's header has five bytes, RFC 8446 section 5.1).
OPENING = b"\n" * 8
#: Seconds of silence after which the server is asked for a sign of life, and seconds it then has.
PING_INTERVAL = 30.0
PING_TIMEOUT = 20.0


class WireProtocol(Protocol):
    """A connection. `greeting` fires with the server's hello, or fails when the connection ends before it."""

    log = Logger()
    transport: Any

    def __init__(self, clock: IReactorTime, *, plain: bool) -> None:
        self._clock = clock
        self._plain = plain
        #: Whether secrets may be said on it: TLS, or loopback only.
        self.confidential = not plain
        self._framer = LineFramer(LONGEST_LINE)
        self._timer: IDelayedCall | None = None
        self._heard = False
        self._asked = False
        self._paused = False
        self.hello: Hello | None = None
        self.greeting: Deferred[Hello] = Deferred()
        #: Whether any byte has come.
        self.answered = False
        self.connected_now = False
        #: Why the connection ended, for people; "" while it is up.
        self.ended = ""
        self._bye = ""
        #: What came after the greeting, and the end with its reason; set by whoever uses the connection.
        self.on_message: Callable[[FromServer], None] = _nothing
        self.on_lost: Callable[[str], None] = _nothing

    # ------------------------------------------------------------ from the transport

    def connectionMade(self) -> None:
        if self._plain:
            if not is_loopback(host_and_port(self.transport.getPeer())[0]):
                # "localhost" that is somewhere else: nothing is said in the clear.
                self._bye = "The name leads to another machine, and there only TLS is spoken."
                self.transport.abortConnection()
                return
            self.confidential = True
            self.transport.write(OPENING)
        self.connected_now = True
        self._watch()

    def dataReceived(self, data: bytes) -> None:
        self.answered = self._heard = True
        self._asked = False
        for event in self._framer.feed(data):
            if self.ended:
                return
            if isinstance(event, bytes):
                self._payload(event)
            else:
                self.fail("The server sent a line longer than any message can be.")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.connected_now = False
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self.ended = self._bye or explain(reason)
        greeting, self.greeting = self.greeting, Deferred()
        if self.hello is None:
            greeting.errback(reason if not self._bye else Failure(ConnectionEnded(self._bye)))
        self.on_lost(self.ended)

    # ------------------------------------------------------------ for the user

    def send(self, message: Wire) -> bool:
        """Write a message; False if there is no connection to write it to."""
        return self.send_payload(encode(message))

    def send_payload(self, payload: bytes) -> bool:
        if not self.connected_now:
            return False
        self.transport.write(line(payload))
        return True

    def fail(self, why: str) -> None:
        """Break the connection, for this reason."""
        self._bye = self._bye or why
        if self.connected_now:
            self.connected_now = False
            self.transport.abortConnection()

    def pause(self) -> None:
        """Read no more for now. Harmless when repeated, as is `resume`."""
        if self.connected_now and not self._paused:
            self._paused = True
            self.transport.pauseProducing()

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            if self.connected_now:
                self.transport.resumeProducing()

    def close(self) -> None:
        """End it once everything is written."""
        if self.connected_now:
            self.connected_now = False
            self.transport.loseConnection()

    # ------------------------------------------------------------ inside

    def _payload(self, payload: bytes) -> None:
        try:
            message = decode_server(payload)
        except BadMessage as bad:
            if bad.code == "unknown-type":
                # A later server may say more than we know.
                self.log.debug("unknown message: {why}", why=bad.sentence)
            elif self.hello is None:
                self.fail("What answers there does not speak this protocol.")
            else:
                self.log.info("the server said something odd: {why}", why=bad.sentence)
            return
        if isinstance(message, Ping):
            self.send(Pong(ref=message.ref))
        elif isinstance(message, Bye):
            self._bye = message.text or message.code
            self.on_message(message)
        elif isinstance(message, Hello):
            if self.hello is None:
                self.hello = message
                self.greeting.callback(message)
        elif not isinstance(message, Pong):
            self.on_message(message)

    def _watch(self) -> None:
        self._timer = self._clock.callLater(PING_TIMEOUT if self._asked else PING_INTERVAL, self._look)

    def _look(self) -> None:
        if self._paused:
            # What has come is not known.
            self._asked = False
        elif self._asked:
            self.fail("The server was silent for too long.")
            return
        if not self._heard and self.hello is not None and not self._paused:
            self._asked = True
            self.send(Ping())
        self._heard = False
        self._watch()


class ConnectionEnded(Exception):
    """The server closed the connection and said why."""


def _nothing(what: object) -> None:
    """Nobody listens yet."""


def explain(reason: Failure) -> str:
    """Why a connection could not be made or was lost, in a sentence for people."""
    if reason.check(error.ConnectionDone):
        return "The server closed the connection."
    if reason.check(VerificationError):
        return "The server's certificate is for another name."
    if reason.check(SSL.Error):
        arguments = getattr(reason.value, "args", ())
        details = "; ".join(str(part[-1]) for part in (arguments[0] if arguments else ()) if part)
        return f"TLS failed: {details or 'the connection was cut'}."
    if reason.check(error.DNSLookupError):
        return "There is no host of this name."
    if reason.check(error.ConnectionRefusedError):
        return "Nobody listens there (connection refused)."
    if reason.check(error.TimeoutError):
        return "Nobody answers there (timed out)."
    if reason.check(error.ConnectionLost, error.ConnectionAborted):
        return "The connection was lost."
    return f"{reason.getErrorMessage().rstrip('.')}."
