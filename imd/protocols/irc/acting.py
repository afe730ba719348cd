"""SAJOIN, SAPART, SAMODE: operators of the service act in rooms whatever the rooms say of it (as in Ergo, InspIRCd)."""

from typing import TYPE_CHECKING

from imd.core.refusal import NoSuchRoom, NotAMember, Refusal
from imd.core.session import Privilege, Session
from imd.protocols.irc import numerics, operators, refusals, room_modes
from imd.protocols.irc.commands import command
from imd.protocols.irc.rooms import is_room, shortened, targets
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


def _session_of(session: "IrcSession", nick: str) -> Session | None:
    """A session of whoever has this nick; None after saying that there is nobody."""
    person = session.hub.people.find(nick)
    if person is None or not person.sessions:
        session.numeric(numerics.ERR_NOSUCHNICK, refusals.middle(nick))
        return None
    return person.sessions[0]


@command("SAJOIN", parameters=1, privilege=Privilege.ROOMS)
def sajoin(session: "IrcSession", line: Line) -> None:
    """``SAJOIN [nick] #room{,#room}``: without a nick oneself."""
    nick, names = (line.params[0], line.params[1]) if len(line.params) > 1 else (session.nick, line.params[0])
    target = _session_of(session, nick)
    if target is None:
        return
    for name in targets(names):
        try:
            if not is_room(name):
                raise NoSuchRoom(name)
            session.hub.rooms.join(target, name, service=True)
        except Refusal as refusal:
            refusals.answer(session, refusal, line, name)
        else:
            _tell(session, f"had {target.address.name} enter {name}")


@command("SAPART", parameters=2, privilege=Privilege.ROOMS)
def sapart(session: "IrcSession", line: Line) -> None:
    """``SAPART nick #room{,#room} [:reason]``."""
    target = _session_of(session, line.params[0])
    if target is None:
        return
    reason = shortened(session, line.param(2), "status_length")
    for name in targets(line.params[1]):
        try:
            session.hub.rooms.part(target, name, reason)
        except NotAMember:
            refusals.answer(session, NotAMember(name, target.address.name), line, name)
        except Refusal as refusal:
            refusals.answer(session, refusal, line, name)
        else:
            _tell(session, f"had {target.address.name} leave {name}")


@command("SAMODE", parameters=2, privilege=Privilege.ROOMS)
def samode(session: "IrcSession", line: Line) -> None:
    """``SAMODE #room modes [parameters]``."""
    name = line.params[0]
    try:
        room = session.hub.rooms.find(name) if is_room(name) else None
        if room is None:
            raise NoSuchRoom(name)
        room_modes.change(session, room, line, service=True)
    except Refusal as refusal:
        refusals.answer(session, refusal, line, name)
    else:
        # Without the parameters: one may be a key.
        _tell(session, f"asked for the modes {line.params[1]} of {name}")


def _tell(session: "IrcSession", text: str) -> None:
    session.door.log.info("operator {nick} {did}", nick=session.nick, did=text)
    operators.tell(session.door, f"{session.nick} {text}", but=session)
