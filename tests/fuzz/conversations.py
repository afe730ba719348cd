"""The seeds: conversations of a well-behaved client, to be spoilt.

A file begins with ``key: value`` lines, ``door`` and ``invariant`` among them; after ``---`` each line is one of the
client's. ``\\xNN`` stands for a byte; ``{password}``, ``{plain}`` (SASL PLAIN),
``{bearer}`` (OAUTHBEARER) and ``{name}`` (a new one for each conversation) are filled in.
"""

import base64
import re
from pathlib import Path
from typing import NamedTuple

from tests.fuzz.crowd import HOSTILE
from tests.tokens import bearer, token

_BYTE = re.compile(rb"\\x([0-9a-f]{2})")


class Conversation(NamedTuple):
    name: str
    door: str
    #: What must hold, however it is spoilt.
    invariant: str
    lines: tuple[bytes, ...]

    def filled_in(self, password: str, name: str) -> list[bytes]:
        """The lines of one client."""
        plain = base64.b64encode(f"\0{HOSTILE}\0{password}".encode())
        words = {
            b"{password}": password.encode(),
            b"{plain}": plain,
            b"{bearer}": bearer(token(HOSTILE)).encode(),
            b"{name}": name.encode(),
        }
        lines = []
        for line in self.lines:
            for word, value in words.items():
                line = line.replace(word, value)
            lines.append(line)
        return lines


def load(file: Path) -> Conversation:
    head, _, body = file.read_bytes().partition(b"---\n")
    keys = dict(line.split(": ", 1) for line in head.decode().splitlines())
    lines = [_BYTE.sub(lambda match: bytes([int(match[1], 16)]), line) for line in body.split(b"\n")[:-1]]
    return Conversation(file.stem, keys["door"], keys["invariant"], tuple(lines))


CONVERSATIONS = [load(file) for file in sorted((Path(__file__).parent / "seeds").glob("*.txt"))]
