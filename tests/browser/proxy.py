"""A proxy between browser and daemon, of the kind that breaks WebSockets, and of which a test can cut the lines."""

from tests.peers.cable import Cable, Wire


class _Breaking(Wire):
    """Hangs up on who asks for another protocol (RFC 9110 section 7.8), as proxies do that do not know it."""

    factory: "Proxy"

    def dataReceived(self, data: bytes) -> None:
        # A WebSocket begins a connection, and a browser sends its head in one piece.
        if self.factory.breaking and b"upgrade: websocket" in data[:4096].lower():
            self.factory.broken += 1
            self.transport.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            self.transport.loseConnection()
            return
        super().dataReceived(data)


class Proxy(Cable):
    """As a cable; `breaking` makes WebSockets fail, and `broken` counts them."""

    protocol = _Breaking

    def __init__(self, to: int, *, breaking: bool = False) -> None:
        super().__init__(to)
        self.breaking = breaking
        self.broken = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.here}"
