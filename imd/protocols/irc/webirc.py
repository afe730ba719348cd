"""WEBIRC: a gateway says whose connection it passes on (https://ircv3.net/specs/extensions/webirc).

Whom the settings trust may say so, once and before anything else; all others, and whoever says it wrongly, are closed.
"""

import ipaddress
import re
from typing import TYPE_CHECKING

import msgspec
from twisted.internet.address import IPv4Address, IPv6Address

from imd.core.refusal import Malformed, Refusal
from imd.net.peer import is_loopback
from imd.protocols.irc import numerics
from imd.protocols.irc.commands import command
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

_FINGERPRINT = re.compile("[0-9a-fA-F]{64}")
_HOST = re.compile(r"[0-9A-Za-z._:-]{1,253}\Z")


@command("WEBIRC", parameters=4, registered=False)
async def webirc(session: "IrcSession", line: Line) -> None:
    """``WEBIRC password gateway hostname ip [:options]``."""
    if session.registered:
        session.numeric(numerics.ERR_ALREADYREGISTERED)
        return
    state = session.registration
    try:
        if session.gateway or state.nick or state.user or state.negotiating or state.password:
            raise Malformed("WEBIRC must be the first command, and the only one of its kind")
        password, _, hostname, ip = line.params[:4]
        address = _address(ip)
        session.gateway = await session.door.credentials.gateway(password, session.peer)
        _pass_on(session, hostname, address, _options(line.param(4)))
    except Refusal as refusal:
        session.door.log.info("WEBIRC of {address} refused: {why}", address=session.peer.address, why=refusal.sentence)
        session.close(f"WEBIRC: {refusal.sentence}")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The client's address; one of IPv6 may have been given a 0 in front of its colon. Raises `Malformed`."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise Malformed("that is no IP address") from None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _options(text: str) -> dict[str, str]:
    return {name: value for name, _, value in (word.partition("=") for word in text.split())}


def _pass_on(
    session: "IrcSession",
    hostname: str,
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
    options: dict[str, str],
) -> None:
    """From here on the connection is the client's. Raises what limits and bans say of its address."""
    before, host = session.peer, str(address)
    port = options.get("remote-port", "")
    number = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0
    # "Servers MUST ignore [secure] if the gateway's own connection is not secure"; on this machine it needs not be.
    secure = ("secure" in options or "tls" in options) and before.confidential
    certificate = options.get("certfp-sha-256", "")
    session.peer = msgspec.structs.replace(
        before,
        address=host,
        port=min(number, 65_535),
        secure=secure,
        tls=f"by gateway {session.gateway}" if secure else "",
        loopback=is_loopback(host),
        certificate=certificate.lower() if secure and _FINGERPRINT.fullmatch(certificate) else "",
        hostname=hostname.lower() if _HOST.match(hostname) and hostname != host else "",
    )
    make = IPv6Address if ":" in host else IPv4Address
    refusal = session.link.moved(make("TCP", host, session.peer.port))
    if refusal is not None:
        raise refusal
