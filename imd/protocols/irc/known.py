"""Who is behind a connection: before the welcome what it has said of itself, after it a session of the core."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from imd.core.address import fold
from imd.core.session import Mark, Peer, Person, Session
from imd.protocols.irc.registration import DONE, Registration
from imd.protocols.irc.speaking import Link, Speaker

if TYPE_CHECKING:
    from imd.protocols.irc.door import Door


class Known(Speaker):
    """The part of an `IrcSession` that knows whose it is."""

    __slots__ = (
        "cap_version",
        "gateway",
        "offered",
        "operator",
        "peer",
        "registered",
        "registration",
        "signed_on",
    )

    def __init__(self, door: "Door", peer: Peer, link: Link, answered: Callable[[], None]) -> None:
        super().__init__(door, link, answered)
        self.peer = peer
        #: The core's session, from sign-on on.
        self.signed_on: Session | None = None
        self.cap_version = 0
        #: What CAP LS or NEW told last; None before.
        self.offered: dict[str, str] | None = None
        self.registration = Registration()
        #: The name under which the client operates the service (OPER); "" for nearly everybody.
        self.operator = ""
        #: The gateway that passes this connection on (WEBIRC).
        self.gateway = ""
        self.registered = False

    @property
    def me(self) -> Session:
        """The core's session; only for commands that need registration."""
        if self.signed_on is None:
            raise AssertionError("not signed on")
        return self.signed_on

    @property
    def bot(self) -> bool:
        return self.signed_on is not None and Mark.BOT in self.signed_on.marks

    @property
    def source(self) -> str:
        """``nick!user@host`` of this client."""
        return self.source_of(self.me.person)

    def source_of(self, person: Person) -> str:
        return f"{person.address.name}!{self.hub.people.origin(person)}"

    def is_me(self, name: str) -> bool:
        return fold(name) == fold(self.nick)

    @property
    def source_user(self) -> str:
        """``user@host`` of this client."""
        return self.hub.people.origin(self.me.person)

    def began(self) -> None:
        """Signed on: from here on the client is known by its person's name."""
        self.registered = True
        self.nick = self.me.address.name
        self.registration = DONE
        self.door.unregistered -= 1
        if "draft/chathistory" in self.caps:
            self.hub.history.want(self.me)
        self.link.settle()

    def renamed(self, origin: str = "") -> None:
        """Tell the client its new nick, if its person has one. Whoever hears of it first may call this; `origin` is
        where it was seen so far."""
        name = self.me.address.name
        if name != self.nick:
            self.answer(self.format("NICK", [name], source=f"{self.nick}!{origin or self.source_user}", colon=True))
            self.nick = name

    def sign_off(self, reason: str, text: str) -> None:
        """Tell the core that the session is over; harmless when repeated or before sign-on."""
        if self.signed_on is not None:
            self.hub.people.sign_off(self.signed_on, reason, text)
