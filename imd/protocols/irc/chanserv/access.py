"""Who has which role: for good by AMODE, ACCESS and FLAGS, for the visit by OP, VOICE and their kin."""

from typing import TYPE_CHECKING

from imd.core.talk import Role
from imd.protocols.irc import modes
from imd.protocols.irc.chanserv.service import CHANSERV, served

if TYPE_CHECKING:
    from imd.protocols.irc.services import Run
    from imd.protocols.irc.session import IrcSession

#: Words for roles, beside their letters.
_WORDS = {"ADMIN": Role.ADMIN, "OP": Role.OPERATOR, "HALFOP": Role.HALFOP, "VOICE": Role.VOICE}


def _role(word: str) -> Role | None:
    """``o``, ``+o`` or ``op``."""
    return modes.ROLES.get(word.lstrip("+-")) or _WORDS.get(word.upper())


# ---------------------------------------------------------------- for good


@CHANSERV.verb(
    "AMODE",
    "which roles accounts have for good; give or take one",
    usage="#room [+o|-o account]",
    least=1,
    account=False,
)
async def _amode(session: "IrcSession", words: list[str]) -> None:
    if len(words) == 1:
        await _tell_access(session, words[0])
    elif len(words) == 3 and words[1][0] in "+-" and len(words[1]) == 2 and _role(words[1]) is not None:
        await _grant(session, words[0], words[2], words[1])
    else:
        CHANSERV.say(session, f"Use: {CHANSERV.verbs['AMODE'].usage}")


@CHANSERV.verb("ACCESS", "the same in words", usage="#room [LIST|ADD account role|DEL account]", least=1, account=False)
async def _access(session: "IrcSession", words: list[str]) -> None:
    match [words[0], *(word.upper() for word in words[1:2]), *words[2:]]:
        case [name] | [name, "LIST"]:
            await _tell_access(session, name)
        case [name, "ADD", account, role] if _role(role) is not None:
            await _grant(session, name, account, role)
        case [name, "DEL", account]:
            await _grant(session, name, account, "-")
        case _:
            CHANSERV.say(session, f"Use: {CHANSERV.verbs['ACCESS'].usage}")


@CHANSERV.verb("FLAGS", "the same as AMODE", usage="#room [account +o|-o]", least=1, account=False, listed=False)
async def _flags(session: "IrcSession", words: list[str]) -> None:
    await _amode(session, [words[0], *reversed(words[1:3])])


async def _tell_access(session: "IrcSession", name: str) -> None:
    found = await session.hub.rooms.keeping.registration(session.me, name, service=served(session))
    CHANSERV.say(session, f"{found.founder or 'nobody'} has +q in {found.room.name}.")
    for account, role in found.access:
        CHANSERV.say(session, f"{account} has +{modes.LETTERS_OF_ROLES[role]}.")
    CHANSERV.say(session, f"End of the list: {len(found.access)}.")


async def _grant(session: "IrcSession", name: str, to: str, word: str) -> None:
    """``-o`` takes the role if it is this one; ``-`` whichever it is."""
    keeping, service = session.hub.rooms.keeping, served(session)
    role = None if word.startswith("-") else _role(word)
    if len(word) > 1 and role is None:
        found = await keeping.registration(session.me, name, service=service)
        if (to.lower(), _role(word)) not in [(account.lower(), each) for account, each in found.access]:
            CHANSERV.say(session, "Nothing has changed.")
            return
    account = await keeping.grant(session.me, name, to, role, service=service)
    if account is None:
        CHANSERV.say(session, "Nothing has changed.")
    elif role is None:
        CHANSERV.say(session, f"{account.name} has no role in {name} for good.")
    else:
        CHANSERV.say(session, f"{account.name} has +{modes.LETTERS_OF_ROLES[role]} in {name} for good.")


# ---------------------------------------------------------------- for the visit


def _visit(role: Role | None, on: bool) -> "Run":
    async def run(session: "IrcSession", words: list[str]) -> None:
        keeping, service = session.hub.rooms.keeping, served(session)
        who = words[1] if len(words) > 1 else ""
        # OP alone: whatever one is by the book. DEOP: nothing of what keeps order.
        roles: tuple[Role | None, ...] = (role,)
        if role is Role.OPERATOR:
            roles = (None if not who else role,) if on else (Role.FOUNDER, Role.ADMIN, Role.OPERATOR)
        changed = [each for each in roles if keeping.wear(session.me, words[0], who, each, on, service=service)]
        CHANSERV.say(session, "Done." if changed else "Nothing has changed.")

    return run


for _name, _of, _what in (
    ("ADMIN", Role.ADMIN, "make somebody an admin"),
    ("OP", Role.OPERATOR, "make somebody an operator; alone: you what you are by the book"),
    ("HALFOP", Role.HALFOP, "make somebody a half-operator"),
    ("VOICE", Role.VOICE, "give somebody a voice"),
):
    CHANSERV.verb(_name, f"{_what}, for this visit", usage="#room [nick]", least=1, account=False)(_visit(_of, True))
    CHANSERV.verb(f"DE{_name}", f"take back what {_name} gives", usage="#room [nick]", least=1, account=False)(
        _visit(_of, False)
    )
