"""How ``imc --receive`` prints a message: one line of text or of JSON, whatever the message holds."""

import datetime
import unicodedata

import msgspec

from imd.client.outgoing import Settled
from imd.messages.messaging import Message

#: Bidirectional controls: they could make a line look like another one (Unicode TR 36 section 2.1).
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SHORT = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escaped(text: str) -> str:
    """Without line ends or anything a terminal would obey; a backslash stands doubled."""
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if character in _BIDI or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
        code = ord(character)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    return character


def split_address(address: str, domain: str) -> tuple[str, str]:
    """Name to show (without the server's own domain), and the room's name if it is one."""
    name, _, host = address.rpartition("@")
    if name and host.lower() == domain.lower():
        address = name
    return address, address if address.startswith("#") else ""


def message_text(message: Message, domain: str) -> str:
    """``time sender: body``, in a room ``time sender #room: body``."""
    sender, _ = split_address(message.from_, domain)
    _, room = split_address(message.to, domain)
    body = f"/me {message.body}" if message.kind == "action" else message.body
    where = f" {escaped(room)}" if room else ""
    return f"{utc(message.time)} {escaped(sender)}{where}: {escaped(body)}"


def message_json(message: Message, domain: str) -> str:
    """The same as an object."""
    _, room = split_address(message.to, domain)
    return _json(
        {
            "id": message.id,
            "time": message.time,
            "sender": message.from_,
            "room": room or None,
            "body": message.body,
            "kind": message.kind,
            "repeat": message.repeat,
        }
    )


def settled_json(settled: Settled, to: str) -> str:
    """What became of a message that was sent; only these objects have an ``outcome``."""
    return _json(
        {
            "id": settled.id or None,
            "client_id": settled.client_id,
            "to": to,
            "outcome": settled.outcome,
            "reason": settled.code or None,
            "text": settled.text or None,
        }
    )


def utc(time: float) -> str:
    """A time as RFC 3339 has it, in UTC, to the second."""
    try:
        return datetime.datetime.fromtimestamp(time, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return "-"


def _json(fields: dict[str, object]) -> str:
    return msgspec.json.encode(fields).decode()
