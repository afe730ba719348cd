"""The client library behind a NAT that silently forgets: nobody is told, and everything arrives, in order and once."""

import sys
from functools import partial
from typing import Any

import msgspec
from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool

from imd.client.datagram import DatagramReaching
from imd.client.destination import Destination
from imd.client.errors import ClientError
from imd.client.library import Client
from imd.client.outgoing import Settled
from imd.client.signing_on import Details, Identity
from imd.messages.catalogue import FromServer
from imd.messages.messaging import Message
from imd.messages.signon import Welcome
from imd.net.datagram.dialing import TERMS
from tests.daemon import DaemonTestCase, RunningDaemon
from tests.doors import NativeDriver
from tests.net.datagram.link import Weather
from tests.net.datagram.relay import Relay

reactor: Any = installed_reactor

PASSWORD = "sesame"
#: As in life, but ten times as quick.
QUICK = msgspec.structs.replace(TERMS, patience=TERMS.patience / 10, keep_alive=TERMS.keep_alive / 10)
#: Seconds anything may take.
PATIENCE = 30.0


class Alice:
    """An application on the client library."""

    def __init__(self, port: int, *, dtls: bool) -> None:
        self.welcomes: list[Welcome] = []
        self.why: list[str] = []
        self.lost_at = 0.0
        self.received: list[str] = []
        self.settled: list[Settled] = []
        self._waiting: list[tuple[Any, Deferred[None]]] = []
        reach = DatagramReaching(reactor, Destination("alice", "127.0.0.1", port), insecure=dtls, terms=QUICK)
        in_thread = partial(deferToThreadPool, reactor, reactor.getThreadPool())
        self.client = Client(reach, Identity("alice", PASSWORD), Details(), self, reactor, in_thread)

    def say(self, body: str) -> None:
        self.client.send("bob", body).addCallback(self._told)

    def _told(self, settled: Settled) -> None:
        self.settled.append(settled)
        self._look()

    def welcomed(self, welcome: Welcome) -> None:
        self.welcomes.append(welcome)
        self._look()

    def disconnected(self, why: str, retry_in: float) -> None:
        self.why.append(why)
        self.lost_at = self.lost_at or reactor.seconds()
        self._look()

    def ended(self, why: ClientError) -> None:
        self.why.append(f"ended: {why}")

    def message(self, message: Message) -> None:
        self.received.append(message.body)
        self.client.acknowledge(message.id)
        self._look()

    def heard(self, event: FromServer) -> None:
        """Nothing else matters."""

    def _look(self) -> None:
        for true, waiting in [each for each in self._waiting if each[0]()]:
            self._waiting.remove((true, waiting))
            waiting.callback(None)

    async def until(self, true: Any) -> None:
        if not true():
            waiting: Deferred[None] = Deferred()
            waiting.addTimeout(PATIENCE, reactor)
            self._waiting.append((true, waiting))
            await waiting


class NatTests(DaemonTestCase):
    timeout = 120

    async def house(self, *, dtls: bool) -> None:
        """Alice behind a NAT, and her friend Bob on the server's machine."""
        self.server: RunningDaemon = await self.daemon().start()
        for name in ("alice", "bob"):
            await self.server.ask("user add", name=name, password=PASSWORD)
        self.nat = Relay(reactor, self.server.ports["native", "udp"], Weather(delay=0.001), 1)
        port = reactor.listenUDP(0, self.nat, interface="127.0.0.1", maxPacketSize=2048).getHost().port
        self.addCleanup(lambda: Deferred.fromCoroutine(self.nat.close()))
        bob = await NativeDriver.sign_on(self.server, "bob", PASSWORD)
        assert isinstance(bob, NativeDriver)
        self.bob = bob
        self.addCleanup(bob.cut)
        self.alice = Alice(port, dtls=dtls)
        await self.alice.client.start()
        self.addCleanup(lambda: Deferred.fromCoroutine(self.alice.client.stop()))
        await bob.watch("alice")
        bob.seen.clear()
        await self.talk("before")

    async def talk(self, when: str) -> None:
        """Five messages each way, at once; all arrive, in order and once."""
        alice, bob = self.alice, self.bob
        told = len(alice.settled)
        bodies = [f"{when} {number}" for number in range(5)]
        for body in bodies:
            alice.say(body)
            bob.send("alice", body)
        await alice.until(lambda: len(alice.received) >= 5 and len(alice.settled) >= told + 5)
        await bob.until("all", lambda: len(bob.received) >= 5)
        await bob.barrier()
        self.assertEqual(alice.received, bodies)
        self.assertEqual([received.body for received in bob.received], bodies)
        self.assertTrue(all(settled.accepted for settled in alice.settled), alice.settled)
        alice.received.clear()
        bob.received.clear()

    async def reasons(self) -> list[str]:
        """Why Alice's sessions ended, the last one's first."""
        return [row["reason"] for row in (await self.server.ask("ledger", name="alice"))["rows"]]

    async def test_while_talking(self) -> None:
        """By DTLS: no answer comes for what she says, so she makes a new handshake and resumes by her token. Those who
        watch her notice nothing."""
        await self.house(dtls=True)
        self.nat.rebind()
        begin = reactor.seconds()
        await self.talk("after")
        noticed, back = self.alice.lost_at - begin, reactor.seconds() - begin
        print(f"\nnoticed after {noticed:.2f} s of {QUICK.patience:.1f}, all told after {back:.2f} s", file=sys.stderr)
        self.assertLess(noticed, QUICK.patience + 1)
        self.assertEqual((len(self.alice.welcomes), len(self.alice.why)), (2, 1), self.alice.why)
        self.assertEqual(self.bob.seen, [])
        self.assertEqual((await self.reasons())[1:], ["resumed"])

    async def test_while_idle(self) -> None:
        """By DTLS, with nothing to say: her own keep-alive gets no answer. What was written to her meanwhile waits."""
        await self.house(dtls=True)
        self.nat.rebind()
        begin = reactor.seconds()
        sent = self.bob.send("alice", "are you there?")
        await self.alice.until(lambda: bool(self.alice.received))
        self.assertEqual(self.alice.received, ["are you there?"])
        self.assertIn((await sent).how, ("accepted", "kept"))
        noticed = self.alice.lost_at - begin
        print(f"\nnoticed after {noticed:.2f} s of {QUICK.keep_alive + QUICK.patience:.1f}", file=sys.stderr)
        self.assertLess(noticed, QUICK.keep_alive + QUICK.patience + 1)
        self.assertEqual(self.bob.seen, [])
        self.assertEqual((await self.reasons())[1:], ["resumed"])

    async def test_plain(self) -> None:
        """On loopback, plain: the connection moves by its id, and is not even lost."""
        await self.house(dtls=False)
        for when in ("once", "twice"):
            self.nat.rebind()
            await self.talk(when)
        self.assertEqual((len(self.alice.welcomes), self.alice.why), (1, []))
