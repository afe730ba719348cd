"""What in a room is not to be changed: TOPICLOCK and MLOCK, also as SET; and HOWTOBAN."""

from typing import TYPE_CHECKING

from imd.core.refusal import NoSuchAccount, NotOperator
from imd.core.talk import Role, RoomFlag
from imd.protocols.irc import modes
from imd.protocols.irc.chanserv.service import CHANSERV, room_of, served

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


@CHANSERV.verb("TOPICLOCK", "whether the topic is for founder and admins alone", usage="#room on|off", least=2)
async def _topic_lock(session: "IrcSession", words: list[str]) -> None:
    on = {"on": True, "off": False}.get(words[1].lower())
    if on is None:
        CHANSERV.say(session, f"Use: {CHANSERV.verbs['TOPICLOCK'].usage}")
        return
    session.hub.rooms.keeping.lock_topic(session.me, words[0], on, service=served(session))
    CHANSERV.say(session, f"The topic of {words[0]} is {'locked' if on else 'free'}.")


@CHANSERV.verb(
    "MLOCK", "modes without a parameter that stay as they are; + alone: none", usage="#room [+nt-i]", least=1
)
async def _mode_lock(session: "IrcSession", words: list[str]) -> None:
    if len(words) > 1:
        locks: dict[RoomFlag, bool] = {}
        on = True
        for letter in "".join(words[1:]):
            if letter in "+-":
                on = letter == "+"
            elif letter in modes.FLAGS:
                locks[modes.FLAGS[letter]] = on
            else:
                CHANSERV.say(session, f"{letter} cannot be locked.")
                return
        session.hub.rooms.keeping.lock_modes(session.me, words[0], locks, service=served(session))
    CHANSERV.say(session, f"Locked modes of {words[0]}: {modes.of_locks(room_of(session, words[0]).mode_lock)}")


@CHANSERV.verb("SET", "the same", usage="#room TOPICLOCK|MLOCK value", least=3, listed=False)
async def _set(session: "IrcSession", words: list[str]) -> None:
    match words[1].upper():
        case "TOPICLOCK":
            await _topic_lock(session, [words[0], *words[2:]])
        case "MLOCK":
            await _mode_lock(session, [words[0], *words[2:]])
        case _:
            CHANSERV.say(session, f"Use: {CHANSERV.verbs['SET'].usage}")


@CHANSERV.verb("HOWTOBAN", "how to keep somebody out", usage="#room nick", least=2, account=False)
async def _how_to_ban(session: "IrcSession", words: list[str]) -> None:
    room = room_of(session, words[0])
    member = room.members.get(session.me.person.key)
    if not served(session) and (member is None or not member.roles - {Role.VOICE}):
        raise NotOperator(room.name)
    person = session.hub.people.find(words[1])
    if person is None or not session.hub.people.may_see(session.me, person):
        raise NoSuchAccount(words[1])
    if person.account is not None:
        mask = f"a:{person.account.name}"
    else:
        mask = f"*!*@{session.hub.people.origin(person).partition('@')[2]}"
    CHANSERV.say(session, f"MODE {room.name} +b {mask}")
    CHANSERV.say(session, f"Who is in has to be removed besides: KICK {room.name} {person.address.name}")
