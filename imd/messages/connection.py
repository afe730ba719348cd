"""Messages about the connection itself: answers without content, errors, signs of life, the end."""

from typing import Annotated, ClassVar

from imd.messages.base import Answer, Event, Request, says


class Ok(Answer, kw_only=True, frozen=True, tag="ok"):
    """Done; there is nothing more to say.

    Example::

        {"type":"ok","ref":7}
    """


class Error(Answer, kw_only=True, frozen=True, tag="error"):
    """The request was refused and has had no effect.

    `ref` is 0 where the line could not be read far enough to find one.

    Example::

        {"type":"error","ref":7,"code":"no-such-account","text":"There is nobody called bbo here."}
        {"type":"error","ref":8,"code":"too-fast","text":"Too many messages; try again in 2 s.","retry_after":2.0}
    """

    code: Annotated[str, says("Stable, for programs; see *Errors*.")]
    text: Annotated[str, says("A sentence for people.")]
    retry_after: Annotated[
        float | None, says("Seconds after which the same request can succeed, where that is known.")
    ] = None


class Ping(Request, kw_only=True, frozen=True, tag="ping"):
    """Are you there? Both sides may ask, at any time; the other answers `pong` with the same `ref`.

    The server's pong leaves after everything it wrote before; it says that all lines before the ping were read.

    Example::

        {"type":"ping","ref":12}
    """

    answers: ClassVar[tuple[str, ...]] = ("pong",)


class Pong(Request, kw_only=True, frozen=True, tag="pong"):
    """The answer to `ping`. Never answered itself.

    Example::

        {"type":"pong","ref":12}
    """

    answers: ClassVar[tuple[str, ...]] = ()


class Quit(Request, kw_only=True, frozen=True, tag="quit"):
    """The session is to end. Answered by `bye`, then the server closes the connection.

    Example::

        {"type":"quit","ref":99,"text":"Good night."}
    """

    answers: ClassVar[tuple[str, ...]] = ("bye",)

    text: Annotated[str, says("What the person says on leaving; shown where a protocol can show it.")] = ""


class Bye(Event, kw_only=True, frozen=True, tag="bye"):
    """The last message of the server on this connection.

    Example::

        {"type":"bye","code":"shutting-down","text":"The server is stopping; connect again shortly."}
    """

    code: Annotated[
        str,
        says("Why: `quit`, `shutting-down`, `replaced`, `kicked`, `timeout`, `too-slow`, or a code of *Errors*."),
    ]
    text: Annotated[str, says("A sentence for people.")]
