"""Messages as bytes: MessagePack, without the names of the fields, which would be a quarter of what is written.

The order of the fields is part of what is stored: new ones go to the end, with a default. Values with names, as they
were written at first, are read, too.
"""

from typing import Any, Final, get_type_hints

import msgspec
from msgspec.structs import astuple, fields

from imd.core.message import Message
from imd.core.stores import Queued

_encode: Final = msgspec.msgpack.Encoder().encode


def _listed(kind: type[msgspec.Struct], **types: Any) -> type[msgspec.Struct]:
    """A struct with the same fields, which is written as a list; `types` take the place of those of some fields."""
    hints = get_type_hints(kind) | types
    members: list[Any] = []
    for field in fields(kind):
        if field.default is not msgspec.NODEFAULT:
            members.append((field.name, hints[field.name], field.default))
        elif field.default_factory is not msgspec.NODEFAULT:
            default = msgspec.field(default_factory=field.default_factory)
            members.append((field.name, hints[field.name], default))
        else:
            members.append((field.name, hints[field.name]))
    return msgspec.defstruct(f"{kind.__name__}List", members, array_like=True, gc=False)


_MessageList: Final = _listed(Message)
_message: Final = msgspec.msgpack.Decoder(_MessageList).decode
_named_message: Final = msgspec.msgpack.Decoder(Message).decode
_queued: Final = msgspec.msgpack.Decoder(_listed(Queued, message=_MessageList)).decode
_named_queued: Final = msgspec.msgpack.Decoder(Queued).decode


def _has_names(value: bytes) -> bool:
    """Whether it is a map (MessagePack specification, "Formats": fixmap, map 16, map 32)."""
    return 0x80 <= value[0] <= 0x8F or value[0] in (0xDE, 0xDF)


def encode_message(message: Message) -> bytes:
    """Raises `UnicodeEncodeError` for text that is none."""
    return _encode(astuple(message))


def decode_message(value: bytes) -> Message:
    return _named_message(value) if _has_names(value) else Message(*astuple(_message(value)))


def encode_queued(queued: Queued) -> bytes:
    """Raises `UnicodeEncodeError` for text that is none."""
    message, *rest = astuple(queued)
    return _encode((astuple(message), *rest))


def decode_queued(value: bytes) -> Queued:
    if _has_names(value):
        return _named_queued(value)
    message, *rest = astuple(_queued(value))
    return Queued(Message(*astuple(message)), *rest)
