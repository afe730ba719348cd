"""Hostile requests and frames at the web listener."""

import base64
import random
import struct
from collections.abc import Callable

from tests.daemon import moments
from tests.doors.stream import connected
from tests.doors.web import FROM_PAGE
from tests.doors.websocket import WebSocketStream
from tests.doors.websocket import connected as web_connected
from tests.fuzz.conversations import CONVERSATIONS
from tests.fuzz.crowd import PASSWORD, SETTINGS, Crowd
from tests.fuzz.mutations import conversation
from tests.net.websocket.client import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

FRAME_SETTINGS = (*SETTINGS, 'limits.request_size="4 KiB"', 'limits.websocket_message="200 KiB"')

#: Where there is a WebSocket, as which subprotocol, and whose conversations are had there.
_PLACES = (
    ("/", "text.ircv3.net", "irc"),
    ("/", "imd.native", "native"),
    ("/irc", "binary.ircv3.net", "irc"),
    ("/irc/", "", "irc"),
    ("/native", "imd.native", "native"),
    ("/native", "", "native"),
    ("/embed/socket", "imd.native", "native"),
    ("/embed/socket", "imd.native", "native"),
)
_PATHS = ("/", "/irc", "/native", "/embed/socket", "/embed/poll", "/health", "/no", "*", "//", "/%00", "x" * 3000)
_LINES = ("", "\r\n", "\n", "\r", " ", ":", "x", "\t", "\x00", "é", ",", '"', ";q=1", "websocket", "upgrade", "13", "*")


def requests(chance: random.Random) -> bytes:
    """The head of a request that is more or less wrong, and whole."""
    key = base64.b64encode(chance.randbytes(chance.choice([16, 16, 16, 15, 0, 300]))).decode()
    head = [
        f"{chance.choice(['GET', 'GET', 'POST', 'HEAD', 'OPTIONS', 'get', ''])} "
        f"{chance.choice(_PATHS)} "
        f"HTTP/{chance.choice(['1.1', '1.1', '1.0', '2.0', '0.9', '1.1 x', ''])}",
        "Host: localhost",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        f"Sec-WebSocket-Version: {chance.choice(['13', '13', '8', '0', 'x', ''])}",
        f"Origin: {chance.choice(['http://localhost', 'https://shop.example.org', 'null', 'http://[', 'x', 'http://localhost:1e9'])}",
        f"Sec-WebSocket-Protocol: {chance.choice(['imd.native', 'text.ircv3.net', ',,,', 'x' * 500, ''])}",
        f"Sec-WebSocket-Extensions: {chance.choice(['permessage-deflate', ';', ''])}",
        f"Content-Length: {chance.choice(['0', '0', '5', '-1', '99999999999', 'x'])}",
        f"Transfer-Encoding: {chance.choice(['identity', 'chunked', 'gzip'])}",
        f"X: {chance.choice(['', 'x' * 5000, 'é', chr(0)])}",
        " folded",
    ]
    for _ in range(chance.randrange(8)):
        del head[chance.randrange(len(head))]
    for _ in range(chance.randrange(3)):
        at = chance.randrange(len(head))
        place = chance.randrange(len(head[at]) + 1)
        head[at] = head[at][:place] + chance.choice(_LINES) + head[at][place:]
    if chance.random() < 0.1:
        head += head * 20
    data = "\r\n".join(head).encode()
    if chance.random() < 0.1:
        data = chance.randbytes(200)
    return data + b"\r\n\r\n"


def _fragments(chance: random.Random, line: bytes) -> bytes:
    cuts = sorted(chance.randrange(len(line) + 1) for _ in range(chance.randrange(1, 6)))
    parts = [line[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(line)], strict=True)]
    data = b""
    for at, part in enumerate(parts):
        data += frame(CONTINUATION if at else TEXT, part, final=at == len(parts) - 1)
        if chance.random() < 0.3:
            data += frame(chance.choice([PING, PONG]), chance.randbytes(chance.randrange(126)))
    return data


#: What is no message, or not yet, or not here.
_WRONG: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    lambda chance, line: frame(chance.randrange(16), line, bits=chance.choice([0, 0, 0x10, 0x20, 0x40, 0x70])),
    lambda chance, line: frame(TEXT, line, final=False),
    lambda chance, line: frame(CONTINUATION, line, final=chance.random() < 0.5),
    lambda chance, line: frame(
        TEXT, line + chance.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"])
    ),
    lambda chance, line: frame(BINARY, line + chance.randbytes(20)),
    lambda chance, line: bytes((0x81, min(len(line), 125))) + line[:125],
    lambda chance, line: frame(TEXT, line, length=chance.choice([126, 127])),
    lambda chance, line: struct.pack("!BBQ", 0x81, 0xFF, chance.choice([1 << 63, 1 << 40, 1 << 20, 5])) + bytes(4),
    lambda chance, line: frame(CLOSE, chance.choice([b"", b"\x03", b"\x03\xe8", b"\x03\xedx", b"\x13\x88\xff"])),
    lambda chance, line: frame(chance.choice([PING, PONG]), chance.randbytes(chance.randrange(200))),
    lambda chance, line: frame(PING) * chance.choice([10, 3000]),
    lambda chance, line: frame(TEXT, final=False) + frame(CONTINUATION, final=False) * 100,
    lambda chance, line: frame(TEXT, b"x" * chance.choice([70_000, 190_000, 300_000]), mask=b"abcd"),
    lambda chance, line: chance.randbytes(chance.randrange(1, 300)),
    lambda chance, line: frame(TEXT, line)[: chance.randrange(1, 10)],
    lambda chance, line: frame(TEXT, b"") * 50,
    lambda chance, line: frame(TEXT, line + b"\r\n" + line),
)


