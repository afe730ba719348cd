"""twisted.web's parser and request, as the site uses them."""

from io import BytesIO
from typing import TYPE_CHECKING, Any

from twisted.web.http import HTTPChannel
from twisted.web.server import Request as TwistedRequest

if TYPE_CHECKING:
    from imd.net.web.requests import Requests


class Channel(HTTPChannel):
    """The parser for one request. What it may hold and how long is for `Requests` to say, which also read the next
    request, if there is one."""

    #: No time limit of its own: that of the connection holds.
    timeOut = None

    def __init__(self, asking: "Requests") -> None:
        super().__init__()
        self.asking: Requests | None = asking
        #: Seconds for which the connection is kept once the answer is given, where it is.
        self.idle = 0.0
        self._bad = False

    def checkPersistence(self, request: Any, version: Any) -> bool:
        # One request for each connection, unless its resource says otherwise (`Request.keep`).
        request.responseHeaders.setRawHeaders(b"Connection", [b"close"])
        return False

    def requestDone(self, request: Any) -> None:
        asking = self.asking
        if not self.persistent or asking is None:
            if asking is not None:
                asking.closing()
            super().requestDone(request)
            return
        self.requests.remove(request)
        asking.answered(self.idle)

    def headerReceived(self, line: bytes) -> bool:
        # What is wrong has been answered with 400 then; twisted.web may go on all the same.
        try:
            good = bool(super().headerReceived(line))
        except ValueError:
            # A length with more digits than Python reads.
            self._respondToBadRequestAndDisconnect()
            good = False
        self._bad = self._bad or not good
        return good

    def allHeadersReceived(self) -> None:
        if self._bad or self.asking is None:
            return
        parts: Any = self
        if self.asking.takes_bodies(parts._path):
            self._look_at_length(self.asking)
            super().allHeadersReceived()
        elif self.length != 0:
            # RFC 9110 section 15.5.14. A length that is not told (chunked) may be any.
            self.asking.refuse(413, "No request here has a body.")
        else:
            super().allHeadersReceived()

    def _look_at_length(self, asking: "Requests") -> None:
        """A body that is not taken is not waited for: the resource says so."""
        request, most = self.requests[-1], asking.most_body
        if self.length is None:
            # RFC 9110 section 15.5.12.
            request.refused = 411, "Say how long the body is: Content-Length."
        elif most and self.length > most:
            request.refused = 413, f"A body has at most {most} bytes here."
        elif self.length:
            asking.expect(self.length)
            return
        else:
            return
        # It need not be sent.
        request.requestHeaders.removeHeader(b"Expect")
        self.length = 0

    def allContentReceived(self) -> None:
        if not self._bad and self.asking is not None:
            self.asking.asked()
            super().allContentReceived()

    def let_go(self, *, lost: bool = False) -> None:
        """Nothing more is read or written: no part of this holds another, or the transport."""
        transport: Any = self.transport
        if transport is not None and not lost:
            transport.unregisterProducer()
        self.setTimeout(None)
        for request in self.requests:
            request.channel = None
            request.connection = None
            if request.content is not None:
                request.content.close()
        self.requests.clear()
        self.asking = None
        self.transport = None


class Request(TwistedRequest):
    """A request of the site."""

    def __init__(self, channel: Channel, *more: Any) -> None:
        super().__init__(channel, *more)
        asking = channel.asking
        self.connection: Any = None if asking is None else asking.connection
        # What is sent by forms has no meaning here.
        self._parsePOSTFormSubmission = False
        #: Status and sentence with which the resource must refuse it: its body is not taken.
        self.refused: tuple[int, str] | None = None

    def gotLength(self, length: int | None) -> None:
        # Bodies are short: none is put into a file.
        self.content = BytesIO()

    def keep(self, idle: float) -> None:
        """Once this is answered the connection may bring another request, if its client likes that (RFC 9112 section
        9.3) and begins it within so many seconds. The answer must tell its length."""
        asked = b",".join(self.requestHeaders.getRawHeaders(b"Connection", [])).lower()
        if self.clientproto == b"HTTP/1.1" and b"close" not in asked and self.refused is None:
            self.responseHeaders.removeHeader(b"Connection")
            parts: Any = self.channel
            parts.persistent = True
            parts.idle = idle
