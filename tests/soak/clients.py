"""The client programs: the doors' drivers, made light enough for a thousand, telling their device what comes.

Nothing is kept that is not needed: no lists of lines and events that would grow for an hour.
"""

import json
import re
from collections import deque
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.ssl import CertificateOptions

from tests.daemon import RunningDaemon, moments
from tests.doors import websocket
from tests.doors.driver import Outcome, Seen, SignOnFailed, reactor
from tests.doors.irc import IrcDriver, IrcLine
from tests.doors.native import NativeDriver
from tests.doors.polling import PollStream
from tests.doors.stream import PATIENCE, Stream, connected
from tests.doors.udp import Datagrams
from tests.doors.web import FROM_PAGE
from tests.soak.plan import DATAGRAM, NATIVE, POLLING

#: Lines an IRC client looks back at.
_LINES = 50

#: One context for all TLS clients: each would cost as much as the handshake.
_TLS = CertificateOptions()

#: The token of a PING that asks for confirmation, not for a sign of life.
_BARRIER = re.compile(r"[0-9a-f]{17,}\Z")

#: BuddyServ at sign-on: ``Online: alice, bob (away)``.
_ONLINE = re.compile(r"(?P<name>\S+)(?: \((?P<state>[^)]*)\))?\Z")
_WORDS = {"away for a while": "extended-away"}


class Ears(Protocol):
    """Whom a client tells."""

    def private(self, sender: str, to: str, id: str, body: str, *, repeat: bool) -> None: ...

    def confirmed(self) -> None:
        """Everything that has come so far has been confirmed to the daemon."""

    def room(self, room: str, id: str, body: str) -> None: ...

    def parted(self, room: str) -> None:
        """Its person has left the room, by this client or another one of hers."""

    def saw(self, seen: list[Seen], *, coming: bool = False) -> None:
        """`coming`: that they are on is all that was said; how they are was, or will be."""


class NativeClient(NativeDriver):
    """By whatever transport."""

    ears: Ears

    def line(self, line: bytes) -> None:
        message = json.loads(line)
        if message["type"] == "message":
            sender, to = message["from"].partition("@")[0], message["to"].partition("@")[0]
            if to.startswith("#"):
                self.ears.room(to, message["id"], message["body"])
            else:
                self.ears.private(sender, to, message["id"], message["body"], repeat=message.get("repeat", False))
                self.tell({"type": "ack", "ids": [message["id"]]})
                self.ears.confirmed()
            return
        if message["type"] == "room-parted" and message["who"].partition("@")[0] == self.name:
            self.ears.parted(message["room"])
        super().line(line)
        self.events.clear()
        self.look()

    async def patiently(self, message: dict[str, Any]) -> dict[str, Any]:
        """The answer, however often the daemon says that it is asked too fast: who audits is faster than people."""
        while True:
            answer = await self.ask(message).addTimeout(PATIENCE, reactor)
            if answer.get("code") != "too-fast":
                return answer
            await moments(answer["retry_after"])

    async def barrier(self) -> None:
        await self.patiently({"type": "ping"})

    def look(self) -> None:
        """Pass on what was seen of others."""
        if self.seen:
            seen, self.seen = self.seen, []
            self.ears.saw(seen)

    async def take_over(self, token: str, session: str, **more: Any) -> None:
        """Sign on by a token, in place of an earlier session. Raises `SignOnFailed`; then `enter` may follow."""
        self.stream.say("")
        await self.until("hello", lambda: self.hello is not None)
        again = {"type": "resume", "token": token, "session": session, "client": "test", "version": "1", **more}
        answer = await self.ask(again)
        if answer["type"] != "welcome":
            raise SignOnFailed(str(answer))
        self.welcome = answer
        for view in answer.get("presence", []):
            self.seen.append(self._seen(view))

    async def visit(self, secret: str, **more: Any) -> str:
        """Sign on as a visitor of the tests' site; her secret. Raises `SignOnFailed`."""
        await self.until("hello", lambda: self.hello is not None)
        answer = await self.ask({"type": "visit", **({"secret": secret} if secret else {})})
        if answer["type"] != "authenticated":
            raise SignOnFailed(str(answer))
        self.name = answer["address"].partition("@")[0]
        opened = await self.ask({"type": "session", "client": "test", "version": "1", **more})
        if opened["type"] != "welcome":
            raise SignOnFailed(str(opened))
        self.welcome = opened
        return str(answer["secret"])


