"""Presence: what the session says of itself, and of whom it asks."""

from typing import TYPE_CHECKING

from imd.core.session import Presence, State
from imd.messages.presence import GetPresence, SetPresence, Unwatch, Watch
from imd.protocols.native import outgoing

if TYPE_CHECKING:
    from imd.protocols.native.session import NativeSession


def set_presence(session: "NativeSession", request: SetPresence) -> None:
    presence = Presence(State(request.state), request.text, request.idle_since)
    session.hub.presence.update(session.me, presence)
    session.ok(request.ref)


def get(session: "NativeSession", request: GetPresence) -> None:
    session.answer(outgoing.presence_of(session.hub.presence.view(session.me, request.name), request.ref))


def watch(session: "NativeSession", request: Watch) -> None:
    session.answer(outgoing.presence_of(session.hub.presence.watch(session.me, request.name), request.ref))


def unwatch(session: "NativeSession", request: Unwatch) -> None:
    session.hub.presence.unwatch(session.me, request.name)
    session.ok(request.ref)
