"""Conversations of people with desks, as doors see them (`imd.core.desks` has them)."""

import enum

import msgspec

from imd.core.address import Address


class Stage(enum.Enum):
    __hash__ = object.__hash__

    #: Somebody has said something, and no agent has answered yet.
    RINGING = "ringing"
    #: One agent has it.
    TAKEN = "taken"
    CLOSED = "closed"


class Introduction(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of herself, and of the page that she is on. Anybody may say anything."""

    name: str = ""
    email: str = ""
    page: str = ""
    title: str = ""

    def __str__(self) -> str:
        """For agents, in one line."""
        who = " ".join(filter(None, (in_one_line(self.name), self.email and f"<{in_one_line(self.email)}>")))
        return ", ".join(filter(None, (who, self.where)))

    @property
    def where(self) -> str:
        page = in_one_line(self.page)
        where = f"on {page}" if page else ""
        if page and self.title:
            where += f" ({in_one_line(self.title)})"
        return where


def in_one_line(text: str) -> str:
    """Without line ends and other characters that move the cursor: it goes to terminals."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


class ConversationNews(msgspec.Struct, frozen=True):
    """What a conversation has come to: told to both of its sides."""

    desk: Address
    person: Address
    stage: Stage
    #: The agent who has it.
    by: Address | None
    #: What the person calls herself.
    name: str
    #: Since when.
    time: float
