"""What a client shows before it is welcomed, and what it is told when it is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from imd.core.refusal import Refusal, TooLong, TooMany
from imd.protocols.irc.capabilities import metadata_version
from imd.protocols.irc.metadata.keys import look, valid
from imd.protocols.irc.metadata.lines import MOST, VERSIONS, invalid_target, refused, say_all, show, shown, tell
from imd.protocols.irc.refusals import middle

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession


def before(session: "IrcSession", version: int, target: str, verb: str, params: list[str]) -> None:
    """``before-connect``: "Clients that have not completed connection registration MUST use * to target themselves"."""
    state, words = session.registration, VERSIONS[version]
    limits = session.door.settings.limits
    if target != "*":
        invalid_target(session, target)
        return
    match verb:
        case "GET":
            show(session, version, "*", state.metadata, params)
        case "LIST":
            show(session, version, "*", state.metadata, list(state.metadata))
        case "SYNC":
            say_all(session, version, "*", ())
        case "CLEAR":
            gone, state.metadata = list(state.metadata), {}
            show(session, version, "*", {}, gone)
        case _:
            key, value = params[0], params[1] if len(params) > 1 else None
            if not valid(key):
                tell(session, "FAIL", words.key, [middle(key)], "Invalid key")
            elif value is None or (version > 2 and not value):
                known = key in state.metadata
                state.metadata = {name: each for name, each in state.metadata.items() if name != key}
                if known or version > 2:
                    shown(session, "*", key, None, "")
                else:
                    tell(session, "FAIL", "KEY_NOT_SET", ["*", key], "Key not set")
            elif len(value.encode()) > limits.metadata_value:
                refused(session, version, TooLong("The value", limits.metadata_value), "*", key)
            elif key not in state.metadata and len(state.metadata) >= (limits.metadata_keys or MOST):
                refused(session, version, TooMany("keys", limits.metadata_keys), "*", key)
            else:
                state.metadata = {**state.metadata, key: value}
                shown(session, "*", key, value, "")


async def bring_along(session: "IrcSession", values: Mapping[str, str]) -> None:
    """Set what a client has set before it was welcomed."""
    for key, value in values.items():
        try:
            await session.hub.metadata.set_own(session.me, key, value)
        except Refusal as refusal:
            refused(session, metadata_version(session.caps) or 2, refusal, "*", key)


def welcome(session: "IrcSession") -> None:
    """ "If the capability was negotiated during connection registration, servers MUST send clients a list of their
    current metadata … with their own nick as target … before RPL_ENDOFMOTD"."""
    version = metadata_version(session.caps)
    if version:
        name, values = look(session, session.nick)
        say_all(session, version, name, [(name, key, value) for key, value in values.items()])
