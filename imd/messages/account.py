"""One's own account: what the server knows of it, privacy, sessions, password."""

from typing import Annotated, ClassVar

from imd.messages.base import Answer, Request, Secret, says
from imd.messages.values import AddressText, OwnSession, Visibility


class Whoami(Request, kw_only=True, frozen=True, tag="whoami"):
    """Ask what the server knows of oneself.

    Example::

        {"type":"whoami","ref":4}
    """

    answers: ClassVar[tuple[str, ...]] = ("account",)


class SetPrivacy(Request, kw_only=True, frozen=True, tag="set-privacy"):
    """Alter who may see what. What is left out stays as it is.

    Example::

        {"type":"set-privacy","ref":5,"visible_to":"contacts","share_location":true}
    """

    answers: ClassVar[tuple[str, ...]] = ("account",)

    visible_to: Annotated[Visibility | None, says("Who may see this account's presence.")] = None
    share_location: Annotated[bool | None, says("Tell mutual contacts who do the same: address, ports, client.")] = None


class SetAlwaysOn(Request, kw_only=True, frozen=True, tag="set-always-on"):
    """Stay in one's rooms while none of one's clients is connected, or no longer.

    Example::

        {"type":"set-always-on","ref":7,"on":true}
    """

    on: bool


class AccountAnswer(Answer, kw_only=True, frozen=True, tag="account"):
    """One's own account.

    Example::

        {"type":"account","ref":4,"address":"alice@example.org","session":"s8f2","created":1789000000.0,"visible_to":"everyone"}
    """

    address: AddressText
    session: Annotated[str, says("Id of this session.")]
    created: Annotated[float, says("When the account was made.")]
    visible_to: Visibility
    share_location: bool = False
    always_on: Annotated[bool, says("One stays in one's rooms while none of one's clients is connected.")] = False


class GetSessions(Request, kw_only=True, frozen=True, tag="get-sessions"):
    """Ask for all sessions of one's own account.

    Example::

        {"type":"get-sessions","ref":6}
    """

    answers: ClassVar[tuple[str, ...]] = ("sessions",)


class Sessions(Answer, kw_only=True, frozen=True, tag="sessions"):
    """All sessions of one's own account, the oldest first.

    Example::

        {"type":"sessions","ref":6,"sessions":[{"session":"s8f2","door":"native","address":"127.0.0.1","port":50122,"client":"imc","version":"0.1","device":"laptop","since":1790000000.0}]}
    """

    sessions: tuple[OwnSession, ...]


class SetRealname(Request, kw_only=True, frozen=True, tag="set-realname"):
    """Alter what the person calls herself; told to the rooms this session's person is in.

    Example::

        {"type":"set-realname","ref":8,"realname":"Alice Liddell"}
    """

    realname: Annotated[str, says("What the person calls herself.", max_length=300)]


class Introduce(Secret, Request, kw_only=True, frozen=True, tag="introduce"):
    """Say who one is and where; for who is in a page of a site. What is left out stays as it was.

    Those who answer her are shown it. `name` and `email` are a visitor's to say: of a member her site has said them.

    Example::

        {"type":"introduce","ref":9,"name":"Anna","email":"anna@example.org","page":"https://shop.example/prices","title":"Prices"}
    """

    name: Annotated[str, says("What the person calls herself.", max_length=300)] = ""
    email: Annotated[str, says("Where she can be written to.", max_length=300)] = ""
    page: Annotated[str, says("The address of the page she is on.", max_length=2048)] = ""
    title: Annotated[str, says("Its title.", max_length=300)] = ""


class ChangePassword(Secret, Request, kw_only=True, frozen=True, tag="change-password"):
    """Alter the account's password. Like PLAIN, only over TLS or loopback.

    Example::

        {"type":"change-password","ref":7,"current":"open sesame","password":"a better one"}
    """

    current: Annotated[str, says("The password so far.")]
    password: Annotated[str, says("The new one.")]
