"""Rooms: coming and going, topic, settings and rights, who is in."""

import heapq
from typing import TYPE_CHECKING

from imd.core.address import fold
from imd.core.refusal import NoSuchRoom, NotAMember, NotOperator
from imd.core.talk import ListKind, Role, Room
from imd.messages.rooms import (
    ChangeRoom,
    GetMasks,
    GetRoom,
    GetRooms,
    Invite,
    Join,
    Kick,
    Masks,
    Part,
    RenameRoom,
    RoomAltered,
    Rooms,
    SetTopic,
)
from imd.messages.values import Reason
from imd.protocols.native import outgoing

if TYPE_CHECKING:
    from imd.protocols.native.session import NativeSession


def join(session: "NativeSession", request: Join) -> None:
    room = session.hub.rooms.join(session.me, request.room, request.key)
    session.answer(outgoing.room_state(room, session.me.person, request.ref))


def part(session: "NativeSession", request: Part) -> None:
    session.hub.rooms.part(session.me, request.room, request.text)
    session.ok(request.ref)


def set_topic(session: "NativeSession", request: SetTopic) -> None:
    session.hub.rooms.set_topic(session.me, request.room, request.text)
    session.ok(request.ref)


def change(session: "NativeSession", request: ChangeRoom) -> None:
    domain = session.hub.people.domain
    changes = [outgoing.core_change(change, domain) for change in request.changes]
    refused = session.hub.rooms.change(session.me, request.room, changes)
    reasons = tuple(Reason(code=refusal.code, text=refusal.sentence) for refusal in refused)
    session.answer(RoomAltered(ref=request.ref, refused=reasons))


def kick(session: "NativeSession", request: Kick) -> None:
    session.hub.rooms.remove_member(session.me, request.room, request.who, request.text)
    session.ok(request.ref)


def invite(session: "NativeSession", request: Invite) -> None:
    session.hub.rooms.invite(session.me, request.room, request.who)
    session.ok(request.ref)


def rename(session: "NativeSession", request: RenameRoom) -> None:
    session.hub.rooms.rename(session.me, request.room, request.name, request.text)
    session.ok(request.ref)


def get_all(session: "NativeSession", request: GetRooms) -> None:
    rooms, after = session.hub.rooms, fold(request.after)
    known = (room for room in rooms.all() if fold(room.name) > after and rooms.may_know(session.me, room))
    page = heapq.nsmallest(request.limit + 1, known, key=lambda room: fold(room.name))
    shown = tuple(outgoing.room_info(room, session.me.person) for room in page[: request.limit])
    session.answer(Rooms(ref=request.ref, rooms=shown, more=len(page) > request.limit))


def _own(session: "NativeSession", name: str) -> Room:
    """A room one is in."""
    room = session.hub.rooms.find(name)
    if room is None or not session.hub.rooms.may_know(session.me, room):
        raise NoSuchRoom(name)
    if session.me.person.key not in room.members:
        raise NotAMember(room.name)
    return room


def get(session: "NativeSession", request: GetRoom) -> None:
    room = _own(session, request.room)
    session.hub.rooms.catch_up(room)
    session.answer(outgoing.room_state(room, session.me.person, request.ref))


def get_masks(session: "NativeSession", request: GetMasks) -> None:
    room = _own(session, request.room)
    roles = room.members[session.me.person.key].roles
    # As on IRC: anybody inside may see who is banned, but exceptions tell operators' secrets.
    if request.list != "ban" and not roles - {Role.VOICE}:
        raise NotOperator(room.name)
    masks = tuple(outgoing.mask(entry) for entry in room.lists[ListKind(request.list)])
    session.answer(Masks(ref=request.ref, room=room.name, list=request.list, masks=masks))
