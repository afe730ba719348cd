"""The client's opening handshake (RFC 6455 section 4.2): accepted, or refused with an HTTP status. No I/O."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from imd.net.origin import from_here

#: Section 1.3.
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#: The only version there is (section 4.1).
VERSION = "13"

#: All values of a header field, in their order.
Field = Callable[[str], Sequence[str]]


class Refused(Exception):
    """The request is answered with this status and these further headers."""

    def __init__(self, status: int, sentence: str, headers: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = headers


class Accepted(NamedTuple):
    """What is agreed upon."""

    key: str
    #: One of those the client offered and we know; "" for none.
    subprotocol: str

    def response(self) -> bytes:
        """Section 4.2.2, item 5. No extension is ever agreed upon."""
        lines = [
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Accept: {accept(self.key)}",
        ]
        if self.subprotocol:
            lines.append(f"Sec-WebSocket-Protocol: {self.subprotocol}")
        return "\r\n".join([*lines, "", ""]).encode()


def accept(key: str) -> str:
    """Section 4.2.2, item 5.4."""
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()).decode()


def wanted(field: Field) -> bool:
    """Whether the request asks for a WebSocket at all."""
    return "websocket" in _tokens(field, "Upgrade")


def check(
    method: bytes,
    version: bytes,
    field: Field,
    subprotocols: Collection[str],
    origins: Collection[str],
    domain: str = "",
) -> Accepted:
    """Section 4.2.1. `subprotocols` are ours; of those the first that the client names is taken. `origins` and `domain`
    as for `imd.net.origin.from_here`. Raises `Refused`."""
    if method != b"GET":
        raise Refused(405, "A WebSocket is asked for by GET.", [("Allow", "GET")])
    if version != b"HTTP/1.1":
        raise Refused(400, "A WebSocket needs HTTP/1.1.")
    if not wanted(field):
        raise Refused(
            426, "Here is a WebSocket, and nothing else.", [("Upgrade", "websocket"), ("Connection", "Upgrade, close")]
        )
    if "upgrade" not in _tokens(field, "Connection"):
        raise Refused(400, "Connection must name Upgrade.")
    versions = _tokens(field, "Sec-WebSocket-Version")
    if versions != [VERSION]:
        # Section 4.4.
        raise Refused(426, "Only version 13 is spoken here.", [("Sec-WebSocket-Version", VERSION)])
    hosts, keys = field("Host"), field("Sec-WebSocket-Key")
    if len(hosts) != 1 or not hosts[0]:
        raise Refused(400, "One Host is needed.")
    if len(keys) != 1 or not _is_key(keys[0].strip()):
        raise Refused(400, "One Sec-WebSocket-Key of 16 bytes in Base64 is needed.")
    if not from_here(field("Origin"), hosts[0], origins, domain):
        raise Refused(403, "Pages of that origin may not connect here (web.sites, web.origins).")
    offered = _tokens(field, "Sec-WebSocket-Protocol", fold=False)
    return Accepted(keys[0].strip(), next((each for each in offered if each in subprotocols), ""))


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _tokens(field: Field, name: str, *, fold: bool = True) -> list[str]:
    """The tokens of a header that is a list (RFC 9110 section 5.6.1), in small letters unless `fold` is false."""
    found = [token.strip() for value in field(name) for token in value.split(",")]
    return [token.lower() if fold else token for token in found if token]
