"""What all native messages share: the tag, the `ref`, and how a field is described."""

from typing import Annotated, Any, ClassVar

import msgspec

Ref = Annotated[
    int,
    msgspec.Meta(
        ge=0,
        le=2**53 - 1,
        description="The client's own number of a request; every answer to it carries it again. 0, or left "
        "out: no number.",
    ),
]


def says(description: str, **limits: Any) -> msgspec.Meta:
    """What a field means, for the JSON Schema and the protocol's description; `limits` as in `msgspec.Meta`."""
    return msgspec.Meta(description=description, **limits)


class Wire(msgspec.Struct, tag_field="type", kw_only=True, frozen=True, omit_defaults=True):
    """Any message. Fields at their default are left out; unknown fields are ignored."""


class Request(Wire, kw_only=True, frozen=True):
    """From the client. Answered by one of `answers`, or by `error`."""

    answers: ClassVar[tuple[str, ...]] = ("ok",)

    ref: Ref = 0


class Answer(Wire, kw_only=True, frozen=True):
    """From the server, in answer to the request with the same `ref`."""

    ref: Ref = 0


class Event(Wire, kw_only=True, frozen=True):
    """From the server, unasked."""


class Secret:
    """Mixed into messages that carry a password, a token or a SASL exchange: they show nothing of it in logs."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} (secret)>"
