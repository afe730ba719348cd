"""Mode letters ↔ what the core says of rooms: reading MODE parameters, writing MODE lines, masks.

Pure: no hub, no session. Modern IRC, "Channel Modes"; the four types of channel modes are those of
the CHANMODES token (https://modern.ircdocs.horse/#chanmodes-parameter).
"""

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from imd.core.talk import (
    FlagChange,
    KeyChange,
    LimitChange,
    ListChange,
    ListKind,
    Member,
    Role,
    RoleChange,
    Room,
    RoomChange,
    RoomFlag,
)

FLAGS: dict[str, RoomFlag] = {
    "C": RoomFlag.NO_CTCP,
    "R": RoomFlag.ACCOUNTS_ONLY,
    "i": RoomFlag.INVITE_ONLY,
    "m": RoomFlag.MODERATED,
    "n": RoomFlag.NO_OUTSIDERS,
    "s": RoomFlag.SECRET,
    "t": RoomFlag.TOPIC_PROTECTED,
}
LISTS: dict[str, ListKind] = {
    "b": ListKind.BAN,
    "e": ListKind.EXCEPTION,
    "I": ListKind.INVITE_EXCEPTION,
}
#: In descending order of rights, with the prefix shown before the nick.
ROLES: dict[str, Role] = {
    "q": Role.FOUNDER,
    "a": Role.ADMIN,
    "o": Role.OPERATOR,
    "h": Role.HALFOP,
    "v": Role.VOICE,
}
PREFIXES: dict[Role, str] = {
    Role.FOUNDER: "~",
    Role.ADMIN: "&",
    Role.OPERATOR: "@",
    Role.HALFOP: "%",
    Role.VOICE: "+",
}
KEY = "k"
LIMIT = "l"

LETTERS_OF_FLAGS = {flag: letter for letter, flag in FLAGS.items()}
LETTERS_OF_LISTS = {kind: letter for letter, kind in LISTS.items()}
LETTERS_OF_ROLES = {role: letter for letter, role in ROLES.items()}

#: ISUPPORT values (https://modern.ircdocs.horse/#rplisupport-parameters).
CHANMODES = f"{''.join(sorted(LISTS))},{KEY},{LIMIT},{''.join(sorted(FLAGS))}"
PREFIX = f"({''.join(ROLES)}){''.join(PREFIXES.values())}"
#: Targets such as ``@#tea``: those in the room with this role or a higher one (ISUPPORT STATUSMSG).
STATUSMSG = "".join(PREFIXES.values())
_ROLES_OF_PREFIXES = {sign: role for role, sign in PREFIXES.items()}
#: Entries of lists that are no plain masks: ``m:`` mutes, ``a:`` names an account.
EXTBAN = ",am"
#: Modes with a parameter in one MODE line: "#room", the letters and these make at most 15 (RFC 2812 section 2.3).
MODES = 13
#: For RPL_MYINFO: channel modes, channel modes with a parameter.
CHANNEL_MODES = "".join(sorted((*FLAGS, *LISTS, *ROLES, KEY, LIMIT)))
CHANNEL_MODES_WITH_PARAMETER = "".join(sorted((*LISTS, *ROLES, KEY, LIMIT)))

#: Longest key (RFC 2812 section 2.3.1 "key").
MAX_KEY = 23
MAX_LIMIT = 999_999_999
#: Bytes of a mask as it is written in a list.
MAX_MASK = 200


# ---------------------------------------------------------------- reading


class Mode(NamedTuple):
    """One letter of a MODE command, with its sign and the parameter that belongs to it."""

    letter: str
    on: bool
    parameter: str | None = None


class Fault(enum.Enum):
    """Why one letter cannot be used."""

    #: ERR_UNKNOWNMODE.
    UNKNOWN = "unknown"
    #: ERR_NEEDMOREPARAMS.
    PARAMETER_MISSING = "parameter-missing"
    #: ERR_INVALIDMODEPARAM.
    PARAMETER_INVALID = "parameter-invalid"


