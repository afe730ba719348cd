"""The widget's files. Pages of any origin may load them: there is nothing in them but programs."""

from typing import Any

from twisted.web.server import NOT_DONE_YET, Request

from imd.net.web.pages import Branch, asked, keep, put, say
from imd.protocols.web.shelf import Asset, Shelf, without_hash

#: Of the loader: a site has a new one five minutes after the daemon, and asks again meanwhile only for its ETag.
SHORTLY = "public, max-age=300"
#: Of what has its hash in its name (RFC 8246): a year, which is as long as caches keep anything.
FOR_EVER = "public, max-age=31536000, immutable"

_HEADERS = (
    ("Access-Control-Allow-Origin", "*"),
    # Pages that ask for isolation may load it all the same.
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Vary", "Accept-Encoding"),
)


class File(Branch):
    """One file, at one path."""

    def __init__(self, asset: Asset, caching: str) -> None:
        super().__init__()
        self._asset = asset
        self._caching = caching

    def render_GET(self, request: Request) -> Any:
        keep(request)
        asset = self._asset
        small = bool(asset.gzip) and takes_gzip(",".join(asked(request, "Accept-Encoding")))
        # RFC 9110 section 8.8.3.3: each form has its own.
        tag = f'"{asset.hash}-gzip"' if small else f'"{asset.hash}"'
        put(request, (*_HEADERS, ("Cache-Control", self._caching), ("ETag", tag)))
        if matches(",".join(asked(request, "If-None-Match")), tag):
            # Section 15.4.5: no length, no body.
            request.setResponseCode(304)
            request.finish()
            return NOT_DONE_YET
        body = asset.gzip if small else asset.body
        request.setHeader(b"Content-Type", asset.media_type.encode())
        request.setHeader(b"Content-Length", b"%d" % len(body))
        if small:
            request.setHeader(b"Content-Encoding", b"gzip")
        return b"" if request.method == b"HEAD" else body


class Files(Branch):
    """Files by their names, none of which is a path.

    A name with another hash is of another version: a page that has been open since before an update, or whose loader
    was kept, is sent on to what has that name now.
    """

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self._now = {without_hash(name): name for name in shelf.assets}
        for name, each in shelf.assets.items():
            self.putChild(name.encode(), File(each, FOR_EVER))

    def getChild(self, path: bytes, request: Request) -> Any:
        name = without_hash(path.decode("ascii", "replace"))
        now = self._now.get(name) if name and not request.postpath else None
        return super().getChild(path, request) if now is None else Moved(now)


class Moved(Branch):
    """What has another name now, in the same folder."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def render_GET(self, request: Request) -> Any:
        keep(request)
        put(request, (*_HEADERS, ("Location", self._name)))
        return say(request, 307, f"This is called {self._name} now.")


def takes_gzip(accepts: str) -> bool:
    """What Accept-Encoding says of gzip (RFC 9110 section 12.5.3); what is no number is no refusal."""
    said: dict[str, bool] = {}
    for part in accepts.lower().split(","):
        coding, _, parameters = part.partition(";")
        weight = parameters.replace(" ", "").partition("q=")[2]
        said[coding.strip()] = weight.strip("0.") != "" or not weight
    return said.get("gzip", said.get("x-gzip", said.get("*", False)))


def matches(wanted: str, tag: str) -> bool:
    """Whether If-None-Match names this ETag (RFC 9110 section 13.1.2: by weak comparison)."""
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in wanted.split(","))
