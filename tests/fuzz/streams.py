"""Hostile lines at both stream doors."""

import random
from typing import Any

from tests.daemon import moments
from tests.doors.stream import Stream, connected
from tests.fuzz.conversations import CONVERSATIONS
from tests.fuzz.crowd import PASSWORD, Crowd
from tests.fuzz.mutations import conversation
from tests.promises.hostile import chopped

_FAREWELL = {"native": b'"type":"bye"', "irc": b"ERROR :"}
_PING = {"native": (b'\n{"type":"ping","ref":987654}\n', b'"ref":987654'), "irc": (b"\nPING 987654\n", b"987654")}

#: A listener that heard this first speaks TLS: it owes nobody an answer in words.
_TLS = 0x16


class StreamCrowd(Crowd):
    """Conversations of the seeds, spoilt."""

    async def client(self, number: int, chance: random.Random) -> None:
        seed = chance.choice(CONVERSATIONS)
        others = [list(each.lines) for each in CONVERSATIONS if each.door == seed.door]
        lines, hostile = conversation(chance, seed.door, seed.filled_in(PASSWORD, f"f{number}"), others)
        self.figures.hostile += hostile
        stream = await connected(self.daemon.ports[seed.door, "tcp"])
        try:
            await self._say(chance, seed.door, stream, lines)
        except AssertionError as error:
            raise AssertionError(f"{seed.name}: {error}") from None
        finally:
            stream.abort()

    async def _say(self, chance: random.Random, door: str, stream: Stream, lines: list[bytes]) -> None:
        heard = _Heard(stream)
        transport: Any = stream.transport
        data = b"".join(line + chance.choice([b"\n", b"\r\n"]) for line in lines)
        deaf = chance.random() < 0.05
        if deaf:
            transport.pauseProducing()
        pieces = chopped(chance, lines) if chance.random() < 0.3 else [data]
        for piece in pieces:
            if not stream.alive:
                break
            transport.write(piece)
        if deaf or data[0] == _TLS or chance.random() < 0.2:
            # Gone in the middle of it all; or half-way through a handshake, where there is nothing to say.
            await moments(chance.random() * 0.05)
            return
        ping, pong = _PING[door]
        if stream.alive:
            transport.write(ping)
        farewell = _FAREWELL[door]
        await stream.until("an answer or a farewell", lambda: not stream.alive or heard.of(pong) or heard.of(farewell))
        if heard.of(farewell):
            self.figures.ended += 1
        assert heard.of(pong) or heard.of(farewell), f"closed without a word:\n{stream.shown()}"

    async def read_books(self) -> None:
        counted = (await self.daemon.ask("status"))["connections"]
        assert counted["open"] == 2, counted


class _Heard:
    """Which of the daemon's words have come."""

    def __init__(self, stream: Stream) -> None:
        self._words: set[bytes] = set()
        stream.on_line = self._line

    def _line(self, line: bytes) -> None:
        for word in (*_FAREWELL.values(), b"987654"):
            if word in line:
                self._words.add(word)

    def of(self, word: bytes) -> bool:
        return any(word.endswith(each) or each in word for each in self._words)
