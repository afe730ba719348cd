"""What doors and the site know of each other: a door's connection, and how it is carried."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from twisted.internet.interfaces import ITransport
from twisted.python.failure import Failure

from imd.net.connections import Ticket
from imd.net.sending import MakeOutbox, Outbox
from imd.net.websocket.frames import Opcode


class Carried(Protocol):
    """A door's connection, as what carries its messages sees it. It writes to the transport by the `MakeOutbox` it was
    made with, and does not read from it."""

    ticket: Ticket | None

    @property
    def outbox(self) -> Outbox: ...

    def makeConnection(self, transport: ITransport) -> None: ...

    def received(self, messages: list[bytes], /) -> None:
        """What the client says."""

    def too_long(self, limit: int) -> None:
        """A message was so long that nothing is kept of it."""

    def heard(self) -> None:
        """The client is alive, though it said nothing."""

    def carrier_keeps(self, size: int) -> None:
        """So many bytes of messages that are not complete."""

    def left(self) -> None:
        """The client has said that it goes, or cannot be understood: nothing more comes, and the end follows."""

    def admission_expired(self) -> None:
        """It took too long to sign on."""

    def connectionLost(self, reason: Failure) -> None: ...


#: As a door's connection is made: what the ledger calls the way it came, its write path, and the origin of the page it
#: came from, "" for what is no browser.
Make = Callable[[str, MakeOutbox, str], Carried]


class WebDoor(NamedTuple):
    """A door behind the site."""

    #: What the ledger calls a client that came so.
    via: str
    #: Subprotocols, and in which kind of messages each speaks; "" for a client that names none of them.
    subprotocols: dict[str, Opcode]
    #: Kinds of messages it takes, as numbers: an `Opcode` is not found by its number in a set.
    takes: frozenset[int]
    make: Make
    #: For pages that have it embedded: those of the configured sites may open it, too, and it is found at its own path
    #: only.
    embedded: bool = False
