"""Text into the columns of a screen: words kept whole where they fit, wide characters counted as two."""

from prompt_toolkit.utils import get_cwidth


def wrap(text: str, first: int, rest: int) -> list[str]:
    """Rows for `text`: the first of `first` columns, the others of `rest`. At least one row, perhaps empty."""
    rows: list[str] = []
    row, used, room = "", 0, max(first, 1)

    def end() -> None:
        nonlocal row, used, room
        rows.append(row.rstrip(" "))
        row, used, room = "", 0, max(rest, 1)

    for word in _words(text):
        width = get_cwidth(word)
        if used + get_cwidth(word.rstrip(" ")) > room and used:
            end()
        if width <= room - used or get_cwidth(word.rstrip(" ")) <= room - used:
            row, used = row + word, used + width
            continue
        # Longer than a row: cut where it must be.
        for character in word:
            step = get_cwidth(character)
            if used + step > room and used:
                end()
            row, used = row + character, used + step
    end()
    return rows


def _words(text: str) -> list[str]:
    """Words, each with the blanks behind it."""
    words: list[str] = []
    for character in text:
        if words and not (words[-1].endswith(" ") and character != " "):
            words[-1] += character
        else:
            words.append(character)
    return words


def cut(text: str, width: int) -> str:
    """No wider than `width`."""
    if get_cwidth(text) <= width:
        return text
    kept = ""
    for character in text:
        if get_cwidth(kept + character) > width - 1:
            break
        kept += character
    return kept + "…"
