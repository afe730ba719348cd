"""What travels between ``imdctl`` and the daemon: one AMP command, JSON inside.

Long answers are pages: an action returns ``rows`` and ``next``, and the caller asks again with ``after`` set to it
until ``next`` is empty. So no question holds the daemon up for long.
"""

from typing import Any, ClassVar

import msgspec
from twisted.internet.protocol import connectionDone
from twisted.protocols import amp
from twisted.python.failure import Failure

#: Rows on one page.
PAGE = 100

#: Octets in one value of a box; AMP allows 65,535.
_PIECE = 60_000

#: Characters of a sentence that travel: a name in it may be of any length.
_SENTENCE = 2_000

Answer = dict[str, Any]


class Refused(Exception):
    """The daemon said no; the sentence is for the operator."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence if len(sentence) <= _SENTENCE else f"{sentence[:_SENTENCE]}…")


class Long(amp.Argument):
    """Octets of any length, over as many values of the box as it takes."""

    def toBox(self, name: bytes, strings: dict[bytes, bytes], objects: dict[str, bytes], proto: object) -> None:
        value = objects[name.decode()]
        pieces = [value[begin : begin + _PIECE] for begin in range(0, len(value), _PIECE)]
        strings[name] = b"%d" % len(pieces)
        for number, piece in enumerate(pieces):
            strings[b"%b.%d" % (name, number)] = piece

    def fromBox(self, name: bytes, strings: dict[bytes, bytes], objects: dict[str, bytes], proto: object) -> None:
        count = int(strings.pop(name))
        objects[name.decode()] = b"".join(strings.pop(b"%b.%d" % (name, number)) for number in range(count))


class Act(amp.Command):
    """Ask for one action; `arguments` and `answer` are JSON objects."""

    arguments: ClassVar[list[tuple[bytes, amp.Argument]]] = [(b"action", amp.Unicode()), (b"arguments", Long())]
    response: ClassVar[list[tuple[bytes, amp.Argument]]] = [(b"answer", Long())]
    errors: ClassVar[dict[type[Exception], bytes]] = {Refused: b"REFUSED"}


class Quiet(amp.AMP):
    """AMP that does not log every connection: an operator's script may ask each second."""

    def makeConnection(self, transport: Any) -> None:
        amp.BinaryBoxProtocol.makeConnection(self, transport)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        amp.BinaryBoxProtocol.connectionLost(self, reason)
        self.transport = None


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(dict[str, Any]).decode