def takes_parameter(letter: str, on: bool) -> bool:
    """Whether the letter uses up a parameter if there is one (types A, B, C and the roles)."""
    return letter in LISTS or letter in ROLES or letter == KEY or (letter == LIMIT and on)


def is_known(letter: str) -> bool:
    """Whether there is such a mode of rooms."""
    return letter in FLAGS or letter in LISTS or letter in ROLES or letter in (KEY, LIMIT)


def read(parameters: Sequence[str]) -> Iterator[Mode]:
    """The modes asked for by the parameters of MODE after its target: ``["+o-l+k", "alice", "key"]``.

    Several groups of letters may follow each other (RFC 2812 section 3.2.3): what is left when parameters are used up
    is the next group if it begins with a sign, and otherwise a parameter too many, which nobody misses.
    """
    rest = list(parameters)
    first = True
    while rest:
        letters = rest.pop(0)
        if not first and not letters.startswith(("+", "-")):
            continue
        first = False
        on = True
        for letter in letters:
            if letter in "+-":
                on = letter == "+"
            elif takes_parameter(letter, on):
                yield Mode(letter, on, rest.pop(0) if rest else None)
            else:
                yield Mode(letter, on)


def change(mode: Mode) -> RoomChange | Fault:
    """What a flag, list, key or limit mode asks of a room. Roles need the member, see `ROLES`."""
    letter, on, parameter = mode
    if letter in FLAGS:
        return FlagChange(FLAGS[letter], on)
    if letter == KEY and not on:
        # The key need not be repeated to remove it.
        return KeyChange("")
    if letter == LIMIT and not on:
        return LimitChange(0)
    if letter not in LISTS and letter not in (KEY, LIMIT):
        return Fault.UNKNOWN
    if parameter is None:
        return Fault.PARAMETER_MISSING
    if letter == KEY:
        return KeyChange(parameter) if is_key(parameter) else Fault.PARAMETER_INVALID
    if letter == LIMIT:
        limit = read_limit(parameter)
        return Fault.PARAMETER_INVALID if limit is None else LimitChange(limit)
    mask = normal_mask(parameter)
    return Fault.PARAMETER_INVALID if mask is None else ListChange(LISTS[letter], mask, on)


def is_key(text: str) -> bool:
    """RFC 2812 section 2.3.1 "key", without the comma that JOIN uses between keys and a leading colon."""
    return (
        0 < len(text) <= MAX_KEY
        and text.isascii()
        and text.isprintable()
        and not text.startswith(":")
        and not {" ", ","} & set(text)
    )


