"""Hostile datagrams: seeds, spoilt or not, and what the grammar of packets and records makes of absurd numbers.

A seed file is like one of lines (`conversations`), each line one datagram: bytes in hexadecimal, ``XX*N`` repeated.
``{id}`` is the client's own connection id, ``{other}`` any, ``{n}`` and ``{s}`` the next packet and message number,
``{token}`` what the server has challenged with, ``{hello}`` a ClientHello, ``{flight}`` what the client would say next
of its handshake. What begins with ``#`` says why.
"""

import random
import re
import struct
from pathlib import Path
from typing import NamedTuple

from imd.net.datagram import packet as wire
from imd.net.datagram.dtls import connecting
from tests.fuzz.own_keys import Sealer
from tests.fuzz.puppet import CONTEXT, Puppet

Chance = random.Random

_NUMBERS = [0, 1, 2, 3, 24, 25, 255, 256, 1023, 1024, 1025, 65_535, 65_536, 2**31, 2**32 - 1, 2**32, 2**48 - 1]
_NUMBERS += [2**53, 2**63 - 1, 2**63, 2**64 - 2, 2**64 - 1]

_KEY = re.compile(r"\{(\w+)\}")
_REPEATED = re.compile(r"([0-9a-f]+)\*(\d+)")


class Datagrams(NamedTuple):
    name: str
    #: ``udp`` or ``dtls``.
    door: str
    invariant: str
    lines: tuple[str, ...]


def load(file: Path) -> Datagrams:
    head, _, body = file.read_text().partition("---\n")
    keys = dict(line.split(": ", 1) for line in head.splitlines())
    lines = tuple(line for line in body.splitlines() if not line.startswith("#"))
    return Datagrams(file.stem, keys["door"], keys["invariant"], lines)


SEEDS = [load(file) for file in sorted((Path(__file__).parent / "seeds" / "datagrams").glob("*.txt"))]
PLAIN = [line for each in SEEDS if each.door == "udp" for line in each.lines]
DTLS = [line for each in SEEDS if each.door == "dtls" for line in each.lines]


def hello() -> bytes:
    """The first datagram of a DTLS client."""
    fresh = connecting(CONTEXT)
    fresh.begin()
    return b"".join(fresh.take())


