"""METADATA (https://ircv3.net/specs/extensions/metadata): what people and rooms show of themselves.

Two versions are spoken. draft/metadata-2 tells of values by METADATA lines, draft/metadata-3 by 761 and 766, and they
have different words for what is wrong; `_Words` has both. Both need the capability batch, and nobody speaks both at
once. Which keys a client is told of is its own list, which is empty at first.

Who may not see somebody (P5) hears what is said of a nick that nobody has.
"""

import math
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from imd.core.refusal import InvalidName, NoSuchAccount, NoSuchRoom, NotOperator, Refusal, TooLong, TooMany
from imd.core.session import Person
from imd.core.talk import MetadataChange, Room
from imd.net.bucket import Bucket
from imd.protocols.irc import numerics
from imd.protocols.irc.capabilities import metadata_version
from imd.protocols.irc.commands import command
from imd.protocols.irc.refusals import middle
from imd.protocols.irc.replies import with_tag
from imd.protocols.irc.wire.line import MAX_BODY, Line, encode

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: "Key names are restricted to the ranges a-z, 0-9, and _./-"; longer ones nobody has.
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_./-")
_LONGEST = 64
#: Values told when somebody asks; what is more is left out.
MOST = 2_000
#: Seconds after which who was asked to come back shall.
_LATER = 2


class Wanted:
    """What one client wants to hear of."""

    __slots__ = ("bucket", "keys")

    def __init__(self, bucket: Bucket) -> None:
        #: In the order in which they were asked for.
        self.keys: dict[str, None] = {}
        #: How often it may change what it shows.
        self.bucket = bucket


class _Words(NamedTuple):
    """How a version says what is wrong."""

    #: Said of keys that were asked for, not set.
    mild: str
    key: str
    value: str
    subcommand: str


_VERSIONS = {
    2: _Words("FAIL", "KEY_INVALID", "VALUE_INVALID", "SUBCOMMAND_INVALID"),
    3: _Words("WARN", "INVALID_KEY", "INVALID_VALUE", "INVALID_PARAMS"),
}


@command("METADATA", parameters=2, registered=False)
def metadata(session: "IrcSession", line: Line) -> Coroutine[Any, Any, None] | None:
    version = metadata_version(session.caps)
    if not version:
        session.numeric(numerics.ERR_UNKNOWNCOMMAND if session.registered else numerics.ERR_NOTREGISTERED, line.command)
        return None
    target, verb, keys = line.params[0], line.params[1].upper(), line.params[2:]
    if verb in _WITH_KEYS and not (keys and keys[0]):
        session.numeric(numerics.ERR_NEEDMOREPARAMS, line.command)
    elif verb in _OF_THE_CLIENT:
        if not _own(session, target):
            _invalid_target(session, target)
        else:
            _OF_THE_CLIENT[verb](session, version, keys)
    elif verb in _OF_A_TARGET:
        if not session.registered:
            _before(session, version, target, verb, keys)
        else:
            return _OF_A_TARGET[verb](session, version, session.nick if target == "*" else target, keys)
    else:
        _tell(session, "FAIL", _VERSIONS[version].subcommand, [middle(line.params[1])], "Unknown subcommand")
    return None


def _own(session: "IrcSession", target: str) -> bool:
    return target == "*" or session.is_me(target)


def _tell(session: "IrcSession", how: str, code: str, context: list[str], sentence: str, batch: str = "") -> None:
    data = session.format(how, ["METADATA", code, *context, sentence], colon=True)
    session.answer(with_tag(data, "batch", batch) if batch else data)


def _invalid_target(session: "IrcSession", target: str) -> None:
    _tell(session, "FAIL", "INVALID_TARGET", [middle(target)], "Invalid metadata target")


def _valid(key: str) -> bool:
    return 0 < len(key) <= _LONGEST and _LETTERS.issuperset(key)


# ---------------------------------------------------------------- values as lines


