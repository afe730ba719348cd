"""Hostile requests at long polling: heads, bodies, numbers, repetitions, and what is said by them."""

import contextlib
import json
import random
from typing import Any

from tests.daemon import moments
from tests.fuzz.conversations import CONVERSATIONS
from tests.fuzz.crowd import PASSWORD, SETTINGS, Crowd
from tests.fuzz.mutations import conversation
from tests.net.polling.client import PLAIN, Http, Response, body, http, request

POLL_SETTINGS = (*SETTINGS, 'limits.request_size="4 KiB"', 'limits.request_body="96 KiB"', 'limits.poll_idle="1 s"')

#: Of a request that is right, what may be in its place.
_BODIES = (
    b"",
    b"{}",
    b"[]",
    b"null",
    b'{"ack":-1}',
    b'{"ack":1e400}',
    b'{"ack":9007199254740991,"first":9007199254740991,"messages":[1]}',
    b'{"first":0}',
    b'{"messages":[{}]}',
    b'{"messages":["\\ud800"]}',
    b'{"messages":[null,true,1.5,[],"x"]}',
    b'{"wait":-0.0}',
    b'{"wait":1e-300}',
    b'{"close":"yes"}',
    b'{"messages":[' + b"[" * 5_000 + b"]" * 5_000 + b"]}",
    b'{"messages":[' + b"[" * 40_000 + b"]" * 40_000 + b"]}",
    b'{"messages":[' + b"0," * 999 + b"0]}",
    b'{"messages":[' + b"0," * 5_000 + b"0]}",
    b'{"messages":["' + b"x" * 90_000 + b'"]}',
    b"{" * 1000,
    b"\xff\xfe\x00",
    b'{"ack":1}{"ack":2}',
    b"\xef\xbb\xbf{}",
)
#: Statuses that a request to this place may have.
_KNOWN = frozenset({200, 308, 400, 404, 405, 408, 409, 411, 413, 415, 431})


def spoilt(chance: random.Random, path: str) -> bytes:
    """A request with a body that is more or less wrong, and whole: an answer must follow."""
    path = chance.choice(
        [path, path, "/embed/poll", "/embed/poll/", path + "x", path + "/x", "/embed/poll/%00", "/embed"]
    )
    said = chance.choice(_BODIES)
    kind = chance.choice([PLAIN, PLAIN, "Content-Type: application/json", "Content-Type: multipart/form-data", "X: y"])
    headers = [kind, *chance.choice([(), (), ("Expect: 100-continue",), ("Connection: close",), ("Cookie: a=b; c",)])]
    if chance.random() < 0.2:
        length = chance.choice(["-1", "x", "9" * 20, "9" * 3000, "1e3", "+2", "0x2"])
        return request(path, None, [*headers, f"Content-Length: {length}"])
    if chance.random() < 0.1:
        sizes = [b"2\r\n{}\r\n0\r\n\r\n", b"ffffffffff\r\n", b"x\r\n"]
        return request(path, None, [*headers, "Transfer-Encoding: chunked"]) + chance.choice(sizes)
    return request(path, said, headers, chance.choice(["POST", "POST", "POST", "PUT", "OPTIONS", "GET"]))


