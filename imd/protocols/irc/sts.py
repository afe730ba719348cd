"""Strict transport security: ``sts`` in CAP LS (https://ircv3.net/specs/extensions/sts).

It is told, and never requested. Without the setting ``irc.sts_port`` nothing is said: a client that has once been told
comes by TLS only, for as long as it was told.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imd.protocols.irc.session import IrcSession

NAME = "sts"


def told(session: "IrcSession") -> dict[str, str]:
    """What this client is told beside what it may request: the port of TLS where it has none, the duration where it
    has ("MUST NOT" the other way round)."""
    settings = session.door.settings
    if not settings.sts_port:
        return {}
    if session.peer.secure:
        preload = ",preload" * (settings.sts_preload and settings.sts_duration > 0)
        return {NAME: f"duration={settings.sts_duration}{preload}"}
    return {NAME: f"port={settings.sts_port}"} if settings.sts_duration else {}