def _shown(session: "IrcSession", target: str, key: str, value: str | None, batch: str) -> None:
    """761, or 766 where there is no value; within a batch."""
    if value is None:
        data = session.encode_numeric(numerics.RPL_KEYNOTSET, target, key)
    else:
        data = session.encode_numeric(numerics.RPL_KEYVALUE, target, key, "*", value)
    session.answer(with_tag(data, "batch", batch) if batch else data)


def _told(session: "IrcSession", version: int, target: str, key: str, value: str, batch: str) -> None:
    """A value that the client is told of by itself: METADATA, or since version 3 761."""
    if version > 2:
        _shown(session, target, key, value, batch)
    else:
        session.answer(with_tag(session.format("METADATA", [target, key, "*", value], colon=True), "batch", batch))


def _open(session: "IrcSession", kind: str, *params: str) -> str:
    reference = session.replies.reference()
    session.reply("BATCH", f"+{reference}", kind, *params)
    return reference


def _close(session: "IrcSession", reference: str) -> None:
    session.reply("BATCH", f"-{reference}")


Found = tuple[str, Mapping[str, str]]


def _look(session: "IrcSession", target: str) -> Found:
    """The target as it is spelled, and what it shows. Raises `Refusal`."""
    if target.startswith("#"):
        room, values = session.hub.metadata.of_room(session.me, target)
        return room.name, values
    person, values = session.hub.metadata.of_person(session.me, target)
    return person.address.name, values


def _refused(session: "IrcSession", version: int, refusal: Refusal, target: str, key: str) -> None:
    words = _VERSIONS[version]
    match refusal:
        case NoSuchAccount() | NoSuchRoom():
            _invalid_target(session, target)
        case NotOperator():
            _tell(session, "FAIL", "KEY_NO_PERMISSION", [middle(target), middle(key)], "Permission denied")
        case InvalidName():
            _tell(session, "FAIL", words.key, [middle(key)], "Invalid key")
        case TooLong():
            _tell(session, "FAIL", words.value, [middle(key)] if version > 2 else [], refusal.sentence)
        case TooMany():
            context = ["SET", middle(target), str(refusal.limit)] if version > 2 else [middle(target)]
            _tell(session, "FAIL", "LIMIT_REACHED", context, refusal.sentence)
        case _:
            raise refusal


# ---------------------------------------------------------------- GET, LIST, SET, CLEAR, SYNC


def _get(session: "IrcSession", version: int, target: str, keys: list[str]) -> None:
    try:
        name, values = _look(session, target)
    except Refusal as refusal:
        _refused(session, version, refusal, target, "*")
        return
    _show(session, version, name, values, keys)


def _show(session: "IrcSession", version: int, name: str, values: Mapping[str, str], keys: list[str]) -> None:
    batch = _open(session, "metadata", name)
    words = _VERSIONS[version]
    for key in keys:
        if _valid(key):
            _shown(session, name, key, values.get(key), batch)
        else:
            _tell(session, words.mild, words.key, [middle(key)], "Invalid key", batch)
    _close(session, batch)


def _list(session: "IrcSession", version: int, target: str, keys: list[str]) -> None:
    try:
        name, values = _look(session, target)
    except Refusal as refusal:
        _refused(session, version, refusal, target, "*")
        return
    _show(session, version, name, values, list(values))


async def _set(session: "IrcSession", version: int, target: str, params: list[str]) -> None:
    key = params[0]
    value: str | None = params[1] if len(params) > 1 else None
    if version > 2 and not value:
        # "If the Value parameter is omitted or is an empty string, the key is removed".
        value = None
    try:
        name, _ = _look(session, target)
        if not _valid(key):
            raise InvalidName(key, "")
        if not name.startswith("#") and not session.is_me(name):
            raise NotOperator(name)
        wait = _wanted(session).bucket.take(session.hub.clock.time())
        if wait > 0:
            _too_often(session, version, name, math.ceil(wait), ["SET", *params])
            return
        hub = session.hub.metadata
        if name.startswith("#"):
            was_set = hub.set_room(session.me, name, key, value)
        else:
            was_set = await hub.set_own(session.me, key, value)
    except Refusal as refusal:
        _refused(session, version, refusal, target, key)
        return
    if was_set or version > 2:
        _shown(session, name, key, value, "")
    else:
        _tell(session, "FAIL", "KEY_NOT_SET", [name, key], "Key not set")


