"""Where to connect and as whom: ``NAME@HOST[:PORT]``, and which security goes with it."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from imd.client.errors import UsageError

PLAIN_PORT = 4000
TLS_PORT = 4001

_FORM = re.compile(
    r"(?P<name>[^@\s]+)@(?:\[(?P<six>[^\[\]\s]+)\]|(?P<host>[^@:\[\]\s]+))(?::(?P<port>[^:\s]*))?", re.ASCII
)


@dataclass(frozen=True)
class Destination:
    """An account and the host to connect to. `port` None: none was given."""

    name: str
    host: str
    port: int | None = None

    @property
    def loopback(self) -> bool:
        """Whether the host can only be this machine. For ``localhost`` the address found is checked once more."""
        try:
            return ipaddress.ip_address(self.host.partition("%")[0]).is_loopback
        except ValueError:
            # RFC 6761 section 6.3: names under localhost never leave the machine.
            folded = self.host.lower().rstrip(".")
            return folded == "localhost" or folded.endswith(".localhost")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.name}@{host}" + ("" if self.port is None else f":{self.port}")


@dataclass(frozen=True)
class Way:
    """One way to try: a port, with TLS or plain (loopback only)."""

    port: int
    tls: bool


def ways(destination: Destination, insecure: bool) -> Sequence[Way]:
    """What to try, in this order: the next one only if the server does not speak the one before.

    Off loopback it is TLS, whatever was asked for. On loopback an explicit port may be a listener for TLS only.
    """
    port = destination.port
    if not destination.loopback:
        return (Way(TLS_PORT if port is None else port, True),)
    if port is None:
        return (Way(PLAIN_PORT, False),)
    if insecure or port == TLS_PORT:
        return (Way(port, True),)
    return Way(port, False), Way(port, True)


def parse(text: str) -> Destination:
    """Read ``NAME@HOST[:PORT]``, an IPv6 address in brackets. Raises `UsageError`."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise UsageError(_why(text))
    host = match["host"]
    if match["six"] is not None:
        host = match["six"]
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            raise UsageError(f"[{host}] is not an IPv6 address.") from None
    return Destination(match["name"], host, None if match["port"] is None else _port(match["port"]))


def _port(text: str) -> int:
    if not (text.isdigit() and 0 < int(text) < 65536):
        raise UsageError(f"{text!r} is not a port: a number from 1 to 65535 is wanted, as in alice@example.org:4001.")
    return int(text)


def _why(text: str) -> str:
    name, at, host = text.rpartition("@")
    if not at:
        return f"{text!r} lacks the host: write NAME@HOST, for example {text.strip() or 'alice'}@localhost."
    if not name:
        return f"{text!r} lacks the account's name: write NAME@HOST, for example alice{text}."
    if "@" in name:
        return f"{text!r} has more than one @: NAME is only the part of the address before its @."
    if host.count(":") > 1 and "[" not in host:
        return f"An IPv6 address needs brackets: {name}@[{host}]."
    return f"{text!r} is not NAME@HOST[:PORT], as in alice@example.org or alice@[::1]:4000."
