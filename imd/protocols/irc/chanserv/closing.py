"""PURGE: operators of the service shut rooms for everybody, also names that nobody has used yet."""

from typing import TYPE_CHECKING

from imd.protocols.irc.chanserv.service import CHANSERV, served

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


@CHANSERV.verb(
    "PURGE",
    "operators: shut a room, open it again",
    usage="ADD #room [reason] | DEL #room | LIST",
    least=1,
    account=False,
)
async def _purge(session: "IrcSession", words: list[str]) -> None:
    if not served(session):
        CHANSERV.say(session, "That is for operators of the service.")
        return
    keeping = session.hub.rooms.keeping
    match [words[0].upper(), *words[1:]]:
        case ["ADD", name, *reason]:
            count = keeping.close(session.me, name, " ".join(reason))
            session.door.log.info("{operator} closed the room {room}", operator=session.operator, room=name)
            CHANSERV.say(session, f"{name} is closed; {count} were removed.")
        case ["DEL", name]:
            keeping.reopen(name)
            session.door.log.info("{operator} opened the room {room} again", operator=session.operator, room=name)
            CHANSERV.say(session, f"{name} is open again.")
        case ["LIST"]:
            rooms = keeping.closed()
            for room in rooms:
                CHANSERV.say(session, f"{room.name}: {room.closed}")
            CHANSERV.say(session, f"End of the list: {len(rooms)}.")
        case _:
            CHANSERV.say(session, f"Use: {CHANSERV.verbs['PURGE'].usage}")
