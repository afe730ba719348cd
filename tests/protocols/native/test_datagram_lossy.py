"""The datagram door over a network that loses a third: real sockets, real time, a running daemon."""

from typing import Any

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred

from tests.daemon import DaemonTestCase, moments
from tests.doors.native import NativeDriver
from tests.doors.udp import DtlsDriver, UdpDriver
from tests.net.datagram.link import Weather
from tests.net.datagram.relay import Relay

reactor: Any = installed_reactor
PASSWORD = "correct horse"
SEED = 20261122
BAD = Weather(loss=0.3, duplication=0.2, delay=0.002, jitter=0.01)


class LossyTests(DaemonTestCase):
    timeout = 150

    async def test_a_third_lost(self) -> None:
        """Sign-on and four hundred messages each way between a plain and a DTLS client: in order, once. OpenSSL sends
        flights of its handshake again."""
        daemon = await self.daemon().start()
        relay = Relay(reactor, daemon.ports["native", "udp"], BAD, SEED)
        bound = reactor.listenUDP(0, relay, interface="127.0.0.1")
        self.addCleanup(lambda: Deferred.fromCoroutine(self.ended(relay)))
        daemon.ports["native", "udp"] = bound.getHost().port
        people: list[NativeDriver] = []
        for kind, name in ((UdpDriver, "alice"), (DtlsDriver, "bob")):
            await daemon.ask("user add", name=name, password=PASSWORD)
            driver = await kind.sign_on(daemon, name, PASSWORD)
            assert isinstance(driver, NativeDriver)
            self.addCleanup(driver.cut)
            people.append(driver)
        alice, bob = people
        told = []
        for number in range(400):
            told += [alice.send("bob", f"{number}"), bob.send("alice", f"{number}")]
        for outcome in told:
            self.assertIn((await outcome).how, ("accepted", "kept"))
        for one in people:
            await one.until("all of them", lambda one=one: len(one.received) >= 400)
            self.assertEqual([each.body for each in one.received], [str(number) for number in range(400)])
        self.assertGreater(relay.lost, relay.carried / 5)

    async def ended(self, relay: Relay) -> None:
        await relay.close()
        # What was under way arrives nowhere.
        await moments(0.05)
