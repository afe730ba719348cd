"""Message tags (IRCv3 message-tags, https://ircv3.net/specs/extensions/message-tags)."""

import re
from collections.abc import Mapping

# "Escaping values" of the specification.
_ESCAPES = {";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n"}
_UNESCAPES = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}
_TO_ESCAPE = re.compile(r"[; \\\r\n]")
_TO_UNESCAPE = re.compile(r"\\(.?)", re.DOTALL)


def escape(value: str) -> str:
    """A tag value as it stands on the wire. NUL, which has no escape, is dropped."""
    if "\0" in value:
        value = value.replace("\0", "")
    return _TO_ESCAPE.sub(lambda match: _ESCAPES[match[0]], value)


def unescape(value: str) -> str:
    """The value meant: an unknown escape loses its backslash, and so does one at the end."""
    if "\\" not in value:
        return value
    return _TO_UNESCAPE.sub(lambda match: _UNESCAPES.get(match[1], match[1]), value)


def parse_tags(text: str) -> dict[str, str]:
    """What stands between ``@`` and the space. A missing value is ""; of equal keys the last one counts."""
    tags = {}
    for tag in text.split(";"):
        key, _, value = tag.partition("=")
        if key and key != "+":
            tags[key] = unescape(value)
    return tags


def format_tags(tags: Mapping[str, str]) -> str:
    """What stands between ``@`` and the space; "" for no tags."""
    return ";".join(f"{key}={escape(value)}" if value else key for key, value in tags.items())
