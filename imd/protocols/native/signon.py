"""Signing on: SASL (RFC 4422), registration, opening and resuming a session. Each request runs alone."""

from sys import intern
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from imd.core import session as core
from imd.core.contact import Contact
from imd.core.refusal import Refusal, SignOnFailed
from imd.core.session import Account, ClientInfo, Vouched
from imd.messages.signon import (
    Authenticate,
    Authenticated,
    Challenge,
    Hello,
    Limits,
    OpenSession,
    Register,
    Response,
    Resume,
    SessionDetails,
    Visit,
    Welcome,
)
from imd.protocols.native import outgoing, sasl
from imd.protocols.native.door import DATAGRAM_DOOR
from imd.protocols.native.state import State

if TYPE_CHECKING:
    from imd.protocols.native.session import NativeSession

PROTOCOL = 1


def hello(session: "NativeSession") -> Hello:
    """The greeting for this peer."""
    settings, credentials = session.door.settings, session.door.credentials
    return Hello(
        protocol=PROTOCOL,
        server=settings.server,
        domain=session.hub.people.domain,
        mechanisms=sasl.offered(credentials, session.peer),
        registration=outgoing.word(credentials.registration(session.peer)),
        # int and float: settings may come as kinds of numbers of their own, which have no place in JSON.
        limits=Limits(
            line=int(settings.line_length),
            line_before_sign_on=int(settings.line_before_sign_on),
            message=int(settings.message_size),
            ping_interval=float(settings.ping_interval),
            ping_timeout=float(settings.ping_timeout),
        ),
    )


async def authenticate(session: "NativeSession", request: Authenticate) -> None:
    session.state = State.GREETING
    session.exchange = sasl.begin(request.mechanism, session.door.credentials, session.peer, session.hub.people.domain)
    await _step(session, request.ref, request.data)


async def respond(session: "NativeSession", request: Response) -> None:
    await _step(session, request.ref, request.data)


async def _step(session: "NativeSession", ref: int, data: bytes | None) -> None:
    exchange = session.exchange
    if exchange is None:
        raise AssertionError("no conversation under way")
    session.state, session.exchange = State.GREETING, None
    try:
        answer = await exchange.step(data)
    except SignOnFailed as refusal:
        await _failed(session, ref, refusal)
        return
    if session.gone():
        return
    if exchange.account is None:
        session.state, session.exchange = State.AUTHENTICATING, exchange
        session.answer(Challenge(ref=ref, data=answer or b""))
    else:
        _proved(session, ref, exchange.account, answer, vouched=exchange.vouched)


async def register(session: "NativeSession", request: Register) -> None:
    session.state, session.exchange = State.GREETING, None
    account = await session.door.credentials.register(request.name, request.password, session.peer, request.invitation)
    _proved(session, request.ref, account, None)


async def visit(session: "NativeSession", request: Visit) -> None:
    session.state, session.exchange = State.GREETING, None
    credentials = session.door.credentials
    account, secret = await credentials.visit(session.peer, request.site, request.secret, request.name, request.email)
    _proved(session, request.ref, account, None, secret)


def _proved(
    session: "NativeSession",
    ref: int,
    account: Account,
    data: bytes | None,
    secret: str = "",
    vouched: Vouched | None = None,
) -> None:
    if session.gone():
        return
    session.account, session.vouched = account, vouched
    session.state = State.DETAILS
    address = f"{account.name}@{session.hub.people.domain}"
    session.answer(Authenticated(ref=ref, address=address, data=data, secret=secret))


async def _failed(session: "NativeSession", ref: int, refusal: SignOnFailed) -> None:
    """Answer late, so that guessing is slow, and after some failures for good."""
    settings = session.door.settings
    session.failures += 1
    if settings.sign_on_delay:
        settings.tally.count("sign_on_delay")
        later: Deferred[None] = Deferred()
        session.hub.clock.call_later(settings.sign_on_delay, lambda: later.callback(None))
        await later
    session.refuse(ref, refusal)
    if settings.sign_on_attempts and session.failures >= settings.sign_on_attempts:
        settings.tally.count("sign_on_attempts")
        session.bye(refusal.code, "Too many failed attempts to sign on.", "refused")


async def resume(session: "NativeSession", request: Resume) -> None:
    session.state, session.exchange = State.GREETING, None
    try:
        account, vouched = await session.door.credentials.token(request.token, session.peer)
    except SignOnFailed as refusal:
        await _failed(session, request.ref, refusal)
        return
    if not session.gone():
        # Should opening fail, the token is used up, but `session` may follow.
        session.account, session.vouched, session.state = account, vouched, State.DETAILS
        await _open(session, account, request, replaces=request.session)


async def open_session(session: "NativeSession", request: OpenSession) -> None:
    if session.account is None:
        raise AssertionError("nobody has signed on")
    await _open(session, session.account, request, replaces="")


async def _open(session: "NativeSession", account: Account, details: SessionDetails, *, replaces: str) -> None:
    hub = session.hub
    info = ClientInfo(
        # Thousands use the same program.
        name=intern(details.client),
        version=intern(details.version),
        tcp_port=details.tcp_port,
        # Where a client on UDP can be reached by UDP is where it speaks from, unless it says otherwise.
        udp_port=details.udp_port or (session.peer.port if session.peer.door == DATAGRAM_DOOR else 0),
        device=intern(details.device),
        realname=details.realname or hub.visitors.realname(account),
        vouched=session.vouched,
    )
    presence = outgoing.own_presence(details.presence)
    # Asked for before `sign_on`, so that it is there when that is done: from there to `begin` a resumed session must
    # not wait, or its watchers see it go.
    issuing = Deferred.fromCoroutine(session.door.credentials.issue_token(account, details.device, session.vouched))
    try:
        opened = await hub.people.sign_on(
            account, account.name, session.peer, info, session, presence=presence, replaces=replaces
        )
    except BaseException:
        issuing.addErrback(_in_vain)
        raise
    session.core = opened
    if session.gone():
        issuing.addErrback(_in_vain)
        # The client is gone: `lost` could not sign off what was not there yet.
        _abandon(session, session.leaving)
        return
    try:
        token = await issuing
        roster = await hub.rosters.contacts(opened)
        waiting = await hub.delivery.waiting(opened)
    except BaseException:
        _abandon(session, "failed")
        raise
    if session.gone():
        # And signed off already.
        return
    session.state = State.ONLINE
    session.answer(_welcome(session, opened, details.ref, token, roster, waiting))
    session.sink.signed_on()
    hub.people.begin(opened)


def _in_vain(failure: Failure) -> None:
    """A token that nobody waits for any more could not be issued."""
    failure.trap(Refusal)


def _abandon(session: "NativeSession", reason: str) -> None:
    opened, session.core = session.core, None
    if opened is not None:
        session.hub.people.sign_off(opened, reason)


def _welcome(
    session: "NativeSession",
    opened: core.Session,
    ref: int,
    token: str,
    roster: list[Contact],
    waiting: int,
) -> Welcome:
    hub = session.hub
    account = opened.account
    if account is None:
        raise AssertionError("a session without an account")
    return Welcome(
        ref=ref,
        session=opened.id,
        token=token,
        address=str(opened.address),
        visible_to=outgoing.word(account.visible_to.value),
        share_location=account.share_location,
        roster=tuple(outgoing.contact(contact) for contact in roster),
        presence=tuple(outgoing.person_presence(view) for view in hub.presence.roster_views(opened)),
        rooms=tuple(outgoing.room_info(room, opened.person) for room in hub.rooms.rooms_of(opened.person)),
        waiting=waiting,
        time=hub.clock.time(),
    )