def read_limit(text: str) -> int | None:
    """A limit of members, or None. More digits than anybody can mean are refused before they are counted."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_LIMIT))):
        return None
    return int(text) or None


def normal_mask(text: str) -> str | None:
    """``nick!user@host`` with "*" for what is missing; None if it cannot be a mask (Modern IRC, "Wildcards").

    A lone word is a nick unless it holds what only hosts hold. ``m:`` mutes whom the rest means, ``a:`` means an
    account (ISUPPORT EXTBAN).
    """
    if not text or text.startswith(":") or len(text.encode()) > MAX_MASK or " " in text or not text.isprintable():
        return None
    if text.startswith("m:"):
        rest = None if text.startswith("m:m:") else normal_mask(text[2:])
        return rest and f"m:{rest}"
    if text.startswith("a:"):
        return text if len(text) > 2 else None
    nick, bang, rest = text.partition("!")
    if not bang:
        if "@" in text:
            nick, rest = "", text
        elif "." in text or ":" in text:
            nick, rest = "", "@" + text
        else:
            rest = ""
    user, _, host = rest.partition("@")
    mask = f"{nick or '*'}!{user or '*'}@{host or '*'}"
    return mask if len(mask.encode()) <= MAX_MASK else None


# ---------------------------------------------------------------- writing


def written(changes: Iterable[RoomChange]) -> Iterator[Mode]:
    """The modes that say what has changed."""
    for item in changes:
        match item:
            case FlagChange(flag, on):
                yield Mode(LETTERS_OF_FLAGS[flag], on)
            case KeyChange(key):
                # Type B always has a parameter; the old key is nobody's business any more.
                yield Mode(KEY, bool(key), key or "*")
            case LimitChange(limit):
                yield Mode(LIMIT, limit > 0, str(limit) if limit else None)
            case ListChange(kind, mask, on):
                yield Mode(LETTERS_OF_LISTS[kind], on, mask)
            case RoleChange(role, who, on):
                yield Mode(LETTERS_OF_ROLES[role], on, who.name)


def parameters(modes: Iterable[Mode], room_for: int, *, most: int = MODES) -> Iterator[list[str]]:
    """Parameters of as many MODE messages as are needed: ``["+o-l", "alice"]``.

    `room_for` is the number of bytes the parameters may take, the spaces between them included; `most` of them may
    follow the letters.
    """
    letters, sign, used = "", "", 0
    arguments: list[str] = []
    for letter, on, parameter in modes:
        wanted = "+" if on else "-"
        cost = 1 if parameter is None else 2 + len(parameter.encode())
        full = used + (wanted != sign) + cost > room_for
        if letters and (full or (parameter is not None and len(arguments) >= most)):
            yield [letters, *arguments]
            letters, sign, used, arguments = "", "", 0, []
        if wanted != sign:
            letters += wanted
            sign = wanted
            used += 1
        letters += letter
        used += cost
        if parameter is not None:
            arguments.append(parameter)
    if letters:
        yield [letters, *arguments]


def of_room(room: Room, *, member: bool) -> list[str]:
    """Parameters of RPL_CHANNELMODEIS after the room's name; the key is shown to members only."""
    letters = "".join(sorted(LETTERS_OF_FLAGS[flag] for flag in room.flags))
    arguments = []
    if room.key:
        letters += KEY
        # A placeholder, so that the limit is not taken for the key.
        arguments.append(room.key if member else "*")
    if room.limit:
        letters += LIMIT
        arguments.append(str(room.limit))
    return [f"+{letters}", *arguments]


def of_locks(locks: Mapping[RoomFlag, bool]) -> str:
    """``+nt-i``: switches that are locked, and how they stand."""
    texts = []
    for sign, wanted in (("+", True), ("-", False)):
        letters = "".join(sorted(LETTERS_OF_FLAGS[flag] for flag, on in locks.items() if on is wanted))
        texts.append(letters and sign + letters)
    return "".join(texts) or "+"


def audience(target: str) -> tuple[str, Role | None]:
    """The room a message is for, and the least role of those who shall have it: ``@#tea``, or ``@+#tea``, where the
    least of several counts."""
    signs = 0
    while target[signs : signs + 1] in _ROLES_OF_PREFIXES:
        signs += 1
    if not signs or target[signs : signs + 1] != "#":
        return target, None
    return target[signs:], _ROLES_OF_PREFIXES[max(target[:signs], key=STATUSMSG.index)]


def prefix(member: Member, *, every: bool = False) -> str:
    """What stands before the member's nick: the highest of its roles, or with multi-prefix all of them."""
    found = "".join(sign for role, sign in PREFIXES.items() if role in member.roles)
    return found if every else found[:1]


# ---------------------------------------------------------------- masks as searches


def matcher(mask: str, fold: Callable[[str], str]) -> Callable[[str], bool]:
    """Whether a text matches a mask with ``*`` and ``?`` (Modern IRC, "Wildcards"), in linear memory and without the
    blow-up of regular expressions: at most len(mask) x len(text) steps."""
    pattern = fold(mask)

    def matches(text: str) -> bool:
        text = fold(text)
        at = place = resume = 0
        star = -1
        while place < len(text):
            if at < len(pattern) and pattern[at] == "*":
                star, resume = at, place
                at += 1
            elif at < len(pattern) and pattern[at] in ("?", text[place]):
                at += 1
                place += 1
            elif star >= 0:
                resume += 1
                at, place = star + 1, resume
            else:
                return False
        return all(sign == "*" for sign in pattern[at:])

    return matches
