"""HTTP as a browser speaks it: one request after the other on a connection that stays, answers by their lengths."""

import json
from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.ssl import CertificateOptions
from twisted.python.failure import Failure

from tests.doors.stream import PATIENCE, any_server, reactor

#: With which a browser asks no leave first.
PLAIN = "Content-Type: text/plain;charset=UTF-8"


class Response:
    """One answer."""

    def __init__(self, head: str, body: bytes) -> None:
        first, *lines = head.split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        self.body = body

    @property
    def object(self) -> Any:
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"{self.status} {self.headers} {self.body[:300]!r}"


def request(path: str, body: bytes | None, headers: Sequence[str] = (PLAIN,), method: str = "POST") -> bytes:
    """A request; with body None there is none, and no length. Its host is localhost, unless `headers` say otherwise."""
    host = () if any(header.startswith("Host:") for header in headers) else ("Host: localhost",)
    lines = [f"{method} {path} HTTP/1.1", *host, *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


class Responses:
    """Answers out of bytes."""

    def __init__(self) -> None:
        self._received = b""

    def feed(self, data: bytes) -> list[Response]:
        self._received += data
        found: list[Response] = []
        while b"\r\n\r\n" in self._received:
            head, _, rest = self._received.partition(b"\r\n\r\n")
            response = Response(head.decode(), b"")
            size = int(response.headers.get("content-length", "0"))
            if len(rest) < size:
                break
            response.body, self._received = rest[:size], rest[size:]
            if response.status != 100:
                found.append(response)
        return found


class Http(Protocol):
    """A connection."""

    transport: Any

    def __init__(self) -> None:
        self.alive = True
        self.answers: list[Response] = []
        self._responses = Responses()
        self._waiting: list[Deferred[None]] = []

    def dataReceived(self, data: bytes) -> None:
        self.answers += self._responses.feed(data)
        self._wake()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.alive = False
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None)

    async def answer(self) -> Response:
        """The next answer."""
        while not self.answers:
            if not self.alive:
                raise AssertionError("the connection was closed without an answer")
            await self._event()
        return self.answers.pop(0)

    async def end(self) -> None:
        """Until it is closed."""
        while self.alive:
            await self._event()

    async def _event(self) -> None:
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        await waiting.addTimeout(PATIENCE, reactor)

    async def ask(
        self, path: str, body: bytes | None, headers: Sequence[str] = (PLAIN,), method: str = "POST"
    ) -> Response:
        self.transport.write(request(path, body, headers, method))
        return await self.answer()

    def cut(self) -> None:
        if self.alive:
            self.transport.abortConnection()


async def http(port: int, source: str = "", *, tls: bool = False) -> Http:
    """Connect to a web listener of this machine, from the loopback address `source`."""
    connection = Http()
    endpoint: Any = HostnameEndpoint(reactor, "127.0.0.1", port, bindAddress=source or None)
    if tls:
        endpoint = wrapClientTLS(any_server(CertificateOptions()), endpoint)
    await connectProtocol(endpoint, connection)
    return connection


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()
