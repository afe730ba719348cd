"""The native and the IRC door over WebSocket: the same clients, their lines as text messages.

The client's side of RFC 6455 is the test's own, strict about what a server may send.
"""

import base64
import os
from typing import Any

from twisted.internet.endpoints import HostnameEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.ssl import CertificateOptions

from tests.doors.irc import IrcDriver
from tests.doors.native import NativeDriver
from tests.doors.stream import Stream, any_server, reactor
from tests.net.websocket.client import BINARY, CLOSE, PING, PONG, TEXT, frame


class WebSocketStream(Stream):
    """A connection over WebSocket that looks like a stream of lines."""

    def __init__(self, path: str = "/", subprotocol: str = "", headers: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._path = path
        self.subprotocol = subprotocol
        self._headers = headers
        self._early: list[bytes] = []
        self._received = b""
        #: The head of the server's answer.
        self.answer = ""
        #: With what it masks; None: something else each time, as it should be.
        self.mask: bytes | None = None
        #: Said before the request.
        self.first = b""
        #: Answer pings; a test switches it off to play dead.
        self.ponging = True
        #: The code and reason the server closed with.
        self.closed: tuple[int, str] | None = None
        #: Pings and pongs of the server.
        self.controls: list[tuple[int, bytes]] = []

    @property
    def open(self) -> bool:
        """Whether it is a WebSocket."""
        return self.answer.startswith("HTTP/1.1 101 ")

    def connectionMade(self) -> None:
        head = [f"GET {self._path} HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade"]
        if not any(header.startswith("Host:") for header in self._headers):
            head.append("Host: localhost")
        head += [f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", "Sec-WebSocket-Version: 13"]
        if self.subprotocol:
            head.append(f"Sec-WebSocket-Protocol: {self.subprotocol}")
        self.write(self.first + "\r\n".join([*head, *self._headers, "", ""]).encode())

    def write(self, data: bytes) -> None:
        """Bytes as they are."""
        assert self.transport is not None
        self.transport.write(data)

    def say(self, line: str) -> None:
        # An empty line shows a stream that it is plain; here that is known.
        if line:
            self.transcript.append(f"C: {line}")
            self.sendLine(line.encode())

    def sendLine(self, line: bytes) -> None:
        """Lines, each of which is a message."""
        kind = BINARY if self.subprotocol == "binary.ircv3.net" else TEXT
        for each in line.splitlines():
            if each:
                self.put(frame(kind, each, mask=self.mask))

    def put(self, data: bytes) -> None:
        """Frames, once it is a WebSocket."""
        if self.open:
            self.write(data)
        else:
            self._early.append(data)

    def dataReceived(self, data: bytes) -> None:
        self._received += data
        if not self.answer:
            head, end, rest = self._received.partition(b"\r\n\r\n")
            if not end:
                return
            self.answer, self._received = head.decode(), rest
            self.transcript.append(f"S: {self.answer}")
            if self.open:
                self.write(b"".join(self._early))
                self.look()
        if not self.open:
            self.transcript.append(f"S: {self._received.decode()}")
            self._received = b""
            self.look()
            return
        while (found := self._frame()) is not None:
            self._read(*found)

    def _frame(self) -> tuple[int, bytes] | None:
        """The next frame, taken from what was received."""
        data = self._received
        if len(data) < 2:
            return None
        assert data[0] & 0xF0 == 0x80, "fragments or reserved bits"
        assert data[1] < 0x80, "a server does not mask"
        size, at = data[1], 2
        if size >= 126:
            at = 4 if size == 126 else 10
            if len(data) < at:
                return None
            size = int.from_bytes(data[2:at])
        if len(data) < at + size:
            return None
        self._received = data[at + size :]
        return data[0] & 15, data[at : at + size]

    def _read(self, opcode: int, payload: bytes) -> None:
        assert self.closed is None, "something follows a Close"
        if opcode in (TEXT, BINARY):
            payload.decode()
            assert b"\n" not in payload, "a message is one line"
            self.lineReceived(payload)
        elif opcode == CLOSE:
            self.closed = int.from_bytes(payload[:2]), payload[2:].decode()
            self.write(frame(CLOSE, payload[:2], mask=self.mask))
            self.look()
        else:
            assert opcode in (PING, PONG), opcode
            self.controls.append((opcode, payload))
            if opcode == PING and self.ponging:
                self.write(frame(PONG, payload, mask=self.mask))
            self.look()


async def connected(
    port: int,
    path: str = "/",
    subprotocol: str = "",
    *,
    source: str = "",
    tls: bool = False,
    headers: tuple[str, ...] = (),
) -> WebSocketStream:
    """Connect to the web listener's port, from the loopback address `source`, and ask for a WebSocket."""
    endpoint: Any = HostnameEndpoint(reactor, "127.0.0.1", port, bindAddress=source or None)
    if tls:
        endpoint = wrapClientTLS(any_server(CertificateOptions()), endpoint)
    stream = WebSocketStream(path, subprotocol, headers)
    await connectProtocol(endpoint, stream)
    return stream


class NativeWebDriver(NativeDriver):
    """At its own path."""

    door = "websocket"
    listener = "web"

    @classmethod
    async def dial(cls, port: int, *, source: str = "") -> Stream:
        return await connected(port, "/native", "imd.native", source=source)


class IrcWebDriver(IrcDriver):
    """As a generic web client does: at ``/``, by its subprotocol."""

    door = "irc-websocket"
    listener = "web"

    @classmethod
    async def dial(cls, port: int, *, source: str = "") -> Stream:
        return await connected(port, "/", "text.ircv3.net", source=source)
