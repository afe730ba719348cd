"""The buddy list (RFC 6121 sections 2 and 3). What changes is pushed to all sessions by the core."""

from typing import TYPE_CHECKING

from imd.core.contact import Contact
from imd.messages.roster import (
    ContactAnswer,
    Roster,
    RosterApprove,
    RosterAsk,
    RosterBlock,
    RosterCancel,
    RosterGet,
    RosterPut,
    RosterRefuse,
    RosterRemove,
    RosterUnblock,
)
from imd.protocols.native import outgoing

if TYPE_CHECKING:
    from imd.protocols.native.session import NativeSession


async def get(session: "NativeSession", request: RosterGet) -> None:
    contacts = await session.hub.rosters.contacts(session.me)
    session.answer(Roster(ref=request.ref, contacts=tuple(outgoing.contact(contact) for contact in contacts)))


def _answer(session: "NativeSession", ref: int, contact: Contact) -> None:
    session.answer(ContactAnswer(ref=ref, contact=outgoing.contact(contact)))


async def ask(session: "NativeSession", request: RosterAsk) -> None:
    rosters = session.hub.rosters
    _answer(session, request.ref, await rosters.ask(session.me, request.name, request.label, request.groups))


async def put(session: "NativeSession", request: RosterPut) -> None:
    rosters = session.hub.rosters
    _answer(session, request.ref, await rosters.put(session.me, request.name, request.label, request.groups))


async def approve(session: "NativeSession", request: RosterApprove) -> None:
    _answer(session, request.ref, await session.hub.rosters.approve(session.me, request.name))


async def refuse(session: "NativeSession", request: RosterRefuse) -> None:
    await session.hub.rosters.refuse(session.me, request.name)
    session.ok(request.ref)


async def cancel(session: "NativeSession", request: RosterCancel) -> None:
    await session.hub.rosters.cancel(session.me, request.name)
    session.ok(request.ref)


async def remove(session: "NativeSession", request: RosterRemove) -> None:
    await session.hub.rosters.remove(session.me, request.name)
    session.ok(request.ref)


async def block(session: "NativeSession", request: RosterBlock) -> None:
    _answer(session, request.ref, await session.hub.rosters.block(session.me, request.name))


async def unblock(session: "NativeSession", request: RosterUnblock) -> None:
    await session.hub.rosters.unblock(session.me, request.name)
    session.ok(request.ref)
