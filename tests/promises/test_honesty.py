"""P8: bad input of any kind gets an answer in the protocol's own terms; the daemon goes on serving everyone else;
nothing that was accepted is lost.

A seeded crowd of hostile clients talks to a real daemon, in every state of a connection, while two people talk with
each other through both doors. Set ``IMD_SEED`` to try another seed.
"""

import base64
import json
import os
import random
import re
from collections.abc import Awaitable, Callable

from twisted.internet.defer import Deferred

from imd.control.wire import Refused
from tests.daemon import RunningDaemon
from tests.doors import Driver, websocket
from tests.doors.stream import Stream, connected
from tests.promises.hostile import LINES, chopped
from tests.promises.house import PASSWORD, PromiseTestCase, on_both_stores

SEED = int(os.environ.get("IMD_SEED", "20261122"))

#: Connections of hostile clients in each state, and lines on each.
CONNECTIONS = 12
LINES_EACH = 60

#: A line of the log that says something went wrong by our own fault.
FAULT = re.compile(r"Traceback|#(?:error|critical|failure)\]|Unhandled|never awaited|Internal error")

PLAIN = base64.b64encode(f"\0mallory\0{PASSWORD}".encode()).decode()

Begin = Callable[[Stream], Awaitable[None]]


async def _nothing(stream: Stream) -> None:
    """Connected, and nothing said."""


# ---------------------------------------------------------------- the native door


async def _greeted(stream: Stream) -> None:
    stream.say("")
    await stream.until("hello", lambda: said(stream, '"type":"hello"'))


async def _challenged(stream: Stream) -> None:
    await _greeted(stream)
    data = base64.b64encode(b"n,,n=mallory,r=abcdefgh").decode()
    stream.say(json.dumps({"type": "authenticate", "ref": 1, "mechanism": "SCRAM-SHA-256", "data": data}))
    await stream.until("challenge", lambda: said(stream, '"type":"challenge"'))


async def _proved(stream: Stream) -> None:
    await _greeted(stream)
    stream.say(json.dumps({"type": "authenticate", "ref": 1, "mechanism": "PLAIN", "data": PLAIN}))
    await stream.until("authenticated", lambda: said(stream, '"type":"authenticated"'))


async def _online(stream: Stream) -> None:
    await _proved(stream)
    stream.say(json.dumps({"type": "session", "ref": 2, "client": "hostile"}))
    await stream.until("welcome", lambda: said(stream, '"type":"welcome"'))


# ---------------------------------------------------------------- the IRC door


async def _negotiating(stream: Stream) -> None:
    stream.say("CAP LS 302")
    stream.say("CAP REQ :message-tags sasl labeled-response echo-message batch")
    await stream.until("ACK", lambda: said(stream, " ACK "))


async def _signing(stream: Stream) -> None:
    await _negotiating(stream)
    stream.say("AUTHENTICATE SCRAM-SHA-256")
    await stream.until("a challenge", lambda: said(stream, "AUTHENTICATE +"))


async def _account(stream: Stream) -> None:
    for line in (f"PASS mallory:{PASSWORD}", "NICK mallory", "USER m 0 * :m"):
        stream.say(line)
    await stream.until("001", lambda: said(stream, " 001 "))


async def _guest(stream: Stream) -> None:
    stream.say(f"NICK guest{id(stream) % 10**8}")
    stream.say("USER g 0 * :g")
    await stream.until("001", lambda: said(stream, " 001 "))


STATES: dict[str, tuple[Begin, ...]] = {
    "native": (_nothing, _greeted, _challenged, _proved, _online),
    "irc": (_nothing, _negotiating, _signing, _account, _guest),
}


def said(stream: Stream, what: str, begin: int = 0) -> bool:
    return any(line.startswith("S: ") and what in line for line in stream.transcript[begin:])


class Asking:
    """A wrong request and what must answer it."""

    def __init__(self, begin: Begin, line: bytes, *answers: str) -> None:
        self.begin = begin
        self.line = line
        #: All of these stand in one line of the answer.
        self.answers = answers


