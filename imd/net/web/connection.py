"""One accepted connection of the web listener: requests one after the other, until one of them makes it a WebSocket.

::

    Requests: head ─► request ─► answer ── kept? ── yes: head of the next
                        │                     └──── no: closed
                        └─ become: WebSocket
"""

from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from imd.net.connections import TicketHolder
from imd.net.sending import say_at_once
from imd.net.shapes import share
from imd.net.web.requests import Requests
from imd.net.web.websocket import WebSocket
from imd.net.websocket.frames import Opcode

if TYPE_CHECKING:
    from imd.net.web.doors import WebDoor
    from imd.net.web.site import WebSite


class WebConnection(TicketHolder, Protocol):
    """HTTP until a resource calls `become`; nothing of HTTP is left of it then."""

    transport: Any
    #: Who reads what comes; None once the connection is lost.
    _reads: Requests | WebSocket | None

    def __init__(self, site: "WebSite") -> None:
        self._site = site

    def connectionMade(self) -> None:
        self._reads = Requests(self._site, self, self.transport)

    def dataReceived(self, data: bytes) -> None:
        if self._reads is not None:
            self._reads.read(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        reads, self._reads = self._reads, None
        if reads is not None:
            reads.lost(reason)

    def admission_expired(self) -> None:
        if self._reads is not None:
            self._reads.too_late()

    def begin_again(self) -> None:
        """What follows must be done in time, as on a connection that is new. Raises a `Refusal`."""
        if self.ticket is not None:
            self.ticket.begin_again()

    def become(self, door: "WebDoor", opcode: Opcode, response: bytes, *, agreed: bool, origin: str) -> None:
        """The request is answered by `response`: from now on this is a WebSocket of that door, which speaks in
        messages of that kind; if none was `agreed` upon, in the kind in which the client begins."""
        if not isinstance(self._reads, Requests) or not self._reads.end():
            return
        transport, site = self.transport, self._site
        if not say_at_once(transport, response):
            self._reads = None
            transport.abortConnection()
            return
        site.upgraded += 1
        inner = door.make(door.via, site.outbox[opcode], origin)
        self._reads = WebSocket(site, transport, inner, door.takes, agreed=agreed)
        inner.ticket, self.ticket = self.ticket, None
        inner.makeConnection(transport)


share(WebConnection, "_reads", "_site", "connected", "ticket", "transport")
