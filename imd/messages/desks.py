"""Conversations with desks: addresses that are answered by whoever of their agents is there."""

from typing import Annotated, Literal

from imd.messages.base import Event, Request, says
from imd.messages.values import AddressText, Name

Stage = Literal["ringing", "taken", "closed"]


class CloseConversation(Request, kw_only=True, frozen=True, tag="close-conversation"):
    """End one's conversation with a desk. Harmless where there is none; to write to the desk begins another.

    Example::

        {"type":"close-conversation","ref":60,"desk":"sales"}
    """

    desk: Name


class ConversationOf(Event, kw_only=True, frozen=True, tag="conversation"):
    """What a conversation with a desk has come to: told to the person who has it and to the desk's agents, at each
    change, and after `welcome` for each one that is open. It replaces what was told before of the same desk and person.

    Example::

        {"type":"conversation","desk":"sales@example.org","person":"anna-k3f9@example.org","state":"ringing","name":"Anna","time":1790000000.5}
        {"type":"conversation","desk":"sales@example.org","person":"anna-k3f9@example.org","state":"taken","by":"bob@example.org","name":"Anna","time":1790000012.0}
    """

    desk: AddressText
    person: Annotated[AddressText, says("Who talks with the desk; may be oneself.")]
    state: Annotated[Stage, says("`ringing`: no agent has answered yet; `taken`: one has; `closed`.")]
    by: Annotated[str, says("Address of the agent who has it.")] = ""
    name: Annotated[str, says("What the person calls herself, if she does.")] = ""
    time: Annotated[float, says("Since when it is so.")]
