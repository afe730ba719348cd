"""Gateways that may say whose connection they pass on (IRC WEBIRC), by the settings: place, password, certificate."""

import hmac
import ipaddress
from collections.abc import Callable, Iterable

import msgspec

from imd.core.ban import Network
from imd.core.refusal import SignOnFailed
from imd.core.session import Peer
from imd.core.stores import Verifier
from imd.credentials.hashing import Hashing
from imd.credentials.scram import matches
from imd.credentials.throttle import Throttle
from imd.net.opaque_string import UnusablePassword, prepare


class Gateway(msgspec.Struct, frozen=True, kw_only=True):
    """One gateway. It must come from `networks`, and show whatever else is given."""

    name: str
    networks: tuple[Network, ...]
    verifier: Verifier | None = None
    #: SHA-256 fingerprint, hexadecimal.
    certificate: str = ""


class Gateways:
    """All the settings know. `now` is the wall clock."""

    def __init__(self, hashing: Hashing, throttle: Throttle, now: Callable[[], float]) -> None:
        self._hashing = hashing
        self._throttle = throttle
        self._now = now
        self._gateways: tuple[Gateway, ...] = ()

    def apply(self, gateways: Iterable[Gateway], delay: float) -> None:
        """New settings."""
        self._throttle.set_base(delay)
        self._gateways = tuple(gateways)

    async def admit(self, password: str, peer: Peer) -> str:
        """`imd.core.ports.Credentials.gateway`."""
        self._throttle.begin("", peer.address, self._now())
        for gateway in self._gateways:
            if _from_there(gateway, peer) and await self._right_password(gateway, password, peer):
                return gateway.name
        self._throttle.failed("", peer.address, self._now())
        raise SignOnFailed("you are no gateway of this server, or the password is wrong")

    async def _right_password(self, gateway: Gateway, password: str, peer: Peer) -> bool:
        verifier = gateway.verifier
        if verifier is None:
            return True
        if not peer.confidential:
            # It has been sent already; that it does not work keeps it from being sent a second time.
            return False
        try:
            prepared = prepare(password)
        except UnusablePassword:
            return False
        return matches(verifier, await self._hashing.salted(prepared, verifier.salt, verifier.iterations))


def _from_there(gateway: Gateway, peer: Peer) -> bool:
    if gateway.certificate and not hmac.compare_digest(gateway.certificate, peer.certificate):
        return False
    try:
        place = ipaddress.ip_address(peer.address or "127.0.0.1")
    except ValueError:
        return False
    return any(place in network for network in gateway.networks)
