"""Whose a room is: REGISTER, INFO, LIST, TRANSFER, DROP, CLEAR."""

import time
from typing import TYPE_CHECKING

from imd.core.address import fold
from imd.core.refusal import NotRegistered
from imd.protocols.irc import modes
from imd.protocols.irc.chanserv.service import CHANSERV, confirmed, room_of, served

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: Lines of one LIST.
MOST = 500


@CHANSERV.verb("REGISTER", "make a room without a founder yours; one that you made is", usage="#room", least=1)
async def _register(session: "IrcSession", words: list[str]) -> None:
    keeping = session.hub.rooms.keeping
    mine = next((room for room in keeping.founded(session.me) if fold(room.name) == fold(words[0])), None)
    if mine is not None:
        CHANSERV.say(session, f"{mine.name} is yours already: what an account makes is kept.")
        return
    room = keeping.register(session.me, words[0])
    CHANSERV.say(session, f"{room.name} is yours, and is kept with its settings.")


@CHANSERV.verb("INFO", "whose a room is, and since when; alone: which are yours", usage="[#room]", account=False)
async def _info(session: "IrcSession", words: list[str]) -> None:
    keeping = session.hub.rooms.keeping
    if not words:
        rooms = keeping.founded(session.me)
        for room in rooms:
            CHANSERV.say(session, f"{room.name} is yours.")
        CHANSERV.say(session, f"End of your rooms: {len(rooms)}.")
        return
    service = served(session)
    room = room_of(session, words[0])
    if service and room.closed:
        CHANSERV.say(session, f"{room.name} is closed: {room.closed}")
    try:
        found = await keeping.registration(session.me, words[0], service=service)
    except NotRegistered as refusal:
        CHANSERV.say(session, refusal.sentence)
        return
    since = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(room.created))
    CHANSERV.say(session, f"{room.name} is kept. Founder: {found.founder or 'gone'}. Made: {since}.")
    if found.heir:
        CHANSERV.say(session, f"It is offered to {found.heir}.")
    if room.topic_lock:
        CHANSERV.say(session, "Its topic is for founder and admins.")
    if room.mode_lock:
        CHANSERV.say(session, f"Locked modes: {modes.of_locks(room.mode_lock)}.")


@CHANSERV.verb("LIST", "operators: rooms that are kept", usage="[mask]", account=False)
async def _list(session: "IrcSession", words: list[str]) -> None:
    if not served(session):
        CHANSERV.say(session, "That is for operators of the service. INFO lists your own rooms.")
        return
    matches = modes.matcher(words[0] if words else "*", fold)
    names = sorted((room.name for room in session.hub.rooms.keeping.registered() if matches(room.name)), key=fold)
    for name in names[:MOST]:
        CHANSERV.say(session, name)
    more = f", of {len(names)}" if len(names) > MOST else ""
    CHANSERV.say(session, f"End of the list: {len(names[:MOST])}{more}.")


@CHANSERV.verb(
    "TRANSFER", "offer a room to somebody, or take the offer back by naming yourself", usage="#room account", least=2
)
async def _transfer(session: "IrcSession", words: list[str]) -> None:
    keeping = session.hub.rooms.keeping
    if words[0].upper() == "ACCEPT":
        room = keeping.accept(session.me, words[1])
        CHANSERV.say(session, f"{room.name} is yours.")
        return
    name, to = words[:2]
    room = room_of(session, name)
    account = session.me.account
    mine = account is not None and fold(account.name) == fold(to)
    if not mine and not confirmed(session, room, f"TRANSFER {room.name} {to}", " ".join(words[2:])):
        return
    done = await keeping.transfer(session.me, name, to, service=served(session))
    if done == "withdrawn":
        CHANSERV.say(session, f"{room.name} stays yours.")
    elif done == "done":
        CHANSERV.say(session, f"{room.name} belongs to {to}.")
    else:
        CHANSERV.say(session, f"{room.name} is offered to {to}, whose it is once they say: TRANSFER ACCEPT {room.name}")
        _tell_heir(session, room.heir, room.name)


def _tell_heir(session: "IrcSession", heir: str, name: str) -> None:
    """Where an invitation would reach her: who blocks somebody hears of no offers either."""
    for other in session.door.sessions:
        account = None if other.signed_on is None else other.signed_on.account
        if account is None or account.id != heir:
            continue
        if session.hub.people.may_see(session.me, other.me.person):
            CHANSERV.tell(other, f"{session.nick} offers you {name}. To make it yours, say: TRANSFER ACCEPT {name}")


@CHANSERV.verb("DROP", "give a room up, with all that was granted and locked in it", usage="#room", least=1)
async def _drop(session: "IrcSession", words: list[str]) -> None:
    room = room_of(session, words[0])
    if not room.founder:
        raise NotRegistered(room.name)
    if confirmed(session, room, f"DROP {room.name}", " ".join(words[1:])):
        session.hub.rooms.keeping.drop(session.me, words[0], service=served(session))
        CHANSERV.say(session, f"{room.name} belongs to nobody any more, and ends with its last member.")


CHANSERV.verb("UNREGISTER", "the same as DROP", usage="#room", least=1, listed=False)(_drop)


@CHANSERV.verb(
    "CLEAR", "remove everybody but you, or take back all that was granted", usage="#room users|access", least=2
)
async def _clear(session: "IrcSession", words: list[str]) -> None:
    keeping, name, service = session.hub.rooms.keeping, words[0], served(session)
    match words[1].lower():
        case "users":
            count = keeping.clear_members(session.me, name, "Cleared by ChanServ", service=service)
            CHANSERV.say(session, f"{count} removed from {name}.")
        case "access":
            count = keeping.clear_access(session.me, name, service=service)
            CHANSERV.say(session, f"{count} accounts have no role in {name} any more.")
        case _:
            CHANSERV.say(session, f"Use: {CHANSERV.verbs['CLEAR'].usage}")
