"""P6: floods by UDP, with all limits in force. Each is bounded, answered clearly where there is anybody to answer, and
leaves the daemon well; Alice talks by plain UDP and Bob by DTLS meanwhile."""

import base64
import collections
import functools
import itertools
import random
import time
from collections.abc import Iterable

from twisted.internet.defer import Deferred, gatherResults

from imd.net.datagram import packet as wire
from tests.daemon import RunningDaemon, moments
from tests.doors import UdpDriver
from tests.doors.udp import Datagrams
from tests.fuzz.crowd import TALKING, resident
from tests.fuzz.datagrams import hello
from tests.fuzz.house import ELSEWHERE, FloodTestCase
from tests.fuzz.own_keys import Sealer
from tests.fuzz.puppet import Puppet, Stage

#: Addresses that say hello, and how often each does.
STRANGERS = 2_500
HELLOS = 10
#: How many times as many bytes as came may go to an address that has not proved itself (RFC 9000 section 8).
MOST = 3
WRONG_PASSWORDS = 10_000

#: Where random, cookie and the rest begin in a ClientHello without cookie: after the headers of record and message and
#: the version (RFC 6347 sections 4.2.1 and 4.2.2); and how long a cookie is here.
_RANDOM, _COOKIE, _REST = 27, 60, 61
COOKIE = 24


def with_cookie(said: bytes, cookie: bytes) -> bytes:
    """The same hello, as it is said again with a cookie."""
    body = said[25:_COOKIE] + bytes([len(cookie)]) + cookie + said[_REST:]
    length = len(body).to_bytes(3, "big")
    message = said[13:14] + length + b"\0\1" + bytes(3) + length + body
    return said[:5] + b"\0\0\0\0\0\1" + len(message).to_bytes(2, "big") + message


def record(number: int, message: bytes) -> bytes:
    """A record of the handshake, in clear text."""
    return b"\x16\xfe\xfd\0\0" + number.to_bytes(6, "big") + len(message).to_bytes(2, "big") + message


def fragments() -> Iterable[bytes]:
    """Parts of ten handshake messages of 100,000 bytes each, none of which is ever whole."""
    for number, part in itertools.product(range(2, 12), range(0, 90)):
        begin, data = part * 1100, b"x" * 1100
        head = b"\x10" + (100_000).to_bytes(3, "big") + number.to_bytes(2, "big")
        yield head + begin.to_bytes(3, "big") + len(data).to_bytes(3, "big") + data


