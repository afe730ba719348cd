"""The site: its pages, its health, and what it says to who is not let in.

``/`` says what is here, and takes WebSockets of all doors by their subprotocols, as generic clients ask for them there;
``/irc`` and ``/native`` are the doors; ``/health`` is for balancers. More resources are children of `WebSite.root`.
"""

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from math import ceil
from typing import Any

import msgspec
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.web.resource import IResource
from twisted.web.server import Request as TwistedRequest
from twisted.web.server import Site

from imd.core.ports import Clock
from imd.core.refusal import Refusal
from imd.core.tally import Tally
from imd.net.memory import Memory
from imd.net.sending import MakeOutbox
from imd.net.web.connection import WebConnection
from imd.net.web.doors import WebDoor
from imd.net.web.pages import Branch, put
from imd.net.web.parsing import Channel, Request
from imd.net.web.requests import Requests
from imd.net.web.upgrade import WebSocketResource
from imd.net.websocket.frames import CloseCode, Framing, Opcode
from imd.net.websocket.handshake import Refused
from imd.net.websocket.outbox import WebSocketOutbox
from imd.net.websocket.reader import Violation

#: Sent with every answer. Pages are ours, load nothing and are framed by nobody; a type is what it says.
HEADERS = (
    ("Server", "imd"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
)

#: Of what pages of any origin may read.
READABLE = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "Retry-After"))

_PAGE = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>imd</title>
<h1>imd</h1>
<p>An instant messaging daemon. WebSockets: <code>/irc</code> (text.ircv3.net, binary.ircv3.net) and
<code>/native</code> (imd.native). <a href="/health">/health</a> says how it is.
</html>
"""


class WebSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes in bytes; 0 means unlimited."""

    #: Of pages that may open WebSockets besides our own, in small letters; "*" is all.
    origins: frozenset[str] = frozenset()
    #: Of pages that may use what is embedded: these, and those of the configured sites.
    embedders: frozenset[str] = frozenset()
    #: Only names of this machine and of this domain are ours, whatever we are asked for; "": any is. What others may
    #: reach has a name that nobody can know here.
    domain: str = ""
    #: Whether there is a demonstration.
    demo: bool = False
    #: What pages may say of the rest of the daemon, by names (`imd.protocols.web.pages`).
    texts: Mapping[str, str] = {}
    #: The longest head of a request.
    request_size: int = 16 * 1024
    #: The longest message that is given to a door, and the longest that is borne.
    line_length: int = 64 * 1024
    websocket_message: int = 1024 * 1024
    #: The longest body of a request, where one is taken at all.
    request_body: int = 128 * 1024
    #: Seconds a request may take that has begun on a connection which has been used; 0: as long as it likes.
    request_timeout: float = 30.0
    #: Bytes of answers that may wait for a client which sends its next request all the same.
    send_queue: int = 512 * 1024
    #: Seconds for which long polling holds an answer back, and for which a client may stay away; 0: for ever.
    poll_wait: float = 25.0
    poll_idle: float = 60.0
    #: Frames that are no whole message.
    frames_per_second: int = 100
    tally: Tally = msgspec.field(default_factory=Tally)


