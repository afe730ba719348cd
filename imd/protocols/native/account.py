"""One's own account and session: whoami, privacy, sessions, password; and the connection: ping, quit."""

from typing import TYPE_CHECKING

from imd.core.refusal import MechanismRefused, NotAllowed, NotForGuests
from imd.core.session import Account, Visibility
from imd.messages.account import (
    AccountAnswer,
    ChangePassword,
    GetSessions,
    Introduce,
    Sessions,
    SetAlwaysOn,
    SetPrivacy,
    SetRealname,
    Whoami,
)
from imd.messages.connection import Ping, Pong, Quit
from imd.protocols.native import outgoing

if TYPE_CHECKING:
    from imd.protocols.native.session import NativeSession


def _account(session: "NativeSession") -> Account:
    account = session.me.account
    if account is None:
        raise NotForGuests
    return account


def _show(session: "NativeSession", ref: int, account: Account) -> None:
    session.answer(
        AccountAnswer(
            ref=ref,
            address=str(session.me.address),
            session=session.me.id,
            created=account.created,
            visible_to=outgoing.word(account.visible_to.value),
            share_location=account.share_location,
            always_on=session.hub.people.stays(session.me.person),
        )
    )


def whoami(session: "NativeSession", request: Whoami) -> None:
    _show(session, request.ref, _account(session))


def get_sessions(session: "NativeSession", request: GetSessions) -> None:
    sessions = tuple(outgoing.own_session(each) for each in session.me.person.sessions)
    session.answer(Sessions(ref=request.ref, sessions=sessions))


async def set_privacy(session: "NativeSession", request: SetPrivacy) -> None:
    visible_to = None if request.visible_to is None else Visibility(request.visible_to)
    account = await session.hub.people.set_privacy(session.me, visible_to, request.share_location)
    if session.core is not None:
        _show(session, request.ref, account)


async def set_always_on(session: "NativeSession", request: SetAlwaysOn) -> None:
    await session.hub.people.set_always_on(session.me, request.on)
    session.ok(request.ref)


def set_realname(session: "NativeSession", request: SetRealname) -> None:
    session.hub.people.set_realname(session.me, request.realname)
    session.ok(request.ref)


async def introduce(session: "NativeSession", request: Introduce) -> None:
    await session.hub.visitors.introduce(
        session.me, name=request.name, email=request.email, page=request.page, title=request.title
    )
    session.ok(request.ref)


async def change_password(session: "NativeSession", request: ChangePassword) -> None:
    if not session.peer.confidential:
        raise MechanismRefused("Passwords go only over TLS.")
    account = _account(session)
    if account.visitor:
        raise NotAllowed("Visitors have no password.")
    credentials = session.door.credentials
    # Who finds an open client must not be able to lock its owner out.
    await credentials.plain(account.name, request.current, session.peer)
    await credentials.change_password(account, request.password)
    session.ok(request.ref)


def ping(session: "NativeSession", request: Ping) -> None:
    session.answer(Pong(ref=request.ref))


def pong(session: "NativeSession", request: Pong) -> None:
    """That it came is all it says."""


def leave(session: "NativeSession", request: Quit) -> None:
    session.bye("quit", "Goodbye.", "quit", request.text)
