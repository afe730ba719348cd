"""Payload ↔ message. Whatever a payload holds, it gives a message or `BadMessage`."""

from typing import Any, TypeVar

import msgspec

from imd.messages.base import Wire
from imd.messages.catalogue import CLIENT_MESSAGES, SERVER_MESSAGES, FromClient, FromServer

_T = TypeVar("_T")

_client: msgspec.json.Decoder[FromClient] = msgspec.json.Decoder(FromClient)
_server: msgspec.json.Decoder[FromServer] = msgspec.json.Decoder(FromServer)
_encoder = msgspec.json.Encoder()


class BadMessage(Exception):
    """A payload that is no message. `ref` is that of the request where it can be read, else 0."""

    def __init__(self, code: str, sentence: str, ref: int = 0) -> None:
        super().__init__(sentence)
        #: ``malformed`` or ``unknown-type``.
        self.code = code
        self.sentence = sentence
        self.ref = ref


class _Head(msgspec.Struct):
    # What can be said of a message that could not be read as a whole.
    type: Any = None
    ref: Any = None


_head = msgspec.json.Decoder(_Head)


def decode_client(payload: bytes) -> FromClient:
    """What a client sent. Raises `BadMessage`."""
    return _decode(_client, CLIENT_MESSAGES, payload)


def decode_server(payload: bytes) -> FromServer:
    """What the server sent. Raises `BadMessage`, with the code ``unknown-type`` for what a later server may say."""
    return _decode(_server, SERVER_MESSAGES, payload)


def encode(message: msgspec.Struct) -> bytes:
    """A message as payload, without a line end; or a part of one."""
    return _encoder.encode(message)


def _decode(decoder: msgspec.json.Decoder[_T], known: dict[str, type[Wire]], payload: bytes) -> _T:
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        # RecursionError: more brackets than the stack is deep. UnicodeError: a surrogate without its other half.
        raise _explain(payload, known, error) from error


def _explain(payload: bytes, known: dict[str, type[Wire]], error: Exception) -> BadMessage:
    try:
        head = _head.decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return BadMessage("malformed", f"This is not a JSON object: {_short(error)}.")
    ref = head.ref if type(head.ref) is int and 0 <= head.ref < 2**53 else 0
    if not isinstance(head.type, str):
        return BadMessage("malformed", 'A message needs a type, as in {"type":"ping"}.', ref)
    if head.type not in known:
        return BadMessage("unknown-type", f"There is no message of type {_short(head.type)!r} here.", ref)
    return BadMessage("malformed", f"This is no {head.type}: {_short(error)}.", ref)


def _short(what: object) -> str:
    return str(what).rstrip(".")[:200]
