"""What people who write to desks, and visitors, say of themselves: anybody may say anything."""

import unicodedata
from typing import Final

import msgspec

from imd.core.refusal import Malformed

#: RFC 5321 section 4.5.3.1.3: a path of 256 bytes with its brackets.
_EMAIL_SIZE: Final = 254


class Introduction(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of herself, and of the page that she is on: each in one line, as it goes to terminals."""

    name: str = ""
    email: str = ""
    page: str = ""
    title: str = ""
    #: The name is that of somebody who answers her, or looks like it (`imd.core.posing`).
    poses: bool = False

    def __str__(self) -> str:
        """For agents, in one line."""
        name = f'calls herself "{self.name}"' if self.poses else self.name
        who = " ".join(filter(None, (name, self.email and f"<{self.email}>")))
        return ", ".join(filter(None, (who, self.where)))

    @property
    def where(self) -> str:
        title = f" ({self.title})" if self.title else ""
        return f"on {self.page}{title}" if self.page else ""


def one_line(text: str) -> str:
    """`text` as one line that shows what it says (`in_sight`). Raises `Malformed` for line ends and other control
    characters."""
    if not text.isprintable() and any(unicodedata.category(character) == "Cc" for character in text):
        raise Malformed("This has characters that cannot be in one line of text.")
    return in_sight(text)


def in_sight(text: str) -> str:
    """What can be seen of a text in one line: all spaces are plain ones, and what cannot be seen is left out (marks
    that turn the text around them, joiners, hyphens where a line may end: titles of pages are full of them)."""
    if text.isprintable():
        return text
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if character.isprintable():
            kept.append(character)
        elif category[0] == "Z":
            kept.append(" ")
    return "".join(kept)


def check_email(text: str) -> None:
    """Raises `Malformed` for what cannot be an address (RFC 5321 section 4.1.2, without quoted local parts)."""
    local, at, domain = text.rpartition("@")
    if text and (
        not (at and local and domain)
        or len(text.encode("utf-8", "replace")) > _EMAIL_SIZE
        or not text.isprintable()
        or any(character in text for character in ' "(),:;<>[\\]')
        or "@" in local
    ):
        raise Malformed("This is no e-mail address.")