#: What must be answered how: a sample of every kind of wrongness, in the protocol's own terms.
ANSWERED: dict[str, list[Asking]] = {
    "native": [
        Asking(_greeted, b"nonsense", '"code":"malformed"'),
        Asking(_greeted, b"[1]", '"code":"malformed"'),
        Asking(_greeted, b'{"type":5}', '"code":"malformed"'),
        Asking(_greeted, b'{"ref":5}', '"code":"malformed"', '"ref":5'),
        Asking(_greeted, b'{"type":"fly","ref":7}', '"code":"unknown-type"', '"ref":7'),
        Asking(
            _greeted,
            b'{"type":"send","ref":8,"to":"bob","body":"x","client_id":"0"}',
            '"code":"wrong-state"',
            '"ref":8',
        ),
        Asking(_greeted, b'{"type":"authenticate","ref":9,"mechanism":"X","data":""}', '"type":"error"', '"ref":9'),
        Asking(_greeted, b"x" * 100_000, '"code":"too-long"'),
        Asking(_greeted, b"\xff\xfe", '"code":"malformed"'),
        Asking(_greeted, b"\0\0\0", '"code":"malformed"'),
        Asking(_challenged, b'{"type":"response","ref":3,"data":"!"}', '"type":"error"', '"ref":3'),
        Asking(
            _proved, b'{"type":"send","ref":3,"to":"bob","body":"x","client_id":"0"}', '"code":"wrong-state"', '"ref":3'
        ),
        Asking(_online, b'{"type":"send","ref":3,"to":5,"body":"x"}', '"code":"malformed"', '"ref":3'),
        Asking(_online, b'{"type":"send","ref":4,"to":"bob"}', '"code":"malformed"', '"ref":4'),
        Asking(_online, b'{"type":"send","ref":5,"to":"bob","body":"\\ud800","client_id":"1"}', '"code":"malformed"'),
        Asking(_online, b'{"type":"send","ref":6,"to":"\\ud800","body":"x","client_id":"2"}', '"type":"error"'),
        Asking(_online, b'{"type":"roster-ask","ref":6,"name":"\\ud800"}', '"type":"error"'),
        Asking(_online, b'{"type":"get-presence","ref":6,"name":"a\\udfffb"}', '"type":"error"'),
        Asking(_online, b'{"type":"join","ref":6,"room":"#\\ud800"}', '"type":"error"'),
        Asking(_online, b'{"type":"set-realname","ref":6,"realname":"\\ud800"}', '"type":"error"'),
        Asking(_online, b'{"type":"set-presence","ref":6,"state":"away","text":"\\ud800"}', '"type":"error"'),
        Asking(_online, b"[" * 60_000, '"code":"malformed"'),
        Asking(_online, b'{"type":"ping","ref":1e999}', '"code":"malformed"'),
        Asking(_online, b'{"type":"send","ref":7,"to":"nobody","body":"x","client_id":"3"}', '"no-such-account"'),
    ],
    "irc": [
        Asking(_nothing, b"JOIN #x", " 451 "),
        Asking(_nothing, b"FLY", " 451 "),
        Asking(_nothing, b"NICK", " 431 "),
        Asking(_nothing, b"NICK 1\x01", " 432 "),
        Asking(_nothing, b"USER x", " 461 "),
        Asking(_nothing, b"CAP FLY", " 410 "),
        Asking(_nothing, b"POST / HTTP/1.1", "ERROR "),
        Asking(_negotiating, b"AUTHENTICATE CRAM-MD5", " 908 "),
        Asking(_negotiating, b"AUTHENTICATE PLAIN\r\nAUTHENTICATE !!!", " 904 "),
        Asking(_negotiating, b"AUTHENTICATE PLAIN\r\nAUTHENTICATE " + b"A" * 401, " 905 "),
        Asking(_negotiating, b"AUTHENTICATE PLAIN\r\nAUTHENTICATE *", " 906 "),
        Asking(_account, b"FLY", " 421 ", "FLY"),
        Asking(_account, b"JOIN", " 461 "),
        Asking(_account, b"JOIN alice", " 403 "),
        Asking(_account, b"PRIVMSG bob", " 412 "),
        Asking(_account, b"PRIVMSG nobody :x", " 401 "),
        Asking(_account, b"PRIVMSG bob :" + b"x" * 600, " 417 "),
        Asking(_account, b"PRIVMSG bob :\xff\xfe", "INVALID_UTF8"),
        Asking(_account, b"MODE #nowhere", " 403 "),
        Asking(_account, b"KICK #nowhere bob", " 403 "),
        Asking(_account, b"WHOIS " + b"x" * 200, " 401 "),
        Asking(_guest, b"NICK alice", " 433 "),
    ],
}


