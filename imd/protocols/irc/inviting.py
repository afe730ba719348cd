"""INVITE: asking somebody into a room, and which rooms one is asked into (Modern IRC, "INVITE message")."""

from typing import TYPE_CHECKING

from imd.core.refusal import NoSuchRoom, Refusal
from imd.protocols.irc import messaging, numerics, refusals
from imd.protocols.irc.commands import command
from imd.protocols.irc.rooms import is_room
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


@command("INVITE", active=True)
def invite(session: "IrcSession", line: Line) -> None:
    """``INVITE nick #room``; alone it lists the rooms into which one is invited (Modern IRC, RPL_INVITELIST)."""
    if not line.params:
        for room in session.hub.rooms.invitations(session.me):
            session.numeric(numerics.RPL_INVITELIST, room.name)
        session.numeric(numerics.RPL_ENDOFINVITELIST)
        return
    nick, name = line.param(0), line.param(1)
    if not nick or not name:
        session.numeric(numerics.ERR_NEEDMOREPARAMS, line.command)
        return
    try:
        if not is_room(name):
            raise NoSuchRoom(name)
        invited = session.hub.rooms.invite(session.me, name, nick)
    except Refusal as refusal:
        refusals.answer(session, refusal, line, name)
    else:
        session.numeric(numerics.RPL_INVITING, invited.name, name)
        # RFC 2812 section 3.2.7 has RPL_AWAY among the replies.
        messaging.tell_away(session, invited.name)
