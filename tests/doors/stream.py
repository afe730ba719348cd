"""Lines over a socket, with everything said kept for when a test fails."""

import contextlib
from collections.abc import Callable
from typing import Any

from OpenSSL import SSL
from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.protocol import connectionDone
from twisted.internet.ssl import CertificateOptions
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

reactor: Any = installed_reactor

#: Seconds a test waits for something that must come.
PATIENCE = 60.0


class Stream(LineReceiver):
    """A client's connection."""

    delimiter = b"\n"
    MAX_LENGTH = 1 << 20

    def __init__(self) -> None:
        self.on_line: Callable[[bytes], None] = lambda line: None
        self.on_lost: Callable[[], None] = lambda: None
        self.transcript: list[str] = []
        self.alive = True
        self._waiting: list[tuple[Callable[[], bool], Deferred[None]]] = []

    def lineReceived(self, line: bytes) -> None:
        line = line.removesuffix(b"\r")
        self.transcript.append(f"S: {line.decode(errors='replace')}")
        del self.transcript[:-200]
        self.on_line(line)
        self.look()

    def look(self) -> None:
        """See who of those that wait need wait no longer."""
        for waiting in [each for each in self._waiting if each[0]()]:
            self._waiting.remove(waiting)
            waiting[1].callback(None)

    def say(self, line: str) -> None:
        self.transcript.append(f"C: {line}")
        self.sendLine(line.encode())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.alive = False
        self.on_lost()
        self.look()
        for _, waiting in self._waiting:
            waiting.errback(AssertionError("the connection was lost:\n" + self.shown()))
        self._waiting.clear()

    def abort(self) -> None:
        if self.transport is not None and self.alive:
            self.transport.abortConnection()  # type: ignore[attr-defined]

    @property
    def port(self) -> int:
        """Its own port, as the daemon sees it."""
        assert self.transport is not None
        return int(self.transport.getHost().port)  # type: ignore[attr-defined]

    def shown(self) -> str:
        """The end of what was said."""
        return "\n".join(self.transcript[-30:])

    async def until(self, what: str, true: Callable[[], bool]) -> None:
        """Wait until `true()`. Raises AssertionError with what was said when it does not come."""
        if true():
            return
        waiting: Deferred[None] = Deferred()
        self._waiting.append((true, waiting))
        late = reactor.callLater(PATIENCE, self._late, waiting, what)
        try:
            await waiting
        finally:
            with contextlib.suppress(ValueError, AssertionError):
                if late.active():
                    late.cancel()

    def _late(self, waiting: "Deferred[None]", what: str) -> None:
        self._waiting = [each for each in self._waiting if each[1] is not waiting]
        waiting.errback(AssertionError(f"waited in vain for {what}:\n{self.shown()}"))


async def connected(
    port: int, *, tls: bool = False, certificate: CertificateOptions | None = None, source: str = ""
) -> Stream:
    """Connect to a port of this machine, from the loopback address `source`."""
    endpoint: Any = HostnameEndpoint(reactor, "127.0.0.1", port, bindAddress=source or None)
    if tls:
        endpoint = wrapClientTLS(any_server(certificate or CertificateOptions()), endpoint)
    stream = Stream()
    await connectProtocol(endpoint, stream)
    return stream


@implementer(IOpenSSLClientConnectionCreator)
class _AnyServer:
    """TLS without looking at the server's certificate: the tests' daemons sign their own."""

    def __init__(self, options: CertificateOptions) -> None:
        self._options = options

    def clientConnectionForTLS(self, protocol: Any) -> Any:
        connection = SSL.Connection(self._options.getContext(), None)
        connection.set_app_data(protocol)
        return connection


def any_server(options: CertificateOptions) -> IOpenSSLClientConnectionCreator:
    """A creator of TLS connections to the tests' daemons."""
    creator: IOpenSSLClientConnectionCreator = _AnyServer(options)
    return creator