class Hostile:
    """What one puppet says against the rules, the same for the same chance and the same answers."""

    def __init__(self, chance: Chance, puppet: Puppet) -> None:
        self._chance = chance
        self._puppet = puppet
        self._packet = 10
        self._sequence = 3
        self._record = 1000
        self._sealer: Sealer | None = None

    # ------------------------------------------------------------ seeds

    def filled_in(self, line: str) -> bytes:
        """The bytes of a line of a seed file."""

        def word(match: re.Match[str]) -> str:
            return self._word(match[1]).hex()

        text = _KEY.sub(word, line).replace(" ", "\0")
        text = _REPEATED.sub(lambda match: match[1] * int(match[2]), text)
        return bytes.fromhex(text.replace("\0", ""))

    def _word(self, name: str) -> bytes:
        puppet = self._puppet
        match name:
            case "id":
                return puppet.id.to_bytes(8, "big")
            case "other":
                return self._chance.randbytes(8)
            case "n":
                self._packet += 1
                return self._packet.to_bytes(8, "big")
            case "s":
                return self._sequence.to_bytes(8, "big")
            case "token":
                return puppet.token or bytes(24)
            case "hello":
                return hello()
            case "flight":
                return b"".join(puppet.flight) or hello()
        raise KeyError(name)

    # ------------------------------------------------------------ packets

    def _number(self, near: int, bits: int = 64) -> int:
        chance = self._chance
        number = near + chance.choice([-1, 0, 0, 1, 1, 2, 5]) if chance.random() < 0.6 else chance.choice(_NUMBERS)
        return number & ((1 << bits) - 1)

    def packet(self) -> bytes:
        """A packet of any frames, mostly of the puppet's own connection."""
        chance = self._chance
        self._packet += 1
        id = self._puppet.id if chance.random() < 0.8 else chance.getrandbits(64)
        head = struct.pack("!BQQ", wire.VERSION, id, self._number(self._packet))
        return head + b"".join(self._frame() for _ in range(chance.choice([1, 1, 2, 3, 8])))

    def _frame(self) -> bytes:
        chance = self._chance
        match chance.randrange(12):
            case 0:
                return bytes(chance.randrange(20))
            case 1:
                return wire.PING
            case 2 | 3:
                return self._ack()
            case 4 | 5 | 6 | 7:
                return self._fragment()
            case 8:
                return bytes([chance.choice([4, 5, 6])]) + self._counted()
            case 9:
                return bytes([chance.choice([8, 9])]) + chance.randbytes(8) * chance.choice([1, 1, 40])
            case 10:
                return bytes([chance.randrange(256)]) + chance.randbytes(chance.randrange(40))
        return wire.hello(self._puppet.token) if chance.random() < 0.5 else bytes([7])

    def _counted(self) -> bytes:
        content = self._chance.randbytes(self._chance.choice([0, 1, 24, 255]))
        length = len(content) if self._chance.random() < 0.8 else self._chance.randrange(256)
        return bytes([length]) + content

    def _ack(self) -> bytes:
        chance = self._chance
        count = chance.choice([1, 1, 2, 5, 24, 25, 255, 0])
        ranges = b"".join(struct.pack("!II", self._number(0, 32), self._number(1, 32)) for _ in range(min(count, 40)))
        largest, credit = self._number(3), self._number(16384)
        return struct.pack("!BQHQB", 2, largest, self._number(0, 16), credit, count) + ranges

    def _fragment(self) -> bytes:
        chance = self._chance
        if chance.random() < 0.3:
            self._sequence += 1
        count = chance.choice([1, 1, 2, 3, 20, 110, 65_535, 0])
        index = chance.randrange(count) if count and chance.random() < 0.9 else self._number(count, 16)
        length = wire.FRAGMENT if index < count - 1 else chance.choice([1, 2, 100, wire.FRAGMENT])
        data = chance.choice([b"x", b"{", chance.randbytes(1)]) * length
        said = length if chance.random() < 0.9 else self._number(length, 16)
        return struct.pack("!BQHHH", 3, self._number(self._sequence), index, count, said) + data

    # ------------------------------------------------------------ DTLS

    def record(self) -> bytes:
        """A record in clear text, or one that only seems sealed."""
        chance = self._chance
        body = self._message() if chance.random() < 0.6 else chance.randbytes(chance.choice([0, 1, 2, 13, 64, 1100]))
        kind = chance.choice([22, 22, 22, 20, 21, 23, 23, 24, 25])
        version = chance.choice([b"\xfe\xfd"] * 4 + [b"\xfe\xff", b"\x03\x03", chance.randbytes(2)])
        epoch = chance.choice([0, 0, 1, 1, 2, 65_535])
        length = len(body) if chance.random() < 0.9 else self._number(len(body), 16)
        number = self._number(5, 48).to_bytes(6, "big")
        return bytes([kind]) + version + epoch.to_bytes(2, "big") + number + length.to_bytes(2, "big") + body

    def _message(self) -> bytes:
        """A part of a handshake message: a real one's, or any."""
        chance = self._chance
        real = hello()[13:]
        kind, length, number, data = real[0], len(real) - 12, self._number(1, 16), real[12:]
        if chance.random() < 0.5:
            kind = chance.choice([0, 1, 2, 3, 11, 12, 14, 15, 16, 20, chance.randrange(256)])
            length = self._number(chance.choice([1, 100, 1024, 16_384, 100_000]), 24)
        begin = min(self._number(chance.choice([0, 10, len(data)]), 24), 2**24 - 1)
        part = data[begin : begin + chance.choice([1, 50, 500])] or b"x"
        said = len(part) if chance.random() < 0.9 else self._number(len(part), 24)
        head = bytes([kind]) + length.to_bytes(3, "big") + number.to_bytes(2, "big")
        return head + begin.to_bytes(3, "big") + said.to_bytes(3, "big") + part

    def sealed(self) -> bytes:
        """A record of an established association, by its own keys: anything an honest OpenSSL would never say."""
        chance, association = self._chance, self._puppet.association
        if association is None or not association.established:
            return self.record()
        if self._sealer is None:
            self._sealer = Sealer(association.tls)
        self._record += 1
        kind = chance.choice([22, 22, 22, 20, 21, 23, 23, 24, 25, 26])
        body = chance.choice([self._message, self.packet, lambda: chance.randbytes(chance.randrange(1200)), bytes])()
        number = self._record if chance.random() < 0.9 else self._number(self._record, 48)
        return self._sealer.record(kind, number, body, chance.choice([1, 1, 1, 1, 0, 2]))

    # ------------------------------------------------------------ anything

    def _spoilt(self, data: bytes) -> bytes:
        chance = self._chance
        spoilt = bytearray(data or b"x")
        for _ in range(chance.choice([1, 1, 2, 8])):
            at = chance.randrange(len(spoilt))
            match chance.randrange(5):
                case 0 | 1:
                    spoilt[at] ^= 1 << chance.randrange(8)
                case 2:
                    del spoilt[at:]
                case 3:
                    spoilt[at:at] = spoilt[: chance.randrange(1, 200)]
                case _:
                    spoilt[at : at + 8] = chance.choice(_NUMBERS).to_bytes(8, "big")
            spoilt = spoilt or bytearray(b"x")
        return bytes(spoilt[:3000])

    def say(self) -> None:
        """One hostile datagram."""
        chance, puppet = self._chance, self._puppet
        dtls = puppet.association is not None
        inside = dtls and puppet.association is not None and puppet.association.established and chance.random() < 0.5
        match chance.randrange(10):
            case 0:
                data = chance.choice([b"\xc1", b"\x16\xfe\xfd", b"\x17\xfe\xfd", b""]) + chance.randbytes(
                    chance.choice([0, 1, 17, 100, 1200, 1500, 3000])
                )
            case 1 | 2 | 3:
                lines = PLAIN if inside or not dtls else DTLS
                data = self.filled_in(chance.choice(lines))
            case 4 if puppet.said:
                data = chance.choice(puppet.said)
                inside = False
            case 5 if dtls:
                data, inside = self.sealed(), False
            case _:
                data = self.packet() if inside or not dtls else self.record()
        if chance.random() < 0.4:
            data = self._spoilt(data)
        if not (inside and puppet.inside(data)):
            puppet.write(data)


def forged(chance: Chance, genuine: list[bytes]) -> bytes:
    """What somebody says who sends under another's address, and may have heard some of the other's datagrams."""
    if genuine and chance.random() < 0.5:
        data = bytearray(chance.choice(genuine))
        for _ in range(chance.choice([0, 1, 3])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(data)
    body = chance.randbytes(chance.choice([0, 2, 30, 200, 1100]))
    head = bytes([chance.choice([20, 21, 22, 23, 23, 23, 24, 25])]) + b"\xfe\xfd"
    epoch, number = chance.choice([0, 1, 1, 2, 65_535]), chance.choice([0, 1, 2, 50, 2**47, 2**48 - 1])
    return head + epoch.to_bytes(2, "big") + number.to_bytes(6, "big") + len(body).to_bytes(2, "big") + body
