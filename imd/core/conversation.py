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
