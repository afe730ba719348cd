"""Where doors listen: endpoint strings of the settings to typed values.

The strings are Twisted's server endpoint strings plus our own `tls:PORT[:interface=…]`. But: without
`interface=` a `tcp:` or `tls:` listener binds to loopback, so nothing is open to the world by omission.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from typing import Final, Literal

import msgspec

LOOPBACK: Final = "127.0.0.1"
BACKLOG: Final = 4096
"""A short backlog is what limits sign-on storms; the kernel takes the lower of this and its own limit."""

_KNOWN: Final = ("tcp", "tls", "unix", "systemd", "haproxy", "ssl")
_PREFIX: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\Z")


class Listener(msgspec.Struct, frozen=True):
    """One place where a door listens."""

    kind: Literal["tcp", "tls", "udp", "other"]
    port: int | None
    """0 lets the system choose; None for `other`."""
    interface: str | None
    """An IP address; None for `other`."""
    description: str
    """`tcp`, `other`: a string for Twisted's serverFromString. `tls`: the same form. `udp`: host:port."""
    loopback: bool
    """Only programs of this machine can connect."""


def parse_listener(text: str) -> Listener:
    """Read one endpoint string. Raises ValueError with a reason for people."""
    prefix, colon, _ = text.partition(":")
    if not colon or not _PREFIX.match(prefix):
        raise ValueError(f'"{text}" is not of the form tcp:PORT, tls:PORT, unix:PATH or systemd:…')
    if prefix == "ssl":
        raise ValueError('"ssl:" is not offered; write tls:PORT, which uses tls.certificate and tls.key')
    near = difflib.get_close_matches(prefix.lower(), _KNOWN[:-1], 1, 0.6)
    if prefix not in _KNOWN and near:
        raise ValueError(f'"{prefix}:" is unknown; did you mean "{near[0]}:"?')
    positional, named = _arguments(text)
    if prefix in ("tcp", "tls"):
        return _stream(prefix, text, positional, named)
    if not (positional and positional[0]) and not named:
        raise ValueError(f'"{text}" says nothing after "{prefix}:"')
    # What stands behind systemd:, haproxy: or a plugin's endpoint is not known here: assume the world.
    return Listener("other", None, None, text, loopback=prefix == "unix")


def _stream(kind: str, text: str, positional: list[str], named: dict[str, str]) -> Listener:
    # Twisted's own order: port, interface, backlog.
    values = dict(zip(("port", "interface", "backlog"), positional, strict=False))
    if len(positional) > 3:
        raise ValueError(f'"{text}" has more than port, interface and backlog; write "\\:" for a colon in an address')
    for name, value in named.items():
        if name not in ("port", "interface", "backlog"):
            raise ValueError(f'"{name}=" is unknown in "{text}"; there are port=, interface= and backlog=')
        if name in values:
            raise ValueError(f'"{text}" gives {name} twice')
        values[name] = value
    port = _port(values.get("port", ""), text)
    interface = _interface(values.get("interface", LOOPBACK), text)
    backlog = values.get("backlog", str(BACKLOG))
    if not _digits(backlog) or not 1 <= int(backlog) <= 65_535:
        raise ValueError(f'"{backlog}" in "{text}" is no backlog: a whole number from 1 to 65535')
    escaped = interface.replace(":", "\\:")
    description = f"{kind}:{port}:interface={escaped}:backlog={int(backlog)}"
    loopback = ipaddress.ip_address(interface).is_loopback
    return Listener("tcp" if kind == "tcp" else "tls", port, interface, description, loopback)


def parse_datagram_address(text: str) -> Listener:
    """Read `host:port`, IPv6 in brackets. Raises ValueError with a reason for people."""
    host, colon, port_text = text.rpartition(":")
    if not colon or not host:
        raise ValueError(f'"{text}" is not of the form ADDRESS:PORT, such as 127.0.0.1:4000 or [::1]:4000')
    bracketed = host.startswith("[") and host.endswith("]")
    if ":" in host and not bracketed:
        raise ValueError(f'"{text}" needs brackets around the IPv6 address: "[{host}]:{port_text}"')
    interface = _interface(host[1:-1] if bracketed else host, text)
    port = _port(port_text, text)
    shown = f"[{interface}]" if ":" in interface else interface
    return Listener("udp", port, interface, f"{shown}:{port}", ipaddress.ip_address(interface).is_loopback)


def _port(value: str, text: str) -> int:
    if not _digits(value) or int(value) > 65_535:
        raise ValueError(f'"{value}" in "{text}" is no port: a whole number from 0 to 65535 (0 lets the system choose)')
    return int(value)


def _digits(value: str) -> bool:
    # isdigit alone accepts other scripts' digits.
    return value.isascii() and value.isdigit() and len(value) <= 5


def _interface(value: str, text: str) -> str:
    if value == "localhost":
        return LOOPBACK
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise ValueError(
            f'"{value}" in "{text}" is no IP address; everywhere is 0.0.0.0 or (IPv6, written interface=\\:\\:) ::'
        ) from None


def _arguments(text: str) -> tuple[list[str], dict[str, str]]:
    r"""Split what follows the prefix as Twisted does: `:` between arguments, `=` after a name, `\` quotes."""
    positional: list[str] = []
    named: dict[str, str] = {}
    for raw in _split(text.partition(":")[2], ":"):
        name, *value = _split(raw, "=", 1)
        if value:
            if _unquoted(name) in named:
                raise ValueError(f'"{text}" gives {name} twice')
            named[_unquoted(name)] = _unquoted(value[0])
        elif named:
            raise ValueError(f'"{raw}" in "{text}" needs a name; in an IPv6 address write "\\:" for each colon')
        else:
            positional.append(_unquoted(raw))
    return positional, named


def _split(text: str, separator: str, most: int = -1) -> list[str]:
    parts = [""]
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\" and position + 1 < len(text):
            parts[-1] += text[position : position + 2]
            position += 2
            continue
        if character == separator and (most < 0 or len(parts) <= most):
            parts.append("")
        else:
            parts[-1] += character
        position += 1
    return parts


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
