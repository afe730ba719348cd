"""Visitors of a site by long polling: what an idle one keeps, and what a message to a desk and its answer cost.

A visitor has one connection, and one request under way at most; the agents come by native TCP. Slower than the
generator in C, which does not matter: only the server's CPU time counts, and one message is under way in each pair.
"""

import base64
import json
import selectors
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.bench.clients import Clients
from tests.bench.load import Void
from tests.bench.servers import PASSWORD

_ORIGIN = "https://shop.example.org"
#: As long as the messages of the generator.
_TEXT = "x" * 100
#: So many sign on at a time.
_AT_ONCE = 50
#: Seconds for each step.
PATIENCE = 60.0

_Said = list[dict[str, Any]]


class _Client:
    """One connection. What it hears is numbered, and must come once and in its turn."""

    def __init__(self, number: int, port: int) -> None:
        self.number = number
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.welcome = False
        #: Messages that it was shown.
        self.heard = 0
        #: Whether it goes on with the talk.
        self.talking = False
        self._rest = b""

    def hear(self) -> None:
        """Read what has come, and answer it."""
        data = self.socket.recv(1 << 18)
        if not data:
            raise Void("the server hung up")
        self._rest += data
        self.heed()

    def heed(self) -> None:
        raise NotImplementedError

    def answers(self, message: dict[str, Any]) -> _Said:
        """What is said to this message of the server's."""
        kind = message["type"]
        if kind in ("error", "bye") or message.get("outcome") in ("refused", "unknown"):
            raise Void(str(message))
        self.welcome |= kind == "welcome"
        if kind != "message":
            return []
        confirmed = {"type": "ack", "ids": [message["id"]]}
        if message.get("kind", "text") != "text":
            # Of the desk itself.
            return [confirmed]
        if message["body"] != f"{self.heard} {_TEXT}":
            raise Void(f"instead of message {self.heard} came {message['body'].partition(' ')[0]!r}")
        self.heard += 1
        return [confirmed, self.said(message)] if self.talking else [confirmed]

    def said(self, answered: dict[str, Any]) -> dict[str, Any]:
        """What it says to this message."""
        raise NotImplementedError

    def saying(self, to: str, turn: int) -> dict[str, Any]:
        return {"type": "send", "ref": turn + 1, "to": to, "client_id": f"b{turn}", "body": f"{turn} {_TEXT}"}


class _Visitor(_Client):
    """Writes to the desk of her number. If she does not `wait` she polls only once she talks: by one connection."""

    def __init__(self, number: int, port: int, *, wait: bool) -> None:
        super().__init__(number, port)
        self._polls = wait
        self._session = ""
        self._taken = self._spoken = 0
        self._ask([])

    def begin(self) -> None:
        """Say the first message."""
        self.talking = self._polls = True
        self._ask([self.said({})])

    def said(self, answered: dict[str, Any]) -> dict[str, Any]:
        return self.saying(f"desk-{self.number:05}", self.heard)

    def answers(self, message: dict[str, Any]) -> _Said:
        if message["type"] == "hello":
            visit = {"type": "visit", "ref": 1}
            return [visit, {"type": "session", "ref": 2, "client": "bench", "version": "1"}]
        return super().answers(message)

    def heed(self) -> None:
        head, end, body = self._rest.partition(b"\r\n\r\n")
        if not end:
            return
        if not head.startswith(b"HTTP/1.1 200 "):
            raise Void(head.decode(errors="replace"))
        if len(body) < int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]):
            return
        self._rest = b""
        answer = json.loads(body)
        self._session = answer.get("session", self._session)
        saying: _Said = []
        for number, message in enumerate(answer["messages"], answer["first"]):
            if number > self._taken:
                self._taken = number
                saying += self.answers(message)
        if saying or self._polls or not self.welcome:
            self._ask(saying)

    def _ask(self, saying: _Said) -> None:
        path = f"/embed/poll/{self._session}" if self._session else "/embed/poll"
        body = json.dumps({"ack": self._taken, "first": self._spoken + 1, "messages": saying})
        self._spoken += len(saying)
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: {_ORIGIN}\r\nContent-Type: text/plain\r\n"
        self.socket.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())


