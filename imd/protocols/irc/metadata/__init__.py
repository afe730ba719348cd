"""METADATA (https://ircv3.net/specs/extensions/metadata): what people and rooms show of themselves.

::

    verbs          METADATA, and GET, LIST, SET, CLEAR, SYNC
    subscriptions  SUB, UNSUB, SUBS: which keys a client is told of
    before         before the welcome, and at it
    news           what a client is told by itself
    keys           what may be a key; what is shown, and which of it somebody sees
    lines          values, keys and faults as lines

Two versions are spoken. draft/metadata-2 tells of values by METADATA lines, draft/metadata-3 by 761 and 766, and they
have different words for what is wrong; `lines.Words` has both. Both need the capability batch, and nobody speaks both
at once. Which keys a client is told of is its own list, which is empty at first.

Who may not see somebody (P5) hears what is said of a nick that nobody has.
"""

from imd.protocols.irc.metadata.before import bring_along, welcome
from imd.protocols.irc.metadata.news import changed, joined, watched
from imd.protocols.irc.metadata.subscriptions import Wanted, capabilities_changed
from imd.protocols.irc.metadata.verbs import metadata

__all__ = [
    "Wanted",
    "bring_along",
    "capabilities_changed",
    "changed",
    "joined",
    "metadata",
    "watched",
    "welcome",
]
