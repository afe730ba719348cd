"""Messages of several lines (https://ircv3.net/specs/extensions/multiline): text ↔ the lines of a batch, exactly.

"Line messages are joined by a single line feed byte unless the draft/multiline-concat message tag is sent". Where they
were joined directly is a *seam*: the text alone does not tell, and who cannot take the batch gets the lines as they
were written.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from imd.protocols.irc.wire.line import cut

#: How far back from the cut a space is looked for, in bytes.
_WORD = 60


class Part(NamedTuple):
    """One line of a batch. `joined`: directly to the one before it (draft/multiline-concat)."""

    text: str
    joined: bool


def joined(parts: Iterable[Part]) -> tuple[str, list[int]]:
    """The text that parts make, and its seams, in characters."""
    words: list[str] = []
    seams: list[int] = []
    length = 0
    for part in parts:
        if words and part.joined:
            seams.append(length)
        elif words:
            words.append("\n")
            length += 1
        words.append(part.text)
        length += len(part.text)
    return "".join(words), seams


def parted(text: str, seams: Sequence[int] = ()) -> list[Part]:
    """The parts of a text. Seams that are none (at a line feed, out of order, outside) are ignored."""
    parts: list[Part] = []
    begin = 0
    at = 0
    for line in text.split("\n"):
        end = begin + len(line)
        start = begin
        while at < len(seams) and seams[at] < end:
            if seams[at] > start:
                parts.append(Part(text[start : seams[at]], start > begin))
                start = seams[at]
            at += 1
        parts.append(Part(text[start:end], start > begin))
        begin = end + 1
    return parts


def fitted(parts: Iterable[Part], size: int) -> list[Part]:
    """The same text in parts of at most `size` bytes of UTF-8 each, cut after spaces where possible ("leave the space
    character at the end of the line")."""
    found: list[Part] = []
    for part in parts:
        data = part.text.encode("utf-8", "replace")
        first = part.joined
        while len(data) > size:
            piece = cut(data, size) or data[:size]
            space = piece.rfind(b" ", len(piece) - _WORD)
            if space > 0:
                piece = piece[: space + 1]
            found.append(Part(piece.decode("utf-8", "replace"), first))
            first = True
            data = data[len(piece) :]
        found.append(Part(data.decode("utf-8", "replace"), first))
    return found
