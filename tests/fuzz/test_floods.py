"""P6: floods, with all limits in force. Each is bounded, answered clearly, and leaves the daemon well."""

import base64
import collections
import socket
import time
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from tests.doors import Driver, NativeDriver, Outcome
from tests.doors.stream import Stream, connected
from tests.fuzz.crowd import resident
from tests.fuzz.house import ELSEWHERE, FloodTestCase

#: The first half of a TLS handshake message: a record that promises 512 bytes, and no more than its beginning.
HALF_HANDSHAKE = bytes.fromhex("16030102000100 01fc0303".replace(" ", "")) + bytes(40)

WRONG_PASSWORDS = 10_000


class FloodTests(FloodTestCase):
    """By streams."""

    async def test_half_open_handshakes(self) -> None:
        """TLS handshakes that are never finished: no more than `limits.handshakes` at one time, dropped after
        `limits.handshake_timeout`; then there is room again."""
        daemon = await self.house("limits.handshakes=100", 'limits.handshake_timeout="1 s"')
        before = 0
        for round_, (door, kind) in enumerate((("irc", "tls"), ("native", "tls"), ("native", "tcp")), 1):
            streams = []
            for number in range(300):
                stream = await self.come(daemon.ports[door, kind], ELSEWHERE[number % len(ELSEWHERE)])
                streams.append(stream)
                if stream.alive and stream.transport is not None:
                    stream.transport.write(HALF_HANDSHAKE)
            status = await self.until_status(
                daemon, "refusals", lambda status, r=round_: status["refused"].get("handshakes", 0) >= 100 * r
            )
            self.assertLessEqual(status["handshakes"], 100)
            await self.until_status(daemon, "room", lambda status: status["handshakes"] == 0 and status["open"] == 2)
            self.assertFalse(any(stream.alive for stream in streams))
            await self.greeted(daemon)
            # What a hundred handshakes at one time take is kept for the next hundred.
            before = before or resident(daemon.pid)
        status = await self.status(daemon)
        self.assertGreaterEqual(status["refused"]["timeout"], 300)
        await self.well(daemon, f"900 half-open handshakes: {status['refused']}", before)

    async def test_never_reads(self) -> None:
        """A client that stops reading is cut off at `limits.send_queue`; others do not notice. What was written to it
        in private is accepted, and there when it is back, once and in order."""
        daemon = await self.house("limits.commands_per_second=0", "offline.max_messages=0")
        alice = self.talks[0].one
        assert isinstance(alice, NativeDriver)
        await alice.must({"type": "join", "room": "#hall"})
        before = resident(daemon.pid)
        for name, door in (("carol", "native"), ("dave", "irc")):
            slow = await self.on(daemon, door, name)
            if isinstance(slow, NativeDriver):
                await slow.must({"type": "join", "room": "#hall"})
            else:
                slow.stream.say("JOIN #hall")
                await slow.barrier()
            transport: Any = slow.stream.transport
            transport.getHandle().setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            transport.pauseProducing()
            told: list[Outcome] = []
            bodies: list[str] = []
            who = [name]
            for number in range(2000):
                # The kernel takes some megabytes before the queue grows; what is said in a room is not acknowledged.
                alice.send("#hall", f"{number} " + "x" * 10_000)
                if number % 20 == 0:
                    bodies.append(f"private {number}")
                    alice.send(name, bodies[-1]).addCallback(told.append)
                    await alice.barrier()
                    who = [row["name"] for row in (await daemon.ask("who"))["rows"]]
                    if name not in who:
                        break
            self.assertNotIn(name, who, "never cut off")
            await alice.until("told of all", lambda told=told, bodies=bodies: len(told) == len(bodies))
            self.assertLessEqual({outcome.how for outcome in told}, {"accepted", "kept"})
            slow.cut()
            await self.all_shown(daemon, door, name, bodies, told)
        await self.well(daemon, "clients that never read", before)

    async def test_large_inbox(self) -> None:
        """Three megabytes wait for somebody: she is not taken for a slow reader, but handed as much as she confirms,
        with the limits as they are by default."""
        daemon = await self.house("limits.commands_per_second=0")
        alice = self.talks[0].one
        before = resident(daemon.pid)
        for name, door in (("carol", "native"), ("dave", "irc")):
            bodies = [f"{number} " + "x" * 16_000 for number in range(200)]
            for body in bodies:
                self.assertEqual((await alice.send(name, body)).how, "kept")
            reader = await self.on(daemon, door, name)
            shown = "".join(bodies)

            def said(reader: Driver = reader) -> str:
                # IRC has no long lines: a body arrives in pieces.
                return "".join(received.body for received in reader.received)

            await reader.until("everything", lambda shown=shown, said=said: len(said()) >= len(shown))
            self.assertEqual(said(), shown)
            await reader.barrier()
            await reader.quit()
        await self.well(daemon, "inboxes of three megabytes", before)

    async def test_wrong_passwords(self) -> None:
        """Ten thousand of them: most are told to wait without being looked at. The owner comes in all the same from
        where she has been before, and others from anywhere."""
        daemon = await self.house('limits.sign_on_delay="20 ms"')
        await (await self.on(daemon, "irc", "carol", "127.0.0.2")).quit()
        before = resident(daemon.pid)
        answers: collections.Counter[str] = collections.Counter()
        left = iter(range(WRONG_PASSWORDS))
        begin = time.monotonic()

        async def guess(source: str) -> None:
            client: NativeDriver | None = None
            for number in left:
                if client is None or not client.stream.alive:
                    client = NativeDriver(await connected(daemon.ports["native", "tcp"], source=source), "guesser")
                    self.addCleanup(client.cut)
                    client.stream.say("")
                data = base64.b64encode(f"\0carol\0guess {number}".encode()).decode()
                answer = client.ask({"type": "authenticate", "mechanism": "PLAIN", "data": data})
                await client.until("an answer", lambda c=client, a=answer: a.called or not c.stream.alive)
                answers["closed" if not answer.called else (await answer)["code"]] += 1
            if client is not None:
                client.cut()

        sources = ELSEWHERE * 4
        await gatherResults([Deferred.fromCoroutine(guess(source)) for source in sources], consumeErrors=True)
        seconds = time.monotonic() - begin
        self.assertEqual(answers.total(), WRONG_PASSWORDS)
        self.assertLessEqual(set(answers), {"sign-on-failed", "too-fast", "closed"})
        self.assertGreater(answers["too-fast"], 0.9 * WRONG_PASSWORDS)
        # From a new place her account is held up for a while, like every guess.
        known = await self.on(daemon, "irc", "carol", "127.0.0.2")
        await known.quit()
        other = await self.on(daemon, "native", "dave", "127.0.0.3")
        await other.quit()
        await self.well(daemon, f"{WRONG_PASSWORDS} wrong passwords in {seconds:.0f} s: {dict(answers)}", before)

    async def test_connections_of_one_address(self) -> None:
        """Over `limits.connections_per_address` a connection is told so in the door's words and closed; other
        addresses come in; when the flood is over there is room again."""
        limits = ("connections_per_address=50", "connections_per_minute=0", "handshakes=0")
        daemon = await self.house("listen.exempt=[]", *(f"limits.{limit}" for limit in limits))
        before = resident(daemon.pid)
        for round_, (door, words) in enumerate({"irc": "ERROR :", "native": '"type":"bye","code":"too-many"'}.items()):
            streams: list[Stream] = []
            for _ in range(300):
                streams.append(await self.come(daemon.ports[door, "tcp"], "127.0.0.9"))
                if streams[-1].alive:
                    # Clients speak at once; that must not cost them the answer.
                    streams[-1].say("CAP LS 302" if door == "irc" else "")
            for stream in streams[50:]:
                await self.ended(stream)
                self.assertIn(words, stream.shown())
            status = await self.status(daemon)
            self.assertEqual(status["refused"]["per_address"], 250 * (round_ + 1))
            self.assertEqual(status["open"], 52)
            self.assertTrue(all(stream.alive for stream in streams[:50]))
            elsewhere = await self.on(daemon, door, "carol", "127.0.0.10")
            await elsewhere.quit()
            for stream in streams:
                stream.abort()
            await self.until_status(daemon, "room", lambda status: status["open"] == 2)
            again = await self.on(daemon, door, "carol", "127.0.0.9")
            await again.quit()
        await self.well(daemon, "600 connections from one address, 100 let in", before)

    async def test_farewells(self) -> None:
        """Whoever is sent away while still talking hears why: bytes that nobody reads any more must not make the
        kernel throw away what was said last."""
        daemon = await self.house()
        before = resident(daemon.pid)
        more = b"more of the same\r\n" * 20_000
        for door, (last, words) in {
            "irc": (b"QUIT :enough\r\n", "ERROR :"),
            "native": (b'{"type":"quit"}\n', '"type":"bye"'),
        }.items():
            for _ in range(20):
                stream = await self.come(daemon.ports[door, "tcp"], "127.0.0.9")
                assert stream.transport is not None
                stream.transport.write(b"\r\n" + last + more)
                await self.ended(stream)
                self.assertIn(words, stream.shown())
        await self.well(daemon, "40 who talked on", before)
