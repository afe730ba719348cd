"""Signing on: greeting, SASL, registration, the session's details, resuming."""

from typing import Annotated, ClassVar

from imd.messages.base import Answer, Event, Request, Secret, says
from imd.messages.values import (
    AddressText,
    Contact,
    OwnPresence,
    PersonPresence,
    Port,
    Registration,
    RoomInfo,
    Value,
    Visibility,
)


class Limits(Value, kw_only=True, frozen=True):
    """What the server accepts. 0: no limit."""

    line: Annotated[int, says("Longest line or frame, in bytes with its line end.")]
    line_before_sign_on: Annotated[int, says("The same, until `welcome`.")]
    message: Annotated[int, says("Longest body of a message, in bytes of UTF-8.")]
    ping_interval: Annotated[float, says("After this silence of the client, in seconds, the server sends `ping`.")]
    ping_timeout: Annotated[float, says("Seconds the client then has to send something.")]


class Hello(Event, kw_only=True, frozen=True, tag="hello"):
    """The server's greeting, its first line; on a plain connection it follows the client's first byte (an empty line).

    Example::

        {"type":"hello","protocol":1,"server":"imd 0.1","domain":"example.org","mechanisms":["SCRAM-SHA-256","PLAIN","TOKEN"],"registration":"open","limits":{"line":65536,"line_before_sign_on":4096,"message":16384,"ping_interval":60.0,"ping_timeout":60.0}}
    """  # noqa: E501

    protocol: Annotated[int, says("Version of this protocol; 1. A higher one still speaks 1.")]
    server: Annotated[str, says("The server program and its version.")]
    domain: Annotated[str, says("The part of addresses after the `@`.")]
    mechanisms: Annotated[
        tuple[str, ...],
        says("Ways to sign on, best first, out of `SCRAM-SHA-256`, `EXTERNAL`, `PLAIN`, `OAUTHBEARER`, `TOKEN`."),
    ]
    registration: Annotated[
        Registration,
        says("Whether this connection may `register`: to all, with an invitation, or not at all."),
    ]
    limits: Limits


class Authenticate(Secret, Request, kw_only=True, frozen=True, tag="authenticate"):
    """Begin to sign on by a SASL mechanism (RFC 4422).

    Answered by `challenge` while the mechanism needs more, then by `authenticated`. A new `authenticate` gives up
    the one that is under way.

    Example::

        {"type":"authenticate","ref":1,"mechanism":"PLAIN","data":"AGFsaWNlAHNlc2FtZQ=="}
        {"type":"authenticate","ref":1,"mechanism":"SCRAM-SHA-256","data":"biwsbj1hbGljZSxyPXJPcHJOR2Z3RWJlUldnYk5Fa3FP"}
    """

    answers: ClassVar[tuple[str, ...]] = ("challenge", "authenticated")

    mechanism: Annotated[str, says("One of those in `hello`.")]
    data: Annotated[
        bytes | None,
        says("The initial response in base64. Left out: the server asks with an empty challenge."),
    ] = None


class Response(Secret, Request, kw_only=True, frozen=True, tag="response"):
    """The client's answer to a `challenge`.

    Example::

        {"type":"response","ref":2,"data":"Yz1iaXdzLHI9ck9wck5HZndFYmVSV2diTkVrcU8lcD1kSHpiWmFwV0lr"}
    """

    answers: ClassVar[tuple[str, ...]] = ("challenge", "authenticated")

    data: Annotated[bytes, says("Base64 (RFC 4648 section 4).")] = b""


class Challenge(Secret, Answer, kw_only=True, frozen=True, tag="challenge"):
    """The mechanism needs a `response`.

    Example::

        {"type":"challenge","ref":1,"data":"cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYSxzPVcyMixpPTQwOTY="}
    """

    data: Annotated[bytes, says("Base64 (RFC 4648 section 4).")] = b""


class Register(Secret, Request, kw_only=True, frozen=True, tag="register"):
    """Make an account and sign on to it.

    Example::

        {"type":"register","ref":1,"name":"alice","password":"open sesame"}
    """

    answers: ClassVar[tuple[str, ...]] = ("authenticated",)

    name: Annotated[str, says("The account's name: a letter, then letters, digits, `-`, `_`; at most 30 bytes.")]
    password: str
    invitation: Annotated[str, says("Needed where `hello` says `invite`.")] = ""


