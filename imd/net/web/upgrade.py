"""The resource that makes a WebSocket of a request."""

from collections.abc import Sequence
from functools import partial
from sys import intern
from typing import TYPE_CHECKING, Any

from twisted.web.resource import IResource
from twisted.web.server import NOT_DONE_YET
from twisted.web.server import Request as TwistedRequest
from zope.interface import implementer

from imd.core.refusal import Refusal
from imd.net.web.pages import Branch, asked, origin_of, put, say
from imd.net.websocket.handshake import Accepted, Refused, check, wanted

if TYPE_CHECKING:
    from imd.net.web.doors import WebDoor
    from imd.net.web.parsing import Request
    from imd.net.web.site import WebSite


@implementer(IResource)
class WebSocketResource(Branch):
    """Doors that can be reached at one path; the subprotocol decides, and the first of them takes who names none.

    With `page` a request for something else is answered by it, otherwise refused with 426 (RFC 9110 section 15.5.22).
    """

    def __init__(self, site: "WebSite", doors: "Sequence[WebDoor]", page: IResource | None = None) -> None:
        super().__init__()
        self._site = site
        self._doors = doors
        self._page = page

    def getChild(self, path: bytes, request: TwistedRequest) -> IResource:
        # "/" and "/irc/" are the same as "" and "/irc".
        return self if not path and not request.postpath else super().getChild(path, request)

    def render(self, request: Any) -> Any:
        field = partial(asked, request)
        if self._page is not None and not wanted(field):
            return self._page.render(request)
        known = {name for door in self._doors for name in door.subprotocols}
        try:
            settings = self._site.settings
            # A page for which one door of several is embedded finds it at its own path.
            origins = settings.embedders if all(door.embedded for door in self._doors) else settings.origins
            accepted = check(request.method, request.clientproto, field, known, origins, settings.domain)
        except Refused as refused:
            return self._refuse(request, refused)
        try:
            request.connection.begin_again()
        except Refusal as refusal:
            return self._refuse(request, Refused(503, refusal.sentence))
        self._upgrade(request, accepted, intern(origin_of(request)))
        return NOT_DONE_YET

    def _upgrade(self, request: "Request", accepted: Accepted, origin: str) -> None:
        name = accepted.subprotocol
        door = next((door for door in self._doors if name in door.subprotocols), self._doors[0])
        kind, answer = door.subprotocols[name], accepted.response()
        request.connection.become(door, kind, answer, agreed=bool(name), origin=origin)

    def _refuse(self, request: "Request", refused: Refused) -> bytes:
        self._site.turned_down(request, refused)
        put(request, refused.headers)
        return say(request, refused.status, refused.sentence)