class WebSite(Site):
    """`health` says what is wrong, or "" for nothing. Listeners are given `factory`, and say `turned_away`."""

    logger = Logger(namespace="imd.web")

    def __init__(
        self, reactor: Any, clock: Clock, memory: Memory, settings: WebSettings, health: Callable[[], str]
    ) -> None:
        self.root = Branch()
        super().__init__(self.root, requestFactory=Request, reactor=reactor)
        self.displayTracebacks = False
        self.clock = clock
        self.memory = memory
        #: Replaced as a whole at a reload.
        self.settings = settings
        self.factory = WebFactory(self)
        #: Of connections that are not WebSockets.
        self.requesting: set[Requests] = set()
        #: No more requests are handled.
        self.stopping = False
        #: Where requests may have a body, and below.
        self.bodies: set[bytes] = set()
        #: WebSockets so far.
        self.upgraded = 0
        #: How messages of each kind are framed, and the write path that does so.
        self.framings = {kind: Framing(kind) for kind in (Opcode.TEXT, Opcode.BINARY)}
        self.outbox: Mapping[Opcode, MakeOutbox] = {
            kind: partial(WebSocketOutbox, framing) for kind, framing in self.framings.items()
        }
        self.root.putChild(b"health", Health(health))

    def attach(self, doors: Mapping[str, WebDoor], front: IResource | None = None) -> None:
        """Doors by the path where each is found; the first also takes at ``/`` who names no subprotocol. Who asks for
        no WebSocket there sees `front`."""
        for path, door in doors.items():
            self.put(path, WebSocketResource(self, [door]))
        anybody = [door for door in doors.values() if not door.embedded]
        self.root.putChild(b"", WebSocketResource(self, anybody, front or Page(_PAGE)))

    def put(self, path: str, resource: IResource) -> None:
        """A resource at a path of one part or more."""
        branch: Any = self.root
        *parents, name = path.encode().split(b"/")
        for parent in parents:
            if parent not in branch.children:
                branch.putChild(parent, Branch())
            branch = branch.children[parent]
        branch.putChild(name, resource)

    def channel(self, asking: Requests) -> Channel:
        """A parser for one of these requests."""
        channel = Channel(asking)
        # Parts that twisted.web gives a channel when it makes one.
        parts: Any = channel
        parts.site = parts.factory = self
        parts.requestFactory = Request
        parts.callLater = self.reactor.callLater
        return channel

    def getResourceFor(self, request: Request) -> Any:
        put(request, HEADERS)
        return super().getResourceFor(request)

    def stop(self) -> None:
        """WebSockets are closed by their doors, as "going away"; requests end now, but for those who come back for the
        last words of what they have here (`bodies`): until `close`."""
        for framing in self.framings.values():
            framing.closing_code = CloseCode.GOING_AWAY
        self.stopping = True
        for requests in list(self.requesting):
            requests.stop()

    def close(self) -> None:
        """The doors have closed: whoever has not come back does not find them."""
        for requests in list(self.requesting):
            requests.close()

    # ------------------------------------------------------------ saying no

    def broken(self, transport: Any, violation: Violation) -> None:
        """A client broke the rules of WebSocket."""
        self.logger.info("websocket: {peer}: {why}", peer=transport.getPeer(), why=violation.reason)
        if violation.code == CloseCode.MESSAGE_TOO_BIG:
            self.settings.tally.count("websocket_message")

    def turned_down(self, request: Request, refused: Refused) -> None:
        """A handshake is refused."""
        peer = request.connection.transport.getPeer()
        self.logger.info("web: {peer}: {status} {why}", peer=peer, status=refused.status, why=refused.sentence)

    @staticmethod
    def turned_away(refusal: Refusal) -> bytes:
        """What a connection is told that is not let in (`imd.net.listening.listen`, `answer`)."""
        return WebSite.answer(503, refusal.sentence, getattr(refusal, "retry_after", 0))

    @staticmethod
    def answer(status: int, sentence: str, retry_after: float = 0) -> bytes:
        """A whole response to what is no request. Nothing in it is a secret: pages of any origin may read it."""
        body = f"{sentence}\n".encode()
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            *(f"{name}: {value}" for name, value in (*HEADERS, *READABLE)),
            *([f"Retry-After: {ceil(retry_after)}"] if retry_after else ()),
            "Content-Type: text/plain; charset=utf-8",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body


class WebFactory(Factory):
    """Makes the connections of the site's listeners."""

    noisy = False

    def __init__(self, site: WebSite) -> None:
        self._site = site

    def buildProtocol(self, addr: IAddress | None) -> WebConnection:
        return WebConnection(self._site)


class Page(Branch):
    """A page of ours."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text.encode()

    def render_GET(self, request: TwistedRequest) -> bytes:
        request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
        return self._text


class Health(Branch):
    """For balancers and operators: 200 while people can be served, 503 with the reason while they cannot."""

    def __init__(self, health: Callable[[], str]) -> None:
        super().__init__()
        self._health = health

    def render_GET(self, request: TwistedRequest) -> bytes:
        request.setHeader(b"Content-Type", b"application/json")
        wrong = self._health()
        if wrong:
            request.setResponseCode(503)
        return msgspec.json.encode({"status": wrong or "ok"}) + b"\n"
