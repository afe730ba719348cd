"""``/poll`` opens sessions, ``/poll/ID`` carries them."""

import secrets
from collections.abc import Sequence
from math import ceil
from typing import Any

from twisted.web.server import NOT_DONE_YET

from imd.core.ports import Log
from imd.core.refusal import Refusal, TooFast
from imd.net.connections import Connections
from imd.net.origin import from_here
from imd.net.peer import peer_of
from imd.net.polling import wire
from imd.net.polling.numbering import Missing
from imd.net.polling.outbox import PollOutbox
from imd.net.polling.session import PollSession
from imd.net.rounds import Rounds
from imd.net.web.doors import Make
from imd.net.web.pages import Branch, asked, origin_of, say
from imd.net.web.site import WebSite

#: Bytes of a session's name that are left to chance.
NAME = 24

#: Seconds for which a connection is kept for another request: what a visitor says next.
IDLE = 60.0

#: Types for which a browser need not ask beforehand whether it may (https://fetch.spec.whatwg.org/#simple-header), and
#: the right one. Whatever is said, it is JSON.
_TYPES = ("text/plain", "application/json")


class Polling(Branch):
    """The sessions of one door, and the resource that opens them. `via` is what the ledger calls them."""

    def __init__(self, site: WebSite, connections: Connections, via: str, make: Make, log: Log) -> None:
        super().__init__()
        self.site = site
        self.sessions: dict[bytes, PollSession] = {}
        #: Sessions so far.
        self.opened = 0
        self._connections = connections
        self._via = via
        self._make = make
        self._rounds = Rounds(site.clock, log)

    def getChild(self, path: bytes, request: Any) -> Any:
        return Carrying(self, path) if path and not request.postpath else super().getChild(path, request)

    def render(self, request: Any) -> Any:
        poll = allowed(self.site, request)
        if isinstance(poll, bytes):
            return poll
        try:
            ticket = self._connections.admit(request.connection.transport.getPeer())
        except Refusal as refusal:
            return _turned_down(self.site, request, refusal)
        name = secrets.token_urlsafe(NAME)
        transport, settings = request.connection.transport, self.site.settings
        session = PollSession(
            transport.getPeer(),
            transport.getHost(),
            origin_of(request),
            peer_of(transport, self._via).tls,
            self.site.clock,
            self._rounds,
            settings.poll_idle,
            settings.tally,
            lambda session: self._over(name),
        )
        self.sessions[name.encode()] = session
        self.opened += 1
        session.begin(self._make(self._via, PollOutbox, session.origin), ticket)
        reply = Reply(request, session, wire.opening(name, settings.poll_wait))
        session.asked(wire.Poll(wait=0.0), reply, settings.poll_wait)
        return NOT_DONE_YET

    def _over(self, name: str) -> None:
        del self.sessions[name.encode()]


class Carrying(Branch):
    """One session, if there is one of that name."""

    def __init__(self, polling: Polling, name: bytes) -> None:
        super().__init__()
        self._polling = polling
        self._name = name

    def render(self, request: Any) -> Any:
        site = self._polling.site
        poll = allowed(site, request)
        if isinstance(poll, bytes):
            return poll
        session = self._polling.sessions.get(self._name)
        if session is None or session.origin != origin_of(request):
            request.keep(IDLE)
            return say(request, 404, "There is no such session.")
        # It is a session's, which must be signed on in time, or has been.
        request.connection.settle()
        try:
            session.asked(poll, Reply(request, session), site.settings.poll_wait)
        except Missing as missing:
            return say(request, 409, str(missing))
        return NOT_DONE_YET


class Reply:
    """A request that waits for its answer (`imd.net.polling.session.Asking`)."""

    def __init__(self, request: Any, session: PollSession, opening: str = "") -> None:
        self._request = request
        self._opening = opening
        request.notifyFinish().addErrback(lambda reason: session.gone(self))

    def answer(self, taken: int, first: int, messages: Sequence[bytes], *, end: bool) -> None:
        request = self._request
        if request.channel is None:
            # The connection is lost, or was let go.
            return
        body = wire.answer(taken, first, messages, end=end, opening=self._opening)
        request.keep(IDLE)
        request.setHeader(b"Content-Type", b"application/json")
        request.setHeader(b"Content-Length", b"%d" % len(body))
        request.write(body)
        request.finish()


def allowed(site: WebSite, request: Any) -> wire.Poll | bytes:
    """What is asked; or why it may not be, which is the answer."""
    origins, hosts = asked(request, "Origin"), asked(request, "Host")
    request.setHeader(b"Vary", b"Origin")
    host, settings = hosts[0] if len(hosts) == 1 else "", site.settings
    if not from_here(origins, host, settings.embedders, settings.domain):
        site.logger.info(
            "web: {peer}: {origin} may not poll", peer=request.connection.transport.getPeer(), origin=origins
        )
        # The page may read that much: what is no answer it would take for a network that is down, and ask for ever.
        request.setHeader(b"Access-Control-Allow-Origin", b"*")
        return say(request, 403, "Pages of that origin may not come here (web.sites, web.origins).")
    if origins:
        request.setHeader(b"Access-Control-Allow-Origin", origin_of(request).encode())
        request.setHeader(b"Access-Control-Expose-Headers", b"Retry-After")
    if request.method != b"POST":
        request.setHeader(b"Allow", b"POST")
        return say(request, 405, "Here is only asked by POST.")
    if request.refused is not None:
        if request.refused[0] == 413:
            site.settings.tally.count("request_body")
        return say(request, *request.refused)
    kind = next(iter(asked(request, "Content-Type")), "text/plain").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        return say(request, 415, f"The body is one of {', '.join(_TYPES)}.")
    try:
        return wire.read(request.content.read())
    except wire.Malformed as malformed:
        return say(request, 400, str(malformed))


def _turned_down(site: WebSite, request: Any, refusal: Refusal) -> bytes:
    site.logger.info("web: {peer}: {why}", peer=request.connection.transport.getPeer(), why=refusal.sentence)
    if isinstance(refusal, TooFast):
        request.setHeader(b"Retry-After", b"%d" % max(1, ceil(refusal.retry_after)))
    return say(request, 503, refusal.sentence)
