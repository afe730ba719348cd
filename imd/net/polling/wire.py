"""Bodies of requests and answers."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

#: Most messages in one request: each is work of its own, however short.
MOST_MESSAGES = 1_000
#: No number is larger: JavaScript counts no further (RFC 8259 section 6).
LARGEST = 2**53 - 1

_Number = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]


class Malformed(Exception):
    """A body that is no such object; the text is for who wrote the client."""


class Poll(msgspec.Struct, frozen=True):
    """What a request says. Fields that are not known are ignored."""

    #: The last message from the server that has arrived with all before it.
    ack: _Number = 0
    #: The number of the first of `messages`.
    first: Annotated[int, msgspec.Meta(ge=1, le=LARGEST)] = 1
    messages: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MOST_MESSAGES)] = []
    #: Seconds for which the answer may be held back; None: as the server likes.
    wait: Annotated[float, msgspec.Meta(ge=0)] | None = None
    #: The client goes.
    close: bool = False


_decoder = msgspec.json.Decoder(Poll)


def read(body: bytes) -> Poll:
    """Raises `Malformed`. An empty body is an empty object."""
    try:
        # Only what is text: the messages are not looked at here.
        body.decode()
        return _decoder.decode(body or b"{}")
    except UnicodeDecodeError:
        raise Malformed("The body is not in UTF-8.") from None
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Malformed(f"The body is no request: {error}.") from None


def answer(taken: int, first: int, messages: Sequence[bytes], *, end: bool = False, opening: str = "") -> bytes:
    """The body of an answer. `messages` are JSON each; `opening` is the beginning that only the first answer has."""
    last = ',"end":true' if end else ""
    return b"".join(
        (f'{{{opening}"ack":{taken},"first":{first},"messages":['.encode(), b",".join(messages), f"]{last}}}".encode())
    )


def opening(session: str, wait: float) -> str:
    """What the first answer says besides, for `answer`."""
    return f'"session":"{session}","wait":{wait},'
