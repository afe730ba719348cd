"""UDP over a link that really loses, doubles and reorders IP packets, in network namespaces of the test's own; in the
middle the client's address changes."""

import json
import re
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest

from tests.client.imc import PROGRAM
from tests.daemon import DaemonTestCase, RunningDaemon
from tests.net.datagram.namespaces import CLIENT, ELSEWHERE, SERVER, Namespaces, NetemLink, TunLink, why_not

reactor: Any = installed_reactor

SEED = 20_261_122
MESSAGES = 1_000
PORT = 4000
#: Seconds in which something more must come.
PATIENCE = 60.0


class Program(ProcessProtocol):
    """A program in a namespace; what it prints are JSON objects."""

    def __init__(self, space: str, *arguments: str) -> None:
        self.said: list[dict[str, Any]] = []
        self.complaints = ""
        self.over: Deferred[int] = Deferred()
        self._rest = b""
        self._waiting: tuple[Callable[[], bool], Deferred[None]] | None = None
        self._late: Any = None
        words = [*Namespaces.inside(space), *arguments]
        environment = {"PYTHONPATH": str(Path(__file__).parents[3]), "IMC_PASSWORD": "sesame", "PATH": "/usr/bin:/bin"}
        self.process: Any = reactor.spawnProcess(self, words[0], words, environment)

    def outReceived(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.said += [json.loads(line) for line in lines]
        if self._late is not None:
            self._late.reset(PATIENCE)
        self._look()

    def errReceived(self, data: bytes) -> None:
        self.complaints += data.decode()

    def processEnded(self, reason: Failure) -> None:
        code = getattr(reason.value, "exitCode", None)
        self.over.callback(-1 if code is None else code)
        self._look()

    def _look(self) -> None:
        if self._waiting is not None and (self._waiting[0]() or self.over.called):
            waiting, self._waiting = self._waiting[1], None
            self._late.cancel()
            self._late = None
            waiting.callback(None)

    async def until(self, what: str, true: Callable[[], bool]) -> None:
        """Wait; fails when nothing at all is said for `PATIENCE` seconds."""
        if not true():
            waiting: Deferred[None] = Deferred()
            self._waiting = true, waiting
            self._late = reactor.callLater(PATIENCE, self._too_late, what)
            await waiting
        assert true(), f"ended before {what}: {self.complaints}\n{self.said[-5:]}"

    def _too_late(self, what: str) -> None:
        assert self._waiting is not None
        waiting, self._waiting, self._late = self._waiting[1], None, None
        waiting.errback(AssertionError(f"waited in vain for {what}: {self.complaints}\n{self.said[-5:]}"))

    def all(self, what: str) -> list[Any]:
        """What it has said of this."""
        return [each[what] for each in self.said if what in each]

    def kill(self) -> None:
        if not self.over.called:
            self.process.signalProcess("KILL")


class LossyLinkTests(DaemonTestCase):
    """The tests, for each kind of link."""

    __test__ = False
    kind: type[NetemLink | TunLink]
    timeout = 600

    def setUp(self) -> None:
        why = why_not("netem" if self.kind is NetemLink else "tun")
        if why:
            raise SkipTest(why)
        self.spaces = Namespaces()
        # First made, last to go: what runs inside must be over before.
        self.addCleanup(self.spaces.remove)
        self.link: NetemLink | TunLink
        self.link = NetemLink(self.spaces) if self.kind is NetemLink else TunLink(self.spaces, SEED)
        self.addCleanup(self.link.close)

    async def house(self) -> RunningDaemon:
        """A daemon on the server's side, for everybody there and across the link."""
        listen = f'listen.udp=["{SERVER}:{PORT}","127.0.0.1:{PORT}"]'
        daemon = await self.daemon(listen, wrapper=Namespaces.inside(self.spaces.server)).start()
        for name in ("alice", "bob"):
            await daemon.ask("user add", name=name, password="sesame")
        return daemon

    def program(self, space: str, *arguments: str) -> Program:
        program = Program(space, *arguments)
        self.addCleanup(lambda: program.over)
        self.addCleanup(program.kill)
        return program

    def talker(self, space: str, name: str, peer: str, host: str, *more: str) -> Program:
        words = (sys.executable, "-m", "tests.net.datagram.talker", name, peer, host, str(PORT), str(MESSAGES), *more)
        return self.program(space, *words)

    async def test_a_thousand_each_way(self) -> None:
        """Alice, across the link by DTLS, and Bob write a thousand messages to each other. In the middle her address
        changes: she notices, makes a new handshake and resumes her session. All arrive, in order, once."""
        daemon = await self.house()
        begin = time.monotonic()
        alice = self.talker(self.spaces.client, "alice", "bob", SERVER, "--dtls")
        bob = self.talker(self.spaces.server, "bob", "alice", "127.0.0.1")
        people = {"alice": alice, "bob": bob}
        for one in people.values():
            await one.until("a welcome", partial(bool, one.said))
        for one in people.values():
            one.process.write(b"go\n")
        await alice.until("half of it", lambda: len(alice.all("received")) >= MESSAGES // 2)
        half = time.monotonic() - begin
        self.assertLess(len(bob.all("received")), MESSAGES)
        self.spaces.move(self.link.device)
        moved = time.monotonic()
        await alice.until("another welcome", lambda: len(alice.all("welcomed")) > 1)
        away = time.monotonic() - moved
        for name, one in people.items():
            await one.until("everything", partial(self.everything, one))
            peer = "bob" if name == "alice" else "alice"
            self.assertEqual(one.all("received"), [f"{peer} says {number}" for number in range(MESSAGES)])
            outcomes = {each["outcome"] for each in one.said if "settled" in each}
            self.assertLessEqual(outcomes, {"accepted", "kept"})
        for name, one in people.items():
            other = people["bob" if name == "alice" else "alice"]
            told = {each["settled"]: each["id"] for each in one.said if "settled" in each}
            shown = {each["received"]: each["id"] for each in other.said if "received" in each}
            self.assertEqual(told, shown, "other ids than the sender was told")
        seconds = time.monotonic() - begin
        rows = (await daemon.ask("ledger", name="alice"))["rows"]
        self.assertEqual({row["address"] for row in rows}, {CLIENT, ELSEWHERE})
        # Her token was taken, and nobody who watches her saw her go.
        self.assertEqual({row["reason"] for row in rows if row["address"] == CLIENT}, {"resumed"}, rows)
        for one in people.values():
            one.process.closeStdin()
            self.assertEqual(await one.over, 0, one.complaints)
        print(f"\n{MESSAGES} messages each way over {self.link.said()}", file=sys.stderr)
        print(
            f"half of them in {half:.0f} s; another address, and in {away:.1f} s the session went on", file=sys.stderr
        )
        print(f"meanwhile: {alice.all('disconnected')}", file=sys.stderr)
        print(f"all of them in {seconds:.0f} s, in order and once", file=sys.stderr)
        self.assertFalse(re.search("Traceback|Unhandled|critical", daemon.log), daemon.log)

    @staticmethod
    def everything(one: Program) -> bool:
        return len(one.all("received")) >= MESSAGES and len(one.all("settled")) >= MESSAGES

    async def test_imc(self) -> None:
        """``imc --udp`` does its work over such a link: lines sent, received in order, exit code 0."""
        await self.house()
        lines = [f"line {number} " + "x" * 200 for number in range(40)]
        imc = (PROGRAM[0], "-c", PROGRAM[2], "--udp", "--insecure", "--json")
        sender = self.program(self.spaces.client, *imc, "--to", "bob", f"alice@{SERVER}")
        sender.process.write("\n".join(lines).encode())
        sender.process.closeStdin()
        await sender.until("all told", lambda: len(sender.said) == len(lines))
        self.assertEqual(await sender.over, 0, sender.complaints)
        self.assertEqual({each["outcome"] for each in sender.said}, {"kept"})
        count = str(len(lines))
        reader = self.program(self.spaces.client, *imc, "--receive", "--count", count, f"bob@{SERVER}")
        await reader.until("all of it", lambda: len(reader.said) == len(lines))
        self.assertEqual([each["body"] for each in reader.said], lines)
        self.assertEqual(await reader.over, 0, reader.complaints)


class NetemTests(LossyLinkTests):
    """veth and ``tc qdisc … netem``."""

    __test__ = True
    kind = NetemLink


class TunTests(LossyLinkTests):
    """TUN devices, with a process between them that loses packets."""

    __test__ = True
    kind = TunLink


del LossyLinkTests