class Visit(Secret, Request, kw_only=True, frozen=True, tag="visit"):
    """Sign on as a visitor of a site, without an account of one's own; only out of its pages.

    Answered by `authenticated` with the visitor's `secret`, by which she comes back. A secret that is known no more is
    answered with `no-such-visitor`: begin anew without it.

    Example::

        {"type":"visit","ref":1,"name":"Anna"}
        {"type":"visit","ref":1,"site":"shop","secret":"Ak3f9qwertzuiop2.q83v"}
    """

    answers: ClassVar[tuple[str, ...]] = ("authenticated",)

    site: Annotated[
        str, says("A name of the server's settings. Left out: the one whose page it is.", max_length=64)
    ] = ""
    secret: Annotated[str, says("From an earlier `authenticated`; left out: a new visitor.", max_length=200)] = ""
    name: Annotated[str, says("What a new visitor calls herself.", max_length=300)] = ""
    email: Annotated[str, says("Where a new visitor can be written to.", max_length=300)] = ""


class Authenticated(Secret, Answer, kw_only=True, frozen=True, tag="authenticated"):
    """The client has proved who it is; `session` comes next.

    Example::

        {"type":"authenticated","ref":2,"address":"alice@example.org","data":"dj02cnJpVFJCaTIzV3BSUi93dHVwK21NaFVaVW4vZEI1"}
        {"type":"authenticated","ref":1,"address":"anna-k3f9@example.org","secret":"Ak3f9qwertzuiop2.q83v"}
    """

    address: AddressText
    data: Annotated[
        bytes | None,
        says("The mechanism's last word in base64; with SCRAM the server's proof, to be checked."),
    ] = None
    secret: Annotated[
        str, says("A visitor's: she comes back with it as often as she likes. Keep it like a password.")
    ] = ""


class SessionDetails(Request, kw_only=True, frozen=True):
    """What a client says of itself at sign-on."""

    client: Annotated[str, says("Name of the client program.", max_length=64)] = ""
    version: Annotated[str, says("Its version.", max_length=64)] = ""
    tcp_port: Annotated[Port, says("Where the client listens for direct connections; 0: nowhere.")] = 0
    udp_port: Annotated[Port, says("The same for UDP.")] = 0
    device: Annotated[
        str,
        says("A name of this device that stays the same: `alice's phone`, or a random text.", max_length=64),
    ] = ""
    realname: Annotated[str, says("What the person calls herself.", max_length=300)] = ""
    presence: Annotated[OwnPresence, says("The presence to begin with.")] = OwnPresence()


class OpenSession(SessionDetails, kw_only=True, frozen=True, tag="session"):
    """Open the session, after `authenticated`. Answered by `welcome`, and everything begins.

    Example::

        {"type":"session","ref":3,"client":"imc","version":"0.1","device":"laptop","presence":{"state":"away","text":"lunch"}}
    """

    answers: ClassVar[tuple[str, ...]] = ("welcome",)


class Resume(Secret, SessionDetails, kw_only=True, frozen=True, tag="resume"):
    """Sign on by the token of an earlier `welcome` and go on with its session, in one step.

    Watchers notice nothing if the server has not yet given up the old session; else it is a new one. Either way the
    answer is a `welcome` with a new id and token. The token is used up, also by a failure.

    Example::

        {"type":"resume","ref":1,"token":"3q2-7w","session":"s8f2","client":"imc","version":"0.1","device":"laptop"}
    """

    answers: ClassVar[tuple[str, ...]] = ("welcome",)

    token: Annotated[str, says("From `welcome`.")]
    session: Annotated[str, says("Id of the session to go on with, from the same `welcome`.")] = ""


class Welcome(Secret, Answer, kw_only=True, frozen=True, tag="welcome"):
    """The session is open. What waited for the person follows at once, as `message`s.

    Example::

        {"type":"welcome","ref":3,"session":"s8f2","token":"3q2-7w","address":"alice@example.org","visible_to":"everyone","roster":[{"address":"bob@example.org","subscription":"both"}],"presence":[{"address":"bob@example.org","state":"available"}],"rooms":[{"name":"#tea","members":2,"created":1790000000.0}],"waiting":1,"time":1790000100.25}
    """

    session: Annotated[str, says("Id of this session.")]
    token: Annotated[str, says("Signs on once, by `resume` or the mechanism `TOKEN`. Keep it like a password.")]
    address: AddressText
    visible_to: Annotated[Visibility, says("Who may see this account's presence.")]
    share_location: Annotated[
        bool, says("Whether mutual contacts who do the same are told address, ports and client.")
    ] = False
    roster: Annotated[tuple[Contact, ...], says("The buddy list, open requests and blocked people included.")] = ()
    presence: Annotated[
        tuple[PersonPresence, ...], says("What may be seen of the contacts; who is missing is offline.")
    ] = ()
    rooms: Annotated[tuple[RoomInfo, ...], says("The rooms this person is in, through any session.")] = ()
    waiting: Annotated[int, says("How many messages wait in the inbox, those included that follow now.")] = 0
    time: Annotated[float, says("The server's clock.")]
