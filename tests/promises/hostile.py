"""Input that nobody should send, the same for the same seed: lines for either door, and ways to chop them up."""

import json
import random
from collections.abc import Callable, Iterator

import imd.protocols.irc.families
from imd.messages.catalogue import CLIENT_MESSAGES
from imd.messages.schema import examples
from imd.protocols.irc.commands import COMMANDS

assert imd.protocols.irc.families.FAMILIES

#: Messages as they should be, to be spoilt.
_EXAMPLES = [json.loads(line) for kind in CLIENT_MESSAGES.values() for line in examples(kind)]

#: What nobody expects in a field. Raw JSON, because a good encoder would not write all of it.
_VALUES = [
    "null",
    "true",
    "-1",
    "0.1",
    "1e308",
    "1e999",
    "9007199254740993",
    "1" * 5000,
    '""',
    '" "',
    '"\\u0000"',
    '"\\ud800"',
    '"a\\udfffb"',
    '"\\r\\nQUIT\\r\\n"',
    '"\\u001b[2J\\u202e"',
    json.dumps("x" * 3000),
    json.dumps("ß" * 3000, ensure_ascii=False),
    json.dumps("#" + "é" * 400),
    "[]",
    "{}",
    "[[[[[[]]]]]]",
    json.dumps(["bob"] * 900),
    json.dumps({str(number): number for number in range(300)}),
    '"bob"',
    '"bob@nowhere.example"',
    '"#room"',
]

_WHOLE: list[Callable[[random.Random], bytes]] = [
    lambda chance: chance.randbytes(chance.randrange(1, 300)),
    lambda chance: b"\x00" * chance.randrange(1, 100),
    lambda chance: b"\r" * chance.randrange(1, 50),
    lambda chance: b"\xc3\xa4\xc3",  # UTF-8, cut in half
    lambda chance: b"\xed\xa0\x80\xf8\x88\x80\x80\x80",  # a surrogate, five octets
    lambda chance: b"x" * chance.choice([500, 511, 512, 513, 4095, 4096, 9000, 70_000]),
    lambda chance: "🙂é".encode() * chance.choice([10, 64, 2000]),
    lambda chance: b" " * chance.randrange(1, 600),
    lambda chance: b"GET / HTTP/1.1",
    lambda chance: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


def native_line(chance: random.Random) -> bytes:
    """One line for the native door; it may be right by chance."""
    way = chance.random()
    if way < 0.2:
        return chance.choice(_WHOLE)(chance).replace(b"\n", b"")
    if way < 0.3:
        depth = chance.choice([5, 500, 1900])
        return b'{"type":"send","to":' + b"[" * depth + b"]" * depth + b"}"
    if way < 0.35:
        return f'{{"type":{chance.choice(_VALUES)},"ref":{chance.choice(_VALUES)}}}'.encode()
    message = {name: json.dumps(value) for name, value in chance.choice(_EXAMPLES).items()}
    for _ in range(chance.randrange(3)):
        message[chance.choice([*message, "surprise"])] = chance.choice(_VALUES)
    if chance.random() < 0.2:
        del message[chance.choice(list(message))]
    text = "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in message.items()) + "}"
    line = text.encode()
    if chance.random() < 0.1:
        line = line[: chance.randrange(len(line))]
    if chance.random() < 0.1:
        at = chance.randrange(len(line) + 1)
        line = line[:at] + chance.randbytes(3).replace(b"\n", b"") + line[at:]
    return line


_NAMES = [
    "bob",
    "ALICE",
    "nobody",
    "*",
    "#",
    "#room",
    "#room,#other",
    "&x",
    "buddyserv",
    "a@b",
    "0",
    "-1",
    "bob,bob,alice",
]
_TEXTS = [
    "",
    ":",
    ":hello",
    ":\x01PING 1\x01",
    ":\x01ACTION",
    ":\x00",
    ":\r:server 001 you",
    ":\x1b[2J",
    "+b",
    "+ooooooooooo",
    "+k-l+l",
    "LS 302",
    "REQ :sasl message-tags nonsense -cap-notify",
    "END",
    "PLAIN",
    "SCRAM-SHA-256",
    "EXTERNAL",
    "=",
    "+",
    "*",
    "AAAA",
    "A" * 400,
    "A" * 401,
    "bixhLGEsbj1hbGljZSxyPWFiYw==",
    "99999999999999999999",
    "ß" * 120,
    "x" * 450,
    "+ alice,bob,*,!,#room",
    "- alice",
    "C",
]


def irc_line(chance: random.Random) -> bytes:
    """One line for the IRC door; it may be right by chance."""
    way = chance.random()
    if way < 0.15:
        return chance.choice(_WHOLE)(chance).replace(b"\n", b"")
    command = chance.choice([*COMMANDS, *COMMANDS, "FLY", "001", "433", "x" * 100, "\xe9", "PRIVMSG\tbob"])
    words = [command if chance.random() < 0.8 else command.lower()]
    if way < 0.2:
        words += ["a"] * 1000
    words += [chance.choice([*_NAMES, *_TEXTS]) for _ in range(chance.choice([0, 1, 1, 2, 2, 3, 5, 20]))]
    line = " ".join(words)
    if chance.random() < 0.15:
        line = f":{chance.choice(['alice!a@b', '', 'x' * 300])} {line}"
    if chance.random() < 0.25:
        tags = [
            chance.choice(["label=1", "+typing=active", "=", ";;", "a" * 300, "+x=\\", "label=" + "y" * 80, "+é=ü"])
        ]
        line = f"@{';'.join(tags * chance.choice([1, 1, 2, 40]))} {line}"
    data = line.encode()
    if chance.random() < 0.1:
        at = chance.randrange(len(data) + 1)
        data = data[:at] + chance.randbytes(3).replace(b"\n", b"") + data[at:]
    return data


LINES: dict[str, Callable[[random.Random], bytes]] = {"native": native_line, "irc": irc_line}


def chopped(chance: random.Random, lines: list[bytes]) -> Iterator[bytes]:
    """These lines, ended, in pieces that end anywhere."""
    data = b"".join(line + chance.choice([b"\n", b"\r\n"]) for line in lines)
    while data:
        length = chance.choice([1, 7, 100, 1500, 65_536])
        yield data[:length]
        data = data[length:]
