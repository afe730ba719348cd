"""Every listener, and the certificate they show."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

from twisted.internet.interfaces import IListeningPort, IProtocolFactory
from twisted.internet.ssl import CertificateOptions

from imd.assembly.environment import Environment
from imd.config.model import Settings
from imd.core.refusal import Refusal
from imd.net.after_handshake import Securing
from imd.net.connections import Connections
from imd.net.listening import listen, port_number, shown
from imd.net.self_signed import ensure_pair
from imd.net.tls import Certificates
from imd.net.web.site import WebSite
from imd.protocols.irc.gateway import IrcGateway
from imd.protocols.native.datagram import NativeDatagrams
from imd.protocols.native.gateway import NativeGateway

Stream = Literal["native", "irc", "web"]


class Bound:
    """One listener and its port."""

    def __init__(self, door: str, kind: str, port: IListeningPort) -> None:
        self.door = door
        self.kind = kind
        self.port = port

    def __str__(self) -> str:
        return f"{self.door} {self.kind} {shown(self.port)}"


class Listeners:
    """The listeners of one daemon."""

    def __init__(self, reactor: Any, environment: Environment, connections: Connections) -> None:
        self._reactor = reactor
        self._environment = environment
        self._connections = connections
        self._bound: list[Bound] = []
        self._certificates: Certificates | None = None

    async def bind(
        self, settings: Settings, native: NativeGateway, datagrams: NativeDatagrams, irc: IrcGateway, web: WebSite
    ) -> None:
        """Bind what the settings name; one that cannot be bound is an `Exception`, and others may be bound already."""
        certificate, key = await self._pair(settings)
        self._certificates = await self._environment.in_thread(
            partial(Certificates, certificate, key, self._environment.in_thread)
        )
        self._certificates.start(self._reactor)
        securing = Securing(self._certificates, self._reactor)
        streams: tuple[tuple[Stream, IProtocolFactory, bool, Callable[[Refusal], bytes]], ...] = (
            ("native", native.factory, True, native.answer),
            ("irc", irc, False, irc.answer),
            ("web", web.factory, False, web.turned_away),
        )
        for door, factory, detect, answer in streams:
            for each in settings.listen.listeners(door):
                port = await listen(
                    self._reactor,
                    each.kind,
                    each.description,
                    factory,
                    self._connections,
                    securing=securing,
                    detect=detect,
                    answer=answer,
                )
                self._bound.append(Bound(door, each.kind, port))
        for each in settings.listen.listeners("udp"):
            bound = datagrams.listen(self._reactor, each.interface or "", each.port or 0)
            self._bound.append(Bound("native", each.kind, bound))

    async def renew(self, settings: Settings) -> Path | None:
        """Show the certificate of these settings from now on; its path, if it is another one.

        Raises `UnusablePair`; then the old one stays.
        """
        certificate, key = await self._pair(settings)
        if self._certificates is not None and await self._environment.in_thread(
            partial(self._certificates.use, certificate, key)
        ):
            return certificate
        return None

    def tls_options(self) -> CertificateOptions:
        if self._certificates is None:
            raise AssertionError("asked for a certificate before there was one")
        return self._certificates.options

    def __str__(self) -> str:
        return ", ".join(map(str, self._bound))

    def table(self) -> list[dict[str, Any]]:
        """The listeners with their real ports."""
        return [
            {"door": each.door, "kind": each.kind, "port": port_number(each.port), "address": shown(each.port)}
            for each in self._bound
        ]

    def ports(self, door: str) -> dict[str, int]:
        """The real ports of a door by kind; of several of a kind, the first."""
        return {each.kind: port_number(each.port) for each in reversed(self._bound) if each.door == door}

    def web_origins(self, domain: str) -> tuple[str, ...]:
        """What browsers call the pages of our own web listeners (RFC 6454), by the names of this machine and ours."""
        origins = []
        for each in self._bound:
            port = port_number(each.port)
            if each.door != "web" or not port:
                continue
            scheme, usual = ("https", 443) if each.kind == "tls" else ("http", 80)
            shown_port = "" if port == usual else f":{port}"
            origins += [f"{scheme}://{host}{shown_port}" for host in ("localhost", "127.0.0.1", "[::1]", domain)]
        return tuple(dict.fromkeys(origins))

    async def unbind(self) -> None:
        """No new connections."""
        for bound in self._bound:
            await _stopped(bound.port)

    def stop(self) -> None:
        """No certificate is looked after any more."""
        if self._certificates is not None:
            self._certificates.stop()

    async def _pair(self, settings: Settings) -> tuple[Path, Path]:
        """Certificate and key of the settings, or the pair of our own."""
        if settings.tls.certificate is not None and settings.tls.key is not None:
            return settings.tls.certificate, settings.tls.key
        now = self._environment.clock.time()
        return await self._environment.in_thread(partial(ensure_pair, settings.data, settings.domain, now))


async def _stopped(port: IListeningPort) -> None:
    stopping = port.stopListening()
    if stopping is not None:
        await stopping