class IrcClient(IrcDriver):
    """With the usual capabilities."""

    ears: Ears

    def __init__(self, stream: Stream, name: str) -> None:
        super().__init__(stream, name)
        #: Labelled answers of several lines: reference of the batch → label.
        self._batches: dict[str, str] = {}

    def line(self, line: bytes) -> None:
        super().line(line)
        parsed = self.lines[-1]
        del self.lines[:-_LINES]
        if parsed.command == "PING":
            if _BARRIER.match(parsed.params[-1]):
                self.ears.confirmed()
        elif parsed.command == "BATCH" and parsed.params[0].startswith("-"):
            self._batches.pop(parsed.params[0][1:], None)
        elif parsed.tags.get("batch") in self._batches:
            parsed.tags["label"] = self._batches[parsed.tags["batch"]]
            self._answered(parsed)
        elif parsed.command == "PRIVMSG" and parsed.params[0].startswith("#") and "label" not in parsed.tags:
            self.ears.room(parsed.params[0], parsed.tags.get("msgid", ""), parsed.params[1])
        elif (
            parsed.command == "PRIVMSG" and parsed.nick == self.name != parsed.params[0] and "label" not in parsed.tags
        ):
            # Said by another client of hers.
            self.ears.private(
                parsed.nick, parsed.params[0], parsed.tags.get("msgid", ""), parsed.params[1], repeat=False
            )
        elif parsed.command == "PART" and parsed.nick == self.name:
            self.ears.parted(parsed.params[0])
        elif parsed.command == "NOTICE" and parsed.nick == "BuddyServ" and parsed.params[1].startswith("Online: "):
            self._online(parsed.params[1].removeprefix("Online: "))
        if self.seen:
            seen, self.seen = self.seen, []
            self.ears.saw(seen, coming=parsed.command == "730")

    def _online(self, names: str) -> None:
        for each in names.split(", "):
            match = _ONLINE.match(each)
            assert match is not None, names
            state = match["state"] or "available"
            self.seen.append(Seen(match["name"], _WORDS.get(state, state)))

    def _shown(self, line: IrcLine) -> None:
        if line.nick != "BuddyServ":
            repeat = any(key.endswith("repeat") for key in line.tags)
            self.ears.private(line.nick, line.params[0], line.tags.get("msgid", ""), line.params[1], repeat=repeat)

    def _answered(self, line: IrcLine) -> None:
        if line.command == "BATCH":
            self._batches[line.params[0][1:]] = line.tags["label"]
        else:
            super()._answered(line)


class BareClient(IrcClient):
    """A client of 1995. It hears only of refusals, so it asks after each message whether the daemon is done with it:
    commands are answered in order."""

    capabilities = None

    def __init__(self, stream: Stream, name: str) -> None:
        super().__init__(stream, name)
        self._open: deque[tuple[str, Deferred[Outcome]]] = deque()
        self._verdict = Outcome("accepted", "")

    def send(self, to: str, body: str) -> "Deferred[Outcome]":
        token = f"s{next(self._labels)}"
        told: Deferred[Outcome] = Deferred()
        self._open.append((token, told))
        self.say(f"PRIVMSG {to} :{body}")
        self.say(f"PING {token}")
        return told

    def line(self, line: bytes) -> None:
        super().line(line)
        parsed = self.lines[-1]
        if not self._open:
            return
        if parsed.command == "PONG" and parsed.params[-1] == self._open[0][0]:
            _, told = self._open.popleft()
            verdict, self._verdict = self._verdict, Outcome("accepted", "")
            told.callback(verdict)
        elif parsed.command in ("401", "403", "404"):
            self._verdict = Outcome("refused", "", parsed.command)
        elif parsed.command == "NOTICE" and "!" not in parsed.source:
            self._notice(parsed.params[-1])

    def _notice(self, text: str) -> None:
        if text.endswith("signs on."):
            self._verdict = Outcome("kept", "")
        elif text.startswith("PRIVMSG:"):
            self._verdict = Outcome("unknown" if "not known whether" in text else "refused", "", text)


Client = NativeClient | IrcClient


async def dial(daemon: RunningDaemon, kind: str) -> Stream:
    """A connection of this kind to the daemon."""
    if kind in DATAGRAM:
        return Datagrams(daemon, dtls=kind == "dtls", source="")
    if kind in POLLING:
        return PollStream(daemon.ports["web", "tcp"], FROM_PAGE)
    if kind in ("page", "visit"):
        port = daemon.ports["web", "tcp"]
        return await websocket.connected(port, "/embed/socket", "imd.native", headers=FROM_PAGE)
    if kind == "web":
        return await websocket.connected(daemon.ports["web", "tcp"], "/native", "imd.native")
    if kind == "ircweb":
        return await websocket.connected(daemon.ports["web", "tls"], "/irc", "text.ircv3.net", tls=True)
    door = "native" if kind in NATIVE else "irc"
    secured = kind in ("tls", "ircs")
    return await connected(daemon.ports[door, "tls" if secured else "tcp"], tls=secured, certificate=_TLS)


def client_on(stream: Stream, kind: str, name: str) -> Client:
    if kind in NATIVE:
        return NativeClient(stream, name)
    return BareClient(stream, name) if kind == "bare" else IrcClient(stream, name)