class _Agent(_Client):
    """Answers whoever writes to the desk of the same number, by native TCP."""

    def __init__(self, number: int, port: int) -> None:
        super().__init__(number, port)
        self.talking = True
        # The first byte tells plain from TLS.
        self.socket.sendall(b"\n")

    def answers(self, message: dict[str, Any]) -> _Said:
        if message["type"] == "hello":
            plain = base64.b64encode(f"\0u{self.number:05}\0{PASSWORD}".encode()).decode()
            proof = {"type": "authenticate", "ref": 1, "mechanism": "PLAIN", "data": plain}
            return [proof]
        if message["type"] == "authenticated":
            return [{"type": "session", "ref": 2, "client": "bench", "version": "1"}]
        return super().answers(message)

    def said(self, answered: dict[str, Any]) -> dict[str, Any]:
        return self.saying(answered["from"], self.heard - 1)

    def heed(self) -> None:
        lines, _, self._rest = self._rest.rpartition(b"\n")
        said = [json.dumps(each) for line in lines.splitlines() if line for each in self.answers(json.loads(line))]
        if said:
            self.socket.sendall("".join(f"{line}\n" for line in said).encode())


class Polls(Clients[_Client]):
    """On a server of process `pid`, with a site as `tests.bench.ways.site` makes it. Used by ``with``."""

    def __init__(self, ports: dict[str, int], pid: int) -> None:
        super().__init__(pid)
        self._ports = ports
        self._pid = pid

    def arrive(self, visitors: int, settle: float) -> dict[str, float]:
        """So many come, and wait: the KiB that each keeps, and how many come per second of CPU. Raises `Void`."""
        memory, cpu = self._memory(), self._cpu()
        self._sign_on(_Visitor(number, self._ports["web"], wait=True) for number in range(visitors))
        cpu = self._cpu() - cpu
        self._go_on(settle)
        return {"memory": (self._memory() - memory) / visitors, "sign-ons": visitors / cpu}

    def talk(self, pairs: int, warmup: float, duration: float) -> dict[str, float]:
        """So many pairs talk, one message under way in each: the CPU in µs for each message. Raises `Void`."""
        numbers = range(1, 2 * pairs, 2)
        self._sign_on(_Agent(number, self._ports["native"]) for number in numbers)
        visitors = [_Visitor(number, self._ports["web"], wait=False) for number in numbers]
        self._sign_on(visitors)
        for visitor in visitors:
            visitor.begin()
        self._go_on(warmup)
        cpu, before = self._cpu(), self._delivered()
        self._go_on(duration)
        cpu, delivered = self._cpu() - cpu, self._delivered() - before
        for visitor in visitors:
            visitor.talking = False
        # Agents answer what is under way; whoever hears that says no more.
        agents = [client for client in self._clients if isinstance(client, _Agent)]
        talks = list(zip(visitors, agents, strict=True))
        if not self._until(lambda: all(visitor.heard == agent.heard for visitor, agent in talks)):
            raise Void("messages were lost")
        return {"cost": cpu / delivered * 1e6, "delivered": delivered}

    def _sign_on(self, clients: Iterable[_Client]) -> None:
        new: list[_Client] = []
        for client in clients:
            self._selector.register(client.socket, selectors.EVENT_READ, client)
            self._clients.append(client)
            new.append(client)
            if len(new) % _AT_ONCE == 0:
                self._welcome(new[-_AT_ONCE:])
        self._welcome(new)

    def _welcome(self, clients: list[_Client]) -> None:
        if not self._until(lambda: all(client.welcome for client in clients)):
            raise Void("not all were let in")

    def _go_on(self, seconds: float) -> None:
        self._until(lambda: False, seconds)

    def _until(self, done: Callable[[], bool], seconds: float = PATIENCE) -> bool:
        """Go on until it is `done`, at most for so long; whether it is."""
        end = time.monotonic() + seconds
        while not done():
            left = end - time.monotonic()
            if left <= 0:
                return False
            for key, _ in self._selector.select(min(left, 1.0)):
                key.data.hear()
        return True

    def _delivered(self) -> int:
        return sum(client.heard for client in self._clients)

    def _memory(self) -> float:
        """Resident, in KiB."""
        status = Path(f"/proc/{self._pid}/status").read_text()
        return float(status.partition("VmRSS:")[2].split()[0])