class HonestyPromise(PromiseTestCase):
    __test__ = False

    async def test_answers(self) -> None:
        """Every kind of wrong request is answered, so that its sender can tell which and why, and may go on."""
        daemon = await self.house().start()
        await self.people(daemon, "alice", "bob", "mallory")
        await self.on(daemon, "native", "bob")
        for door, askings in ANSWERED.items():
            for asking in askings:
                stream = await self.arrived(daemon, door, asking.begin)
                await self.ask(stream, door, asking)
        self.no_fault(daemon)

    async def test_answers_by_websocket(self) -> None:
        """The same in messages of their own; of what cannot be in one the Close says the reason."""
        daemon = await self.house().start()
        await self.people(daemon, "alice", "bob", "mallory")
        await self.on(daemon, "websocket", "bob")
        places = {"native": ("/native", "imd.native"), "irc": ("/irc", "binary.ircv3.net")}
        for door, askings in ANSWERED.items():
            for asking in askings:
                stream = await websocket.connected(daemon.ports["web", "tcp"], *places[door])
                self.addCleanup(stream.abort)
                await asking.begin(stream)
                if door == "native" and not asking.line.isascii():
                    # RFC 6455 section 8.1.
                    stream.sendLine(asking.line)
                    await stream.until("a Close", lambda stream=stream: stream.closed is not None)  # type: ignore[misc]
                    assert stream.closed is not None
                    self.assertEqual(stream.closed[0], 1007)
                else:
                    await self.ask(stream, door, asking)
        self.no_fault(daemon)

    async def ask(self, stream: Stream, door: str, asking: Asking) -> None:
        """Ask, and be answered; unless that was goodbye, the connection goes on."""
        begin = len(stream.transcript)
        stream.sendLine(asking.line)
        await self.answered(stream, begin, asking)
        if "ERROR " not in asking.answers:
            await self.goes_on(stream, door)
        stream.abort()

    async def answered(self, stream: Stream, begin: int, asking: Asking) -> None:
        def there() -> bool:
            new = [line for line in stream.transcript[begin:] if line.startswith("S: ")]
            return any(all(part in line for part in asking.answers) for line in new)

        await stream.until(f"{asking.answers} to {asking.line[:80]!r}", there)

    async def test_garbage(self) -> None:
        """Thousands of hostile lines at both doors in every state: two people who talk meanwhile lose nothing."""
        daemon = await self.house("limits.sessions_per_account=1000", "offline.max_messages=0").start()
        await self.people(daemon, "alice", "bob", "carol", "mallory")
        alice = await self.on(daemon, "native", "alice")
        bob = await self.on(daemon, "irc", "bob")
        talks = [Talk(alice, bob), Talk(bob, alice), Talk(alice, None, "carol")]
        for door in LINES:
            for begin in STATES[door]:
                for number in range(CONNECTIONS):
                    chance = random.Random(f"{SEED} {door} {begin.__name__} {number}")
                    await self.hostile(daemon, door, begin, chance)
        for talk in talks:
            await talk.end()
        carol = await self.on(daemon, "irc", "carol")
        for talk, there in zip(talks, (bob, alice, carol), strict=True):
            await talk.arrived(there)
            self.assertGreater(len(talk.accepted), 20)
            self.assertEqual(talk.shown(there), talk.accepted)
        self.no_fault(daemon)

    async def test_no_handshake(self) -> None:
        """Where TLS is expected, whatever else comes ends that connection, and is no fault of ours."""
        daemon = await self.house().start()
        await self.people(daemon, "bob")
        for door in LINES:
            for number in range(20):
                chance = random.Random(f"{SEED} {door} {number}")
                stream = await connected(daemon.ports[door, "tls"])
                self.addCleanup(stream.abort)
                stream.setRawMode()
                stream.rawDataReceived = lambda data: None  # type: ignore[method-assign]
                assert stream.transport is not None
                # Each third begins as a handshake does.
                stream.transport.write(b"\x16\x03\x01\x02\x00" if number % 3 == 0 else b"")
                stream.transport.write(LINES[door](chance) + b"\r\n" + chance.randbytes(5000))
                if number % 2:
                    await stream.until("the end", lambda s=stream: not s.alive)  # type: ignore[misc]
                stream.abort()
        await self.on(daemon, "irc", "bob")
        self.no_fault(daemon)

    async def hostile(self, daemon: RunningDaemon, door: str, begin: Begin, chance: random.Random) -> None:
        """One hostile client: it gets an answer to the end, or is told why it must go."""
        await self.restore(daemon)
        stream = await self.arrived(daemon, door, begin)
        lines = [LINES[door](chance) for _ in range(LINES_EACH)]
        if begin is _nothing and lines[0][:1] == b"\x16":
            lines.insert(0, b"")
        for piece in chopped(chance, lines):
            if stream.transport is None or not stream.alive:
                break
            stream.transport.write(piece)
        if chance.random() < 0.3:
            # Gone in the middle of it all.
            stream.abort()
            return
        await self.goes_on(stream, door)
        if stream.alive and stream.transport is not None:
            stream.transport.write(chance.choice([b"half a li", b"\xf0\x9f", b"@tags", b"{", b""]))
        stream.abort()

    async def arrived(self, daemon: RunningDaemon, door: str, begin: Begin) -> Stream:
        stream = await connected(daemon.ports[door, "tcp"])
        self.addCleanup(stream.abort)
        await begin(stream)
        return stream

    async def goes_on(self, stream: Stream, door: str) -> None:
        """The connection still answers, or the daemon has said goodbye in the protocol's words."""
        farewell, ping, pong = {
            "native": ('"type":"bye"', '\n{"type":"ping","ref":987654}', '"ref":987654'),
            "irc": ("ERROR :", "\r\nPING 987654", "987654"),
        }[door]
        if stream.alive and stream.transport is not None:
            stream.sendLine(ping.encode())
        try:
            await stream.until("an answer", lambda: said(stream, pong) or said(stream, farewell))
        except AssertionError as error:
            raise AssertionError(f"seed {SEED}: {error}") from None

    async def restore(self, daemon: RunningDaemon) -> None:
        """Mallory's account as it was: among what she sends is a change of password."""
        try:
            await daemon.ask("user add", name="mallory", password=PASSWORD)
        except Refused:
            await daemon.ask("user password", name="mallory", password=PASSWORD)

    def no_fault(self, daemon: RunningDaemon) -> None:
        """Whatever peers did wrong, it is no fault of the daemon's, and the log does not say so."""
        faults = [line for line in daemon.log.splitlines() if FAULT.search(line)]
        self.assertEqual(faults, [], daemon.log[-20_000:])


class Talk:
    """One person writes to another, message after message, until told to stop."""

    def __init__(self, one: Driver, other: Driver | None, name: str = "") -> None:
        self.one = one
        self.name = name or (other.name if other else "")
        #: Bodies that were accepted, in order.
        self.accepted: list[str] = []
        self._stopping = False
        self._over = Deferred.fromCoroutine(self._write())

    async def _write(self) -> None:
        number = 0
        while not self._stopping:
            number += 1
            body = f"{self.one.name} to {self.name}: {number}"
            outcome = await self.one.send(self.name, body)
            assert outcome.how in ("accepted", "kept"), outcome
            self.accepted.append(body)
            # Not faster than the hostile crowd: this is about them.
            await self.one.barrier()

    async def end(self) -> None:
        self._stopping = True
        await self._over

    async def arrived(self, there: Driver) -> None:
        """All that was accepted is there."""
        await there.until("what was accepted", lambda: len(self.shown(there)) >= len(self.accepted))

    def shown(self, there: Driver) -> list[str]:
        """What was shown of it."""
        return [each.body for each in there.received if each.body.startswith(f"{self.one.name} to {self.name}: ")]


globals().update(on_both_stores(HonestyPromise))
del HonestyPromise
