"""How it is said: values and keys as lines and batches, and what is wrong, in the words of either version."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from imd.core.refusal import InvalidName, NoSuchAccount, NoSuchRoom, NotOperator, Refusal, TooLong, TooMany
from imd.protocols.irc import numerics
from imd.protocols.irc.metadata.keys import valid
from imd.protocols.irc.refusals import middle
from imd.protocols.irc.replies import with_tag
from imd.protocols.irc.wire.line import MAX_BODY
from imd.protocols.irc.wire.packing import grouped

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

#: Values told when somebody asks; what is more is left out.
MOST = 2_000


class Words(NamedTuple):
    """How a version says what is wrong."""

    #: Said of keys that were asked for, not set.
    mild: str
    key: str
    value: str
    subcommand: str


VERSIONS = {
    2: Words("FAIL", "KEY_INVALID", "VALUE_INVALID", "SUBCOMMAND_INVALID"),
    3: Words("WARN", "INVALID_KEY", "INVALID_VALUE", "INVALID_PARAMS"),
}


def tell(session: "IrcSession", how: str, code: str, context: list[str], sentence: str, batch: str = "") -> None:
    data = session.format(how, ["METADATA", code, *context, sentence], colon=True)
    session.answer(with_tag(data, "batch", batch))


def invalid_target(session: "IrcSession", target: str) -> None:
    tell(session, "FAIL", "INVALID_TARGET", [middle(target)], "Invalid metadata target")


def shown(session: "IrcSession", target: str, key: str, value: str | None, batch: str) -> None:
    """761, or 766 where there is no value; within a batch."""
    if value is None:
        data = session.encode_numeric(numerics.RPL_KEYNOTSET, target, key)
    else:
        data = session.encode_numeric(numerics.RPL_KEYVALUE, target, key, "*", value)
    session.answer(with_tag(data, "batch", batch))


def told(session: "IrcSession", version: int, target: str, key: str, value: str, batch: str) -> None:
    """A value that the client is told of by itself: METADATA, or since version 3 761."""
    if version > 2:
        shown(session, target, key, value, batch)
    else:
        session.answer(with_tag(session.format("METADATA", [target, key, "*", value], colon=True), "batch", batch))


def refused(session: "IrcSession", version: int, refusal: Refusal, target: str, key: str) -> None:
    words = VERSIONS[version]
    match refusal:
        case NoSuchAccount() | NoSuchRoom():
            invalid_target(session, target)
        case NotOperator():
            tell(session, "FAIL", "KEY_NO_PERMISSION", [middle(target), middle(key)], "Permission denied")
        case InvalidName():
            tell(session, "FAIL", words.key, [middle(key)], "Invalid key")
        case TooLong():
            tell(session, "FAIL", words.value, [middle(key)] if version > 2 else [], refusal.sentence)
        case TooMany():
            context = ["SET", middle(target), str(refusal.limit)] if version > 2 else [middle(target)]
            tell(session, "FAIL", "LIMIT_REACHED", context, refusal.sentence)
        case _:
            raise refusal


def show(session: "IrcSession", version: int, name: str, values: Mapping[str, str], keys: list[str]) -> None:
    batch = session.open_batch("metadata", name)
    words = VERSIONS[version]
    for key in keys:
        if valid(key):
            shown(session, name, key, values.get(key), batch)
        else:
            tell(session, words.mild, words.key, [middle(key)], "Invalid key", batch)
    session.close_batch(batch)


def too_often(session: "IrcSession", version: int, target: str, wait: int, words: list[str]) -> None:
    session.door.settings.limits.tally.count("metadata_per_minute")
    if version > 2:
        session.numeric(numerics.ERR_METADATARATELIMIT, str(wait), target, *words)
    else:
        context = [target, middle(words[1] if len(words) > 1 else "*"), str(wait)]
        tell(session, "FAIL", "RATE_LIMITED", context, f"Too many changes; try again in {wait} s")


def say_all(session: "IrcSession", version: int, target: str, values: Iterable[tuple[str, str, str]]) -> None:
    batch = session.open_batch("metadata", target)
    for at, (name, key, value) in enumerate(values):
        if at >= MOST:
            break
        told(session, version, name, key, value, batch)
    session.close_batch(batch)


def say_keys(session: "IrcSession", numeric: numerics.Numeric, keys: Iterable[str], batch: str = "") -> None:
    """Keys as parameters, as many as a line takes: "Old RFCs limited the number of parameters to 15"."""
    room = MAX_BODY - len(f":{session.door.server} {numeric.number} {session.nick}\r\n".encode())
    for line in grouped(keys, room, 13):
        data = session.encode_numeric(numeric, *line)
        session.answer(with_tag(data, "batch", batch))
