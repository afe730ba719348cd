"""Spoiling a conversation: of its bytes, of its words or fields, of its order. Time and chance are arguments."""

import json
import random
from collections.abc import Callable
from typing import Any

from tests.promises.hostile import LINES

Chance = random.Random

#: What stands in no good line.
_BYTES = [
    b"\0",
    b"\r",
    b"\x01",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xe2\x80\xae",
    b"\x1b[2J",
    b" ",
    b":",
    b"@",
    b"\\",
]
_NUMBERS = [0, -1, 1, 255, 65_536, 2**31, 2**53, 2**63, 2**64, -(2**63), 10**30]
_TEXTS = ["", " ", "*", "#", "@", "a@b@c", "%s%n{0}", "../..", "null", "x" * 600, "ß" * 400, "\u202e\ufeff", "\r\nQUIT"]


def _flipped(chance: Chance, line: bytes) -> bytes:
    spoilt = bytearray(line or b"x")
    for _ in range(chance.choice([1, 1, 2, 8])):
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    return bytes(spoilt)


def _inserted(chance: Chance, line: bytes) -> bytes:
    at = chance.randrange(len(line) + 1)
    return line[:at] + chance.choice(_BYTES) * chance.choice([1, 1, 2, 50]) + line[at:]


def _cut(chance: Chance, line: bytes) -> bytes:
    begin, end = sorted(chance.randrange(len(line) + 1) for _ in range(2))
    return line[:begin] + line[end:]


def _doubled(chance: Chance, line: bytes) -> bytes:
    begin, end = sorted(chance.randrange(len(line) + 1) for _ in range(2))
    return line[:begin] + line[begin:end] * chance.choice([2, 3, 40, 400]) + line[end:]


def _words(chance: Chance, line: bytes) -> bytes:
    """IRC: parameters, tags, source, command."""
    words = line.split(b" ")
    at = chance.randrange(len(words))
    match chance.randrange(6):
        case 0:
            words[at] = chance.choice(_TEXTS).encode()
        case 1:
            words[at] = str(chance.choice(_NUMBERS)).encode()
        case 2:
            words.insert(at, words[chance.randrange(len(words))])
        case 3:
            del words[at]
        case 4:
            words.insert(0, chance.choice([b":source!u@h", b"@label=" + b"l" * 65, b"@a=b;;=;+c", b"@" + b"t" * 5000]))
        case _:
            words[at] = b",".join([words[at]] * chance.choice([2, 20, 200]))
    return b" ".join(words)


def _fields(chance: Chance, line: bytes) -> bytes:
    """Native: fields of the JSON object, and their types."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return _inserted(chance, line)
    if not isinstance(message, dict) or not message:
        return _inserted(chance, line)
    name = chance.choice(list(message))
    match chance.randrange(6):
        case 0:
            del message[name]
        case 1:
            message[name] = _value(chance)
        case 2:
            message[str(_value(chance))[:100]] = message[name]
        case 3:
            message[name] = [message[name]] * chance.choice([1, 3, 300])
        case 4:
            # A name twice: which counts is the reader's affair, but it must be one.
            text = json.dumps(message)
            return f'{text[:-1]},"{name}":{json.dumps(_value(chance))}}}'.encode(errors="replace")
        case _:
            message[name] = {name: dict(message)}
    return json.dumps(message, ensure_ascii=chance.random() < 0.5).encode(errors="replace")


def _value(chance: Chance) -> Any:
    return chance.choice([None, True, 0.5, [], {}, chance.choice(_NUMBERS), chance.choice(_TEXTS)])


_ANY: list[Callable[[Chance, bytes], bytes]] = [_flipped, _inserted, _cut, _doubled]
_OF_DOOR = {"native": _fields, "irc": _words}


def spoilt(chance: Chance, door: str, line: bytes) -> bytes:
    """One line, spoilt once or a few times; it may still be right by chance."""
    if chance.random() < 0.1:
        return LINES[door](chance)
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        mutation = _OF_DOOR[door] if chance.random() < 0.5 else chance.choice(_ANY)
        line = mutation(chance, line)[:100_000]
    return line.replace(b"\n", b"")


def conversation(chance: Chance, door: str, lines: list[bytes], others: list[list[bytes]]) -> tuple[list[bytes], int]:
    """A client's lines, and how many of them are hostile: the beginning is mostly said as it should be, so that every
    state of a connection is reached; then lines of this and `others` follow, in order or not, spoilt or not."""
    begin = chance.choice([0, 1, 3, 4, len(lines)])
    rest = lines[begin:] or lines
    hostile: list[bytes] = []
    for _ in range(chance.choice([1, 5, 20, 60])):
        match chance.randrange(8):
            case 0:
                line = chance.choice(chance.choice(others))
            case 1 | 2:
                line = chance.choice(lines)
            case _:
                line = rest[len(hostile) % len(rest)]
        hostile.append(line if chance.random() < 0.15 else spoilt(chance, door, line))
    return lines[:begin] + hostile, len(hostile)
