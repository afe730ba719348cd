"""Whose connection it is, as the machine it comes from says: the Identification Protocol (RFC 1413)."""

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint, connectProtocol
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

#: RFC 1413 section 3.
PORT = 113
#: Section 5: "1*512<any octets…>"; the ports and words before it take few.
_LONGEST = 1024

__all__ = ["Ident", "user_of"]


def user_of(line: bytes, remote_port: int, local_port: int) -> str:
    """The user in a reply ``6193, 23 : USERID : UNIX : stjohns``, or "" if it names none for these ports.

    Of a name only what may stand in ``user@host`` is left (RFC 2812 section 2.3.1 "user").
    """
    ports, colon, rest = line.decode("ascii", "replace").partition(":")
    kind, _, rest = rest.partition(":")
    _, colon, name = rest.partition(":")
    try:
        theirs, ours = (int(port) for port in ports.split(","))
    except ValueError:
        return ""
    if not colon or (theirs, ours) != (remote_port, local_port) or kind.strip().upper() != "USERID":
        return ""
    name = name.strip()
    if not name or any(not ("!" < sign <= "~") or sign in "!@:*?" for sign in name):
        return ""
    return name


class _Asking(Protocol):
    def __init__(self, question: bytes) -> None:
        self._question = question
        self._heard = b""
        self.reply: Deferred[bytes] = Deferred()

    def connectionMade(self) -> None:
        if self.transport is not None:
            self.transport.write(self._question)

    def dataReceived(self, data: bytes) -> None:
        self._heard += data
        line, end, _ = self._heard.partition(b"\n")
        if end or len(self._heard) > _LONGEST:
            self._over(line if end else b"")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._over(self._heard)

    def _over(self, line: bytes) -> None:
        if not self.reply.called:
            self.reply.callback(line)
        if self.transport is not None:
            self.transport.loseConnection()


class Ident:
    """`imd.core.ports.Identification`. `timeout` bounds one question, in seconds; at most `most` are open."""

    def __init__(self, reactor: IReactorTime, timeout: float, most: int = 200, port: int = PORT) -> None:
        self.timeout = timeout
        self._reactor = reactor
        self._most = most
        self._port = port
        self._open = 0

    async def user(self, address: str, port: int, local_address: str, local_port: int) -> str:
        """Who has the connection from there, or ""."""
        if not address or self._open >= self._most:
            return ""
        self._open += 1
        asking = Deferred.fromCoroutine(self._ask(address, port, local_address, local_port))
        asking.addTimeout(self.timeout, self._reactor)
        try:
            return user_of(await asking, port, local_port)
        except (ConnectError, TimeoutError, OSError):
            return ""
        finally:
            self._open -= 1

    async def _ask(self, address: str, port: int, local_address: str, local_port: int) -> bytes:
        protocol = _Asking(b"%d, %d\r\n" % (port, local_port))
        make = TCP6ClientEndpoint if ":" in address else TCP4ClientEndpoint
        # Section 3: from the address that the connection in question came to.
        bind = (local_address, 0) if local_address else None
        endpoint = make(self._reactor, address, self._port, timeout=self.timeout, bindAddress=bind)
        await connectProtocol(endpoint, protocol)
        try:
            return await protocol.reply
        finally:
            if protocol.transport is not None:
                protocol.transport.loseConnection()
