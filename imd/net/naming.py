"""Names of network addresses, by DNS: looked up backwards, and believed only when the name leads back (RFC 1912 section
2.1). Nothing blocks: queries are datagrams of Twisted's own resolver. Bounded in time, number, and memory.
"""

import ipaddress
import re
import socket
from collections import OrderedDict
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from imd.net.peer import is_loopback

#: Lookups under way at one time; who comes while there are more has no name.
MOST = 500
#: Names, and addresses without one, that are remembered, and for how many seconds.
REMEMBERED, FRESH = 10_000, 300.0
#: Names that one address may claim to have, of which the first that leads back is taken.
_CLAIMS = 3
#: Types of records (RFC 1035 section 3.2.2, RFC 3596 section 2.1).
_A, _PTR, _AAAA = 1, 12, 28
#: RFC 1123 section 2.1, with the underscores that are seen.
_NAME = re.compile(r"(?!-)[0-9a-z_-]{1,63}(?:\.[0-9a-z_-]{1,63})+\Z")


class Names:
    """`imd.core.ports.Names`. `timeout` bounds one address, in seconds."""

    log = Logger()

    def __init__(self, reactor: IReactorTime, timeout: float, resolver: Any = None) -> None:
        self.timeout = timeout
        self._reactor = reactor
        self._resolver = resolver
        #: Address → name ("": none), and when it was found; the latest last.
        self._known: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._waiting: dict[str, list[Deferred[str]]] = {}

    @property
    def _patience(self) -> tuple[float, float]:
        """Of one question: it is asked twice, and given up before the whole is."""
        return self.timeout * 0.25, self.timeout * 0.6

    async def hostname(self, address: str) -> str:
        """The name of an address, or ""."""
        if is_loopback(address):
            return ""
        found = self._known.get(address)
        if found is not None and self._reactor.seconds() - found[1] < FRESH:
            return found[0]
        if address in self._waiting:
            shared: Deferred[str] = Deferred()
            self._waiting[address].append(shared)
            return await shared
        if len(self._waiting) >= MOST:
            return ""
        waiting = self._waiting[address] = []
        name = ""
        try:
            name = await self._in_time(address)
        finally:
            del self._waiting[address]
            for other in waiting:
                other.callback(name)
        self._known[address] = name, self._reactor.seconds()
        self._known.move_to_end(address)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return name

    async def _in_time(self, address: str) -> str:
        looking = Deferred.fromCoroutine(self._look_up(address))
        looking.addTimeout(self.timeout, self._reactor)
        try:
            return await looking
        except CancelledError:
            raise
        except TimeoutError:
            return ""
        except Exception as reason:
            # No such name, no answer, nonsense for an answer: to us it is all the same.
            self.log.debug("no name of {address}: {reason}", address=address, reason=repr(reason))
            return ""

    async def _look_up(self, address: str) -> str:
        if self._resolver is None:
            # Imported here: few daemons need it, and it is large.
            from twisted.names.client import Resolver

            self._resolver = Resolver(resolv="/etc/resolv.conf", reactor=self._reactor)
        plain = ipaddress.ip_address(address.partition("%")[0])
        answers, _, _ = await self._resolver.lookupPointer(plain.reverse_pointer, self._patience)
        claimed = [str(each.payload.name).lower() for each in answers if each.type == _PTR]
        for name in claimed[:_CLAIMS]:
            if len(name) < 250 and _NAME.match(name) and await self._leads_back(name, plain):
                return name
        return ""

    async def _leads_back(self, name: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        if isinstance(address, ipaddress.IPv4Address):
            answers, _, _ = await self._resolver.lookupAddress(name, self._patience)
            found = {each.payload.dottedQuad() for each in answers if each.type == _A}
        else:
            answers, _, _ = await self._resolver.lookupIPV6Address(name, self._patience)
            packed = [each.payload.address for each in answers if each.type == _AAAA]
            found = {socket.inet_ntop(socket.AF_INET6, octets) for octets in packed}
        return address in {ipaddress.ip_address(each) for each in found}