class FrameCrowd(Crowd):
    """Requests that are wrong, and WebSockets on which conversations are spoilt, in their words and in their frames."""

    people = (("websocket", "alice"), ("irc-websocket", "bob"))

    async def client(self, number: int, chance: random.Random) -> None:
        if chance.random() < 0.3:
            await self._ask(chance)
        else:
            await self._talk(number, chance)

    async def _ask(self, chance: random.Random) -> None:
        """Somebody whose request is wrong: whatever is whole is answered."""
        data = requests(chance)
        self.figures.hostile += data.count(b"\n")
        stream = await connected(self.daemon.ports["web", "tcp"])
        try:
            assert stream.transport is not None
            if chance.random() < 0.2:
                stream.transport.write(data[: chance.randrange(len(data))])
                await moments(chance.random() * 0.02)
                return
            stream.setRawMode()
            heard = bytearray()

            def hear(more: bytes) -> None:
                heard.extend(more)
                stream.look()

            stream.rawDataReceived = hear  # type: ignore[method-assign]
            for at in range(0, len(data), size := chance.choice([len(data), 1000, 50])):
                if stream.alive:
                    stream.transport.write(data[at : at + size])
            await stream.until("an answer", lambda: b"\r\n\r\n" in heard or not stream.alive)
            assert heard.startswith(b"HTTP/1."), (data, bytes(heard))
            self.figures.ended += not heard.startswith(b"HTTP/1.1 101")
        finally:
            stream.abort()

    async def _talk(self, number: int, chance: random.Random) -> None:
        """Somebody who gets in, and says things: an answer follows, or a Close with the reason."""
        path, subprotocol, door = chance.choice(_PLACES)
        seed = chance.choice([each for each in CONVERSATIONS if each.door == door])
        others = [list(each.lines) for each in CONVERSATIONS if each.door == door]
        said, hostile = conversation(chance, door, seed.filled_in(PASSWORD, f"f{number}"), others)
        pieces = []
        for line in said:
            pieces.append(_fragments(chance, line) if chance.random() < 0.2 else frame(TEXT, line[:65_000]))
            if chance.random() < 0.1:
                pieces.append(chance.choice(_WRONG)(chance, line))
        self.figures.hostile += hostile + len(pieces)
        headers = FROM_PAGE if path.startswith("/embed") else ()
        stream = await web_connected(self.daemon.ports["web", "tcp"], path, subprotocol, headers=headers)
        try:
            await stream.until("the answer", lambda: bool(stream.answer))
            assert stream.open, stream.answer
            await self._say(chance, stream, pieces)
        except AssertionError as error:
            raise AssertionError(f"{path} {subprotocol}, {seed.name}: {error}") from None
        finally:
            stream.abort()

    async def _say(self, chance: random.Random, stream: WebSocketStream, pieces: list[bytes]) -> None:
        data = b"".join(pieces)
        size = chance.choice([len(data), 10_000, 300]) or 1
        for at in range(0, len(data), size):
            if stream.alive:
                stream.write(data[at : at + size])
        if chance.random() < 0.2:
            await moments(chance.random() * 0.05)
            return
        # If a frame was cut off, this is taken for the rest of it; then there is nothing to wait for.
        if stream.alive:
            stream.write(frame(PING, b"987654"))
            stream.write(bytes(300_000) + frame(PING, b"987654"))

        def over() -> bool:
            return not stream.alive or stream.closed is not None or (PONG, b"987654") in stream.controls

        await stream.until("a pong or a Close", over)
        if stream.closed is not None:
            self.figures.ended += 1
            code, _ = stream.closed
            assert code in (1000, 1002, 1003, 1007, 1008, 1009) or code >= 3000, stream.closed
        else:
            assert (PONG, b"987654") in stream.controls, f"closed without a word:\n{stream.shown()}"

    async def read_books(self) -> None:
        status = await self.daemon.ask("status")
        assert status["connections"]["open"] == 2, status["connections"]
        assert status["memory"]["held"] == 0, status["memory"]
