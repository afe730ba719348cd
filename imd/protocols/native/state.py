"""The states of a connection."""

import enum


class State(enum.Enum):
    """The value says what a client should have done that asked for something in this state and may not."""

    # Members are one of a kind, and that of `Enum` is written in Python.
    __hash__ = object.__hash__

    GREETING = "Sign on first: authenticate, register or resume."
    #: A SASL conversation waits for a `response`.
    AUTHENTICATING = "Answer the challenge first, or authenticate anew."
    #: Who it is has been proved.
    DETAILS = "Open the session first."
    ONLINE = "You are signed on already."
    CLOSING = "The session has ended."
