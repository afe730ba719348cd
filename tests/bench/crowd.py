"""A crowd in one room by IRC: all enter, ask who is there, half of them vanish at once, as in a netsplit, and return.

What this costs is told by counting the lines that must arrive: everybody who is there hears of everybody who comes and
goes. Slower than the generator in C, which does not matter: only the server's CPU time counts, and nothing is timed.
"""

import selectors
import socket
import time
from collections.abc import Callable

from tests.bench.clients import Clients
from tests.bench.load import Void

_ROOM = "#r0"
#: What is measured.
STEPS = ("entering", "NAMES", "vanishing", "returning")
#: Seconds for each step.
PATIENCE = 60.0
#: How often NAMES is asked.
ASKED = 20


class _Client:
    """One connection; counts what it hears."""

    def __init__(self, number: int, port: int, password: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.rest = b""
        # With the first letters of a nick: "There are 366 users" is said, too.
        self.heard = {b" 001 u0": 0, b" 366 u0": 0, b" JOIN ": 0, b" QUIT ": 0}
        name = f"u{number:05}"
        words = f"PASS {password}\r\n" if password else ""
        self.say(f"{words}NICK {name}\r\nUSER {name} 0 * :{name}")

    def say(self, line: str) -> None:
        self.socket.sendall(line.encode() + b"\r\n")

    def hear(self) -> None:
        data = self.socket.recv(1 << 18)
        if not data:
            raise Void("the server hung up")
        lines, end, self.rest = (self.rest + data).rpartition(b"\n")
        if end:
            for token in self.heard:
                self.heard[token] += lines.count(token)
            # ``twistd words`` says so of those whose connection is lost.
            self.heard[b" QUIT "] += lines.count(b" PART ")
            if b"\nPING " in b"\n" + lines:
                for line in lines.splitlines():
                    if line.startswith(b"PING "):
                        self.socket.sendall(b"PONG " + line[5:] + b"\r\n")


class Crowd(Clients[_Client]):
    """`people` guests, or accounts u00000… with `password`, on a server of process `pid`. Used by ``with``."""

    def __init__(self, port: int, pid: int, people: int, password: str = "") -> None:
        super().__init__(pid)
        self._port = port
        self._password = password
        self.people = people

    def run(self) -> dict[str, float]:
        """CPU in µs: for each line told of those who enter, vanish and return, and for each answer to NAMES.

        Raises `Void`.
        """
        half = self.people // 2
        self._sign_on(range(self.people))
        # The first hears of one more than the second, and so on.
        entering = self.people * (self.people + 1) // 2
        vanishing = half * (self.people - half)
        returning = vanishing + half * (half + 1) // 2
        steps = {
            "entering": self._step(b" JOIN ", entering, lambda: self._enter(self._clients)),
            "NAMES": self._names(),
            "vanishing": self._step(b" QUIT ", vanishing, lambda: self._vanish(half)),
        }
        new = self._sign_on(range(half))
        steps["returning"] = self._step(b" JOIN ", returning, lambda: self._enter(new))
        return steps

    def _sign_on(self, numbers: range) -> list[_Client]:
        new = []
        for number in numbers:
            new.append(_Client(number, self._port, self._password))
            self._selector.register(new[-1].socket, selectors.EVENT_READ, new[-1])
        self._clients += new
        self._listen(b" 001 u0", len(self._clients))
        return new

    def _names(self) -> float:
        # Everybody has had an answer to JOIN; what is late of these is not to be taken for one of ours.
        self._listen(b" 366 u0", self.people)
        questions = "\r\n".join([f"NAMES {_ROOM}"] * ASKED)
        return self._step(b" 366 u0", ASKED, lambda: self._clients[0].say(questions))

    @staticmethod
    def _enter(clients: list[_Client]) -> None:
        for client in clients:
            client.say(f"JOIN {_ROOM}")

    def _vanish(self, many: int) -> None:
        for client in self._clients[:many]:
            self._selector.unregister(client.socket)
            client.socket.close()
        del self._clients[:many]

    def _step(self, token: bytes, count: int, act: Callable[[], None]) -> float:
        """The server's CPU time in µs for each of the `count` lines with `token` that `act` leads to."""
        before = self._cpu()
        act()
        # Nobody who vanishes has been told of anybody.
        self._listen(token, count + self._heard(token))
        return (self._cpu() - before) / count * 1e6

    def _heard(self, token: bytes) -> int:
        return sum(client.heard[token] for client in self._clients)

    def _listen(self, token: bytes, count: int) -> None:
        """Until all clients together have heard as many lines with `token`."""
        deadline = time.monotonic() + PATIENCE
        while (heard := self._heard(token)) < count:
            ready = self._selector.select(1.0)
            if time.monotonic() > deadline:
                raise Void(f"{count - heard} lines with{token.decode()} did not come")
            for key, _ in ready:
                key.data.hear()
        if heard > count:
            raise Void(f"{heard - count} lines with{token.decode()} too many")
