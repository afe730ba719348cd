"""Signing on over a connection that has been greeted: registration, SASL, resuming, opening the session."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from imd.client.errors import Refused, SignOnFailed
from imd.client.requests import Requests
from imd.messages.signon import (
    Authenticate,
    Authenticated,
    Challenge,
    Hello,
    OpenSession,
    Register,
    Response,
    Resume,
    Welcome,
)
from imd.messages.values import OwnPresence
from imd.net.opaque_string import UnusablePassword
from imd.net.scram import ScramError
from imd.net.scram_client import ScramClient

_T = TypeVar("_T")


class InThread(Protocol):
    """Run a blocking call elsewhere: ``partial(deferToThreadPool, reactor, reactor.getThreadPool())``."""

    def __call__(self, call: Callable[[], _T], /) -> Awaitable[_T]: ...


@dataclass
class Identity:
    """Who signs on, and what has been learnt that saves work the next time."""

    name: str
    password: str = field(repr=False)
    #: Make the account first.
    register: bool = False
    invitation: str = field(default="", repr=False)
    #: Salt, rounds and salted password of the last SCRAM conversation.
    keys: tuple[bytes, int, bytes] | None = field(default=None, repr=False)
    #: Token and session id of the last welcome.
    token: str = field(default="", repr=False)
    session: str = ""


@dataclass
class Details:
    """What the client says of itself at each sign-on."""

    client: str = "imc"
    version: str = ""
    device: str = ""
    realname: str = ""
    presence: OwnPresence = field(default_factory=OwnPresence)

    def fields(self) -> dict[str, Any]:
        return {
            "client": self.client,
            "version": self.version,
            "device": self.device,
            "realname": self.realname,
            "presence": self.presence,
        }


def device_name(machine: str, account: str) -> str:
    """The same text on each run on this machine, that tells nobody the machine's name."""
    return "imc-" + hashlib.sha256(f"{machine}\0{account}".encode()).hexdigest()[:16]


async def sign_on(
    requests: Requests, hello: Hello, identity: Identity, details: Details, in_thread: InThread, *, confidential: bool
) -> Welcome:
    """To the welcome. Raises `SignOnFailed`; `NotConnected` when the connection breaks on the way.

    `confidential`: TLS or loopback, the only ways on which PLAIN, tokens and registration go.
    """
    try:
        welcome = await _resumed(requests, hello, identity, details, confidential)
        if welcome is None:
            await _authenticated(requests, hello, identity, in_thread, confidential)
            welcome = await requests.ask(OpenSession(**details.fields()), Welcome)
    except Refused as refused:
        raise SignOnFailed(_advice(refused, identity), refused.code, refused.retry_after) from refused
    identity.register = False
    identity.token, identity.session = welcome.token, welcome.session
    return welcome


async def _resumed(
    requests: Requests, hello: Hello, identity: Identity, details: Details, confidential: bool
) -> Welcome | None:
    token, identity.token = identity.token, ""
    if not (token and confidential and "TOKEN" in hello.mechanisms):
        return None
    try:
        return await requests.ask(Resume(token=token, session=identity.session, **details.fields()), Welcome)
    except Refused as refused:
        if refused.code == "sign-on-failed":
            # The token has served or is too old; the password still holds.
            return None
        raise


async def _authenticated(
    requests: Requests, hello: Hello, identity: Identity, in_thread: InThread, confidential: bool
) -> None:
    if identity.register:
        await _register(requests, hello, identity, confidential)
    elif "SCRAM-SHA-256" in hello.mechanisms:
        await _scram(requests, identity, in_thread)
    elif "PLAIN" in hello.mechanisms and confidential:
        # RFC 4616 section 2.
        data = f"\0{identity.name}\0{identity.password}".encode()
        await requests.ask(Authenticate(mechanism="PLAIN", data=data), Authenticated)
    else:
        offered = ", ".join(hello.mechanisms) or "none"
        raise SignOnFailed(f"The server offers no way to sign on that imc may use here (it offers: {offered}).")


async def _register(requests: Requests, hello: Hello, identity: Identity, confidential: bool) -> None:
    if not confidential:
        raise SignOnFailed("Registration goes only over TLS.", "registration-refused")
    if hello.registration == "closed":
        text = "This server takes no registrations; its operator makes accounts, with: imdctl user add NAME"
        raise SignOnFailed(text, "registration-refused")
    if hello.registration == "invite" and not identity.invitation:
        text = "Registration needs an invitation here: put it into the environment as IMC_INVITATION."
        raise SignOnFailed(text, "registration-refused")
    await requests.ask(
        Register(name=identity.name, password=identity.password, invitation=identity.invitation), Authenticated
    )


async def _scram(requests: Requests, identity: Identity, in_thread: InThread) -> None:
    try:
        scram = ScramClient(identity.name, identity.password, keys=identity.keys)
        challenge = await requests.ask(Authenticate(mechanism="SCRAM-SHA-256", data=scram.first()), Challenge)
        # PBKDF2 takes some tens of milliseconds.
        final = await in_thread(lambda: scram.final(challenge.data))
        proved = await requests.ask(Response(data=final), Authenticated)
        scram.verify(proved.data or b"")
    except (ScramError, UnusablePassword) as problem:
        raise SignOnFailed(f"{str(problem)[:1].upper()}{str(problem)[1:]}.") from problem
    identity.keys = scram.keys


def _advice(refused: Refused, identity: Identity) -> str:
    """What the server said, and what to do next."""
    said = str(refused)
    if identity.register:
        if refused.code == "name-in-use":
            return f"{said} If it is yours, leave out --register; else choose another name."
        return said
    if refused.code == "sign-on-failed":
        return f"{said} Check name and password; a new account is made with --register."
    return said
