"""METADATA itself: its verbs, and those of them about a target: GET, LIST, SET, CLEAR, SYNC."""

import math
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from imd.core.refusal import InvalidName, NotOperator, Refusal
from imd.protocols.irc import numerics
from imd.protocols.irc.capabilities import metadata_version
from imd.protocols.irc.commands import command
from imd.protocols.irc.metadata.before import before
from imd.protocols.irc.metadata.keys import chosen, in_room, look, valid, visible
from imd.protocols.irc.metadata.lines import VERSIONS, invalid_target, refused, say_all, show, shown, tell, too_often
from imd.protocols.irc.metadata.subscriptions import subscribe, subscriptions, unsubscribe, wanted_by
from imd.protocols.irc.refusals import middle
from imd.protocols.irc.wire.line import Line

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


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
            invalid_target(session, target)
        else:
            _OF_THE_CLIENT[verb](session, version, keys)
    elif verb in _OF_A_TARGET:
        if not session.registered:
            before(session, version, target, verb, keys)
        else:
            return _OF_A_TARGET[verb](session, version, session.nick if target == "*" else target, keys)
    else:
        tell(session, "FAIL", VERSIONS[version].subcommand, [middle(line.params[1])], "Unknown subcommand")
    return None


def _own(session: "IrcSession", target: str) -> bool:
    return target == "*" or session.is_me(target)


def _get(session: "IrcSession", version: int, target: str, keys: list[str]) -> None:
    try:
        name, values = look(session, target)
    except Refusal as refusal:
        refused(session, version, refusal, target, "*")
        return
    show(session, version, name, values, keys)


def _list(session: "IrcSession", version: int, target: str, keys: list[str]) -> None:
    try:
        name, values = look(session, target)
    except Refusal as refusal:
        refused(session, version, refusal, target, "*")
        return
    show(session, version, name, values, list(values))


async def _set(session: "IrcSession", version: int, target: str, params: list[str]) -> None:
    key = params[0]
    value: str | None = params[1] if len(params) > 1 else None
    if version > 2 and not value:
        # "If the Value parameter is omitted or is an empty string, the key is removed".
        value = None
    try:
        name, _ = look(session, target)
        if not valid(key):
            raise InvalidName(key, "")
        if not name.startswith("#") and not session.is_me(name):
            raise NotOperator(name)
        wait = wanted_by(session).bucket.take(session.hub.clock.time())
        if wait > 0:
            too_often(session, version, name, math.ceil(wait), ["SET", *params])
            return
        hub = session.hub.metadata
        if name.startswith("#"):
            was_set = hub.set_room(session.me, name, key, value)
        else:
            was_set = await hub.set_own(session.me, key, value)
    except Refusal as refusal:
        refused(session, version, refusal, target, key)
        return
    if was_set or version > 2:
        shown(session, name, key, value, "")
    else:
        tell(session, "FAIL", "KEY_NOT_SET", [name, key], "Key not set")


async def _clear(session: "IrcSession", version: int, target: str, params: list[str]) -> None:
    try:
        name, _ = look(session, target)
        if not name.startswith("#") and not session.is_me(name):
            raise NotOperator(name)
        wait = wanted_by(session).bucket.take(session.hub.clock.time())
        if wait > 0:
            too_often(session, version, name, math.ceil(wait), ["CLEAR"])
            return
        hub = session.hub.metadata
        gone = hub.clear_room(session.me, name) if name.startswith("#") else await hub.clear_own(session.me)
    except Refusal as refusal:
        refused(session, version, refusal, target, "*")
        return
    show(session, version, name, {}, gone)


def sync(session: "IrcSession", version: int, target: str, params: list[str]) -> None:
    wanted = session.metadata
    keys = {} if wanted is None else wanted.keys
    if target == "*ALL" and version > 2:
        say_all(session, version, "*ALL", chosen(visible(session), keys))
        return
    try:
        if target.startswith("#"):
            room, _ = session.hub.metadata.of_room(session.me, target)
            say_all(session, version, room.name, chosen(in_room(session, room), keys))
        else:
            name, values = look(session, target)
            say_all(session, version, name, chosen([(name, values)], keys))
    except Refusal as refusal:
        refused(session, version, refusal, target, "*")


_OF_THE_CLIENT = {"SUB": subscribe, "UNSUB": unsubscribe, "SUBS": subscriptions}


_OF_A_TARGET = {"GET": _get, "LIST": _list, "SET": _set, "CLEAR": _clear, "SYNC": sync}


_WITH_KEYS = frozenset({"GET", "SET", "SUB", "UNSUB"})
