r"""Sections `listen` and `tls`: where each door listens, and with which certificate.

Endpoint strings bind to loopback unless they say `interface=`: everywhere is `tcp:6667:interface=0.0.0.0`,
and `tcp:6667:interface=\:\:` with IPv6.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from imd.config.field import setting
from imd.config.listeners import Listener, parse_datagram_address, parse_listener

_ENDPOINTS = (
    "a list of endpoint strings: tcp:PORT, tls:PORT (each with :interface=ADDRESS to leave loopback), "
    "unix:PATH, systemd:…"
)


class Listen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    r"""Where each door listens. Only this machine can connect unless a listener names an interface:
    everywhere is `tcp:6667:interface=0.0.0.0`, with IPv6 `tcp:6667:interface=\:\:` (in TOML between
    single quotes, which leave the backslashes alone). Port 0 lets the system choose. An
    empty list closes the door."""

    native: Annotated[
        tuple[str, ...],
        setting(
            "The native protocol, for `imc` and applications.",
            allowed=_ENDPOINTS,
            example='["tls:4001:interface=0.0.0.0"]',
            live=False,
        ),
    ] = ("tcp:4000", "tls:4001")
    irc: Annotated[
        tuple[str, ...],
        setting("IRC.", allowed=_ENDPOINTS, example='["tls:6697:interface=0.0.0.0"]', live=False),
    ] = ("tcp:6667", "tls:6697")
    web: Annotated[
        tuple[str, ...],
        setting(
            "The web site: WebSockets for IRC and the native protocol, and a page that says how the daemon is.",
            allowed=_ENDPOINTS,
            example='["tls:443:interface=0.0.0.0"]',
            live=False,
        ),
    ] = ("tcp:8080",)
    udp: Annotated[
        tuple[str, ...],
        setting(
            "The native protocol on datagrams: DTLS, and on loopback also plain.",
            allowed='a list of "ADDRESS:PORT", an IPv6 address in brackets',
            example='["0.0.0.0:4000"]',
            live=False,
        ),
    ] = ("127.0.0.1:4000",)

    proxies: Annotated[
        tuple[str, ...],
        setting(
            "Balancers that pass connections on: each connection from there, to whatever listener, must begin with a "
            "PROXY header (version 1 or 2, before TLS), and the address it gives counts. From anywhere else a header "
            "is not taken.",
            allowed="a list of addresses and networks (CIDR)",
            example='["10.0.0.0/8"]',
        ),
    ] = ()
    exempt: Annotated[
        tuple[str, ...],
        setting(
            "Addresses that limits.connections_per_address and limits.connections_per_minute do not count.",
            allowed="a list of addresses and networks (CIDR)",
            example='["192.0.2.0/24"]',
            reason="Programs of the same machine, such as gateways, bring many people.",
        ),
    ] = ("127.0.0.0/8", "::1/128")

    def listeners(self, door: Literal["native", "irc", "web", "udp"]) -> tuple[Listener, ...]:
        """The listeners of one door, typed. Raises ValueError on a wrong text (never after `load`)."""
        if door == "udp":
            return tuple(map(parse_datagram_address, self.udp))
        texts: tuple[str, ...] = getattr(self, door)
        return tuple(map(parse_listener, texts))

    def everything(self) -> tuple[Listener, ...]:
        """The listeners of all doors."""
        doors: tuple[Literal["native", "irc", "web", "udp"], ...] = ("native", "irc", "web", "udp")
        return tuple(listener for door in doors for listener in self.listeners(door))


class Tls(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The certificate of all `tls:` listeners. Changed files are picked up by themselves."""

    certificate: Annotated[
        Path | None,
        setting(
            "File with the certificate and its chain, in PEM form. Empty: a self-signed pair is made in `data`.",
            example='"/etc/letsencrypt/live/example.org/fullchain.pem"',
        ),
    ] = None
    key: Annotated[
        Path | None,
        setting(
            "File with the private key, in PEM form.",
            example='"/etc/letsencrypt/live/example.org/privkey.pem"',
        ),
    ] = None
