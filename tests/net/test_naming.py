"""Host names by a real DNS server, on this machine."""

from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred, fail, gatherResults, succeed
from twisted.names import dns
from twisted.names.client import Resolver
from twisted.names.common import ResolverBase
from twisted.names.error import DomainError
from twisted.names.server import DNSServerFactory
from twisted.trial.unittest import TestCase

from imd.net.naming import Names

reactor: Any = installed

FAR = "192.0.2.7"
SIX = "2001:db8::7"
SIX_BACK = "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"

Records = dict[tuple[str, int], list[str] | None]


class Zone(ResolverBase):
    """What the server knows: names and addresses; counts what it is asked. A name of None is never answered."""

    def __init__(self, records: Records) -> None:
        super().__init__()
        self.records = records
        self.asked: list[tuple[str, int]] = []

    def _lookup(self, name: bytes, cls: int, type: int, timeout: object) -> "Deferred[Any]":
        key = name.decode().lower(), type
        self.asked.append(key)
        if key not in self.records:
            return fail(DomainError(name))
        found = self.records[key]
        if found is None:
            return Deferred()
        make: Any = {dns.PTR: dns.Record_PTR, dns.A: dns.Record_A, dns.AAAA: dns.Record_AAAA}[type]
        return succeed(([dns.RRHeader(name, type, payload=make(each)) for each in found], [], []))


class NamingTests(TestCase):
    timeout = 20

    def names(self, records: Records, timeout: float = 5.0) -> Names:
        self.zone = Zone(records)
        protocol = dns.DNSDatagramProtocol(DNSServerFactory(clients=[self.zone]))
        port = reactor.listenUDP(0, protocol, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        resolver = Resolver(servers=[("127.0.0.1", port.getHost().port)], reactor=reactor)
        return Names(reactor, timeout, resolver)

    async def test_there_and_back(self) -> None:
        """A name that leads back is believed, in either version of IP; asked again it is remembered."""
        names = self.names(
            {
                ("7.2.0.192.in-addr.arpa", dns.PTR): ["Host.Example.ORG"],
                ("host.example.org", dns.A): ["198.51.100.1", FAR],
                (SIX_BACK, dns.PTR): ["six.example.org"],
                ("six.example.org", dns.AAAA): [SIX],
            }
        )
        self.assertEqual(await names.hostname(FAR), "host.example.org")
        self.assertEqual(await names.hostname(SIX), "six.example.org")
        asked = len(self.zone.asked)
        self.assertEqual(await names.hostname(FAR), "host.example.org")
        self.assertEqual(len(self.zone.asked), asked)

    async def test_not_believed(self) -> None:
        """A name that leads elsewhere, or nowhere, or is none, is no name; a later claim may be a good one."""
        names = self.names(
            {
                ("1.2.0.192.in-addr.arpa", dns.PTR): ["bank.example"],
                ("bank.example", dns.A): ["198.51.100.1"],
                ("2.2.0.192.in-addr.arpa", dns.PTR): ["nowhere.example"],
                ("3.2.0.192.in-addr.arpa", dns.PTR): ["a b!c@example"],
                ("4.2.0.192.in-addr.arpa", dns.PTR): ["bank.example", "good.example"],
                ("good.example", dns.A): ["192.0.2.4"],
            }
        )
        found = [await names.hostname(f"192.0.2.{number}") for number in (1, 2, 3, 4, 5)]
        self.assertEqual(found, ["", "", "", "good.example", ""])

    async def test_in_time(self) -> None:
        """A server that does not answer holds nobody up for longer than the limit, however many ask."""
        names = self.names({("7.2.0.192.in-addr.arpa", dns.PTR): None}, timeout=0.1)
        begin = reactor.seconds()
        found = await gatherResults([Deferred.fromCoroutine(names.hostname(FAR)) for _ in range(3)])
        self.assertEqual(found, ["", "", ""])
        self.assertLess(reactor.seconds() - begin, 2)
        self.assertEqual(set(self.zone.asked), {("7.2.0.192.in-addr.arpa", dns.PTR)})

    async def test_nearby(self) -> None:
        """Nobody is asked for the addresses of this machine."""
        names = self.names({})
        self.assertEqual([await names.hostname(address) for address in ("127.0.0.1", "::1", "")], ["", "", ""])
        self.assertEqual(self.zone.asked, [])