def _too_often(session: "IrcSession", version: int, target: str, wait: int, words: list[str]) -> None:
    session.door.settings.limits.tally.count("metadata_per_minute")
    if version > 2:
        session.numeric(numerics.ERR_METADATARATELIMIT, str(wait), target, *words)
    else:
        context = [target, middle(words[1] if len(words) > 1 else "*"), str(wait)]
        _tell(session, "FAIL", "RATE_LIMITED", context, f"Too many changes; try again in {wait} s")


async def _clear(session: "IrcSession", version: int, target: str, params: list[str]) -> None:
    try:
        name, _ = _look(session, target)
        if not name.startswith("#") and not session.is_me(name):
            raise NotOperator(name)
        wait = _wanted(session).bucket.take(session.hub.clock.time())
        if wait > 0:
            _too_often(session, version, name, math.ceil(wait), ["CLEAR"])
            return
        hub = session.hub.metadata
        gone = hub.clear_room(session.me, name) if name.startswith("#") else await hub.clear_own(session.me)
    except Refusal as refusal:
        _refused(session, version, refusal, target, "*")
        return
    _show(session, version, name, {}, gone)


def _sync(session: "IrcSession", version: int, target: str, params: list[str]) -> None:
    wanted = session.metadata
    keys = {} if wanted is None else wanted.keys
    if target == "*ALL" and version > 2:
        _say_all(session, version, "*ALL", _values(_visible(session), keys))
        return
    try:
        if target.startswith("#"):
            room, _ = session.hub.metadata.of_room(session.me, target)
            _say_all(session, version, room.name, _values(_in(session, room), keys))
        else:
            name, values = _look(session, target)
            _say_all(session, version, name, _values([(name, values)], keys))
    except Refusal as refusal:
        _refused(session, version, refusal, target, "*")


def _in(session: "IrcSession", room: Room) -> Iterator[Found]:
    """A room, and those in it who show anything."""
    yield room.name, room.metadata or {}
    for person, values in session.hub.metadata.of_members(session.me, room):
        yield person.address.name, values


def _visible(session: "IrcSession") -> Iterator[Found]:
    """Everything this client is told of: its rooms and who is in them, whom it watches, and itself; each once."""
    hub, me = session.hub, session.me
    seen: set[str] = set()

    def each() -> Iterator[Found]:
        for room in hub.rooms.rooms_of(me.person):
            yield from _in(session, room)
        for name in [session.nick, *hub.presence.watched(me)]:
            try:
                yield _look(session, name)
            except Refusal:
                continue

    for name, values in each():
        if name not in seen:
            seen.add(name)
            yield name, values


