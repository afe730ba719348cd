"""Words into as few lines as they fit in."""

from collections.abc import Iterable, Iterator


def packed(words: Iterable[str], room_for: int, separator: str = " ") -> Iterable[str]:
    """The words, joined into texts of at most `room_for` bytes."""
    text, size = list[str](), 0
    for word in words:
        length = len(word.encode()) + len(separator)
        if text and size + length - len(separator) > room_for:
            yield separator.join(text)
            text, size = [], 0
        text.append(word)
        size += length
    if text:
        yield separator.join(text)


def grouped(words: Iterable[str], room_for: int, most: int) -> Iterator[list[str]]:
    """The words as parameters: at most so many, in at most `room_for` bytes with a space before each."""
    part, size = list[str](), 0
    for word in words:
        length = len(word.encode()) + 1
        if part and (len(part) == most or size + length > room_for):
            yield part
            part, size = [], 0
        part.append(word)
        size += length
    if part:
        yield part
