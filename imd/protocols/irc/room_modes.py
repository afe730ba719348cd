"""MODE: settings, lists and roles of rooms; those of people are in `user_modes` (Modern IRC, "MODE message")."""

from typing import TYPE_CHECKING

from imd.core.refusal import NoSuchAccount, NotAMember, NotOperator, Refusal, TooMany
from imd.core.talk import ListChange, ListKind, Role, RoleChange, Room, RoomChange
from imd.protocols.irc import modes, numerics, refusals, user_modes
from imd.protocols.irc.commands import command
from imd.protocols.irc.modes import Fault, Mode
from imd.protocols.irc.rooms import is_member, is_room, known_room
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: The rows and the end of each list.
_LISTS = {
    ListKind.BAN: (numerics.RPL_BANLIST, numerics.RPL_ENDOFBANLIST),
    ListKind.EXCEPTION: (numerics.RPL_EXCEPTLIST, numerics.RPL_ENDOFEXCEPTLIST),
    ListKind.INVITE_EXCEPTION: (numerics.RPL_INVEXLIST, numerics.RPL_ENDOFINVEXLIST),
}

#: Characters of a wrong parameter that ERR_INVALIDMODEPARAM repeats.
_SHOWN = 64


@command("MODE", parameters=1, active=True)
def mode(session: "IrcSession", line: Line) -> None:
    """``MODE target [modes [parameters]]``."""
    target = line.params[0]
    if not is_room(target):
        user_modes.mode(session, line)
        return
    try:
        room = known_room(session, target)
        if len(line.params) == 1:
            _tell_settings(session, room)
        else:
            change(session, room, line)
    except Refusal as refusal:
        refusals.answer(session, refusal, line, target)


def _tell_settings(session: "IrcSession", room: Room) -> None:
    session.numeric(numerics.RPL_CHANNELMODEIS, room.name, *modes.of_room(room, member=is_member(session, room)))
    session.numeric(numerics.RPL_CREATIONTIME, room.name, str(int(room.created)))


# ---------------------------------------------------------------- changes


def change(session: "IrcSession", room: Room, line: Line, *, service: bool = False) -> None:
    """Answer what is asked, then apply what may be applied as one event; with `service` whatever one's role."""
    if not (service or is_member(session, room)):
        _refuse_outsider(session, room, line)
        return
    changes: list[RoomChange] = []
    asked: set[ListKind] = set()
    unknown: set[str] = set()
    for wanted in modes.read(line.params[1:]):
        if wanted.letter in modes.LISTS and wanted.parameter is None:
            asked.add(modes.LISTS[wanted.letter])
        elif wanted.letter in modes.ROLES:
            role = _role(session, room, wanted, line)
            if role is not None:
                changes.append(role)
        elif isinstance(asked_for := modes.change(wanted), Fault):
            if asked_for is not Fault.UNKNOWN or wanted.letter not in unknown:
                _tell_fault(session, room, wanted, asked_for)
            unknown.add(wanted.letter)
        else:
            changes.append(asked_for)
    # Anybody inside may see who is banned; exceptions are for those who can set them.
    keeper = service or room.members[session.me.person.key].roles - {Role.VOICE}
    for kind in ListKind:
        if kind in asked and (keeper or kind is ListKind.BAN):
            _tell_list(session, room, kind)
    if asked - {ListKind.BAN} and not keeper:
        refusals.answer(session, NotOperator(room.name), line, room.name)
    if changes:
        _tell_refusals(session, room, changes, line, service)


def _refuse_outsider(session: "IrcSession", room: Room, line: Line) -> None:
    """What is wrong with a role would tell outsiders who is in (P5), so nothing is looked at but the letters.

    Modern IRC, "MODE message": who "does not have appropriate privileges to change modes" gets ERR_CHANOPRIVSNEEDED.
    """
    unknown: list[str] = []
    changes = False
    for wanted in modes.read(line.params[1:]):
        if not modes.is_known(wanted.letter):
            unknown.append(wanted.letter)
        elif wanted.letter not in modes.LISTS or wanted.parameter is not None:
            changes = True
    for letter in dict.fromkeys(unknown):
        session.numeric(numerics.ERR_UNKNOWNMODE, refusals.middle(letter))
    if changes:
        raise NotOperator(room.name)
    if not unknown:
        raise NotAMember(room.name)


def _role(session: "IrcSession", room: Room, wanted: Mode, line: Line) -> RoleChange | None:
    """The member whose role shall change; None after saying why there is none."""
    if wanted.parameter is None:
        _tell_fault(session, room, wanted, Fault.PARAMETER_MISSING)
        return None
    person = session.hub.people.find(wanted.parameter)
    if person is not None and person.key in room.members:
        return RoleChange(modes.ROLES[wanted.letter], person.address, wanted.on)
    if person is not None and session.hub.people.may_see(session.me, person):
        refusals.answer(session, NotAMember(room.name, person.address.name), line, room.name)
    else:
        refusals.answer(session, NoSuchAccount(wanted.parameter), line, room.name)
    return None


def _tell_fault(session: "IrcSession", room: Room, wanted: Mode, fault: Fault) -> None:
    if fault is Fault.UNKNOWN:
        session.numeric(numerics.ERR_UNKNOWNMODE, refusals.middle(wanted.letter))
    elif fault is Fault.PARAMETER_MISSING:
        session.numeric(
            numerics.ERR_INVALIDMODEPARAM, room.name, wanted.letter, "*", "You must specify a parameter for this mode"
        )
    else:
        shown = wanted.parameter or ""
        if not shown or shown.startswith(":") or " " in shown or len(shown) > _SHOWN:
            # It cannot be repeated in the middle of a line, or is not worth a whole one.
            shown = "*"
        session.numeric(numerics.ERR_INVALIDMODEPARAM, room.name, wanted.letter, shown, "Invalid mode parameter")


def _tell_refusals(session: "IrcSession", room: Room, changes: list[RoomChange], line: Line, service: bool) -> None:
    told: set[str] = set()
    for refusal in session.hub.rooms.change(session.me, room.name, changes, service=service):
        # Once is enough for what does not depend on the single change.
        if isinstance(refusal, (NotOperator, TooMany)):
            if refusal.code in told:
                continue
            told.add(refusal.code)
        if isinstance(refusal, TooMany):
            letter = next((modes.LETTERS_OF_LISTS[c.kind] for c in changes if isinstance(c, ListChange)), "*")
            session.numeric(numerics.ERR_BANLISTFULL, room.name, letter)
        else:
            refusals.answer(session, refusal, line, room.name)


def _tell_list(session: "IrcSession", room: Room, kind: ListKind) -> None:
    row, end = _LISTS[kind]
    for entry in room.lists[kind]:
        session.numeric(row, room.name, entry.mask, entry.by or "*", str(int(entry.time)))
    session.numeric(end, room.name)
