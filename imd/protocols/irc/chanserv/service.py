"""ChanServ itself, and what its verbs share."""

import hashlib
from typing import TYPE_CHECKING

from imd.core.refusal import NoSuchRoom
from imd.core.session import Privilege
from imd.core.talk import Room
from imd.protocols.irc.commands import allowed
from imd.protocols.irc.rooms import known_room
from imd.protocols.irc.services import Service

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

CHANSERV = Service(
    "ChanServ",
    "I keep rooms for the accounts that made them. What I understand:",
    commands=("CHANSERV", "CS"),
    needs="A room of one's own",
)


def served(session: "IrcSession") -> bool:
    """Whether this is an operator of the service who may act in rooms whatever her role there."""
    return allowed(session, Privilege.ROOMS)


def room_of(session: "IrcSession", name: str) -> Room:
    """The room, as far as the client may know that there is one. Raises `NoSuchRoom`."""
    if served(session):
        room = session.hub.rooms.find(name)
        if room is None:
            raise NoSuchRoom(name)
        return room
    return known_room(session, name)


def confirmed(session: "IrcSession", room: Room, request: str, code: str) -> bool:
    """Whether `code` is the one for this request; if not the client is told which is.

    The code keeps people from doing by mistake what cannot be undone; it is no secret.
    """
    account = session.me.account
    about = f"{request} {room.created} {'' if account is None else account.id}"
    wanted = hashlib.blake2b(about.encode(), digest_size=4).hexdigest()
    if code != wanted:
        CHANSERV.say(session, f"To confirm, say: {request} {wanted}")
    return code == wanted
