"""What agents say to their desks within a talk: ``!hand carol``. Never shown to the other side."""

import re

#: ``!`` and a letter, whatever follows: better a text that is answered than a word that is shown.
_WORD = re.compile(r"!([^\W\d_]\S*)(?:\s+(.*))?\s*\Z", re.DOTALL)

#: Characters of a word in an answer.
_LONG = 32

HELP = (
    "What begins with ! is for the desk, and not shown to whoever you talk with:",
    "!take: the conversation is yours. To answer is enough, while nobody has it.",
    "!hand NAME: it is another agent's, or rings at another desk.",
    "!close: it is over.",
    "!who: who that is, and where; said to the desk itself: all its conversations.",
    "!!: begins a text with one !",
)


def word(text: str) -> tuple[str, str] | None:
    """A word and what stands behind it, if the text is one."""
    found = _WORD.match(text)
    return None if found is None else (found[1].lower(), (found[2] or "").strip())


def said(text: str) -> str:
    """What a text that is no word says: two ``!`` at its beginning are one."""
    return text[1:] if text.startswith("!!") else text


def shortened(name: str) -> str:
    return name if len(name) <= _LONG else f"{name[:_LONG]}…"


def unknown(name: str) -> str:
    return f"There is no word !{shortened(name)}, and this was not sent: !help lists them; !! begins a text with one !"