def _values(found: Iterable[Found], keys: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    wanted = list(keys)
    for name, values in found:
        if values:
            for key in wanted:
                if key in values:
                    yield name, key, values[key]


def _say_all(session: "IrcSession", version: int, target: str, values: Iterable[tuple[str, str, str]]) -> None:
    batch = _open(session, "metadata", target)
    for at, (name, key, value) in enumerate(values):
        if at >= MOST:
            break
        _told(session, version, name, key, value, batch)
    _close(session, batch)


# ---------------------------------------------------------------- SUB, UNSUB, SUBS


def _wanted(session: "IrcSession") -> Wanted:
    wanted = session.metadata
    if wanted is None:
        rate = session.door.settings.limits.metadata_per_minute
        wanted = session.metadata = Wanted(Bucket(rate / 60, rate, session.hub.clock.time()))
    return wanted


def _sub(session: "IrcSession", version: int, keys: list[str]) -> None:
    """ "The server MUST process each key in order"."""
    limits = session.door.settings.limits
    mine, words = _wanted(session).keys, _VERSIONS[version]
    new: dict[str, None] = {}
    done: dict[str, None] = {}
    wrong: list[str] = []
    over = ""
    for key in keys:
        if not _valid(key):
            wrong.append(key)
        elif limits.metadata_subscriptions and key not in mine and len(mine) >= limits.metadata_subscriptions:
            limits.tally.count("metadata_subscriptions")
            over = key
            break
        else:
            if key not in mine:
                mine[key] = new[key] = None
            done[key] = None
    _words(session, numerics.RPL_METADATASUBOK, done)
    for key in wrong:
        _tell(session, words.mild, words.key, [middle(key)], "Invalid key")
    if over:
        most = str(limits.metadata_subscriptions)
        code, context = ("LIMIT_REACHED", ["SUB", over, most]) if version > 2 else ("TOO_MANY_SUBS", [over])
        _tell(session, "FAIL", code, context, f"No more than {most} subscriptions are allowed")
    if version > 2 and new and session.registered:
        # "the server MUST then … send a metadata batch with *ALL as its parameter".
        _say_all(session, version, "*ALL", _values(_visible(session), new))


def _unsub(session: "IrcSession", version: int, keys: list[str]) -> None:
    mine, words = _wanted(session).keys, _VERSIONS[version]
    done: dict[str, None] = {}
    for key in keys:
        if _valid(key):
            mine.pop(key, None)
            done[key] = None
    _words(session, numerics.RPL_METADATAUNSUBOK, done)
    for key in keys:
        if not _valid(key):
            _tell(session, words.mild, words.key, [middle(key)], "Invalid key")


def _subs(session: "IrcSession", version: int, keys: list[str]) -> None:
    wanted = session.metadata
    batch = _open(session, "metadata-subs")
    _words(session, numerics.RPL_METADATASUBS, {} if wanted is None else wanted.keys, batch)
    _close(session, batch)


def _words(session: "IrcSession", numeric: numerics.Numeric, keys: Iterable[str], batch: str = "") -> None:
    """Keys as parameters, as many as a line takes: "Old RFCs limited the number of parameters to 15"."""
    room = MAX_BODY - len(f":{session.door.server} {numeric.number} {session.nick}\r\n".encode())
    lines: list[list[str]] = []
    left = 0
    for key in keys:
        if not lines or left < len(key) + 1 or len(lines[-1]) == 13:
            lines.append([])
            left = room
        lines[-1].append(key)
        left -= len(key) + 1
    for line in lines:
        data = session.encode_numeric(numeric, *line)
        session.answer(with_tag(data, "batch", batch) if batch else data)


def capabilities_changed(session: "IrcSession") -> None:
    """ "If a client removes this capability or the batch capability …, servers MUST clear that client's subscription
    list"."""
    if session.metadata is not None and not metadata_version(session.caps):
        session.metadata.keys.clear()


# ---------------------------------------------------------------- before the welcome, and at it


def _before(session: "IrcSession", version: int, target: str, verb: str, params: list[str]) -> None:
    """``before-connect``: "Clients that have not completed connection registration MUST use * to target themselves"."""
    state, words = session.registration, _VERSIONS[version]
    limits = session.door.settings.limits
    if target != "*":
        _invalid_target(session, target)
        return
    match verb:
        case "GET":
            _show(session, version, "*", state.metadata, params)
        case "LIST":
            _show(session, version, "*", state.metadata, list(state.metadata))
        case "SYNC":
            _say_all(session, version, "*", ())
        case "CLEAR":
            gone, state.metadata = list(state.metadata), {}
            _show(session, version, "*", {}, gone)
        case _:
            key, value = params[0], params[1] if len(params) > 1 else None
            if not _valid(key):
                _tell(session, "FAIL", words.key, [middle(key)], "Invalid key")
            elif value is None or (version > 2 and not value):
                known = key in state.metadata
                state.metadata = {name: each for name, each in state.metadata.items() if name != key}
                if known or version > 2:
                    _shown(session, "*", key, None, "")
                else:
                    _tell(session, "FAIL", "KEY_NOT_SET", ["*", key], "Key not set")
            elif len(value.encode()) > limits.metadata_value:
                _refused(session, version, TooLong("The value", limits.metadata_value), "*", key)
            elif key not in state.metadata and len(state.metadata) >= (limits.metadata_keys or MOST):
                _refused(session, version, TooMany("keys", limits.metadata_keys), "*", key)
            else:
                state.metadata = {**state.metadata, key: value}
                _shown(session, "*", key, value, "")


async def bring_along(session: "IrcSession", values: Mapping[str, str]) -> None:
    """Set what a client has set before it was welcomed."""
    for key, value in values.items():
        try:
            await session.hub.metadata.set_own(session.me, key, value)
        except Refusal as refusal:
            _refused(session, metadata_version(session.caps) or 2, refusal, "*", key)


def welcome(session: "IrcSession") -> None:
    """ "If the capability was negotiated during connection registration, servers MUST send clients a list of their
    current metadata … with their own nick as target … before RPL_ENDOFMOTD"."""
    version = metadata_version(session.caps)
    if version:
        name, values = _look(session, session.nick)
        _say_all(session, version, name, [(name, key, value) for key, value in values.items()])


# ---------------------------------------------------------------- what a client is told by itself


def joined(session: "IrcSession", room: Room) -> None:
    """This client has come into a room: what that and those in it show, or when to ask for it."""
    version = metadata_version(session.caps)
    wanted = session.metadata
    keys = {} if wanted is None else wanted.keys
    if not version or (version == 2 and not keys):
        return
    values: list[tuple[str, str, str]] = []
    limits = session.door.settings.limits
    if keys:
        for value in _values(_in(session, room), keys):
            values.append(value)
            if 0 < limits.metadata_at_once < len(values):
                limits.tally.count("metadata_at_once")
                later = numerics.ERR_METADATASYNCLATER
                session.numeric(later if version > 2 else later._replace(text=None), room.name, str(_LATER))
                return
    _say_all(session, version, room.name, values)


def watched(session: "IrcSession", person: Person) -> None:
    """730 was said of somebody: since version 3 her values follow."""
    version = metadata_version(session.caps)
    if version > 2:
        _sync(session, version, person.address.name, [])


def changed(session: "IrcSession", change: MetadataChange) -> None:
    """The core's `Client.metadata_changed` of this door."""
    wanted, me = session.metadata, session.signed_on
    if wanted is None or change.key not in wanted.keys or me is None or change.session == me.id:
        return
    about = change.room.name if change.room is not None else ""
    if change.person is not None:
        about = change.person.address.name
    version = metadata_version(session.caps)
    if version > 2:
        numeric = numerics.RPL_KEYNOTSET if change.value is None else numerics.RPL_KEYVALUE
        rest = () if change.value is None else ("*", change.value)
        session.push(session.encode_numeric(numeric, about, change.key, *rest))
    elif version:
        key = ("irc", session.flavour)
        data = change.encoded.get(key)
        if data is None:
            source = f"{change.by.name}!{change.origin}"
            params = [about, change.key, "*", *([] if change.value is None else [change.value])]
            tags = session.tags(change.time)
            data = encode("METADATA", params, source=source, tags=tags, colon=change.value is not None)
            change.encoded[key] = data
        session.push(data)


_OF_THE_CLIENT = {"SUB": _sub, "UNSUB": _unsub, "SUBS": _subs}
_OF_A_TARGET = {"GET": _get, "LIST": _list, "SET": _set, "CLEAR": _clear, "SYNC": _sync}
_WITH_KEYS = frozenset({"GET", "SET", "SUB", "UNSUB"})
