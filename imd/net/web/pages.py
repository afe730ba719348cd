"""What resources of the site have in common: how they read and write fields, that they are looked at, and say in plain
words what is wrong."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from twisted.web.resource import Resource
from twisted.web.server import Request


def asked(request: Request, name: str) -> list[str]:
    """What a request has in the fields of this name: of US-ASCII (RFC 9110 section 5.5), and nothing else may be taken
    for it."""
    values = request.requestHeaders.getRawHeaders(name.encode(), [])
    return [value.decode("ascii", "replace") for value in values]


def origin_of(request: Request) -> str:
    """The origin of the page that asks (RFC 6454 section 7), "" for what is no browser."""
    return next(iter(asked(request, "Origin")), "").strip()


def put(request: Request, fields: Iterable[tuple[str, str]]) -> None:
    """Have the answer say this. As bytes, which is how twisted.web writes its own: its caches would compare a text with
    bytes."""
    for name, value in fields:
        request.setHeader(name.encode(), value.encode())


def say(request: Request, status: int, sentence: str) -> bytes:
    """The body of an answer that is a sentence."""
    request.setResponseCode(status, HTTPStatus(status).phrase.encode())
    request.setHeader(b"Content-Type", b"text/plain; charset=utf-8")
    return f"{sentence}\n".encode()


#: Seconds for which a connection is kept for another request, unless said otherwise: a page's files follow each other
#: at once, and browsers leave several connections open.
SHORTLY = 5.0


def keep(request: Any, idle: float = SHORTLY) -> None:
    """Once this is answered the connection may bring another request, that begins within so many seconds
    (`imd.net.web.site.Request.keep`)."""
    request.keep(idle)


class Branch(Resource):
    """Something at a path of the site, to be looked at by GET; what is below it must be put there."""

    def getChild(self, path: bytes, request: Request) -> Any:
        return Branch()

    def render(self, request: Request) -> Any:
        if request.method in (b"GET", b"HEAD"):
            return super().render(request)
        # RFC 9110 section 15.5.6.
        request.setHeader(b"Allow", b"GET, HEAD")
        return say(request, 405, "This can only be looked at.")

    def render_GET(self, request: Request) -> Any:
        return say(request, 404, "There is nothing here.")