class Line:
    """A client's way to the daemon: a connection, and another one when that is closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: Http | None = None

    async def ask(self, path: str, said: bytes) -> Response:
        connection = self._connection
        if connection is not None and connection.alive:
            # It may be closed as we are asking: then a client asks again.
            with contextlib.suppress(AssertionError):
                return await connection.ask(path, said)
        self._connection = connection = await http(self._port)
        return await connection.ask(path, said)

    def cut(self) -> None:
        if self._connection is not None:
            self._connection.cut()


class PollCrowd(Crowd):
    """Conversations that are spoilt in their words, and requests that are spoilt, lost and repeated."""

    async def client(self, number: int, chance: random.Random) -> None:
        connection = Line(self.daemon.ports["web", "tcp"])
        try:
            opened = await connection.ask("/embed/poll", b"{}")
            assert opened.status == 200, opened
            path = f"/embed/poll/{opened.object['session']}"
            if chance.random() < 0.4:
                await self._ask(chance, path)
            await self._talk(number, chance, connection, path)
        finally:
            connection.cut()

    async def _ask(self, chance: random.Random, path: str) -> None:
        """Requests that are wrong: whatever is whole is answered, and then the connection serves on or is closed."""
        connection = await http(self.daemon.ports["web", "tcp"])
        try:
            data = b"".join(spoilt(chance, path) for _ in range(chance.choice([1, 1, 3])))
            self.figures.hostile += 3
            if chance.random() < 0.2:
                connection.transport.write(data[: chance.randrange(len(data))])
                await moments(chance.random() * 0.02)
                return
            size = chance.choice([len(data), 5_000, 700])
            for at in range(0, len(data), size):
                if connection.alive:
                    connection.transport.write(data[at : at + size])
            # To what was asked for by HEAD or taken for the beginning of more, there is no body, or no answer yet.
            answer = await connection.answer()
            assert answer.status in _KNOWN, answer
            self.figures.ended += answer.status != 200
        finally:
            connection.cut()

    async def _talk(self, number: int, chance: random.Random, connection: "Line", path: str) -> None:
        seed = chance.choice([each for each in CONVERSATIONS if each.door == "native"])
        others = [list(each.lines) for each in CONVERSATIONS if each.door == "native"]
        said, hostile = conversation(chance, "native", seed.filled_in(PASSWORD, f"f{number}"), others)
        self.figures.hostile += hostile + len(said)
        ack, first = 1, 1
        while said:
            some, said = said[: chance.randrange(1, 6)], said[5:]
            messages = b",".join(_json(chance, line) for line in some)
            poll = b'{"ack":%d,"first":%d,"wait":%s,"messages":[%s]}' % (
                ack,
                first,
                chance.choice([b"0", b"0.01"]),
                messages,
            )
            if chance.random() < 0.2:
                await self._lost(chance, path, poll)
            answer = await connection.ask(path, poll)
            if answer.status == 404:
                # The daemon had the last word in an answer that was lost.
                self.figures.ended += 1
                return
            assert answer.status in (200, 400, 409, 413), (answer, poll)
            if answer.status == 200:
                heard = answer.object
                assert heard["first"] <= ack + 1 or not heard["messages"], (ack, heard)
                assert heard["ack"] >= first - 1, (first, heard)
                ack, first = heard["first"] + len(heard["messages"]) - 1, heard["ack"] + 1
                if heard.get("end"):
                    self.figures.ended += 1
                    return
        await self._last(connection, path, ack, first)

    async def _lost(self, chance: random.Random, path: str, poll: bytes) -> None:
        """The same request on a connection that is cut before, within or after it."""
        data = request(path, poll)
        other = await http(self.daemon.ports["web", "tcp"])
        other.transport.write(data[: chance.choice([len(data), chance.randrange(len(data))])])
        if chance.random() < 0.5:
            await moments(chance.random() * 0.01)
        other.cut()

    async def _last(self, connection: "Line", path: str, ack: int, first: int) -> None:
        """A session that lives answers."""
        ping: list[dict[str, Any]] = [{"type": "ping", "ref": 987654}]
        said = b""
        for _ in range(50):
            answer = await connection.ask(path, body(ack=ack, first=first, messages=ping))
            if answer.status == 404:
                self.figures.ended += 1
                return
            assert answer.status == 200, answer
            said, heard = answer.body, answer.object
            if any(each.get("ref") == 987654 for each in heard["messages"]) or heard.get("end"):
                return
            ack = heard["first"] + len(heard["messages"]) - 1
        raise AssertionError(f"no answer to a ping: {said!r}")

    async def read_books(self) -> None:
        status = await self.daemon.ask("status")
        assert status["connections"]["open"] == 2, status["connections"]
        assert status["memory"]["held"] == 0, status["memory"]


def _json(chance: random.Random, line: bytes) -> bytes:
    """A line as it may stand among messages: as it is if it is JSON; if not, now and then all the same."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        if chance.random() < 0.9:
            return json.dumps(line.decode("latin-1")).encode()
    return line
