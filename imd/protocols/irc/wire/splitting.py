"""Text of any length and any number of lines, as pieces that each fit one IRC line."""

import re

from imd.protocols.irc.wire.line import cut

_ENDS = re.compile(r"\r\n|\r|\n")
#: How far back from the cut a space is looked for, in bytes: a word longer than this is cut in two.
_WORD = 60


def pieces(text: str, size: int) -> list[str]:
    """`text` by lines, each cut into pieces of at most `size` bytes of UTF-8, at spaces where possible.

    Empty lines are left out, because IRC has no way to say nothing (412); at least one piece is returned.
    """
    found: list[str] = []
    for line in _ENDS.split(text) if "\n" in text or "\r" in text else (text,):
        rest = line.encode("utf-8", "replace")
        while len(rest) > size:
            piece = cut(rest, size) or rest[:size]
            space = piece.rfind(b" ", len(piece) - _WORD)
            if space > 0 and rest[len(piece) : len(piece) + 1] != b" ":
                piece = piece[:space]
            found.append(piece.decode("utf-8", "replace"))
            rest = rest[len(piece) :].removeprefix(b" ")
        if rest:
            found.append(rest.decode("utf-8", "replace"))
    return found or [""]