class DatagramFloodTests(FloodTestCase):
    """By datagrams, plain and DTLS."""

    people = (("udp", "alice"), ("dtls", "bob"))

    def puppet(self, daemon: RunningDaemon, source: str, *, dtls: bool) -> Puppet:
        puppet = Puppet(daemon.ports["native", "udp"], dtls=dtls, source=source)
        self.addCleanup(lambda: None if puppet.closed else puppet.close())
        return puppet

    async def test_cookie_flood(self) -> None:
        """Hellos without cookie or token, and with wrong ones, from thousands of addresses: nothing is kept of anybody,
        and nobody is sent more than three times what came."""
        daemon = await self.house("limits.handshake_timeout=0")
        before = resident(daemon.pid)
        chance = random.Random(20_261_122)
        first = hello()
        proofs: list[bytes] = [bytes(COOKIE)]
        most, answers, said, heard = 0.0, 0, 0, 0
        left = iter(range(STRANGERS))
        begin = time.monotonic()

        async def strangers() -> None:
            nonlocal most, answers, said, heard
            for number in left:
                source = f"127.{1 + number % 200}.{number // 250}.{1 + number % 250}"
                dtls = number % 2 == 0
                puppet = Puppet(daemon.ports["native", "udp"], dtls=dtls, source=source)
                for turn in range(HELLOS):
                    # Somebody else's, one made up, one with a bit wrong, none.
                    stolen = bytearray(chance.choice(proofs))
                    if turn % 3 == 2:
                        stolen[chance.randrange(COOKIE)] ^= 1 << chance.randrange(8)
                    proof = b"" if turn % 3 == 0 else bytes(stolen)
                    if dtls:
                        fresh = first[:_RANDOM] + chance.randbytes(32) + first[_RANDOM + 32 :]
                        puppet.write(with_cookie(fresh, proof) if proof else fresh)
                    else:
                        puppet.write(wire.header(chance.getrandbits(64), 0) + wire.hello(proof))
                await puppet.until(
                    "answers",
                    functools.partial(self.heard, puppet, HELLOS),
                    functools.partial(self.greets, puppet, first, dtls),
                )
                proofs.append(puppet.proofs[-1])
                del proofs[:-100]
                most = max(most, puppet.bytes_heard / puppet.bytes_said)
                answers += len(puppet.heard)
                said += puppet.bytes_said
                heard += puppet.bytes_heard
                puppet.close()

        await gatherResults([Deferred.fromCoroutine(strangers()) for _ in range(10)], consumeErrors=True)
        seconds = time.monotonic() - begin
        self.assertLessEqual(most, MOST)
        self.assertGreaterEqual(answers, STRANGERS * HELLOS)
        status = await self.status(daemon)
        self.assertEqual((status["open"], status["handshakes"], status["accepted"]), (2, 0, 2))
        what = f"{STRANGERS * HELLOS} hellos from {STRANGERS} addresses in {seconds:.0f} s, {answers} answered"
        await self.well(daemon, f"{what}; {heard / said:.2f} bytes for one, at most {most:.2f} to one address", before)
        # That was the cookie's doing: with its own, the same hello is let in.
        puppet = self.puppet(daemon, "127.0.0.99", dtls=True)
        self.greets(puppet, first, True)
        await puppet.until("a cookie", lambda: bool(puppet.proofs), lambda: self.greets(puppet, first, True))
        puppet.write(with_cookie(first, puppet.proofs[-1]))
        await self.until_status(daemon, "a handshake", lambda status: status["handshakes"] == 1)

    @staticmethod
    def heard(puppet: Puppet, answers: int) -> bool:
        return len(puppet.heard) >= answers

    @staticmethod
    def greets(puppet: Puppet, first: bytes, dtls: bool) -> None:
        puppet.write(first if dtls else wire.header(puppet.id, 0) + wire.hello(b""))

    async def test_half_open(self) -> None:
        """Cookie or token, and then silence: no more than `limits.handshakes` at one time, forgotten after
        `limits.handshake_timeout`; then there is room again."""
        daemon = await self.house("limits.handshakes=100", 'limits.handshake_timeout="1 s"')
        before = 0
        refused = 0
        for stage, dtls in ((Stage.SHAKING, True), (Stage.OPEN, True), (Stage.OPEN, False)):
            puppets = [self.puppet(daemon, ELSEWHERE[number % 8], dtls=dtls) for number in range(300)]
            begun = [Deferred.fromCoroutine(puppet.reach(stage, "", "")) for puppet in puppets]
            status = await self.until_status(
                daemon, "refusals", lambda status, r=refused: status["refused"].get("handshakes", 0) >= r + 150
            )
            self.assertLessEqual(status["handshakes"], 100)
            refused = status["refused"]["handshakes"]
            for puppet in puppets:
                # They repeat themselves no more.
                puppet.close()
            for each in begun:
                each.addErrback(lambda failure: None)
                each.cancel()
            await self.until_status(daemon, "room", lambda status: status["handshakes"] == 0 and status["open"] == 2)
            for door in ("udp", "dtls"):
                await (await self.on(daemon, door, "carol", "127.0.0.30")).quit()
            await self.until_status(daemon, "two", lambda status: status["open"] == 2)
            before = before or resident(daemon.pid)
        status = await self.status(daemon)
        self.assertGreaterEqual(status["refused"]["timeout"], 200)
        await self.well(daemon, f"900 half-open by datagrams: {status['refused']}", before)

    async def test_endless_handshake_messages(self) -> None:
        """What DTLS would have to keep of messages that are never whole, in a handshake and after it, is not kept."""
        daemon = await self.house("limits.handshake_timeout=0")
        puppets = [self.puppet(daemon, ELSEWHERE[number % 8], dtls=True) for number in range(40)]
        stages = itertools.cycle((Stage.SHAKING, Stage.OPEN))
        for puppet, stage in zip(puppets, stages, strict=False):
            await puppet.reach(stage, "", "")
        before = resident(daemon.pid)
        for puppet in puppets:
            assert puppet.association is not None
            sealer = Sealer(puppet.association.tls) if puppet.association.established else None
            for number, message in enumerate(fragments(), 5000):
                puppet.write(record(number, message) if sealer is None else sealer.record(22, number, message))
                if number % 50 == 0:
                    await moments(0.002)
            await puppet.answered()
        await self.well(daemon, "36,000 fragments of handshake messages to 40 associations", before)

    async def test_wrong_passwords(self) -> None:
        """Ten thousand of them by UDP, half inside DTLS: most are told to wait without being looked at. The owner comes
        in all the same from where she has been before, and others from anywhere."""
        daemon = await self.house('limits.sign_on_delay="20 ms"')
        await (await self.on(daemon, "dtls", "carol", "127.0.0.2")).quit()
        before = resident(daemon.pid)
        answers: collections.Counter[str] = collections.Counter()
        left = iter(range(WRONG_PASSWORDS))
        begin = time.monotonic()

        async def guess(source: str, door: str) -> None:
            kind = TALKING[door]
            assert issubclass(kind, UdpDriver)
            client: UdpDriver | None = None
            for number in left:
                if client is None or not client.stream.alive:
                    client = kind(Datagrams(daemon, dtls=kind.dtls, source=source), "guesser")
                    self.addCleanup(client.cut)
                    await client.until("hello", lambda c=client: c.hello is not None)
                data = base64.b64encode(f"\0carol\0guess {number}".encode()).decode()
                answer = client.ask({"type": "authenticate", "mechanism": "PLAIN", "data": data})
                await client.until("an answer", lambda c=client, a=answer: a.called or not c.stream.alive)
                answers["closed" if not answer.called else (await answer)["code"]] += 1
            if client is not None:
                client.cut()

        guessing = zip(ELSEWHERE * 4, itertools.cycle(("udp", "dtls")), strict=False)
        await gatherResults([Deferred.fromCoroutine(guess(*each)) for each in guessing], consumeErrors=True)
        seconds = time.monotonic() - begin
        self.assertEqual(answers.total(), WRONG_PASSWORDS)
        self.assertLessEqual(set(answers), {"sign-on-failed", "too-fast", "closed"})
        self.assertGreater(answers["too-fast"], 0.9 * WRONG_PASSWORDS)
        await (await self.on(daemon, "dtls", "carol", "127.0.0.2")).quit()
        await (await self.on(daemon, "udp", "dave", "127.0.0.3")).quit()
        await self.well(daemon, f"{WRONG_PASSWORDS} wrong passwords by UDP in {seconds:.0f} s: {dict(answers)}", before)

    async def test_never_takes(self) -> None:
        """A client that acknowledges datagrams and takes nothing is cut off at `limits.send_queue`; what was written to
        it in private is accepted, and there when it is back, once and in order."""
        daemon = await self.house("limits.commands_per_second=0", "offline.max_messages=0")
        alice = self.talks[0].one
        await alice.join("#hall")
        before = resident(daemon.pid)
        for name, door in (("carol", "udp"), ("dave", "dtls")):
            slow = await self.on(daemon, door, name)
            assert isinstance(slow, UdpDriver)
            await slow.join("#hall")
            slow.stream.dialed.pause()
            told = []
            bodies = []
            for number in range(2000):
                alice.send("#hall", f"{number} " + "x" * 10_000)
                if number % 20 == 0:
                    bodies.append(f"private {number}")
                    told.append(alice.send(name, bodies[-1]))
                    await alice.barrier()
                    if not slow.stream.alive:
                        break
            self.assertFalse(slow.stream.alive, "never cut off")
            outcomes = [await each for each in told]
            self.assertLessEqual({outcome.how for outcome in outcomes}, {"accepted", "kept"})
            await self.all_shown(daemon, door, name, bodies, outcomes)
        await self.well(daemon, "clients that take nothing", before)
