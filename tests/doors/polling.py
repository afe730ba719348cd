"""A connection by long polling (docs/protocols/web.md): requests of HTTP/1.1, by code of the test's own.

At most two requests are under way: one that waits, and one that says something, which has the first answered. Each
holds all that no answer has acknowledged yet, so that whichever is lost can be sent again, or not.
"""

import contextlib
import json
from collections.abc import Callable
from typing import Any

from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from tests.doors.stream import Stream, reactor

#: Bytes of what is said in one request, about.
_AT_ONCE = 60_000
#: Seconds before a request that was lost is sent again.
_PAUSE = 0.01
#: Seconds a poll waits, unless a test wants otherwise.
WAIT = 20.0


class Answer:
    """Of HTTP."""

    def __init__(self, status: int, head: str, body: bytes) -> None:
        self.status = status
        self.head = head
        self.body = body


class HttpConnection(Protocol):
    """One connection, kept between requests; strict about answers. `done` is told of each answer, or None when the
    connection ended without one."""

    def __init__(self) -> None:
        self.done: Callable[[Answer | None], None] | None = None
        self.open = False
        self._received = b""

    def connectionMade(self) -> None:
        self.open = True

    def ask(self, request: bytes, done: Callable[[Answer | None], None]) -> None:
        """Send a whole request."""
        assert self.done is None, "one request at a time"
        assert self.transport is not None
        self.done = done
        self.transport.write(request)

    def dataReceived(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        text = head.decode()
        lines = text.split("\r\n")
        assert lines[0].startswith("HTTP/1.1 "), lines[0]
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        length = int(fields["content-length"])
        if len(body) < length:
            return
        assert len(body) == length, f"more than was announced: {body!r}"
        self._received = b""
        if fields.get("connection", "").lower() == "close":
            # Not to be used again.
            self.open = False
        self._tell(Answer(int(lines[0].split()[1]), text, body))

    def _tell(self, answer: Answer | None) -> None:
        done, self.done = self.done, None
        if done is not None:
            done(answer)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.open = False
        self._tell(None)

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined]


def request(path: str, body: bytes, headers: tuple[str, ...]) -> bytes:
    """A POST as a browser sends it to another origin without asking leave."""
    head = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: text/plain;charset=UTF-8"]
    return "\r\n".join([*head, *headers, f"Content-Length: {len(body)}", "", ""]).encode() + body


class PollStream(Stream):
    """A session by polling that looks like a stream of lines. Its connections come from the address `source`."""

    def __init__(self, port: int, headers: tuple[str, ...] = (), *, source: str = "") -> None:
        super().__init__()
        self._to = port
        self._headers = headers
        self._source = source
        self.session = ""
        #: Its connections, and whether each is under way.
        self._connections: list[HttpConnection] = []
        self._under_way = 0
        #: What no answer has acknowledged, and the number of the first of it.
        self._saying: list[str] = []
        self._first = 1
        #: How much of it has been sent, by number.
        self._sent = 0
        self._heard = 0
        self._paused = False
        #: Requests, and how many of them had no answer.
        self.requests = 0
        self.repeated = 0
        self._own_port = 0
        self._ask()

    # ------------------------------------------------------------ as a stream

    @property
    def port(self) -> int:
        """Its port when it opened the session."""
        return self._own_port

    def say(self, line: str) -> None:
        # An empty line shows a stream that it is plain; here that is known.
        for each in line.splitlines():
            if each:
                self.transcript.append(f"C: {each}")
                self._saying.append(each)
        self._go()

    def abort(self) -> None:
        """Gone without a word: no request follows."""
        self._end()

    def pause(self) -> None:
        """Ask no more, and read no answers."""
        self._paused = True
        for each in self._connections:
            if each.open and each.transport is not None:
                each.transport.pauseProducing()  # type: ignore[attr-defined]

    def rest(self) -> None:
        """Ask no more, but hear what was asked for."""
        self._paused = True

    def resume(self) -> None:
        """Read on, and go on asking."""
        self._paused = False
        for each in self._connections:
            if each.open and each.transport is not None:
                each.transport.resumeProducing()  # type: ignore[attr-defined]
        self._go()

    # ------------------------------------------------------------ requests

    def _go(self) -> None:
        """Say what has not been said, or poll, as there is occasion."""
        if not self.alive or self._paused or not self.session:
            return
        news = self._first + len(self._saying) - 1 > self._sent
        if self._under_way == 0 or (news and self._under_way < 2):
            self._ask()

    def _ask(self) -> None:
        self._under_way += 1
        self.requests += 1
        reactor.callLater(0, self._send)

    def _send(self) -> None:
        """All that is to be said by now."""
        if not self.alive:
            return
        body: dict[str, Any] = {}
        path = "/embed/poll"
        if self.session:
            path += f"/{self.session}"
            body = {"ack": self._heard, "wait": WAIT}
            said: list[str] = []
            size = 0
            for each in self._saying:
                size += len(each.encode())
                if said and size > _AT_ONCE:
                    break
                said.append(each)
            if said:
                body |= {"first": self._first, "messages": "@"}
                self._sent = max(self._sent, self._first + len(said) - 1)
            text = json.dumps(body).replace('"@"', f"[{','.join(said)}]")
        else:
            text = "{}"
        self._on_connection(request(path, text.encode(), self._headers))

    def _on_connection(self, data: bytes) -> None:
        self._connections = [each for each in self._connections if each.open]
        for each in self._connections:
            if each.done is None:
                each.ask(data, self._answered)
                return
        endpoint = HostnameEndpoint(reactor, "127.0.0.1", self._to, bindAddress=self._source or None)
        connection = HttpConnection()

        def made(_: Any) -> None:
            if not self.alive:
                connection.abort()
                return
            assert connection.transport is not None
            self._own_port = self._own_port or connection.transport.getHost().port  # type: ignore[attr-defined]
            self._connections.append(connection)
            connection.ask(data, self._answered)

        # Nobody is there any more.
        connectProtocol(endpoint, connection).addCallbacks(made, lambda failure: self._end())

    def _answered(self, answer: Answer | None) -> None:
        self._under_way -= 1
        if not self.alive:
            return
        if answer is None:
            self.repeated += 1
            # So that all of it is sent again.
            self._sent = self._first - 1
            reactor.callLater(_PAUSE, self._again)
            return
        if answer.status != 200:
            self.transcript.append(f"S: {answer.head}\n{answer.body.decode()}")
            self._end()
            return
        self._heed(json.loads(answer.body))

    def _again(self) -> None:
        """A request was lost: perhaps before the server had it, perhaps after it answered."""
        if self.session:
            self._go()
        elif self.alive:
            self._ask()

    def _heed(self, answer: dict[str, Any]) -> None:
        self.session = answer.get("session", self.session)
        taken = answer["ack"] - self._first + 1
        if taken > 0:
            del self._saying[:taken]
            self._first += taken
        self._sent = max(self._sent, self._first - 1)
        for number, message in enumerate(answer["messages"], answer["first"]):
            if number > self._heard and self.alive:
                self._heard = number
                self.lineReceived(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode())
        if answer.get("end"):
            self._end()
        else:
            self._go()

    def _end(self) -> None:
        if not self.alive:
            return
        # Before `look` tells those who wait.
        self.alive = False
        for each in self._connections:
            with contextlib.suppress(AttributeError):
                each.abort()
        self.connectionLost()
