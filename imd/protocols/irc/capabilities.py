"""The IRCv3 capabilities this door speaks, with the page that defines each, and CAP (registration.py) reads.

Also what a line looks like for clients that negotiated different ones: `Flavour` and `line_tags`.
"""

import time as _time
from functools import lru_cache
from typing import TYPE_CHECKING

from imd.protocols.irc.wire.tags import escape, format_tags

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

_SPEC = "https://ircv3.net/specs/extensions/"

#: Name → specification. In the order in which CAP LS lists them.
CAPABILITIES: dict[str, str] = {
    "account-notify": _SPEC + "account-notify",
    "account-tag": _SPEC + "account-tag",
    "away-notify": _SPEC + "away-notify",
    "batch": _SPEC + "batch",
    "cap-notify": _SPEC + "capability-negotiation#the-cap-notify-capability",
    "chghost": _SPEC + "chghost",
    "draft/account-registration": _SPEC + "account-registration",
    "draft/account-required": _SPEC + "account-registration",
    "draft/channel-rename": _SPEC + "channel-rename",
    "draft/chathistory": _SPEC + "chathistory",
    "draft/event-playback": _SPEC + "chathistory",
    "draft/extended-isupport": _SPEC + "extended-isupport",
    "draft/message-redaction": _SPEC + "message-redaction",
    "draft/metadata-2": _SPEC + "metadata",
    "draft/metadata-3": _SPEC + "metadata",
    "draft/multiline": _SPEC + "multiline",
    "draft/no-implicit-names": _SPEC + "no-implicit-names",
    "draft/pre-away": _SPEC + "pre-away",
    "draft/read-marker": _SPEC + "read-marker",
    "echo-message": _SPEC + "echo-message",
    "extended-join": _SPEC + "extended-join",
    "extended-monitor": _SPEC + "extended-monitor",
    "invite-notify": _SPEC + "invite-notify",
    "labeled-response": _SPEC + "labeled-response",
    "message-tags": _SPEC + "message-tags",
    "multi-prefix": _SPEC + "multi-prefix",
    "no-implicit-names": _SPEC + "no-implicit-names",
    "sasl": _SPEC + "sasl-3.2",
    "server-time": _SPEC + "server-time",
    "setname": _SPEC + "setname",
    "standard-replies": _SPEC + "standard-replies",
    "sts": _SPEC + "sts",
    "userhost-in-names": _SPEC + "userhost-in-names",
}

#: Said for information: "servers MUST reject any CAP REQ command including this capability".
INFORMATIONAL = frozenset({"draft/account-required"})

#: The capabilities on which the encoding of a line depends: sessions with equal ones share the bytes.
FORMATTING = frozenset({"account-tag", "draft/multiline", "extended-join", "message-tags", "server-time"})

#: The capability, and the type of batch it is for.
MULTILINE = "draft/multiline"

#: Which of `FORMATTING` a client has. One object for each combination, so that it is a quick dictionary key.
Flavour = frozenset[str]
_FLAVOURS: dict[Flavour, Flavour] = {}

#: Marks a message that may have been shown before: handed out, and its connection died unconfirmed.
REPEAT_TAG = "imd/repeat"
#: Tag of a message whose sender cut long lines by draft/multiline-concat: where, in characters of the IRC text.
SEAMS_TAG = "imd/seams"


def flavour_of(caps: frozenset[str]) -> Flavour:
    flavour = caps & FORMATTING
    if MULTILINE in flavour and "batch" not in caps:
        # "depends on the batch capability which MUST be negotiated to use multiline messages".
        flavour -= {MULTILINE}
    return _FLAVOURS.setdefault(flavour, flavour)


def metadata_version(caps: frozenset[str]) -> int:
    """Which version of metadata a client speaks, 0 for none: "depends on the batch capability"."""
    if "batch" not in caps:
        return 0
    return 3 if "draft/metadata-3" in caps else 2 if "draft/metadata-2" in caps else 0


#: Those of which `available` or `value_of` knows something; all others everybody is offered, as they are.
CHANGING = frozenset(
    {
        "draft/account-registration",
        "draft/account-required",
        "draft/chathistory",
        "draft/event-playback",
        "draft/metadata-2",
        "draft/metadata-3",
        MULTILINE,
        "sasl",
        "sts",
    }
)


def available(session: "IrcSession", capability: str) -> bool:
    """Whether this client may have the capability now: sasl only where there is a mechanism for it."""
    if capability in ("draft/chathistory", "draft/event-playback"):
        return session.door.settings.history
    if capability == "draft/account-required":
        return not session.hub.people.guests_allowed
    if capability == "sts":
        # Told, and never requested: `imd.protocols.irc.sts`.
        return False
    if capability == "draft/account-registration":
        return session.door.credentials.registration(session.peer) != "closed"
    return capability != "sasl" or bool(session.door.credentials.mechanisms(session.peer))


def value_of(session: "IrcSession", capability: str) -> str:
    """The value CAP LS 302 shows behind ``=``, or ""."""
    if capability == "draft/account-registration":
        return "before-connect"
    if capability == "sasl":
        return ",".join(session.door.credentials.mechanisms(session.peer))
    if capability in ("draft/metadata-2", "draft/metadata-3"):
        limits = session.door.settings.limits
        most = {
            "max-subs": limits.metadata_subscriptions,
            "max-keys": limits.metadata_keys,
            "max-key-bytes": 64 if capability == "draft/metadata-3" else 0,
            "max-value-bytes": limits.metadata_value,
        }
        return ",".join(["before-connect", *(f"{name}={number}" for name, number in most.items() if number)])
    if capability == MULTILINE:
        limits = session.door.settings.limits
        lines = f",max-lines={limits.multiline_lines}" if limits.multiline_lines else ""
        return f"max-bytes={limits.multiline_bytes}{lines}"
    return ""


def line_tags(
    flavour: Flavour,
    time: float,
    *,
    account: str = "",
    msgid: str = "",
    more: dict[str, str] | None = None,
) -> str:
    """The tags of a line for clients of this flavour, as `encode` takes them.

    `account` is the name of the sender's account ("" for guests and servers); `more` holds tags with their full keys,
    client-only ones with their ``+``.
    """
    tags = []
    if "server-time" in flavour:
        tags.append("time=" + server_time(time))
    if account and "account-tag" in flavour:
        tags.append("account=" + escape(account))
    if "message-tags" in flavour:
        if msgid:
            tags.append("msgid=" + escape(msgid))
        if more:
            tags.append(format_tags(more))
    return ";".join(tags)


def server_time(time: float) -> str:
    """``YYYY-MM-DDThh:mm:ss.sssZ`` (https://ircv3.net/specs/extensions/server-time)."""
    seconds, milliseconds = divmod(round(time * 1000), 1000)
    return f"{_seconds(seconds)}.{milliseconds:03d}Z"


@lru_cache(maxsize=64)
def _seconds(seconds: int) -> str:
    return _time.strftime("%Y-%m-%dT%H:%M:%S", _time.gmtime(seconds))
